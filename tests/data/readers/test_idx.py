"""IDX files."""

import gzip
import os

import numpy as np
import pytest

from benches.checks.data_readers import idx
from fastnn.data.readers import read_idx

pytestmark = pytest.mark.any_threading


@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i4", "f4", "f8"])
@pytest.mark.parametrize("shape", [(), (0,), (1,), (7,), (3, 4, 5), (2, 0, 3)])
@pytest.mark.parametrize("packed", [False, True])
def test_types_and_shapes(tmp_path, dtype, shape, packed):
    array = np.random.default_rng(0).integers(-100, 100, shape).astype(dtype)
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(idx(array)) if packed else idx(array))
    out = read_idx(path)
    assert out.dtype == array.dtype
    assert out.dtype.isnative
    assert out.flags.writeable
    np.testing.assert_array_equal(out, array, strict=True)


def test_a_large_file_is_read_in_pieces(tmp_path):
    array = np.random.default_rng(0).integers(0, 255, (3, 1 << 20), np.uint8)
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(idx(array), 1))
    np.testing.assert_array_equal(read_idx(str(path)), array, strict=True)


GOOD = idx(np.arange(12, dtype=np.uint8).reshape(3, 4))


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "it begins with '', not as an IDX file"),
        (b"\0\0\7\1\0\0\0\0", "it begins with '00 00 07 01'"),
        (b"\x89PNG....", "it begins with '89 50 4e 47'"),
        (GOOD[:7], "it ends within its header"),
        (GOOD[:-1], r"with shape \(3, 4\) of uint8 it has 24 bytes, the file has 23"),
        (GOOD + b"x", "it has 24 bytes, the file has 25"),
        (b"\0\0\x08\x21" + bytes(4 * 33), "it has 33 dimensions, at most 32 are read"),
        (b"\0\0\x0e\3" + b"\xff" * 12, "no array has the shape"),
        (b"\0\0\x08\4" + b"\xff" * 12 + bytes(4), "no array has the shape"),
        (gzip.compress(GOOD)[:-9], "Compressed file ended"),
        (gzip.compress(GOOD[:-1]), "it ends after 23 bytes of 24"),
        (gzip.compress(GOOD + b"x"), "it goes on after the 24 bytes"),
        (gzip.compress(GOOD)[:-8] + bytes(8), "CRC check failed"),
        (gzip.compress(b"\0\0\x08\2\0\1\0\0\0\1\0\0"), "bytes, the file holds at most"),
    ],
)
def test_errors(tmp_path, data, match):
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"read_idx: cannot read {path}: .*{match}"):
        read_idx(path)


def test_a_bomb_is_not_decompressed_beyond_its_header(tmp_path):
    """Its 64 MiB of zeros would be 64 MiB of memory."""
    import tracemalloc

    path = tmp_path / "file"
    path.write_bytes(gzip.compress(GOOD + bytes(1 << 26)))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="it goes on after"):
            read_idx(path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_what_is_no_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "none")
    with pytest.raises(IsADirectoryError):
        read_idx(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="pipe is no regular file"):
        read_idx(tmp_path / "pipe")
    with pytest.raises(ValueError, match="must not contain a null character"):
        read_idx("a\0b")
    for bad in (3, None, b"file", ["file"]):
        with pytest.raises(TypeError, match="read_idx: path must be a string or a path, got"):
            read_idx(bad)
