"""Damaged and random files: each is read, or is a ValueError; never a crash, a hang or a bomb."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastnn
from benches.checks.readers import READERS, check, pickles, safetensors_files
from tests.serialization.torch_files import torch_file, zipped

pytestmark = pytest.mark.any_threading


@pytest.mark.parametrize("reader", READERS)
def test_damaged_files(reader):
    """A few of those of ``python -m benches.checks.readers``, with their limits of memory."""
    read, _, faults = check(reader, 600, seed=1)
    assert not faults
    assert 0 < read < 600


def test_the_files_that_are_damaged_are_good_ones():
    for data in [*safetensors_files(), *(torch_file(*parts) for parts in pickles())]:
        fastnn.load(io.BytesIO(data))


def load(data):
    try:
        fastnn.load(io.BytesIO(data))
    except ValueError as error:
        if not str(error).startswith("load: cannot read the BytesIO: "):
            raise


@given(st.binary(max_size=400))
def test_random_headers(text):
    load(len(text).to_bytes(8, "little") + text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)
ENTRY = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from(["F32", "BOOL", "U8", "C64", "F64", "X"]) | JSON,
        "shape": st.lists(st.integers(-1, 2**65), max_size=4) | JSON,
        "data_offsets": st.lists(st.integers(0, 40), min_size=2, max_size=2) | JSON,
    }
)


@given(st.dictionaries(st.text(max_size=3), ENTRY | JSON, max_size=3), st.binary(max_size=40))
def test_random_entries(header, data):
    import json

    text = json.dumps(header).encode()
    load(len(text).to_bytes(8, "little") + text + data)


TAGS = ["$tensor", "$parameter", "$array", "$tuple", "$dict", "$scalar", "$int", "$float", "$set"]
STRUCTURE = st.recursive(
    JSON | st.just({"$tensor": "w"}) | st.just({"$array": "w", "complex": True}),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(TAGS), inner, max_size=1)
        | st.builds(lambda x: {"$dict": [[x, x]]}, inner)
        | st.builds(lambda x: {"$scalar": x, "dtype": "float16"}, inner)
    ),
    max_leaves=12,
)


@given(STRUCTURE)
def test_random_structures(value):
    import json

    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    structure = json.dumps({"version": 1, "value": value})
    text = json.dumps({"__metadata__": {"fastnn": structure}, "w": entry}).encode()
    load(len(text).to_bytes(8, "little") + text + bytes(8))


CODES = [bytes([c]) for c in b"()]}NKMJGXtaesuqrhjcQRb01." + bytes([0x80, 0x88, 0x89, 0x8A])]
PIECES = st.sampled_from([*CODES, b"\x85", b"\x86", b"\x87", b"h\0", b"q\0", b"K\x02"]) | st.binary(
    max_size=3
)
CALLS = st.sampled_from(
    [b"ctorch\nSize\n", b"ccollections\nOrderedDict\n", b"c__builtin__\nset\n", b"ctorch\nint8\n"]
)


@given(st.lists(PIECES | CALLS, max_size=40))
def test_random_pickles(pieces):
    load(zipped({"data.pkl": b"\x80\x02" + b"".join(pieces) + b"."}))


KEY = st.integers(2 - 2**61, 2**61 - 2)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=9)
    | st.binary(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(KEY | st.text(max_size=4) | st.none(), inner, max_size=4)
        | st.frozensets(KEY, max_size=1)
    ),
    max_leaves=25,
)


@given(PLAIN)
def test_any_plain_value_survives(value):
    file = io.BytesIO()
    fastnn.save(value, file)
    loaded = fastnn.load(io.BytesIO(file.getvalue()))
    assert loaded == value
    assert repr(loaded) == repr(value)
