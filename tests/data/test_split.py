"""Training and test parts."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastnn
from fastnn.data import Subset, TensorDataset, train_test_split

pytestmark = pytest.mark.any_threading
LABELS = np.repeat([0, 1, 2], [70, 20, 10])


@given(
    st.lists(st.integers(2, 30), min_size=1, max_size=6),
    st.floats(0.01, 0.99),
    st.booleans(),
    st.integers(0, 9),
)
def test_stratified_parts(sizes, share, shuffle, seed):
    """Each sample once; of each class its share, but for less than one sample."""
    y = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    x = np.arange(len(y))
    train, test = train_test_split(x, test_size=share, stratify=y, shuffle=shuffle, generator=seed)
    assert sorted([*train, *test]) == x.tolist()
    assert len(test) == min(int(np.ceil(share * len(y))), len(y) - 1)
    counts = np.bincount(y[test], minlength=len(sizes))
    assert (abs(counts - np.array(sizes) * len(test) / len(y)) < 1).all()


@given(st.integers(2, 50), st.data())
def test_plain_parts(count, data):
    x, number = np.arange(count), data.draw(st.integers(1, count - 1))
    train, test = train_test_split(x, test_size=number)
    assert sorted([*train, *test]) == x.tolist()
    assert len(test) == number


def test_every_sample_has_the_same_chance():
    counts = Counter()
    for seed in range(600):
        counts.update(
            train_test_split(
                LABELS, np.arange(100), test_size=0.2, stratify=LABELS, generator=seed
            )[3].tolist()
        )
    found = np.array([counts[i] for i in range(100)])
    assert (abs(found - 120) < 5 * np.sqrt(600 * 0.2 * 0.8)).all()


def test_parts_are_in_random_order_and_pairs_stay_together():
    x = np.arange(100)
    a, b, c, d = train_test_split(x, LABELS, stratify=LABELS, generator=1)
    np.testing.assert_array_equal(LABELS[a], c)
    np.testing.assert_array_equal(LABELS[b], d)
    assert (np.diff(a) < 0).sum() > 20
    assert (np.diff(b) < 0).sum() > 5
    again = train_test_split(x, LABELS, stratify=LABELS, generator=fastnn.Generator(1))
    np.testing.assert_array_equal(again[0], a)
    fastnn.manual_seed(1)
    np.testing.assert_array_equal(train_test_split(x, LABELS, stratify=LABELS)[0], a)


def test_without_shuffling_the_test_part_comes_last():
    train, test = train_test_split(np.arange(10), test_size=0.21, shuffle=False)
    assert (train.tolist(), test.tolist()) == (list(range(7)), [7, 8, 9])
    train, test = train_test_split(np.arange(100), test_size=10, stratify=LABELS, shuffle=False)
    assert test.tolist() == [*range(63, 70), 88, 89, 99]
    assert np.all(np.diff(train) > 0)


def test_kinds_of_arguments():
    x = np.arange(8.0).reshape(4, 2)
    data = TensorDataset(fastnn.from_numpy(x))
    names = ["a", "b", "c", "d"]
    arrays = (x, fastnn.from_numpy(x), names, data)
    parts = train_test_split(*arrays, test_size=1, stratify=["u", "v", "u", "v"], generator=0)
    kinds = [np.ndarray, fastnn.Tensor, list, Subset]
    assert [type(part) for part in parts] == [kind for kind in kinds for _ in range(2)]
    (row,) = parts[1]
    assert row.tolist() == parts[3][0].tolist() == parts[7][0][0].tolist()
    assert parts[5] == [names[int(row[0]) // 2]]
    row[:] = 9
    assert x.max() == 7  # a copy


@pytest.mark.parametrize("labels", [["u", "v"] * 4, np.array([True, False] * 4), [b"u", b"v"] * 4])
def test_classes_of_any_kind(labels):
    parts = train_test_split(list(labels), test_size=0.5, stratify=labels)
    assert Counter(parts[0]) == Counter(parts[1]) == Counter(labels[:4])


def test_as_scikit_learn():
    """The same numbers of samples of each class."""
    other = pytest.importorskip("sklearn.model_selection")
    for share in (0.1, 0.25, 1 / 3, 0.5):
        ours = train_test_split(LABELS, test_size=share, stratify=LABELS, generator=0)
        theirs = other.train_test_split(LABELS, test_size=share, stratify=LABELS, random_state=0)
        for a, b in zip(ours, theirs):
            assert abs(np.bincount(a) - np.bincount(b)).max() <= 1
            assert len(a) == len(b)


@pytest.mark.parametrize(
    ("arrays", "options", "match"),
    [
        ((), {}, r"expected arrays of equal lengths, got lengths \[\]"),
        (([1, 2], [1]), {}, r"expected arrays of equal lengths, got lengths \[2, 1\]"),
        (([],), {}, "a number of samples that leaves some of 0, got 0.25"),
        (([1],), {}, "leaves some of 1, got 0.25"),
        (([1, 2],), {"test_size": 0}, "leaves some of 2, got 0"),
        (([1, 2],), {"test_size": 2}, "leaves some of 2, got 2"),
        (([1, 2],), {"test_size": 1.0}, "leaves some of 2, got 1.0"),
        (([1, 2],), {"test_size": -0.5}, "leaves some of 2, got -0.5"),
        (([1, 2],), {"test_size": float("nan")}, "leaves some of 2, got nan"),
        (([1, 2],), {"test_size": True}, "leaves some of 2, got True"),
        (([1, 2],), {"test_size": "1"}, "leaves some of 2, got '1'"),
        (([1, 2],), {"stratify": [1]}, r"a class for each of 2 samples, got shape \(1,\)"),
        (([1, 2],), {"stratify": [[1], [1]]}, "a class for each of 2 samples, got shape"),
        (([1, 2, 3],), {"stratify": [1, 7, 1]}, "class 7 has a single sample"),
    ],
)
def test_bad_arguments(arrays, options, match):
    with pytest.raises(ValueError, match=f"train_test_split: .*{match}"):
        train_test_split(*arrays, **options)


def test_arguments_of_another_type():
    for bad in (3, None, np.array(3)):
        with pytest.raises(TypeError, match="train_test_split: argument 1 must be an array"):
            train_test_split([1, 2], bad)
    with pytest.raises(
        TypeError, match="stratify must have integers, booleans or strings, got flo"
    ):
        train_test_split([1, 2], stratify=[0.5, 0.5])
    with pytest.raises(TypeError, match=r"train_test_split: generator must be a fastnn\.Generator"):
        train_test_split([1, 2], generator=np.random.default_rng())
