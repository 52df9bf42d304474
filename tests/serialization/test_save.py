"""What is saved is what is loaded, and the safetensors package reads and writes the same files."""

import io
import json
import math
import os
from argparse import Namespace
from collections import OrderedDict, defaultdict, namedtuple
from pathlib import Path

import numpy as np
import pytest

import fastnn
from fastnn import nn

pytestmark = pytest.mark.any_threading


def again(value, **options):
    """A value saved and loaded."""
    file = io.BytesIO()
    fastnn.save(value, file)
    file.seek(0)
    return fastnn.load(file, **options)


def header(path):
    data = Path(path).read_bytes()
    return json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])


def same(a, b):
    """Equal values of the same classes, with the bits of arrays and of floats."""
    assert type(a) is type(b)
    if isinstance(a, fastnn.Tensor):
        assert a.requires_grad == b.requires_grad
        a, b = a._array, b._array
    if isinstance(a, np.ndarray):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        assert a.tobytes() == b.tobytes()
    elif isinstance(a, dict):
        assert [*a] == [*b]
        assert [type(k) for k in a] == [type(k) for k in b]
        for key in a:
            same(a[key], b[key])
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for left, right in zip(a, b):
            same(left, right)
    elif isinstance(a, (float, complex)):
        assert repr(a) == repr(b)
    else:
        assert a == b


VALUES = {
    "nothing": None,
    "truth": [True, False],
    "integers": [0, -1, 2**31, 2**63 - 1, -(2**63), 2**63, -(2**200), 10**5000],
    "floats": [0.0, -0.0, 0.1, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, math.nan],
    "complex": [1j, complex(math.nan, -math.inf)],
    "text": ["", "é", "\ud800", '"\\\n\0', "$tensor", "𝛼"],
    "bytes": b"\0\xff",
    "empty": [[], (), {}, set(), frozenset(), OrderedDict()],
    "keys": {1: "a", "1": "b", 2.5: "c", None: "d", (1, "x"): "e", b"k": "f", True and "t": 0},
    "dollar": {"$tensor": 1, "$": {"$tuple": []}},
    "ordered": OrderedDict([("b", 1), ("a", (2, [3]))]),
    "sets": [{1, "a"}, frozenset({(1, 2)})],
    "scalars": [np.float32(0.1), np.float64(0.1), np.int8(-3), np.uint64(2**64 - 1), np.bool_(1)],
    "more scalars": [np.float16(np.inf), np.complex64(1 + 2j)],
    "types": [fastnn.float32, np.dtype("uint16"), np.dtype(bool), np.dtype("complex128")],
    "shape": fastnn.zeros(2, 3).shape,
    "devices": [fastnn.device("cpu"), fastnn.device("cpu:0")],
    "tensor alone": fastnn.arange(3),
    "tensors": {"a": fastnn.zeros(2, requires_grad=True), "b": [fastnn.tensor(True)]},
    "parameters": [nn.Parameter(fastnn.ones(2)), nn.Parameter(fastnn.ones(2), False)],
    "no elements": [fastnn.zeros(0), fastnn.zeros(2, 0, 3), np.zeros((0, 2), complex)],
    "layouts": [np.arange(24.0).reshape(2, 3, 4).T, np.arange(10)[::-2]],
}


@pytest.mark.parametrize("name", VALUES)
def test_round_trip(name):
    same(VALUES[name], again(VALUES[name]))
    same({"x": [VALUES[name]]}, again({"x": [VALUES[name]]}))


NUMBERS = "bool uint8 int8 uint16 int16 float16 uint32 int32 float32 uint64 int64 float64"


@pytest.mark.parametrize("name", [*NUMBERS.split(), "complex64", "complex128"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0), (2, 3)])
def test_every_type(name, shape, tmp_path):
    bits = np.random.default_rng(0).integers(0, 256, (*shape, np.dtype(name).itemsize), np.uint8)
    array = np.asarray(bits.view(name)[..., 0] if name != "bool" else bits[..., 0] > 127)
    path = tmp_path / "x"
    fastnn.save({"a": array, "t": fastnn.Tensor(array)}, path)
    for mmap in (False, True):
        loaded = fastnn.load(path, mmap=mmap)
        same({"a": array, "t": fastnn.Tensor(array)}, loaded)
        assert loaded["a"].flags.writeable
        assert loaded["a"].flags.aligned


def test_other_byte_order():
    same(np.arange(3, dtype="f4"), again(np.arange(3, dtype=">f4")))


