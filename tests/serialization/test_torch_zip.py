"""PyTorch's files, written by hand: what is read, and what each damaged one is refused for."""

import io
import itertools
import math
import os
import struct
import tracemalloc
import zipfile
from collections import OrderedDict

import numpy as np
import pytest

import fastnn
from fastnn import nn
from fastnn.serialization.element_types import STORAGES
from fastnn.serialization.torch_zip import FUNCTIONS
from tests.serialization.torch_files import (
    Built,
    Call,
    Global,
    Opcodes,
    Persistent,
    opcodes,
    pickled,
    storage,
    tensor,
    torch_file,
    zipped,
)

pytestmark = pytest.mark.any_threading

SIX = np.arange(6, dtype=np.float32)
PLACE = storage("FloatStorage", "0", 6)
WEIGHT = tensor(PLACE, 0, (2, 3), (3, 1))
ORDERED = Global("collections", "OrderedDict")
HOOKS = Call(ORDERED, ())
REBUILD = Global("torch._utils", "_rebuild_tensor_v2")


def read(value, storages=None, **options):
    data = {"0": SIX.tobytes()} if storages is None else storages
    return fastnn.load(io.BytesIO(torch_file(value, data, **options)))


def test_a_checkpoint():
    parameter = Call(Global("torch._utils", "_rebuild_parameter"), (WEIGHT, True, HOOKS))
    weights = Built(OrderedDict(w=WEIGHT, p=parameter), {"_metadata": OrderedDict()})
    groups = [{"params": [0, 1], "lr": 0.1, "betas": (0.9, 0.999), "foreach": None}]
    optimizer = {"state": {0: {"step": 3.0, "exp_avg": WEIGHT}}, "param_groups": groups}
    loaded = read({"model": weights, "optimizer": optimizer, "epoch": 3, "name": "é\ud800"})
    assert type(loaded["model"]) is OrderedDict
    assert loaded["model"]._metadata == OrderedDict()
    assert loaded["model"]["w"].tolist() == SIX.reshape(2, 3).tolist()
    assert type(loaded["model"]["p"]) is nn.Parameter
    assert loaded["model"]["p"].requires_grad
    assert loaded["optimizer"]["param_groups"] == groups
    assert loaded["optimizer"]["state"][0]["step"] == 3.0
    assert (loaded["epoch"], loaded["name"]) == (3, "é\ud800")


def test_plain_values():
    numbers = [0, 255, 256, -1, 2**31 - 1, -(2**31), 2**31, 2**70, -(2**70)]
    floats = [0.1, -0.0, math.inf]
    calls = [
        Call(Global("__builtin__", "set"), ([1, "a"],)),
        Call(Global("__builtin__", "frozenset"), ([(1, 2)],)),
        Call(Global("__builtin__", "complex"), (1.0, -2.0)),
        Call(Global("_codecs", "encode"), ("\xff\0", "latin1")),
        Call(Global("torch", "Size"), ((2, 3),)),
        Call(Global("torch", "device"), ("cuda", 0)),
        Global("torch", "float16"),
        Global("torch", "bool"),
    ]
    loaded = read([numbers, floats, [None, True, False, (), [], {}], calls, {(1, "k"): 2}])
    assert loaded[:3] == [numbers, floats, [None, True, False, (), [], {}]]
    made, bits, complex_, data, size, device, half, truth = loaded[3]
    assert (made, bits, complex_, data) == ({1, "a"}, frozenset({(1, 2)}), 1 - 2j, b"\xff\0")
    assert type(size) is fastnn.Size
    assert size == (2, 3)
    assert device == fastnn.device("cpu")
    assert (half, truth) == (np.float16, np.bool_)
    assert loaded[4] == {(1, "k"): 2}


