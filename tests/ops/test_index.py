"""Indexing: gather, scatter, masks and assignment."""

import numpy as np

import fastnn
from fastnn.ops import index as index_ops
from tests.harness import Bad, Record, Sample, numbers, record_test

X = numbers(4, 5)
I2 = np.array([[0, 4, 4], [1, 1, 1], [2, 0, 3]])
MASK = X > 0


def gather(x, dim, index):
    y = np.zeros(index.shape)
    for place in np.ndindex(*index.shape):
        source = list(place)
        source[dim] = index[place]
        y[place] = x[tuple(source)]
    return y


def scatter(x, dim, index, src, add=False):
    y = np.array(x)
    src = np.broadcast_to(src, index.shape) if np.ndim(src) == 0 else src
    for place in np.ndindex(*index.shape):
        target = list(place)
        target[dim] = index[place]
        y[tuple(target)] = src[place] + (y[tuple(target)] if add else 0)
    return y


def index_add(x, dim, index, source):
    y = np.array(x)
    for i, k in enumerate(index):
        y[(slice(None),) * (dim % x.ndim) + (k,)] += np.take(source, i, dim)
    return y


def masked_fill(x, mask, value):
    return np.where(mask, value, x)


def put(x, key, value):
    y = np.array(x)
    y[key] = value
    return y


def assigned(x, key, value):
    y = x.clone()
    y[key] = value
    return y