def test_types_of_ml_dtypes():
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="ml_dtypes is not installed")
    for name in ("bfloat16", "float8_e4m3fn", "float8_e5m2"):
        array = np.arange(6).astype(getattr(ml_dtypes, name)).reshape(2, 3)
        same({"x": array, "n": array[0, 1]}, again({"x": array, "n": array[0, 1]}))
    model = nn.Linear(2, 3)
    state = {k: v._array.astype(ml_dtypes.bfloat16) for k, v in model.state_dict().items()}
    model.load_state_dict(again(state))
    assert model.weight.tolist() == state["weight"].astype(np.float32).tolist()


def test_without_ml_dtypes_the_error_names_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ml_dtypes", None)
    text = b'{"w":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}'
    file = io.BytesIO(len(text).to_bytes(8, "little") + text + bytes(2))
    with pytest.raises(ModuleNotFoundError, match=r"type bfloat16.*pip install ml_dtypes"):
        fastnn.load(file)


def test_shared_memory_is_one_array_and_shared_again(tmp_path):
    x = fastnn.ones(1000)
    view = fastnn.Tensor(x._array.reshape(1000))
    value = {"a": x, "b": [x, x.detach()], "v": view, "part": x[:2], "n": x.numpy()}
    fastnn.save(value, tmp_path / "x")
    assert (tmp_path / "x").stat().st_size < 8000
    loaded = fastnn.load(tmp_path / "x")
    loaded["a"][0] = 7.0
    assert [t[0].item() for t in (*loaded["b"], loaded["v"], loaded["n"])] == [7.0] * 4
    assert loaded["part"].tolist() == [1.0, 1.0]
    assert loaded["a"] is loaded["b"][0]


def test_tied_weights_stay_tied():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(50, 40)
            self.out = nn.Linear(40, 50)
            self.out.weight = self.embedding.weight

    state = again(Tied().state_dict())
    assert np.shares_memory(state["out.weight"], state["embedding.weight"])


def test_names_are_the_keys(tmp_path):
    path = tmp_path / "x"
    weights = {"a.b": fastnn.zeros(1), "a": {"b": fastnn.ones(1)}, "__metadata__": fastnn.ones(1)}
    fastnn.save({**weights, 0: [fastnn.zeros(2)], "\ud800": fastnn.zeros(3)}, path)
    names = [name for name in header(path) if name != "__metadata__"]
    assert names == ["a.b", "a.b.2", "__metadata__.2", "0.0", "?"]
    same(fastnn.load(path)["a"]["b"], fastnn.ones(1))


def test_arrays_are_aligned_in_the_file(tmp_path):
    path = tmp_path / "x"
    fastnn.save([np.ones(3, np.uint8), np.ones(3), np.ones(1, np.float16), np.ones(5, "f4")], path)
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    assert start % 64 == 0
    places = [v["data_offsets"][0] for k, v in header(path).items() if k != "__metadata__"]
    assert places == [0, 24, 44, 46]


def test_the_safetensors_package_reads_and_writes_the_same(tmp_path):
    package = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed")
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    state, path = model.state_dict(), tmp_path / "x.safetensors"
    fastnn.save(state, path)
    read = package.load_file(path)
    assert {*read} == {*state}
    for name, value in state.items():
        same(value.numpy(), read[name])

    arrays = {name: np.ones((2, 3), name) for name in NUMBERS.split() if name != "bool"}
    arrays["bool"] = np.array([True, False])
    fastnn.save({k: np.asarray(v, order="F") for k, v in arrays.items()}, path)
    read = package.load_file(path)
    for name, value in arrays.items():
        same(value, read[name])
    package.save_file(arrays, path, metadata={"format": "np"})
    loaded = fastnn.load(path)
    for name, value in arrays.items():
        same(fastnn.Tensor(value), loaded[name])
    package.save_file({}, path)
    assert fastnn.load(path) == {}


def test_files_of_the_safetensors_package_in_bfloat16(tmp_path):
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="ml_dtypes is not installed")
    package = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed")
    array = np.arange(4).astype(ml_dtypes.bfloat16)
    loaded = fastnn.load(io.BytesIO(package.save({"x": array})))
    same(fastnn.Tensor(array), loaded["x"])