@pytest.mark.parametrize("kind", STORAGES)
@pytest.mark.parametrize("byteorder", ["little", "big", None])
def test_every_type_and_byte_order(kind, byteorder):
    name = STORAGES[kind]
    if name == "bfloat16":
        pytest.importorskip("ml_dtypes", reason="ml_dtypes is not installed")
    dtype = fastnn.serialization.element_types.element_type(name)
    array = np.array([0, 1, 1, 0, 1, 0]).astype(dtype) * (1 if name == "bool" else 100)
    array = array.astype(dtype)
    data = array.byteswap() if byteorder == "big" and name != "bool" else array
    value = tensor(storage(kind, "0", 6), 0, (6,), (1,))
    loaded = read(value, {"0": data.tobytes()}, byteorder=byteorder)
    assert loaded.dtype == dtype
    assert loaded.numpy().tobytes() == array.tobytes()


@pytest.mark.parametrize("name", ["uint16", "uint32", "uint64", "float32", "float8_e4m3fn"])
def test_storages_of_bytes(name):
    if name.startswith("float8"):
        pytest.importorskip("ml_dtypes", reason="ml_dtypes is not installed")
    dtype = fastnn.serialization.element_types.element_type(name)
    array = np.arange(4).astype(dtype)
    place = storage("UntypedStorage", "0", array.nbytes, module="torch.storage")
    loaded = read(tensor(place, 1, (3,), (1,), dtype=name), {"0": array.tobytes()})
    assert loaded.dtype == dtype
    assert loaded.numpy().tobytes() == array[1:].tobytes()


def test_views_share_their_storage():
    transposed = tensor(PLACE, 0, (3, 2), (1, 3))
    parts = [tensor(PLACE, 4, (2,), (1,)), tensor(PLACE, 1, (2,), (3,)), tensor(PLACE, 5, (), ())]
    w, t, a, b, c = read([WEIGHT, transposed, *parts])
    assert t.tolist() == SIX.reshape(2, 3).T.tolist()
    assert [a.tolist(), b.tolist(), c.item()] == [[4.0, 5.0], [1.0, 4.0], 5.0]
    w[1, 1] = -1.0
    assert [t[1, 1].item(), a[0].item(), b[1].item()] == [-1.0] * 3
    assert w.numpy().flags.aligned
    one = read(tensor(PLACE, 2, (1, 2), (2**200, 1)))
    assert one.tolist() == [[2.0, 3.0]]
    expanded = read(tensor(PLACE, 2, (4, 1), (0, 7)))
    assert expanded.tolist() == [[2.0]] * 4


def test_a_change_of_a_view_is_seen_by_the_tape():
    w, part = read([WEIGHT, tensor(PLACE, 3, (3,), (1,))])
    x = fastnn.ones(2, 3, requires_grad=True)
    y = (x * w).sum()
    part[0] = 5.0
    with pytest.raises(RuntimeError, match="changed"):
        y.backward()


def test_no_elements():
    value = [
        tensor(PLACE, 6, (0,), (1,)),
        tensor(PLACE, 0, (2, 0, 3), (0, 3, 1)),
        tensor(storage("FloatStorage", "1", 0), 0, (0,), (1,)),
    ]
    loaded = read(value, {"0": SIX.tobytes(), "1": b""})
    assert [t.shape for t in loaded] == [(0,), (2, 0, 3), (0,)]


def test_many_tensors(tmp_path):
    count = 3000
    value = {
        f"w{i}": tensor(storage("FloatStorage", str(i), 1), 0, (1,), (1,)) for i in range(count)
    }
    (tmp_path / "x").write_bytes(torch_file(value, {str(i): bytes(4) for i in range(count)}))
    assert len(fastnn.load(tmp_path / "x")) == count


