"""Damaged and random files: each is read, or is a clear error; never a crash, a hang or a bomb.

`read` fails for any error but those that readers may raise, which name the file.
"""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benches.checks.data_readers import READERS, check, files, read

pytestmark = pytest.mark.any_threading
FILES = {kind: good for kind, good in files().items() if kind != "image"}
same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("reader", READERS)
def test_damaged_files(reader):
    """A few of those of ``python -m benches.checks.data_readers``, with their limits of memory."""
    if reader == "image":
        pytest.importorskip("PIL")
    good, _, faults = check(reader, 1500, seed=1)
    assert not faults
    assert 0 < good < 1500


@pytest.mark.parametrize("reader", FILES)
def test_the_files_that_are_damaged_are_good_ones(reader, tmp_path):
    for number, data in enumerate(FILES[reader]):
        path = tmp_path / f"{number}"
        path.write_bytes(data)
        assert read(reader, path)


@pytest.mark.parametrize("reader", ["idx", "npy"])
@pytest.mark.parametrize("count", [1, 3, 8, 20])
def test_files_that_end_early(reader, count, tmp_path):
    for number, data in enumerate(FILES[reader]):
        path = tmp_path / f"{number}"
        path.write_bytes(data[:-count])
        assert not read(reader, path)


@same_folder
@given(st.sampled_from([8, 9, 11, 12, 13, 14, 0, 255]), st.lists(st.integers(0, 2**32 - 1)))
def test_any_header_of_idx(tmp_path, code, shape):
    """The file has no element, so it is read only where the shape has none."""
    path = tmp_path / "file"
    path.write_bytes(
        bytes([0, 0, code, min(len(shape), 255)]) + np.array(shape[:255], ">u4").tobytes()
    )
    assert not read("idx", path) or 0 in shape


SHAPE = st.lists(st.integers(-2, 2**65), max_size=4).map(lambda s: repr(tuple(s)))
DESCR = st.sampled_from(["'<f4'", "'|u1'", "'|O'", "'<U3'", "'>f8'", "'<f3'", "[('a', '<f4')]"])
ORDER = st.sampled_from(["True", "False", "None", "1"])


@same_folder
@given(DESCR | st.text(max_size=9), ORDER | st.text(max_size=5), SHAPE | st.text(max_size=20))
def test_any_header_of_npy(tmp_path, descr, order, shape):
    text = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()
    path = tmp_path / "file"
    path.unlink(missing_ok=True)
    path.write_bytes(b"\x93NUMPY\3\0" + len(text).to_bytes(4, "little") + text + bytes(8))
    read("npy", path)


@same_folder
@given(st.text(max_size=60), st.sampled_from([",", '"', "\n", "\r", "1"]))
def test_any_text_as_a_table(tmp_path, text, often):
    path = tmp_path / "file"
    path.write_bytes(text.replace("0", often).encode("utf-8", "surrogatepass"))
    read("csv", path)


@same_folder
@given(st.sampled_from(["idx", "npy", "csv"]), st.binary(max_size=200))
def test_any_bytes(tmp_path, reader, data):
    path = tmp_path / "file"
    path.unlink(missing_ok=True)
    path.write_bytes(data)
    read(reader, path)
