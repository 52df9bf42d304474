"""Joining, splitting and repeating tensors."""

import numpy as np

import fastnn
from tests.harness import Bad, Record, Sample, numbers, record_test

A, B, C = numbers(2, 3), numbers(4, 3, seed=1), numbers(2, 5, seed=2)


def pieces(x, sizes, dim=0):
    if isinstance(sizes, int):
        sizes = [min(sizes, x.shape[dim] - i) for i in range(0, x.shape[dim], sizes)]
    ends = np.cumsum(sizes)
    return [np.take(x, range(e - n, e), dim) for e, n in zip(ends, sizes)]


RECORDS = [
    Record(
        "cat",
        fastnn.cat,
        lambda xs, dim=0: np.concatenate([x for x in xs if x.shape != (0,)], dim),
        [
            Sample([A, B]),
            Sample([A, C, A], 1),
            Sample((A, C), -1),
            Sample([A]),
            Sample([numbers(0), A]),
            Sample([numbers(0, 3), A]),
        ],
        [
            Bad(ValueError, "cat: expected at least one tensor, got none", []),
            Bad(TypeError, "cat: tensors must be a list or tuple, got one Tensor", A),
            Bad(
                ValueError,
                r"cat: .* agree in all dimensions but 0; tensor 0 has shape \(2, 3\), "
                r"tensor 1 has \(2, 5\)",
                [A, C],
            ),
            Bad(IndexError, "cat: dim must be from -2 to 1, got 2", [A, B], 2),
            Bad(ValueError, "cat: 0-d tensors have no dimension", [numbers(), numbers()]),
        ],
        exact=True,
        covers=("concat", "concatenate"),
    ),
    Record(
        "stack",
        fastnn.stack,
        np.stack,
        [Sample([A, A + 1]), Sample((A, A + 1, A), -1), Sample([numbers(), numbers()])],
        [Bad(ValueError, r"stack: tensors must have one shape; .* tensor 1 has \(4, 3\)", [A, B])],
        exact=True,
    ),
    Record(
        "hstack",
        fastnn.hstack,
        np.hstack,
        [Sample([A, C]), Sample([numbers(3), numbers(2)]), Sample([numbers(), numbers()])],
        exact=True,
    ),
    Record(
        "vstack",
        fastnn.vstack,
        np.vstack,
        [Sample([A, B]), Sample([numbers(3), numbers(3)]), Sample([numbers(3), A])],
        exact=True,
    ),
    Record(
        "split",
        fastnn.split,
        pieces,
        [
            Sample(B, 3),
            Sample(B, [1, 0, 3]),
            Sample(C, 2, 1),
            Sample(C, [2, 3], -1),
        ],
        [
            Bad(ValueError, r"split: sizes \[1, 2\] do not add up to 4", B, [1, 2]),
            Bad(ValueError, r"split: the size of a piece must be positive, got 0", B, 0),
        ],
        exact=True,
    ),
    Record(
        "chunk",
        fastnn.chunk,
        lambda x, n, dim=0: pieces(x, -(-x.shape[dim] // n), dim),
        [Sample(numbers(10), 4), Sample(B, 2), Sample(C, 3, 1), Sample(numbers(3), 5)],
        [Bad(ValueError, "chunk: chunks must be positive, got 0", B, 0)],
        exact=True,
    ),
    Record(
        "unbind",
        fastnn.unbind,
        lambda x, dim=0: [np.take(x, i, dim) for i in range(x.shape[dim])],
        [Sample(A), Sample(A, 1), Sample(numbers(2, 1, 3), -1)],
        [Bad(IndexError, "unbind: dim must be absent for a 0-d tensor, got 0", numbers())],
        exact=True,
    ),
    Record(
        "meshgrid",
        fastnn.meshgrid,
        lambda *xs, indexing="ij": np.meshgrid(*xs, indexing=indexing),
        [
            Sample(numbers(2), numbers(3)),
            Sample(numbers(2), numbers(3), numbers(4), indexing="xy"),
            Sample(numbers(2)),
        ],
        [Bad(ValueError, "meshgrid: indexing must be 'ij' or 'xy', got 'ab'", A, indexing="ab")],
        exact=True,
    ),
    Record(
        "repeat",
        fastnn.repeat,
        lambda x, *times: np.tile(x, times),
        [Sample(A, 2, 3), Sample(A, 2, 1, 2), Sample(numbers(3), 0), Sample(numbers(), 2)],
        [
            Bad(
                ValueError, r"repeat: sizes must name at least the 2 dimensions .* got \(2,\)", A, 2
            ),
            Bad(ValueError, r"repeat: repetitions must not be negative, got \(1, -1\)", A, 1, -1),
        ],
        exact=True,
    ),
    Record(
        "tile",
        fastnn.tile,
        np.tile,
        [Sample(A, (2, 3)), Sample(A, (2,)), Sample(A, (2, 1, 2))],
        exact=True,
    ),
    Record(
        "repeat_interleave",
        fastnn.repeat_interleave,
        lambda x, times, dim=None: np.repeat(x, times, dim),
        [
            Sample(A, 2),
            Sample(A, 3, 1),
            Sample(A, np.array([2, 0, 1]), -1),
            Sample(B, np.array([0, 0, 0, 0]), 0),
        ],
        [
            Bad(
                ValueError,
                "repeat_interleave: repeats must have 3 elements",
                A,
                np.array([1, 2]),
                1,
            ),
            Bad(ValueError, "repeat_interleave: repeats must be integers from 0", A, -1, 1),
        ],
        exact=True,
        layouts=False,
    ),
]


test_record = record_test(RECORDS)


def test_gradient_of_only_one_piece():
    x = fastnn.arange(5.0, requires_grad=True)
    fastnn.split(x, 2)[1].backward(fastnn.tensor([1.0, 2.0]))
    assert x.grad.tolist() == [0, 0, 1, 2, 0]


def test_constants_may_be_joined():
    x = fastnn.ones(2, requires_grad=True)
    fastnn.cat([x, np.zeros(3, np.float32)]).backward(fastnn.arange(5.0))
    assert x.grad.tolist() == [0, 1]


def test_types_may_be_joined():
    x = fastnn.ones(2, requires_grad=True)
    y = fastnn.ones(2, dtype=fastnn.float64, requires_grad=True)
    fastnn.cat([x, y]).backward(np.arange(4.0))
    assert x.grad.dtype == fastnn.float32
    assert y.grad.tolist() == [2, 3]
