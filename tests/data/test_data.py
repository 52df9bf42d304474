"""Datasets, samplers, batches."""

import re
from collections import namedtuple

import numpy as np
import pytest

import fastnn
from fastnn import data
from fastnn.data import DataLoader, TensorDataset


def numbered(n=10):
    return TensorDataset(fastnn.arange(float(n)).reshape(n, 1), fastnn.arange(n))


class Plain(data.Dataset):
    """A dataset whose samples are taken one by one."""

    def __len__(self):
        return 7

    def __getitem__(self, index):
        return {"x": np.full(2, index, np.float32), "name": str(index)}


def ids(loader):
    return [batch[1].tolist() for batch in loader]


def test_tensor_dataset():
    d = numbered()
    x, y = d[3]
    assert (x.tolist(), y.item()) == ([3], 3)
    assert d[2:4][1].tolist() == [2, 3]
    with pytest.raises(ValueError, match="TensorDataset: tensors must have equal lengths"):
        TensorDataset(fastnn.zeros(2), fastnn.zeros(3))
    with pytest.raises(ValueError, match="expected at least one tensor"):
        TensorDataset()


def test_batch_size_selects_the_kind_of_descent():
    d = numbered(5)
    assert ids(DataLoader(d, batch_size=2)) == [[0, 1], [2, 3], [4]]
    assert ids(DataLoader(d, batch_size=1)) == [[0], [1], [2], [3], [4]]
    assert ids(DataLoader(d, batch_size=None)) == [[0, 1, 2, 3, 4]]
    assert ids(DataLoader(d, batch_size=2, drop_last=True)) == [[0, 1], [2, 3]]
    for size, count in ((2, 3), (1, 5), (None, 1), (9, 1)):
        assert len(DataLoader(d, batch_size=size)) == count


def test_shuffle():
    fastnn.manual_seed(3)
    loader = DataLoader(numbered(), batch_size=3, shuffle=True)
    first, second = ids(loader), ids(loader)
    assert first != second
    assert sorted(i for batch in first for i in batch) == list(range(10))
    fastnn.manual_seed(3)
    assert ids(loader) == first
    for x, y in loader:
        assert x.reshape(-1).tolist() == y.tolist()


def test_seed_of_the_loader():
    a = DataLoader(numbered(), batch_size=4, shuffle=True, seed=1)
    b = DataLoader(numbered(), batch_size=4, shuffle=True, generator=fastnn.Generator(1))
    assert ids(a) == ids(b)


def test_gathering_a_batch_equals_collating():
    d = numbered()
    fast = DataLoader(d, batch_size=4, shuffle=True, seed=5)
    slow = DataLoader(d, batch_size=4, shuffle=True, seed=5, collate_fn=data.default_collate)
    for (x1, y1), (x2, y2) in zip(fast, slow):
        assert x1.tolist() == x2.tolist()
        assert y1.tolist() == y2.tolist()
        assert x1.dtype == x2.dtype


def test_plain_dataset():
    batches = list(DataLoader(Plain(), batch_size=4))
    assert batches[1]["name"] == ["4", "5", "6"]
    assert batches[0]["x"].shape == (4, 2)


def test_lists_work_as_datasets():
    assert [b.tolist() for b in DataLoader([1.0, 2.0, 3.0], batch_size=2)] == [[1, 2], [3]]


def test_samplers():
    d = numbered()
    assert ids(DataLoader(d, batch_size=2, sampler=[9, 0, 9])) == [[9, 0], [9]]
    assert ids(DataLoader(d, batch_sampler=[[1, 2], [3]])) == [[1, 2], [3]]
    assert len(DataLoader(d, batch_sampler=data.BatchSampler(range(5), 2, True))) == 2
    drawn = data.RandomSampler(d, replacement=True, num_samples=100)
    assert len(list(drawn)) == len(drawn) == 100
    assert len(list(data.RandomSampler(d, num_samples=25))) == 25
    heavy = data.WeightedRandomSampler([0, 1, 1], 50)
    assert set(heavy) == {1, 2}


def test_iterable_dataset():
    class Stream(data.IterableDataset):
        def __iter__(self):
            return iter(range(5))

    assert [b.tolist() for b in DataLoader(Stream(), batch_size=2)] == [[0, 1], [2, 3], [4]]
    assert [b.tolist() for b in DataLoader(Stream(), 2, drop_last=True)] == [[0, 1], [2, 3]]
    assert [b.tolist() for b in DataLoader(Stream(), None)] == [[0, 1, 2, 3, 4]]
    with pytest.raises(ValueError, match="an IterableDataset has its own order"):
        DataLoader(Stream(), shuffle=True)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"batch_size": 0}, "batch_size must be a positive integer, got 0"),
        ({"batch_size": 2.0}, r"batch_size must be a positive integer, got 2\.0"),
        ({"batch_size": "2"}, "batch_size must be a positive integer, got '2'"),
        ({"sampler": [1], "shuffle": True}, "sampler and shuffle exclude each other"),
        ({"batch_sampler": [[1]], "drop_last": True}, "batch_sampler excludes"),
        ({"seed": 1, "generator": fastnn.Generator(1)}, "pass generator or seed, not both"),
    ],
)
def test_arguments_are_checked(arguments, match):
    with pytest.raises(ValueError, match=match):
        DataLoader(numbered(), **arguments)


def test_empty():
    assert list(DataLoader(numbered(0), batch_size=4)) == []
    assert list(DataLoader(numbered(0), batch_size=None, shuffle=True)) == []


