"""Arrays that stay in their files."""

import pickle
import resource

import numpy as np
import pytest

import fastnn
from benches.checks.data_readers import npy
from fastnn.data import DataLoader
from fastnn.data.readers import NpyDataset, map_npy

pytestmark = pytest.mark.any_threading


@pytest.mark.parametrize("dtype", ["?", "u1", "i2", "i8", "u8", "f2", "f4", "f8", "c8", "c16"])
@pytest.mark.parametrize("shape", [(), (0,), (5,), (2, 0), (3, 4), (2, 3, 4)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_types_shapes_and_orders(tmp_path, dtype, shape, order):
    array = np.asarray(np.random.default_rng(0).integers(0, 2, shape).astype(dtype), order=order)
    np.save(tmp_path / "a.npy", array)
    out = map_npy(tmp_path / "a.npy")
    np.testing.assert_array_equal(np.asarray(out), array, strict=True)
    assert not out.flags.writeable
    assert out.flags.f_contiguous == array.flags.f_contiguous
    assert isinstance(out, np.memmap) == (array.size > 0)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_versions(tmp_path, version):
    (tmp_path / "a.npy").write_bytes(npy(np.arange(3.0), version))
    assert map_npy(tmp_path / "a.npy").tolist() == [0, 1, 2]


def test_headers_of_other_programs(tmp_path):
    """Other quotation marks, spaces and orders of the keys."""
    text = b'{"shape":(2 ,3),"descr" : "<i4","fortran_order":False}'
    file = b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text
    (tmp_path / "a.npy").write_bytes(file + np.arange(6, dtype="<i4").tobytes())
    assert map_npy(tmp_path / "a.npy").tolist() == [[0, 1, 2], [3, 4, 5]]


GOOD = npy(np.arange(4, dtype=np.float32))


def replaced(old, new):
    """A good file with another header of the same length."""
    return GOOD.replace(old, new.ljust(len(old)))


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "it is no .npy file"),
        (b"PK\3\4" + GOOD, "it is no .npy file"),
        (b"\x93NUMPY\4\0" + GOOD[8:], "versions 1.0 to 3.0 are read, not 4.0"),
        (GOOD[:60], "no header of 118 bytes is read"),
        (b"\x93NUMPY\2\0" + b"\xff" * 4, "no header of 4294967295 bytes is read"),
        (GOOD[:-1], r"with shape \(4,\) of float32 it has 144 bytes, the file has 143"),
        (GOOD + b"x", "it has 144 bytes, the file has 145"),
        (npy(np.zeros(2, ">f4")), "numbers in the byte order of '>f4' cannot be mapped"),
        (npy(np.array(["ab"])), "elements must be numbers or booleans, not '<U2'"),
        (npy(np.zeros(1, [("a", "f4")])), "elements must be numbers or booleans, not .*'a'"),
        (npy(np.zeros(1, "M8[s]")), "elements must be numbers or booleans, not '<M8"),
        (replaced(b"'<f4'", b"'<f3'"), "there is no type '<f3'"),
        (replaced(b"False", b"(0)"), "fortran_order is neither"),
        (replaced(b"(4,)", b"'4'"), "is no shape"),
        (replaced(b"'shape'", b"'size'"), "does not have a type, an order and a shape alone"),
        (replaced(b"{'", b"['"), "its header is no dict"),
        (replaced(b", }", b", 1}"), "does not have a type, an order and a shape alone"),
        (replaced(b"(4,), }      ", b"(-4,), }"), "a type, an order and a shape alone"),
        (
            replaced(b"(4,), }" + b" " * 40, b"(4294967296, 4294967296), }"),
            "no array has the shape",
        ),
    ],
)
def test_errors(tmp_path, data, match):
    path = tmp_path / "a.npy"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"map_npy: cannot read {path}: .*{match}"):
        map_npy(path)


class Hostile:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


def test_pickles_are_not_loaded(tmp_path):
    np.save(tmp_path / "a.npy", np.array([Hostile()], object), allow_pickle=True)
    with pytest.raises(ValueError, match=r"elements must be numbers or booleans, not '\|O'"):
        map_npy(tmp_path / "a.npy")


def saved(folder, count=10):
    x, y = np.arange(count * 3, dtype=np.float32).reshape(count, 3), np.arange(count)
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", y)
    return NpyDataset(folder / "x.npy", folder / "y.npy"), x, y


def test_a_dataset(tmp_path):
    data, x, y = saved(tmp_path)
    assert len(data) == 10
    assert [part.tolist() for part in data[-2]] == [x[8].tolist(), 8]
    loader = DataLoader(data, batch_size=4, shuffle=True, seed=1)
    batches = [(a.numpy(), b.numpy()) for a, b in loader]
    order = np.concatenate([b for _, b in batches])
    assert sorted(order) == y.tolist()
    np.testing.assert_array_equal(np.concatenate([a for a, _ in batches]), x[order])
    train, test = fastnn.data.random_split(data, [7, 3])
    assert (len(train), len(test)) == (7, 3)


def test_batches_do_not_change_the_files(tmp_path):
    data, x, _ = saved(tmp_path)
    for a, _ in DataLoader(data, batch_size=5):
        a.zero_()
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), x)


def test_processes_get_the_paths_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.zeros((1000, 100)))
    data = NpyDataset("x.npy")
    text = pickle.dumps(data)
    assert len(text) < 1000
    monkeypatch.chdir("/")
    copy = pickle.loads(text)
    assert len(copy) == 1000
    assert isinstance(copy.tensors[0].numpy().base, np.memmap)


def test_neither_copied_nor_loaded(tmp_path):
    """A file of 64 GiB, of which a batch is read."""
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (16384, 1048576), }"
    text = b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header
    path = tmp_path / "x.npy"
    path.write_bytes(text)
    with open(path, "r+b") as file:
        file.truncate(len(text) + (1 << 36))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    data = NpyDataset(path)
    (batch,) = next(iter(DataLoader(data, batch_size=2, shuffle=True)))
    assert batch.shape == (2, 1 << 20)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1 << 16  # kB


def test_bad_datasets(tmp_path):
    with pytest.raises(ValueError, match="NpyDataset: expected at least one path"):
        NpyDataset()
    np.save(tmp_path / "x.npy", np.zeros(3))
    np.save(tmp_path / "y.npy", np.zeros(4))
    np.save(tmp_path / "z.npy", np.zeros(()))
    for other in ("y.npy", "z.npy"):
        with pytest.raises(ValueError, match=f"must have equal lengths, got .*{other}"):
            NpyDataset(tmp_path / "x.npy", tmp_path / other)
