"""A loader goes on within an epoch, with the samples that are left of it."""

import copy
import io
import pickle

import numpy as np
import pytest

import fastnn
from fastnn import data
from fastnn.data import DataLoader, TensorDataset

pytestmark = pytest.mark.any_threading

DATA = TensorDataset(fastnn.arange(10))
OTHER = np.array([3, 1, 4, 1, 5, 9, 2, 6])

LOADERS = {
    "sequential": lambda: DataLoader(DATA, 3),
    "shuffled": lambda: DataLoader(DATA, 3, shuffle=True),
    "own generator": lambda: DataLoader(DATA, 3, shuffle=True, seed=3),
    "drop last": lambda: DataLoader(DATA, 3, shuffle=True, drop_last=True),
    "full batch": lambda: DataLoader(DATA, None, shuffle=True),
    "subset": lambda: DataLoader(DATA, 2, sampler=data.SubsetRandomSampler([7, 2, 3, 5, 1])),
    "weighted": lambda: DataLoader(
        DATA, 2, sampler=data.WeightedRandomSampler([1.0] * 10, 7, replacement=True)
    ),
    "replaced": lambda: DataLoader(DATA, 2, sampler=data.RandomSampler(DATA, True, 9)),
    "list": lambda: DataLoader(DATA, 3, sampler=[3, -1, 4, 1, 5]),
    "array": lambda: DataLoader(DATA, 3, sampler=OTHER),
}


def values(batches):
    return [x.tolist() for (x,) in batches]


def kept(state):
    file = io.BytesIO()
    fastnn.save(state, file)
    return fastnn.load(io.BytesIO(file.getvalue()))


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_it_goes_on_within_an_epoch(name, count):
    fastnn.manual_seed(1)
    loader = LOADERS[name]()
    values(loader)  # the second epoch is the one that is left
    batches = iter(loader)
    for _, _ in zip(range(count), batches):
        pass
    state = kept([loader.state_dict(), fastnn.get_rng_state()])
    own = None if loader.generator is None else kept(loader.generator.get_state())
    expected = values(batches), values(loader), values(loader)

    fastnn.manual_seed(2)
    other = LOADERS[name]()
    values(other)
    next(iter(other))
    other.load_state_dict(state[0])
    fastnn.set_rng_state(state[1])
    if own is not None:
        other.generator.set_state(own)
    assert kept(other.state_dict()).keys() == {"batches", "order", "seed"}
    if count == 9 or (count == 2 and name == "full batch"):  # the end was seen: a new epoch
        assert expected[0] == []
        assert (values(other), values(other)) == expected[1:]
    else:
        assert (values(other), values(other), values(other)) == expected


def test_the_last_batch_is_within_the_epoch():
    loader = DataLoader(DATA, 5, shuffle=True)
    for _ in loader:
        state = loader.state_dict()
    assert state["batches"] == 2
    assert loader.state_dict() == {"batches": 0, "order": None, "seed": None}
    loader.load_state_dict(state)
    assert values(loader) == []
    assert len(values(loader)) == 2


def test_a_state_is_loaded_twice_and_saved_again():
    loader = DataLoader(DATA, 3, shuffle=True)
    batches = iter(loader)
    next(batches)
    state = loader.state_dict()
    rest = values(batches)
    for _ in range(2):
        loader.load_state_dict(state)
        again = loader.state_dict()
        assert again["batches"] == 1
        assert again["order"].tolist() == state["order"].tolist()
        assert values(loader) == rest