def test_split():
    fastnn.manual_seed(0)
    a, b = data.random_split(numbered(), [7, 3])
    assert (len(a), len(b)) == (7, 3)
    assert sorted(ids(DataLoader(a, 7))[0] + ids(DataLoader(b, 3))[0]) == list(range(10))
    assert b[0][1].item() == ids(DataLoader(b, 1))[0][0]
    assert sum(len(p) for p in data.random_split(numbered(), [1 / 3] * 3)) == 10
    with pytest.raises(ValueError, match="do not add up to 10 samples"):
        data.random_split(numbered(), [7, 2])
    assert len(data.random_split(Plain(), [3, 4])[1][0]["x"]) == 2


def test_concat():
    d = numbered(3) + numbered(4)
    assert len(d) == 7
    assert [d[i][1].item() for i in range(7)] == [0, 1, 2, 0, 1, 2, 3]
    with pytest.raises(IndexError, match="index 7 is out of range for 7 samples"):
        d[7]


def test_collate():
    Pair = namedtuple("Pair", "a b")
    batch = data.default_collate([Pair(1, [2.0, fastnn.ones(2)]), Pair(3, [4.0, fastnn.zeros(2)])])
    assert batch.a.tolist() == [1, 3]
    assert batch.b[0].tolist() == [2, 4]
    assert batch.b[1].shape == (2, 2)
    with pytest.raises(TypeError, match="cannot batch samples of type object; pass a collate_fn"):
        data.default_collate([object()])
    with pytest.raises(ValueError, match="sample 0 has 1 parts, but sample 1 has 2 parts"):
        data.default_collate([(1,), (1, 2)])


@pytest.mark.parametrize(
    ("samples", "text"),
    [
        (
            [np.ones(2), np.ones(2), np.ones(3)],
            "sample 0 has shape (2,), but sample 2 has shape (3,)",
        ),
        (
            [(fastnn.ones(1), 1), (fastnn.ones(2), 2)],
            "sample 0[0] has shape (1,), but sample 1[0] h",
        ),
        (
            [{"x": np.ones(2)}, {"x": np.ones(3)}],
            "sample 0['x'] has shape (2,), but sample 1['x'] h",
        ),
        ([{"x": 1}, {"y": 1}], "sample 0 has the keys ['x'], but sample 1 has the keys ['y']"),
        ([[1, [2, 3]], [1, [2]]], "sample 0[1] has 2 parts, but sample 1[1] has 1 parts"),
        ([(1, 2), 3], "sample 0 has 2 parts, but sample 1 is a number"),
        ([1, None], "sample 0 is a number, but sample 1 is None"),
        ([1.0, "a"], "sample 0 is a number, but sample 1 is of type str"),
        ([np.ones(2), None], "sample 0 has shape (2,), but sample 1 is None; samples of one batch"),
        ([], "there are no samples"),
    ],
)
def test_samples_that_make_no_batch(samples, text):
    with pytest.raises(ValueError, match="^default_collate: " + re.escape(text)):
        data.default_collate(samples)


def test_samples_of_different_lengths_are_padded_by_a_collate_fn():
    class Ragged(data.Dataset):
        def __len__(self):
            return 3

        def __getitem__(self, i):
            return fastnn.ones(i + 1), i

    with pytest.raises(ValueError, match=r"may pad them with nn\.utils\.rnn.pad_sequence"):
        next(iter(DataLoader(Ragged(), 3)))
    pad = fastnn.nn.utils.rnn.pad_sequence

    def padded(samples):
        return pad([x for x, _ in samples], batch_first=True)

    assert next(iter(DataLoader(Ragged(), 3, collate_fn=padded))).shape == (3, 3)


def test_a_dataset_that_returns_nothing():
    with pytest.raises(TypeError, match="of type NoneType; does __getitem__ lack its return"):
        data.default_collate([None, None])


@pytest.mark.parametrize("y", [np.zeros(4), fastnn.zeros(4), [1, 2, 3, 4]])
def test_targets_are_no_batch_size(y):
    match = r"got \w+ of length 4; TensorDataset\(x, y\) makes one dataset of inputs and targets"
    with pytest.raises(ValueError, match=match):
        DataLoader(np.zeros((4, 2)), y)


class Count(data.IterableDataset):
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return iter(range(self.n))

    def __len__(self):
        return self.n


def test_chained_and_stacked_datasets():
    chained = Count(2) + Count(3)
    assert isinstance(chained, data.ChainDataset)
    assert (list(chained), len(chained)) == ([0, 1, 0, 1, 2], 5)
    with pytest.raises(TypeError, match="ChainDataset: expected iterable datasets, got list"):
        data.ChainDataset([Count(1), [1]])
    pairs = data.StackDataset(["a", "b"], [1, 2])
    assert (len(pairs), pairs[1]) == (2, ("b", 2))
    assert data.StackDataset(x=["a", "b"], y=[1, 2])[0] == {"x": "a", "y": 1}
    with pytest.raises(ValueError, match=r"datasets must have equal lengths, got \[1, 2\]"):
        data.StackDataset(["a"], [1, 2])
    for call in (data.StackDataset, lambda: data.StackDataset([1], y=[1])):
        with pytest.raises(ValueError, match="StackDataset: expected datasets, all by position or"):
            call()
    loader = data.DataLoader(data.StackDataset(fastnn.arange(4), fastnn.eye(4)), batch_size=2)
    assert [batch[0].tolist() for batch in loader] == [[0, 1], [2, 3]]