def test_files_and_paths(tmp_path, monkeypatch):
    value = {"w": fastnn.ones(3)}
    monkeypatch.chdir(tmp_path)
    for path in ("a.pt", tmp_path / "b.pt", os.fsencode(tmp_path / "c.pt")):
        fastnn.save(value, path)
        same(value, fastnn.load(path))
    with open("d.pt", "wb", buffering=0) as file:
        file.write(b"before")
        fastnn.save(value, file)
        fastnn.save([1], file)
    with open("d.pt", "rb") as file:
        assert file.read(6) == b"before"
        with pytest.raises(ValueError, match="follow the header"):
            fastnn.load(file)
    assert {p.name for p in tmp_path.iterdir()} == {"a.pt", "b.pt", "c.pt", "d.pt"}


class Slowly(io.RawIOBase):
    """A file that takes and gives a few bytes at a time, and cannot seek."""

    def __init__(self, data=b""):
        self.data = data

    def readable(self):
        return True

    def writable(self):
        return True

    def readinto(self, b):
        count = min(len(b), 7, len(self.data))
        b[:count], self.data = self.data[:count], self.data[count:]
        return count

    def write(self, data):
        self.data += bytes(data[:7])
        return min(len(data), 7)


def test_files_that_take_and_give_little():
    file = Slowly()
    fastnn.save({"w": fastnn.arange(100)}, file)
    same({"w": fastnn.arange(100)}, fastnn.load(file))


class Reader:
    """A file without `readinto`."""

    def __init__(self, data):
        file = io.BytesIO(data)
        self.read, self.seek, self.tell, self.seekable = (
            file.read,
            file.seek,
            file.tell,
            file.seekable,
        )


def test_files_without_readinto():
    file = io.BytesIO()
    fastnn.save(fastnn.arange(100), file)
    same(fastnn.arange(100), fastnn.load(Reader(file.getvalue())))


def test_memory_maps(tmp_path):
    path = tmp_path / "x"
    fastnn.save({"a": fastnn.ones(1000), "e": fastnn.zeros(0)}, path)
    before = path.read_bytes()
    loaded = fastnn.load(path, mmap=True)
    loaded["a"] += 1.0
    assert path.read_bytes() == before
    fastnn.save({"a": fastnn.zeros(2)}, path)  # another file under the same name
    assert loaded["a"].sum().item() == 2000.0
    with pytest.raises(ValueError, match="with mmap, f must be a path"):
        fastnn.load(io.BytesIO(before), mmap=True)


def test_a_map_of_a_file_that_others_did_not_align(tmp_path):
    text = b'{"w":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}'
    assert (8 + len(text)) % 8
    data = np.arange(2.0)
    (tmp_path / "x").write_bytes(len(text).to_bytes(8, "little") + text + data.tobytes())
    for mmap in (False, True):
        loaded = fastnn.load(tmp_path / "x", mmap=mmap)["w"]
        assert loaded.tolist() == [0.0, 1.0]
        assert loaded._array.flags.aligned


def test_optimizers_schedules_and_generators():
    model = nn.Linear(3, 2)
    optimizer = fastnn.optim.AdamW(model.parameters(), lr=0.1)
    schedule = fastnn.optim.lr_scheduler.OneCycleLR(optimizer, 0.3, total_steps=9)
    for _ in range(3):
        model(fastnn.ones(2, 3)).sum().backward()
        optimizer.step()
        schedule.step()
    generator = fastnn.Generator(5)
    fastnn.rand(7, generator=generator)
    states = optimizer.state_dict(), schedule.state_dict(), generator.get_state()
    loaded = again(states)
    for before, after in zip(states[:2], loaded[:2]):
        same(before, after)
    other = fastnn.Generator(0)
    other.set_state(loaded[2])
    assert fastnn.rand(5, generator=other).tolist() == fastnn.rand(5, generator=generator).tolist()
    np_state = np.random.RandomState(3).get_state()
    same(np_state, again(np_state))
    python_state = __import__("random").Random(3).getstate()
    same(python_state, again(python_state))


def test_subclasses_lose_their_class():
    class Name(str):
        __slots__ = ()

    same({"a": [1]}, again(defaultdict(list, a=[1])))
    same("x", again(Name("x")))


Pair = namedtuple("Pair", "a b")

