"""Loaders: batches own their memory; datasets, samplers and keys of every kind."""

import collections
import copy
import itertools
import pickle

import numpy as np
import pytest

import fastnn
from fastnn import data
from fastnn.data import DataLoader, TensorDataset


def numbers(n=4):
    return TensorDataset(fastnn.arange(float(n)))


def values(loader):
    return [x.tolist() for (x,) in loader]


ORDERS = {
    "sequential": {},
    "shuffled": {"shuffle": True},
    "sampler": {"sampler": [3, 1, 0, 2]},
    "batches": {"batch_sampler": [[0, 1], [2, 3]]},
    "batches of one": {"batch_sampler": [[2]]},
    "collated": {"collate_fn": data.default_collate},
}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("size", [1, 3, 4, None])
def test_a_batch_may_be_changed_in_place(order, size):
    array = np.arange(8.0).reshape(4, 2)
    whole = TensorDataset(fastnn.from_numpy(array))
    several = data.Subset(whole, [0, 1, 2, 3]), whole + whole, data.random_split(whole, [1.0])[0]
    for dataset in (whole, *several):
        for (x,) in DataLoader(dataset, batch_size=size, **order):
            x.mul_(0.5)
            x.data.fill_(7.0)
    np.testing.assert_array_equal(array, np.arange(8.0).reshape(4, 2))


def test_a_batch_of_arrays_may_be_changed_in_place():
    arrays = [np.zeros(3, np.float32)]
    for x in DataLoader(arrays):
        x.fill_(5.0)
    assert arrays[0].tolist() == [0, 0, 0]


def test_batches_keep_the_memory_order_of_images():
    images = fastnn.from_numpy(np.zeros((6, 4, 5, 3), np.float32).transpose(0, 3, 1, 2))
    ((x,),) = DataLoader(TensorDataset(images), batch_size=None)
    assert x._array.strides == images._array.strides


@pytest.mark.parametrize("order", [{}, {"shuffle": True}, {"collate_fn": data.default_collate}])
def test_gradients_reach_a_dataset(order):
    table = fastnn.ones(4, 2, requires_grad=True)
    for (x,) in DataLoader(TensorDataset(table), batch_size=3, **order):
        (x * 3).sum().backward()
    assert table.grad.tolist() == [[3, 3]] * 4


class Doubled(TensorDataset):
    def __getitem__(self, index):
        (x,) = super().__getitem__(index)
        return (x * 2,)


class Shifted(data.Subset):
    def __getitem__(self, index):
        (x,) = super().__getitem__(index)
        return (x + 100,)


class Reversed(data.RandomSampler):
    def __iter__(self):
        return iter(range(len(self.data_source) - 1, -1, -1))


class Evens(data.SequentialSampler):
    def order(self):
        return range(0, len(self.data_source), 2)


@pytest.mark.parametrize("order", [{}, {"shuffle": True}, {"batch_sampler": [[0, 1], [2, 3]]}])
def test_a_subclass_decides_what_its_samples_are(order):
    def drawn(dataset, **options):
        return sorted(itertools.chain(*values(DataLoader(dataset, 2, **options))))

    assert drawn(Doubled(fastnn.arange(4.0)), **order) == [0, 2, 4, 6]
    assert drawn(data.Subset(Doubled(fastnn.arange(8.0)), [3, 1, 0, 2]), **order) == [0, 2, 4, 6]
    assert drawn(Shifted(numbers(), [0, 1, 2, 3]), **order) == [100, 101, 102, 103]
    assert drawn(data.Subset(Shifted(numbers(), [3, 2, 1, 0]), [0, 1, 2, 3]), **order) == [
        *(100, 101, 102, 103)
    ]


def test_a_sampler_s_subclass_decides_its_order():
    assert values(DataLoader(numbers(), 3, sampler=Reversed(range(4)))) == [[3, 2, 1], [0]]
    assert values(DataLoader(numbers(), 3, sampler=Evens(range(4)))) == [[0, 2]]


