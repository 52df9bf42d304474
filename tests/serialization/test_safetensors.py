"""Damaged safetensors files: the error names the file and what is wrong with it."""

import itertools
import json
import re

import numpy as np
import pytest

import fastnn
from fastnn.serialization.safetensors import HEADER_LIMIT

pytestmark = pytest.mark.any_threading


def packed(header, data=b"", length=None):
    """A file with a header, given as JSON or as its text."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def entry(dtype="F32", shape=(2,), begin=0, end=8):
    return {"dtype": dtype, "shape": [*shape], "data_offsets": [begin, end]}


def structured(value, **tensors):
    text = json.dumps({"version": 1, "value": value})
    return packed({"__metadata__": {"fastnn": text}, **tensors}, bytes(8 * len(tensors)))


W = entry()
COLLIDING = [*itertools.product([-1, -2], repeat=7)]  # -1 and -2 have one hash
DAMAGED = {
    "empty": (b"", "it has 0 bytes, no header"),
    "short": (b"\0" * 7, "it has 7 bytes, no header"),
    "header ends early": (packed(b"{}", length=3), "it ends at byte 10, before byte 11"),
    "a huge header": (
        packed(b"{}", length=HEADER_LIMIT + 1),
        f"neither a safetensors file, whose header would have {HEADER_LIMIT + 1} bytes, nor a zip",
    ),
    "text": (b"epoch,loss\n1,0.5\n", "neither a safetensors file"),
    "no JSON": (packed(b"{]"), "its header is no JSON: .* at 1"),
    "no UTF-8": (packed(b'{"\xff":1}'), "its header is no UTF-8"),
    "a list": (packed([]), "its header is no JSON object"),
    "deep": (packed(b"[" * 100_000), "nested too deeply"),
    "NaN": (packed(b'{"a":NaN}'), "has the number NaN"),
    "a long number": (packed(b'{"a":%s}' % (b"1" * 10_000)), "beyond 64 bits"),
    "many digits": (packed(b'{"a":1.%s}' % (b"1" * 10_000)), "a number of 10002 digits"),
    "a name twice": (packed(b'{"a":1,"b":2,"a":3}'), "has the name 'a' twice"),
    "metadata": (packed({"__metadata__": {"a": 1}}), "__metadata__ of its header is no object"),
    "no entry": (packed({"w": 3}), "tensor 'w' has no object with dtype"),
    "no type": (packed({"w": {"shape": [], "data_offsets": [0, 0]}}), "has dtype None"),
    "unknown type": (packed({"w": entry("F7")}), "has dtype 'F7'; those known are BOOL, U8"),
    "shape": (packed({"w": entry(shape=[-2])}), r"has shape \[-2\], no list of sizes"),
    "fractions": (packed({"w": entry(shape=[2.0])}), r"has shape \[2.0\]"),
    "truth": (packed({"w": entry(shape=[True])}), r"has shape \[True\]"),
    "wrong size": (packed({"w": entry(shape=[3])}, bytes(8)), "takes 12 bytes, .* have 8"),
    "too large": (packed({"w": entry(shape=[2**62, 2**62, 0])}), "which no memory holds"),
    "dimensions": (packed({"w": entry("U8", [1] * 33, 0, 1)}, bytes(1)), "has 33 dimensions"),
    "three offsets": (
        packed({"w": {**W, "data_offsets": [0, 8, 8]}}),
        r"data_offsets \[0, 8, 8\], no begin and end",
    ),
    "backwards": (packed({"w": entry(begin=8, end=0)}), "no begin and end"),
    "overlap": (
        packed({"w": W, "v": entry(begin=4, end=12)}, bytes(12)),
        "'v', 4 to 12, overlap those of another",
    ),
    "gap": (
        packed({"w": W, "v": entry(begin=12, end=20)}, bytes(20)),
        "'v', 12 to 20, do not follow another's",
    ),
    "truncated": (packed({"w": W}, bytes(7)), "have 8 bytes, but 7 follow the header"),
    "longer": (packed({"w": W}, bytes(9)), "have 8 bytes, but 9 follow the header"),
    "no truth value": (
        packed({"w": entry("BOOL", (2,), 0, 2)}, b"\1\2"),
        "tensor 'w' has truth values other than 0 and 1",
    ),
    "legacy": (
        b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.",
        "PyTorch wrote it in its format before version 1.6",
    ),
    "structure": (packed({"__metadata__": {"fastnn": "3"}}), "has no version and value"),
    "structure is no JSON": (packed({"__metadata__": {"fastnn": "{"}}), "no JSON"),
    "later version": (
        packed({"__metadata__": {"fastnn": '{"version":2,"value":0}'}}),
        "its structure is of version 2; this fastnn reads 1",
    ),
    "tensor of another file": (structured([{"$tensor": "w"}]), "'w', which is not in the file"),
    "tensor left over": (structured([], w=W), "its structure does not have tensor 'w'"),
    "unknown tag": (structured({"$call": "os.system"}), r"an object {'\$call': 'os.system'}"),
    "tag behind": (structured({"a": 1, "$tuple": []}), r"with the keys \['a', '\$tuple'\]"),
    "options": (structured({"$tuple": [], "a": 1}), "has an object"),
    "options of a tensor": (structured({"$tensor": "w", "a": 1}, w=W), "has options {'a': 1}"),
    "no list": (structured({"$tuple": "ab"}), "has an object"),
    "key twice": (structured({"$dict": [[1, 2], [True, 3]]}), "has an object"),
    "member twice": (structured({"$set": [1, 1.0]}), "has an object"),
    "tuple as key": (structured({"$set": [{"$tuple": [{"$tuple": []}]}]}), "key of class tuple"),
    "large key": (structured({"$dict": [[2**61 - 1, 1]]}), "an integer beyond 61 bits"),
    "colliding keys": (
        structured({"$dict": [[{"$tuple": key}, 1] for key in COLLIDING]}),
        "more than 100 tuples with one hash",
    ),
    "list as key": (structured({"$dict": [[[], 1]]}), "a key of class list"),
    "pairs": (structured({"$dict": [[1, 2, 3]]}), "has an object"),
    "shape of text": (structured({"$size": ["a"]}), "has an object"),
    "hexadecimal": (structured({"$bytes": "xy"}), "has an object"),
    "unknown scalar": (structured({"$scalar": 1, "dtype": "object"}), "no type 'object'"),
    "list as scalar": (structured({"$scalar": [1], "dtype": "int8"}), "has an object"),
    "fraction as scalar": (structured({"$scalar": 1.5, "dtype": "int8"}), "has an object"),
    "large scalar": (structured({"$scalar": 300, "dtype": "int8"}), "has an object"),
    "infinite scalar": (structured({"$scalar": 1e10, "dtype": "float16"}), "has an object"),
    "device": (structured({"$device": "cuda"}), "has an object"),
    "array with gradient": (
        structured({"$array": "w", "requires_grad": True}, w=W),
        "has options {'requires_grad': True}",
    ),
    "no pairs": (
        structured({"$array": "w", "complex": True}, w=entry("U8", (8,))),
        "has no pairs of floats",
    ),
    "integers with gradients": (
        structured({"$parameter": "w"}, w=entry("I32")),
        "tensor 'w' of int32 requires a gradient",
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_files(name, tmp_path):
    data, text = DAMAGED[name]
    path = tmp_path / "x.safetensors"
    path.write_bytes(data)
    for mmap in (False, True):
        with pytest.raises(ValueError, match=text) as error:
            fastnn.load(path, mmap=mmap)
        assert str(error.value).startswith(f"load: cannot read {path}: ")


def test_the_undamaged_file(tmp_path):
    (tmp_path / "x").write_bytes(packed({"w": W, "e": entry(shape=[0], end=0)}, bytes(8)))
    loaded = fastnn.load(tmp_path / "x")
    assert {name: value.tolist() for name, value in loaded.items()} == {"w": [0.0, 0.0], "e": []}


@pytest.mark.parametrize("cut", [1, 8, 60, 200])
def test_a_file_of_save_that_was_cut_short(cut, tmp_path):
    path = tmp_path / "x"
    fastnn.save({"w": fastnn.ones(5), "n": 3}, path)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(ValueError, match=re.escape(f"load: cannot read {path}: ")):
        fastnn.load(path)


def test_errors_are_short(tmp_path):
    """Long values of a file are cut."""
    names = {"x" * 5000: entry("y" * 5000)}
    (tmp_path / "x").write_bytes(packed(names))
    with pytest.raises(ValueError, match="has dtype") as error:
        fastnn.load(tmp_path / "x")
    assert len(str(error.value)) < 700


def test_nothing_is_allocated_for_a_file_that_claims_much(tmp_path):
    import tracemalloc

    claim = entry("U8", [2**40], 0, 2**40)
    (tmp_path / "x").write_bytes(packed({"w": claim}, bytes(8)))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="8 follow the header"):
            fastnn.load(tmp_path / "x")
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_file_that_shrinks_while_it_is_read():
    import io

    class Shrinks(io.BytesIO):
        def readinto(self, b):
            return 0 if self.tell() > 60 else super().readinto(b)

    header = json.dumps({"w": entry("U8", [64], 0, 64)}).encode()
    data = packed(header + b" " * (64 - len(header) % 64), np.ones(64, np.uint8).tobytes())
    with pytest.raises(ValueError, match="it ends at byte"):
        fastnn.load(Shrinks(data))