def test_memory_maps(tmp_path):
    path = tmp_path / "x.pt"
    path.write_bytes(torch_file([WEIGHT, tensor(PLACE, 0, (6,), (1,))], {"0": SIX.tobytes()}))
    before = path.read_bytes()
    w, flat = fastnn.load(path, mmap=True)
    w[0, 0] = 9.0
    assert flat.tolist() == [9.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert path.read_bytes() == before


@pytest.mark.parametrize("padding", range(1, 5))
def test_maps_of_records_that_are_not_aligned(padding, tmp_path):
    """PyTorch aligns them; a record before this one moves it by a byte each."""
    path = tmp_path / "x.pt"
    value = [tensor(storage("FloatStorage", "1", 6), 0, (6,), (1,))]
    path.write_bytes(torch_file(value, {"0" * padding: b"", "1": SIX.tobytes()}))
    (loaded,) = fastnn.load(path, mmap=True)
    assert loaded.numpy().flags.aligned
    assert loaded.tolist() == SIX.tolist()


def test_cycles_and_depth():
    loop = b"\x80\x02]q\x00h\x00a."
    loaded = read(loop)
    assert loaded[0] is loaded
    depth = 200_000
    deep = read(b"\x80\x02" + b"]" * depth + b"a" * (depth - 1) + b".")
    count = 0
    while deep:
        deep, count = deep[0], count + 1
    assert count == depth - 1
    (pair,) = outer = read(b"\x80\x02]q\x00(h\x00h\x00ta.")
    assert pair[0] is pair[1] is outer
    assert read(b"\x80\x02](KK1N0.") == []  # what a pickler takes back, of recursive tuples


def test_functions_that_pickles_may_call_touch_nothing():
    """What is new in this table must be as harmless as what is here."""
    assert {".".join(key) for key in FUNCTIONS} == {
        "collections.OrderedDict",
        "torch._utils._rebuild_tensor_v2",
        "torch._utils._rebuild_tensor_v3",
        "torch._utils._rebuild_parameter",
        "torch.Size",
        "torch.device",
        "__builtin__.set",
        "__builtin__.frozenset",
        "__builtin__.complex",
        "_codecs.encode",
    }


def test_the_pickle_module_is_not_used(monkeypatch):
    import pickle

    def called(*args, **kwargs):
        raise AssertionError

    for name in ("load", "loads", "Unpickler", "_Unpickler"):
        monkeypatch.setattr(pickle, name, called)
    assert read({"w": WEIGHT})["w"].shape == (2, 3)


DANGEROUS = [
    ("os", "system", ("touch run",)),
    ("posix", "system", ("true",)),
    ("builtins", "eval", ("1",)),
    ("__builtin__", "eval", ("1",)),
    ("builtins", "getattr", ((), "x")),
    ("subprocess", "Popen", ("true",)),
    ("torch.hub", "load", ("x",)),
    ("torch", "load", ("x",)),
    ("numpy.core.multiarray", "scalar", ()),
    ("models", "ResNet", ()),
    ("torch._utils", "_rebuild_tensor", ()),
    ("torch", "Tensor", ()),
    ("torch", "storage.UntypedStorage", ()),
    ("", "", ()),
]


@pytest.mark.parametrize("call", DANGEROUS, ids=lambda c: f"{c[0]}.{c[1]}")
def test_other_globals_are_refused_by_name(call):
    module, name, arguments = call
    for value in (Global(module, name), Call(Global(module, name), arguments)):
        with pytest.raises(ValueError, match=f"it needs {module}[.]{name}, an object of a class"):
            read({"x": value})


def made(*arguments):
    return Call(REBUILD, arguments)


BIG = 2**62
COLLIDING = [*itertools.product([-1, -2], repeat=7)]  # -1 and -2 have one hash
# A pair of twice the same pair, and so on; its text would have 2**60 characters.
NESTED = Opcodes(b")" + b"".join(b"q%ch%c\x86" % (i, i) for i in range(60)))
DAMAGED = {
    "function as value": ([ORDERED], "has collections.OrderedDict itself as a value"),
    "in a tuple": ({"a": (1, (ORDERED,))}, "collections.OrderedDict itself"),
    "in attributes": (
        Built(OrderedDict(), {"_metadata": [ORDERED]}),
        "collections.OrderedDict itself",
    ),
    "storage as value": ({"s": [PLACE]}, "has a storage itself as a value"),
    "class of storages": (Global("torch", "FloatStorage"), "has a class of storages itself"),
    "function as key": ({Global("torch", "Size"): 1}, "has a key of class Global"),
    "tensor as key": ({WEIGHT: 1}, "has a key of class Tensor"),
    "deep key": ({((1,),): 1}, "has a key of class tuple"),
    "key in set": (Call(Global("__builtin__", "set"), ([((1,),)],)), "a key of class tuple"),
    "call of a value": (b"\x80\x02K\x01)R.", "is broken at opcode b'R', byte 5"),
    "call of a type": (Call(Global("torch", "float32"), ()), "is broken at opcode b'R'"),
    "arguments": (Call(ORDERED, ([],)), "an OrderedDict with arguments"),
    "too few arguments": (Call(REBUILD, ()), "is broken at opcode b'R'"),
    "attributes": (Built({}, {"a": 1}), "is broken at opcode b'b'"),
    "other attributes": (Built(OrderedDict(), {"items": 1}), "is broken at opcode b'b'"),
    "no storage": (made(3, 0, (2,), (1,), False, HOOKS), "a tensor without a storage"),
    "no type": (
        tensor(storage("UntypedStorage", "0", 24, module="torch.storage"), 0, (1,), (1,)),
        "a tensor without a storage of its type",
    ),
    "outside": (tensor(PLACE, 1, (6,), (1,)), "goes up to element 6, and that has 6 elements"),
    "far outside": (tensor(PLACE, 0, (2,), (BIG,)), f"goes up to element {BIG}"),
    "offset": (tensor(PLACE, 2**1000, (1,), (1,)), "goes up to element 1071"),
    "negative": (tensor(PLACE, -1, (1,), (1,)), r"sizes \(1,\) and strides \(1,\) from -1"),
    "negative stride": (tensor(PLACE, 5, (2,), (-1,)), r"strides \(-1,\)"),
    "truth as size": (tensor(PLACE, 0, (True,), (1,)), r"sizes \(True,\)"),
    "fraction": (tensor(PLACE, 0, (1.0,), (1,)), r"sizes \(1.0,\)"),
    "dimensions": (tensor(PLACE, 0, (1, 1), (1,)), r"sizes \(1, 1\) and strides \(1,\)"),
    "many dimensions": (tensor(PLACE, 0, (1,) * 65, (1,) * 65), "no two tuples of up to 32"),
    "expanded": (tensor(PLACE, 0, (BIG, BIG), (0, 0)), "which no memory holds"),
    "tensor as size": (
        made(PLACE, 0, tensor(PLACE, 0, (2**40,), (0,)), (1,), False, HOOKS),
        "has sizes a Tensor",
    ),
    "nested sizes": (made(PLACE, 0, NESTED, NESTED, False, HOOKS), "has sizes a tuple and strides"),
    "gradient": (tensor(PLACE, 0, (1,), (1,), grad=1), "has requires_grad 1"),
    "integers with gradient": (
        tensor(storage("IntStorage", "0", 6), 0, (1,), (1,), grad=True),
        "has requires_grad True",
    ),
    "parameter of nothing": (
        Call(Global("torch._utils", "_rebuild_parameter"), (3, True, HOOKS)),
        "a parameter without a tensor",
    ),
    "parameter of integers": (
        Call(
            Global("torch._utils", "_rebuild_parameter"),
            (tensor(storage("IntStorage", "0", 6), 0, (1,), (1,)), True, HOOKS),
        ),
        "a parameter of type int32 that requires a gradient",
    ),
    "word of id": (Persistent((WEIGHT, 1, 2, 3, 4)), "a persistent id that names no storage"),
    "encoding": (Call(Global("_codecs", "encode"), ("a", WEIGHT)), "bytes in another form"),
    "long key": ({(1,) * 101: 1}, "a key that is a tuple of 101, more than 100"),
    "large key": ({2**61 - 1: 1}, "a key that is an integer beyond 61 bits"),
    "complex key": ({Call(Global("__builtin__", "complex"), (1.0, 2.0)): 1}, "of class complex"),
    "colliding keys": (dict.fromkeys(COLLIDING, 1), "more than 100 tuples with one hash as keys"),
    "colliding members": (
        Call(Global("__builtin__", "set"), (COLLIDING,)),
        "more than 100 tuples with one hash as keys",
    ),
    "copies": (
        b"\x80\x02](" + b"N" * 1000 + b"e\x85q\x000" + b"c__builtin__\nset\nh\x00R0" * 2000 + b"N.",
        "copies the same values again and again",
    ),
    "other id": (Persistent(("module", "x")), "a persistent id that names no storage"),
    "id of text": (Persistent("storage"), "a persistent id that names no storage"),
    "key of storage": (storage("FloatStorage", 3, 6), "a persistent id that names no storage"),
    "missing storage": (storage("FloatStorage", "7", 6), "no record of storage '7'"),
    "other folder": (storage("FloatStorage", "../data.pkl", 6), "no record of storage"),
    "size of storage": (storage("FloatStorage", "0", 7), "should be 7 of float32, and its record"),
    "negative storage": (storage("FloatStorage", "0", -6), "should be -6 of float32"),
    "two types": (
        [WEIGHT, tensor(storage("IntStorage", "0", 6), 0, (6,), (1,))],
        "storage '0' should be 6 of int32",
    ),
    "no multiple": (
        tensor(
            storage("UntypedStorage", "0", 24, module="torch.storage"),
            0,
            (1,),
            (1,),
            dtype="complex128",
        ),
        "has 24 bytes, no multiple of 16",
    ),
    "truth values": (
        tensor(storage("BoolStorage", "0", 24), 0, (24,), (1,)),
        "has truth values other than 0 and 1",
    ),
    "size of text": (Call(Global("torch", "Size"), ((1, "a"),)), "torch.Size without integers"),
    "set of text": (Call(Global("__builtin__", "set"), ("ab",)), "is broken at opcode b'R'"),
    "complex of text": (Call(Global("__builtin__", "complex"), ("1", "2")), "other than floats"),
    "other codec": (Call(Global("_codecs", "encode"), ("a", "zlib")), "in another form"),
    "no end": (opcodes([1])[:-1], "ends before it is complete"),
    "nothing": (b"", "ends before it is complete"),
    "two values": (b"\x80\x02NN.", "ends with other than one value"),
    "open mark": (b"\x80\x02(N.", "ends with other than one value"),
    "empty stack": (b"\x80\x02.", "ends with other than one value"),
    "protocol": (b"\x80\x04N.", "of another protocol than 2"),
    "opcode": (b"\x80\x02\x8c\x01a.", r"has opcode b'\\x8c', which PyTorch does not write, byte 2"),
    "truncated text": (b"\x80\x02X\xff\xff\xff\xffab", "is broken at opcode b'X'"),
    "no text": (b"\x80\x02X\x01\0\0\0\xff.", "is broken at opcode b'X'"),
    "truncated number": (b"\x80\x02G\0\0", "is broken at opcode b'G'"),
    "no mark": (b"\x80\x02Nt.", "is broken at opcode b't'"),
    "no memo": (b"\x80\x02h\x05.", "is broken at opcode b'h'"),
    "odd items": (b"\x80\x02}(Nu.", "is broken at opcode b'u'"),
    "append to tuple": (b"\x80\x02)Na.", "is broken at opcode b'a'"),
    "endless name": (b"\x80\x02c" + b"a" * 300 + b"\nb\n.", "is broken at opcode b'c'"),
    "stack below a mark": (b"\x80\x02N(\x85.", r"is broken at opcode b'\\x85'"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_pickles(name, tmp_path):
    value, text = DAMAGED[name]
    data = {"0": np.full(6, 2.0, np.float32).tobytes()}
    path = tmp_path / "x.pt"
    path.write_bytes(torch_file(value, data))
    for mmap in (False, True):
        with pytest.raises(ValueError, match=text) as error:
            fastnn.load(path, mmap=mmap)
        assert str(error.value).startswith(f"load: cannot read {path}: ")


GOOD = torch_file({"w": WEIGHT}, {"0": SIX.tobytes()})


def patched(data, *changes):
    out = bytearray(data)
    for at, form, value in changes:
        struct.pack_into(form, out, at, value)
    return bytes(out)


def directory(data, name):
    """Where the zip directory has a record."""
    at = data.index(b"PK\1\2")
    while data[at + 46 : at + 46 + len(name)] != name:
        at = data.index(b"PK\1\2", at + 4)
    return at


STORAGE, PICKLE = directory(GOOD, b"archive/data/0"), directory(GOOD, b"archive/data.pkl")
(HEADER,) = struct.unpack_from("<I", GOOD, STORAGE + 42)
RECORDS = {"data.pkl": pickled({"w": WEIGHT}), "data/0": SIX.tobytes(), "byteorder": "little"}
ZIPS = {
    "cut": (GOOD[:-30], "no complete zip file"),
    "cut in a record": (GOOD[:200], "no complete zip file"),
    "compressed": (zipped(RECORDS, zipfile.ZIP_DEFLATED), "is compressed or encrypted"),
    "encrypted": (patched(GOOD, (PICKLE + 8, "<H", 1)), "is compressed or encrypted"),
    "two sizes": (patched(GOOD, (STORAGE + 24, "<I", 20)), "has a size of 20 bytes"),
    "larger than the file": (
        patched(GOOD, (STORAGE + 20, "<I", 2**31), (STORAGE + 24, "<I", 2**31)),
        "has a size of 2147483648 bytes|[Oo]verlap",
    ),
    "overlap": (
        patched(GOOD, (PICKLE + 20, "<I", 900), (PICKLE + 24, "<I", 900)),
        "overlaps another or ends behind the file|Overlap",
    ),
    "two at one place": (
        patched(GOOD, (STORAGE + 42, "<I", 0)),
        "overlaps another",
    ),
    "elsewhere": (patched(GOOD, (HEADER, "B", 0)), "is not where the zip directory has it"),
    "changed": (GOOD.replace(SIX.tobytes(), SIX[::-1].tobytes()), "its checksum differs"),
    "no pickle": (zipped({"a": b"x"}), "a zip file without one data.pkl"),
    "two pickles": (zipped({**RECORDS, "x/data.pkl": b""}), "without one data.pkl"),
    "byte order": (zipped({**RECORDS, "byteorder": "middle"}), "byteorder is b'middle'"),
}


@pytest.mark.parametrize("name", ZIPS)
def test_damaged_archives(name):
    data, text = ZIPS[name]
    with pytest.raises(ValueError, match=text):
        fastnn.load(io.BytesIO(data))


def test_the_undamaged_archive():
    assert fastnn.load(io.BytesIO(GOOD))["w"].tolist() == SIX.reshape(2, 3).tolist()


def test_a_name_twice():
    out = io.BytesIO(GOOD)
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("archive/data.pkl", b"")
    with pytest.raises(ValueError, match="its zip directory has a name twice"):
        fastnn.load(io.BytesIO(out.getvalue()))


def test_a_file_of_numpy(tmp_path):
    np.savez(tmp_path / "x.npz", a=SIX)
    with pytest.raises(ValueError, match=r"an .npz file of NumPy's; read it with np\.load"):
        fastnn.load(tmp_path / "x.npz")


def test_without_checksums():
    """PyTorch's option not to compute them writes zeros."""
    data = bytearray(GOOD)
    for at in range(len(data) - 4):
        if data[at : at + 4] == b"PK\1\2":
            struct.pack_into("<I", data, at + 16, 0)
    assert fastnn.load(io.BytesIO(bytes(data)))["w"].shape == (2, 3)


def test_memory_is_bounded_by_the_file():
    """A storage of a gigabyte in the pickle, in the zip directory, and as a hole of zeros."""
    claims = [
        torch_file([storage("FloatStorage", "0", 2**28)], {"0": b""}),
        patched(GOOD, (STORAGE + 20, "<I", 2**30), (STORAGE + 24, "<I", 2**30)),
        zipped({**RECORDS, "data/0": bytes(1 << 24)}, zipfile.ZIP_DEFLATED),
        torch_file(tensor(PLACE, 0, (2**44,), (0,)), {"0": SIX.tobytes()}),
    ]
    for data in claims:
        tracemalloc.start()
        try:
            fastnn.load(io.BytesIO(data))
        except ValueError:
            pass
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert peak < len(data) + (1 << 20)


def test_a_position_in_a_file():
    """A file is read from where it stands, whatever is before it."""
    file = io.BytesIO(b"before" + GOOD)
    file.seek(6, os.SEEK_SET)
    assert fastnn.load(file)["w"].shape == (2, 3)