def test_names_of_attributes_are_the_author_s():
    """A dataset may have attributes of any name and type."""

    class Dataset(data.Dataset):
        def __init__(self):
            self.batch = self.gather = self.order = self.tensors = self.indices = 32

        def __len__(self):
            return 3

        def __getitem__(self, index):
            return float(index)

    assert [x.tolist() for x in DataLoader(Dataset(), 2)] == [[0, 1], [2]]


def test_samples_of_a_batch_may_be_taken_together():
    class Together(data.Dataset):
        def __len__(self):
            return 3

        def __getitems__(self, keys):
            assert all(type(key) is int for key in keys)
            return [float(10 * key) for key in keys]

    for order in ({}, {"sampler": [0, 1, 2]}, {"batch_sampler": [[0, 1], [2]]}):
        assert [x.tolist() for x in DataLoader(Together(), 2, **order)] == [[0, 10], [20]]


def test_a_subset_may_be_changed():
    subset = data.Subset(numbers(), [1, 2])
    loader = DataLoader(subset, 2)
    assert values(loader) == [[1, 2]]
    subset.dataset = TensorDataset(fastnn.arange(100.0, 110.0))
    assert values(loader) == [[101, 102]]
    for indices in (np.array([7, 8, 9]), [7, 8, 9], (7, 8, 9), range(7, 10)):
        subset.indices = indices
        assert values(loader) == [[107, 108], [109]]