@pytest.mark.parametrize(
    "make", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_a_copy_within_an_epoch(make):
    loader = DataLoader(DATA, 3, shuffle=True)
    next(iter(loader))
    state = loader.state_dict()
    copied = make(loader)
    assert copied.state_dict()["order"].tolist() == state["order"].tolist()


def test_a_sample_that_fails_does_not_end_the_epoch():
    class Broken(data.Dataset):
        def __len__(self):
            return 4

        def __getitem__(self, i):
            if i == 1:
                raise KeyError("here")
            return i

    loader = DataLoader(Broken())
    batches = iter(loader)
    next(batches)
    with pytest.raises(KeyError, match="here"):
        next(batches)
    assert loader.state_dict()["batches"] == 2
    assert [x.item() for x in batches] == [2, 3]


class Stream(data.IterableDataset):
    def __iter__(self):
        return iter(range(5))


UNKNOWN = {
    "stream": lambda: DataLoader(Stream(), 2),
    "batches": lambda: DataLoader(DATA, batch_sampler=[[1, 2], [3]]),
    "sampler": lambda: DataLoader(DATA, 2, sampler={1: "a", 2: "b", 3: "c"}),
    "many": lambda: DataLoader(
        DATA, 2, sampler=data.RandomSampler(DATA, num_samples=data.sampler.BLOCK + 1)
    ),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_orders_that_are_not_known_beforehand(name):
    loader = UNKNOWN[name]()
    assert loader.state_dict() == {"batches": 0, "order": None, "seed": None}
    batches = iter(loader)
    assert loader.state_dict() == {"batches": 0, "order": None, "seed": None}
    next(batches)
    with pytest.raises(TypeError, match="is not known before it is used"):
        loader.state_dict()
    if name != "many":
        for _ in batches:
            pass
        assert loader.state_dict() == {"batches": 0, "order": None, "seed": None}
    loader.load_state_dict({"batches": 0, "order": None, "seed": None})
    for state in (
        {"batches": 1, "order": None, "seed": None},
        {"batches": 0, "order": np.arange(2), "seed": None},
    ):
        if state["batches"] or (name != "sampler" and name != "many"):
            with pytest.raises(ValueError, match="DataLoader: the state"):
                loader.load_state_dict(state)


ONE = np.arange(10)
WRONG = {
    "none": (None, TypeError, "expected a dict of state_dict\\(\\), got NoneType"),
    "other": ({"epoch": 1}, TypeError, r"got \['epoch'\]"),
    "fraction": (
        {"batches": 1.5, "order": ONE, "seed": None},
        ValueError,
        "batches must be an integer",
    ),
    "negative": (
        {"batches": -1, "order": ONE, "seed": None},
        ValueError,
        "batches must be an integer",
    ),
    "sequential": (
        {"batches": 1, "order": None, "seed": None},
        ValueError,
        "takes it from RandomSampler",
    ),
    "matrix": (
        {"batches": 1, "order": ONE.reshape(2, 5), "seed": None},
        ValueError,
        r"of shape \(2, 5\)",
    ),
    "floats": ({"batches": 1, "order": [0.5], "seed": None}, ValueError, "got float64"),
    "larger": (
        {"batches": 1, "order": ONE + 1, "seed": None},
        ValueError,
        "1 to 10, this one has 10 samples",
    ),
    "more": (
        {"batches": 5, "order": ONE, "seed": None},
        ValueError,
        "is after 5 batches, an epoch has 4",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_states_change_nothing(name):
    state, error, text = WRONG[name]
    loader = DataLoader(DATA, 3, shuffle=True)
    batches = iter(loader)
    next(batches)
    before = loader.state_dict()
    with pytest.raises(error, match=text):
        loader.load_state_dict(state)
    assert loader.state_dict() is not before
    assert loader.state_dict()["order"] is before["order"]
    assert len(values(batches)) == 3
    assert len(values(loader)) == 4


def test_a_state_of_another_order_for_a_sequential_loader():
    with pytest.raises(ValueError, match="this one has the order of its dataset"):
        DataLoader(DATA).load_state_dict({"batches": 1, "order": ONE, "seed": None})
    with pytest.raises(ValueError, match="after 11 batches, an epoch has 10"):
        DataLoader(DATA).load_state_dict({"batches": 11, "order": None, "seed": None})
