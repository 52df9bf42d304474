"""Sorting, and the largest elements."""

import numpy as np

import fastnn
from tests.harness import Bad, Record, Sample, numbers, record_test

X = numbers(4, 9)
TIES = np.array([[2.0, 1.0, 2.0, 1.0], [3.0, 3.0, 3.0, 3.0]])


def order(x, dim, descending):
    """Stable insertion sort."""
    moved = np.moveaxis(x, dim, -1)
    out = np.zeros(moved.shape, np.int64)
    for place in np.ndindex(*moved.shape[:-1]):
        row = moved[place]
        sign = -1 if descending else 1
        out[place] = sorted(range(len(row)), key=lambda i: (sign * row[i], i))
    return np.moveaxis(out, -1, dim)


def sort(x, dim=-1, descending=False, stable=True):
    i = order(x, dim, descending)
    return np.take_along_axis(x, i, dim), i


def topk(x, k, dim=-1, largest=True, sorted=True):
    i = np.take(order(x, dim, largest), range(k), dim)
    return np.take_along_axis(x, i, dim), i


RECORDS = [
    Record(
        "sort",
        fastnn.sort,
        sort,
        [Sample(X), Sample(X, 0), Sample(X, 1, True), Sample(numbers(0, 3)), Sample(numbers(3, 1))],
        [Bad(IndexError, "sort: dim must be from -2 to 1, got 2", X, 2)],
        exact=True,
    ),
    Record(
        "argsort",
        fastnn.argsort,
        lambda *args, **kwargs: sort(*args, **kwargs)[1],
        [Sample(X), Sample(TIES, -1), Sample(TIES, -1, True)],
        exact=True,
        gradient=False,
    ),
    Record(
        "topk",
        fastnn.topk,
        topk,
        [Sample(X, 1), Sample(X, 9), Sample(X, 3, 0), Sample(X, 2, 1, False), Sample(X, 0)],
        [
            Bad(ValueError, r"topk: k must lie in \[0, 9\], the size of dim -1, got 10", X, 10),
            Bad(
                ValueError, r"topk: k must lie in \[0, 1\], the size of dim -1, got 2", numbers(), 2
            ),
            Bad(IndexError, "topk: dim must be", numbers(), 1, 1),
        ],
        exact=True,
    ),
]


test_record = record_test(RECORDS)


def test_nan_counts_as_largest():
    x = fastnn.tensor([1.0, float("nan"), 2.0])
    assert fastnn.argsort(x).tolist() == [0, 2, 1]
    assert fastnn.argsort(x, descending=True).tolist() == [1, 2, 0]


def test_scalar():
    values, indices = fastnn.sort(fastnn.tensor(3.0, requires_grad=True))
    assert (values.item(), indices.item()) == (3, 0)
    values.backward()


def test_largest_of_a_scalar():
    x = fastnn.tensor(3.0, requires_grad=True)
    values, indices = fastnn.topk(x, 1)
    assert (values.shape, indices.shape) == ((), ())
    assert (values.item(), indices.item()) == (3, 0)
    values.backward()
    assert x.grad.item() == 1