@pytest.mark.parametrize(
    "make", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_datasets_and_loaders_can_be_copied(make):
    whole = numbers(10)
    subset = make(data.Subset(whole, [1, 2]))
    assert values(DataLoader(subset, 2)) == [[1, 2]]
    subset.indices = np.array([7, 8])
    assert values(DataLoader(subset, 2)) == [[7, 8]]
    part = data.random_split(whole, [0.5, 0.5], fastnn.Generator(1))[0]
    assert values(DataLoader(make(part), 5)) == values(DataLoader(part, 5))
    assert len(make(whole + whole)) == 20
    twin = make(DataLoader(whole, 4, shuffle=True, seed=3))
    assert values(twin) == values(DataLoader(whole, 4, shuffle=True, seed=3))


def test_parts_of_a_loader_are_fixed():
    loader = DataLoader(numbers())
    for name in ("dataset", "sampler", "batch_sampler", "batch_size", "drop_last"):
        with pytest.raises(ValueError, match=f"DataLoader: {name} cannot be replaced"):
            setattr(loader, name, None)
    loader.collate_fn = len
    assert list(loader) == [1, 1, 1, 1]


# -- lengths ---------------------------------------------------------------------------------


class Stream(data.IterableDataset):
    def __iter__(self):
        return iter(range(5))


class OldStream(Stream):
    def __len__(self):
        raise NotImplementedError


class Sized(Stream):
    def __len__(self):
        return 5


class Picks(data.Sampler):
    def __iter__(self):
        return iter([3, 1])


LENGTHLESS = {
    "stream": lambda: DataLoader(Stream(), 2),
    "length not implemented": lambda: DataLoader(OldStream(), 2),
    "sampler": lambda: DataLoader(list(range(5)), 2, sampler=Picks()),
    "generator": lambda: DataLoader(list(range(5)), 2, sampler=(i for i in (3, 1))),
    "batch sampler": lambda: DataLoader(
        range(5), batch_sampler=data.BatchSampler(Picks(), 2, False)
    ),
}


@pytest.mark.parametrize("make", LENGTHLESS.values(), ids=LENGTHLESS)
def test_a_loader_without_length_is_a_sequence_all_the_same(make):
    """Python, and progress bars, take TypeError for an unknown length and no other error."""
    with pytest.raises(TypeError, match=r"the number of batches is unknown, .* has no length"):
        len(make())
    expected = [x.tolist() for x in make()]
    assert expected in ([[0, 1], [2, 3], [4]], [[3, 1]])
    assert [x.tolist() for x in list(make())] == expected
    assert [x.tolist() for x in tuple(make())] == expected


def test_streams_and_samplers_without_length():
    assert list(Stream()) == [0, 1, 2, 3, 4]
    assert list(Picks()) == [3, 1]
    assert list(data.BatchSampler(Picks(), 1, False)) == [[3], [1]]
    for thing in (Stream(), Picks(), data.Dataset()):
        assert thing  # an object without length is true
        assert not hasattr(thing, "__len__")
    for size, drop, expected in ((2, False, 3), (2, True, 2), (None, False, 1), (7, False, 1)):
        loader = DataLoader(Sized(), size, drop_last=drop)
        assert len(loader) == len(list(loader)) == expected


def test_a_dataset_without_length_needs_a_sampler():
    class Squares(data.Dataset):
        def __getitem__(self, index):
            return index**2

    for dataset in (Squares(), iter([1, 2]), (i for i in [1])):
        with pytest.raises(TypeError, match="has no length; define __len__, pass a sampler"):
            DataLoader(dataset)
    assert [x.tolist() for x in DataLoader(Squares(), 2, sampler=[3, 4, 5])] == [[9, 16], [25]]


def test_an_endless_sampler_gives_batches_when_they_are_full():
    taken = []

    def endless():
        for i in itertools.count():
            taken.append(i)
            yield i % 4

    batches = iter(DataLoader(numbers(), 3, sampler=endless()))
    assert next(batches)[0].tolist() == [0, 1, 2]
    assert len(taken) == 3
    assert next(batches)[0].tolist() == [3, 0, 1]
    grouped = DataLoader(numbers(), batch_sampler=data.BatchSampler(endless(), 2, True))
    assert [x.tolist() for (x,) in itertools.islice(grouped, 3)] == [[0, 1], [2, 3], [0, 1]]


# -- keys ------------------------------------------------------------------------------------

KEYS = {
    "strings": (["a", "b", "c"], {"a": 1, "b": 2, "c": 3}),
    "tuples": ([(0, 1), (2, 3), (4, 5)], {(0, 1): 1, (2, 3): 2, (4, 5): 3}),
    "tuples of different lengths": ([(0,), (1, 2), ()], {(0,): 1, (1, 2): 2, (): 3}),
    "numbers": ([0.5, 1.5, -1], {0.5: 1, 1.5: 2, -1: 3}),
}


@pytest.mark.parametrize(("keys", "samples"), KEYS.values(), ids=KEYS)
def test_keys_of_any_type(keys, samples):
    def drawn(dataset, size=2, **options):
        return [x.tolist() for x in DataLoader(dataset, size, **options)]

    assert drawn(samples, sampler=keys) == [[1, 2], [3]]
    assert drawn(samples, sampler=iter(keys)) == [[1, 2], [3]]
    assert drawn(samples, sampler=keys, drop_last=True) == [[1, 2]]
    assert drawn(samples, batch_sampler=[keys[:1], keys[1:]]) == [[1], [2, 3]]
    assert drawn(samples, batch_sampler=data.BatchSampler(keys, 2, False)) == [[1, 2], [3]]
    subset = data.Subset(samples, keys)
    assert drawn(subset) == [[1, 2], [3]]
    assert sorted(itertools.chain(*drawn(subset, shuffle=True))) == [1, 2, 3]
    assert subset[1] == 2
    assert drawn(data.Subset(subset, [2, 0])) == [[3, 1]]


def test_integer_keys_of_every_type():
    for kind in (np.int8, np.int32, np.int64, np.uint64):
        keys = np.array([3, 1, 2], kind)
        for each in (keys, list(keys), tuple(keys), fastnn.tensor(keys.astype(np.int64))):
            assert values(DataLoader(numbers(), 2, sampler=each)) == [[3, 1], [2]]
            assert values(DataLoader(numbers(), batch_sampler=[each])) == [[3, 1, 2]]
            assert values(DataLoader(data.Subset(numbers(), each), 3)) == [[3, 1, 2]]
    assert values(DataLoader(numbers(), 2, sampler=[-1, -4])) == [[3, 0]]
    with pytest.raises(IndexError):
        values(DataLoader(numbers(), 2, sampler=[4]))


@pytest.mark.parametrize(
    "keys", [range(8, 12), range(20, 22), range(20, 9, -1), [8, 10], np.array([2**64 - 1], "u8")]
)
@pytest.mark.parametrize("subset", [False, True])
def test_keys_beyond_the_data_are_an_error(keys, subset):
    data = TensorDataset(fastnn.arange(10))
    data = fastnn.data.Subset(data, list(range(10))) if subset else data
    with pytest.raises(IndexError):
        list(DataLoader(data, batch_sampler=[keys]))
    with pytest.raises(IndexError):
        list(DataLoader(data, batch_size=4, sampler=[int(key) + 2 for key in range(7, 12)]))


def test_indices_are_never_rounded_or_taken_for_a_mask():
    for mask in ([True, False], np.array([True, False]), fastnn.tensor([True, False])):
        with pytest.raises(TypeError, match=r"must not be a mask; pass np\.flatnonzero\(mask\)"):
            data.Subset(numbers(), mask)
    for halves in ([0.5, 1.5], np.array([0.5, 1.5])):
        with pytest.raises((TypeError, IndexError)):
            values(DataLoader(data.Subset(numbers(), halves), 2))
        with pytest.raises((TypeError, IndexError)):
            values(DataLoader(numbers(), 2, sampler=halves))


def test_slices_and_lists_of_a_subset():
    subset = data.Subset(numbers(10), [9, 7, 5])
    assert subset[1:][0].tolist() == [7, 5]
    assert subset[[2, 0]][0].tolist() == [5, 9]
    assert subset[np.int64(1)][0].item() == subset[-2][0].item() == 7


def test_split_refuses_what_is_no_number_of_samples():
    for lengths in ([2.5, 1.5], [float("nan"), 4], [float("inf"), 1], [5, -1], []):
        with pytest.raises(ValueError, match="do not add up to 4 samples"):
            data.random_split(numbers(4), lengths)
    assert [len(p) for p in data.random_split(numbers(4), [3.0, 1.0])] == [3, 1]


def test_collate_of_strings_of_numpy():
    assert data.default_collate([np.str_("a"), np.str_("b")]) == ["a", "b"]


def test_the_arguments_of_pytorch_s_workers():
    options = {
        "num_workers": 4,
        "pin_memory": True,
        "timeout": 30,
        "worker_init_fn": print,
        "multiprocessing_context": "fork",
        "prefetch_factor": 2,
        "persistent_workers": True,
        "pin_memory_device": "cuda",
        "in_order": False,
    }
    loader = DataLoader(numbers(), 3, shuffle=None, **options)
    assert values(loader) == [[0, 1, 2], [3]]
    assert (loader.num_workers, loader.pin_memory) == (4, True)
    for wrong in (-1, 1.5, None):
        with pytest.raises(ValueError, match="DataLoader: num_workers must be an integer of at le"):
            DataLoader(numbers(), num_workers=wrong)
    assert data.get_worker_info() is None


def test_positional_arguments_are_in_pytorch_s_order():
    loader = DataLoader(numbers(), 2, False, None, None, 0, lambda batch: len(batch), False, True)
    assert list(loader) == [2, 2]
    assert loader.drop_last


def test_default_convert():
    point = collections.namedtuple("Point", "x y")
    got = data.default_convert([{"a": np.ones(2)}, (np.float32(1), "s"), point(np.zeros(1), None)])
    assert got[0]["a"].tolist() == [1, 1]
    assert got[1][0].item() == 1
    assert got[1][1] == "s"
    assert type(got[2]) is point
    assert isinstance(got[2].x, fastnn.Tensor)
    assert got[2].y is None