RECORDS = [
    Record(
        "index",
        index_ops.getitem,
        lambda x, key: x[key],
        [
            Sample(X, 1),
            Sample(X, (slice(None, None, 2), slice(3, 0, -1))),
            Sample(X, (Ellipsis, None, 2)),
            Sample(X, (1, 2)),
            Sample(X, np.array([0, 3, 0])),
            Sample(X, (np.array([0, 0, 1]), np.array([2, 2, -1]))),
            Sample(X, (slice(None), np.array([[1, 1], [4, 0]]))),
            Sample(X, MASK),
            Sample(X, (MASK[:, 0], slice(1, 3))),
            Sample(X, slice(2, 2)),
            Sample(X, [0, 0, 2]),
        ],
        [
            Bad(IndexError, r"index: index 4 is out of bounds .* shape \(4, 5\)", X, 4),
            Bad(IndexError, "index: too many indices", X, (0, 0, 0)),
            Bad(IndexError, "index: index 9 is out of bounds", X, np.array([0, 9])),
        ],
        exact=True,
        layouts=False,
    ),
    Record(
        "setitem",
        assigned,
        put,
        [
            Sample(X, 1, numbers(5, seed=3)),
            Sample(X, (slice(None), slice(1, 3)), numbers(4, 1, seed=3)),
            Sample(X, np.array([0, 2]), numbers(1, 2, 5, seed=3)[0]),
            Sample(X, Ellipsis, numbers(seed=3)),
        ],
        [Bad(ValueError, r"index: .* the tensor has shape \(4, 5\)", X, 1, numbers(4))],
        exact=True,
        layouts=False,
    ),
    Record(
        "select",
        fastnn.select,
        lambda x, dim, i: np.take(x, i, dim),
        [Sample(X, 0, 1), Sample(X, -1, -1)],
        [Bad(IndexError, "index: index 4 is out of bounds", X, 0, 4)],
        exact=True,
    ),
    Record(
        "narrow",
        fastnn.narrow,
        lambda x, dim, start, length: np.take(
            x, range(start % x.shape[dim], start % x.shape[dim] + length), dim
        ),
        [Sample(X, 0, 1, 2), Sample(X, 1, -2, 2), Sample(X, 0, 0, 0)],
        [Bad(IndexError, "narrow: 3 from 2 do not lie in a dimension of size 4", X, 0, 2, 3)],
        exact=True,
    ),
    Record(
        "gather",
        fastnn.gather,
        gather,
        [Sample(X, 1, I2), Sample(X, 0, np.minimum(I2, 3)), Sample(X, -1, I2[:0])],
        [
            Bad(IndexError, r"gather: index must lie in \[0, 5\), got 5", X, 1, I2 + 1),
            Bad(IndexError, r"gather: index must lie in \[0, 5\), got -1", X, 1, I2 - 1),
            Bad(TypeError, "gather: index must hold integers, got float64", X, 1, I2 * 1.0),
            Bad(
                ValueError, r"gather: index must have 2 dimensions, none but 1 larger", X, 1, I2[0]
            ),
        ],
        exact=True,
    ),
    Record(
        "take_along_dim",
        fastnn.take_along_dim,
        lambda x, i, dim=None: np.take_along_axis(
            x if dim is not None else x.reshape(-1), i if dim is not None else i.reshape(-1), dim
        ),
        [
            Sample(X, np.array([[1, 0], [1, 1], [4, 4], [0, 0]]), 1),
            Sample(X, np.array([[3, 3, 0, 1, 2]]), 0),
            Sample(X, np.array([[0, 19]])),
        ],
        [Bad(ValueError, r"take_along_dim: shapes \(4, 5\) and \(3, 3\) differ", X, I2, 1)],
        exact=True,
    ),
    Record(
        "index_select",
        fastnn.index_select,
        lambda x, dim, i: np.take(x, i, dim),
        [Sample(X, 0, np.array([3, 3, 0])), Sample(X, -1, np.array([4]))],
        [
            Bad(
                IndexError, r"index_select: index must lie in \[0, 4\), got 4", X, 0, np.array([4])
            ),
            Bad(ValueError, "index_select: index must have one dimension", X, 0, I2),
        ],
        exact=True,
    ),
    Record(
        "index_add",
        fastnn.index_add,
        index_add,
        [
            Sample(X, 0, np.array([3, 0, 3]), numbers(3, 5, seed=4)),
            Sample(X, -1, np.array([1, 1]), numbers(4, 2, seed=4)),
        ],
        [Bad(ValueError, r"index_add: source must have shape \(2, 5\)", X, 0, np.array([1, 1]), X)],
        depth=3,
    ),
    Record(
        "scatter_add",
        fastnn.scatter_add,
        lambda x, dim, i, s: scatter(x, dim, i, s, add=True),
        [Sample(X, 1, I2, numbers(3, 3, seed=5)), Sample(X, 0, I2 % 4, numbers(4, 4, seed=5))],
        [Bad(ValueError, "scatter_add: src must be at least as large as index", X, 1, I2, X[:2])],
        depth=4,
    ),
    Record(
        "scatter",
        fastnn.scatter,
        scatter,
        [
            Sample(X, 1, np.array([[0, 2], [4, 1]]), numbers(2, 3, seed=5)),
            Sample(X, 1, I2, numbers(3, 3, seed=5)),
            Sample(X, 0, I2 % 4, 5.0),
        ],
        [Bad(IndexError, r"scatter: index must lie in \[0, 4\)", X, 0, I2, X)],
        exact=True,
    ),
    Record(
        "masked_fill",
        fastnn.masked_fill,
        masked_fill,
        [
            Sample(X, MASK, 9.0),
            Sample(X, MASK[0], -1),
            Sample(X, MASK, numbers()),
            Sample(numbers(5), MASK, 0.5),
        ],
        [
            Bad(TypeError, "masked_fill: mask must be boolean, got int64", X, I2, 0.0),
            Bad(ValueError, r"masked_fill: value must be a scalar, got shape \(4, 5\)", X, MASK, X),
            Bad(ValueError, "masked_fill: mask of shape .* does not fit", X, MASK[:3], 0.0),
        ],
        exact=True,
        layouts=False,
    ),
    Record(
        "masked_select",
        fastnn.masked_select,
        lambda x, mask: np.broadcast_to(x, MASK.shape)[np.broadcast_to(mask, MASK.shape)],
        [Sample(X, MASK), Sample(X, MASK[0]), Sample(numbers(5), MASK), Sample(X, X > 9)],
        [Bad(ValueError, "masked_select: mask of shape .* does not fit", X, MASK[:3])],
        exact=True,
        layouts=False,
    ),
    Record(
        "nonzero",
        fastnn.nonzero,
        np.argwhere,
        [Sample(MASK), Sample(np.array([0, 3, 0, 4])), Sample(np.array(5))],
        exact=True,
        gradient=False,
    ),
    Record(
        "one_hot",
        fastnn.one_hot,
        lambda i, n: np.eye(n, dtype=np.int64)[i],
        [Sample(I2, 5), Sample(np.array([1]), 7), Sample(np.zeros((0, 2), np.int64), 3)],
        [
            Bad(IndexError, r"one_hot: tensor must lie in \[0, 4\), got 4", I2, 4),
            Bad(TypeError, "one_hot: tensor must hold integers", X, 4),
            Bad(ValueError, "one_hot: num_classes cannot be guessed", np.zeros(0, np.int64)),
        ],
        exact=True,
        gradient=False,
    ),
]


test_record = record_test(RECORDS)


def test_index_with_tensors():
    x = fastnn.arange(6.0).reshape(2, 3)
    assert x[fastnn.tensor([1, 0]), fastnn.tensor([0, 2])].tolist() == [3, 2]
    assert x[fastnn.tensor([True, False])].tolist() == [[0, 1, 2]]
    assert x[fastnn.tensor(1)].tolist() == [3, 4, 5]


def test_repeated_indices_sum_their_gradients():
    x = fastnn.zeros(3, requires_grad=True)
    x[[0, 0, 2, 0]].backward(fastnn.tensor([1.0, 2.0, 4.0, 8.0]))
    assert x.grad.tolist() == [11, 0, 4]


def test_nonzero_as_tuple():
    rows, columns = fastnn.nonzero(fastnn.eye(2), as_tuple=True)
    assert rows.tolist() == columns.tolist() == [0, 1]