REFUSED = {
    "model": (nn.Linear(2, 2), r"obj is of class fastnn.*\.Linear; .* save its state_dict\(\)"),
    "nested": ({"a": [nn.ReLU()]}, r"obj\['a'\]\[0\] is of class .*ReLU"),
    "optimizer": (
        {"o": fastnn.optim.SGD([fastnn.zeros(1, requires_grad=True)], 0.1)},
        r"obj\['o'\] .*save its state_dict\(\)",
    ),
    "generator": (fastnn.Generator(1), r"save its get_state\(\)"),
    "arguments": ({"args": Namespace(lr=1)}, r"save its attributes, vars\(x\)"),
    "tuple": (Pair(1, 2), r"save its _asdict\(\)"),
    "path": ([Path("x")], r"save its name, str\(path\)"),
    "iterator": ({"r": range(3)}, "save a list of it"),
    "function": ({"f": len}, "leave it out"),
    "objects": (np.array([None]), "elements of type object"),
    "strings": (np.array(["a"]), "elements of type <U1"),
    "long double": (np.longdouble(1), "elements of type float(128|96|64)"),
    "structured": (np.dtype("f4,i4"), "elements of type"),
    "key": ({(1, (2,)): 1}, "has a key of class tuple; keys are strings"),
    "large key": ({2**61 - 1: 1}, "has a key that is an integer beyond 61 bits"),
    "long key": ({(1,) * 101: 1}, "has a key that is a tuple of 101, more than 100"),
    "complex key": ({1j: 1}, "has a key of class complex"),
    "complex scalar as key": ({np.complex64(1): 1}, "has a key of class complex64"),
    "tensor as key": ({fastnn.ones(1): 1}, "has a key of class Tensor"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_objects_are_refused_before_a_file_is_touched(name, tmp_path):
    value, text = REFUSED[name]
    if name == "long double" and np.dtype(np.longdouble) == np.float64:
        pytest.skip("long double is double here")
    with pytest.raises(TypeError, match=text):
        fastnn.save(value, tmp_path / "x")
    assert not [*tmp_path.iterdir()]


def test_depth(tmp_path):
    value = []
    for _ in range(99):
        value = [value]
    same(value, again(value))
    same({"": value[0]}, again({"": value[0]}))
    deep = ()
    for _ in range(33):
        deep = {1: {"a": (deep,)}}
    same(deep, again(deep))
    loop = {}
    loop["again"] = [loop]
    for x in ([[value]], loop):
        with pytest.raises(ValueError, match="more than 100 levels, or contains itself"):
            fastnn.save(x, tmp_path / "x")
    assert not [*tmp_path.iterdir()]


def test_lists_of_the_same_lists_do_not_take_for_ever(monkeypatch):
    monkeypatch.setattr("fastnn.serialization.structure.VALUES", 1000)
    value = []
    for _ in range(60):
        value = [value, value]
    with pytest.raises(ValueError, match="more than 1000 values"):
        fastnn.save(value, io.BytesIO())


def test_a_header_beyond_the_limit_of_the_format(monkeypatch):
    monkeypatch.setattr("fastnn.serialization.safetensors.HEADER_LIMIT", 1000)
    with pytest.raises(ValueError, match="more than the 1000 of the format"):
        fastnn.save([0.5] * 1000, io.BytesIO())


def test_arguments():
    for f in (3, None, [b""]):
        with pytest.raises(TypeError, match="save: f must be a path or a file"):
            fastnn.save({}, f)
        with pytest.raises(TypeError, match="load: f must be a path or a file"):
            fastnn.load(f)
    with pytest.raises(TypeError, match='as by open\\(path, "wb"\\)'):
        fastnn.save({}, io.StringIO())
    with pytest.raises(TypeError, match='as by open\\(path, "rb"\\)'):
        fastnn.load(io.StringIO("x"))
    with pytest.raises(FileNotFoundError, match="nowhere"):
        fastnn.load("/nowhere/x.pt")


def test_pytorchs_arguments(tmp_path):
    path = tmp_path / "x.pth"
    fastnn.save({"w": fastnn.ones(1)}, path, pickle_protocol=4, pickle_module=None)
    fastnn.save({"w": fastnn.ones(1)}, path, _use_new_zipfile_serialization=False)
    for location in (
        None,
        "cpu",
        fastnn.device("cpu"),
        lambda storage, location: storage,
        {"cuda:0": "cpu"},
    ):
        for weights_only in (True, False, None):
            loaded = fastnn.load(path, location, weights_only=weights_only, encoding="latin1")
            assert loaded["w"].tolist() == [1.0]
    for location in ("cuda", {"cuda:0": "cuda:1"}):
        with pytest.raises(RuntimeError, match="load: device must be 'cpu'"):
            fastnn.load(path, location)
    assert fastnn.serialization.load is fastnn.load
