"""Diagonals, parts, windows and stacks: data movement, so values are exact."""

import itertools

import numpy as np
import pytest

import fastnn
from tests.harness import Bad, Record, Sample, numbers, record_test

X, V, B = numbers(5, 7), numbers(7, seed=1), numbers(2, 3, 4, seed=2)
INDEX = np.arange(6)


def embedded(x, offset=0, dim1=-2, dim2=-1):
    size = x.shape[-1] + abs(offset)
    y = np.zeros((*x.shape[:-1], size, size), x.dtype)
    k = np.arange(x.shape[-1])
    y[..., k + max(-offset, 0), k + max(offset, 0)] = x
    return np.moveaxis(y, (-2, -1), (dim1, dim2))


def put(part):
    """The reference of an operation that replaces a part."""

    def reference(x, src, *args, **kwargs):
        y = x.copy()
        part(y, *args, **kwargs)[...] = src
        return y

    return reference


def line(y, offset=0, dim1=0, dim2=1):
    view = y.diagonal(offset, dim1, dim2)
    view.flags.writeable = True
    return view


def sliced(y, dim=0, start=None, end=None, step=1):
    return np.moveaxis(np.moveaxis(y, dim, 0)[start:end:step], 0, dim)


def blocks(*xs):
    xs = [np.atleast_2d(x) for x in xs]
    return np.block(
        [
            [x if i == j else np.zeros((x.shape[0], y.shape[1])) for j, y in enumerate(xs)]
            for i, x in enumerate(xs)
        ]
    )


def combined(x, r=2, with_replacement=False):
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    return np.array(list(choose(x, r)), x.dtype).reshape(-1, r)


def strided(x, size, stride, storage_offset=0):
    flat = x.reshape(-1)
    places = storage_offset + sum(
        (i * s for i, s in zip(np.indices(size), stride)), np.zeros(size, np.int64)
    )
    return flat[places]


def moved(name, op, reference, samples, bad=(), **options):
    return Record(name, op, reference, samples, bad=bad, exact=True, **options)


def listed(op):
    """An operation of a list of tensors, as one of several."""
    return lambda *tensors: op(list(tensors))


RECORDS = [
    moved(
        "diag_embed",
        fastnn.diag_embed,
        embedded,
        [Sample(X), Sample(V, 2), Sample(B, -1, 0, 2), Sample(V[:0]), Sample(INDEX, 1)],
        [
            Bad(ValueError, "diag_embed: input must have at least one", np.array(1.0)),
            Bad(ValueError, "diag_embed: dim1 and dim2 must differ", X, 0, 1, -2),
            Bad(IndexError, "diag_embed: dim1 must be from -3 to 2, got 3", X, 0, 3),
            Bad(TypeError, "diag_embed: offset must be an integer", X, 0.5),
        ],
    ),
    moved(
        "diag",
        fastnn.diag,
        np.diag,
        [Sample(V), Sample(V, -2), Sample(X), Sample(X, 2), Sample(X, 9)],
        [Bad(ValueError, "diag: input must be a vector or matrix, got 3", B)],
    ),
    moved("diagflat", fastnn.diagflat, np.diagflat, [Sample(X), Sample(V, 1)]),
    Record(
        "trace",
        fastnn.trace,
        np.trace,
        [Sample(X), Sample(X.T.copy()), Sample(X[:0])],
        bad=[Bad(ValueError, "trace: input must be a matrix, got shape", V)],
        depth=8,
    ),
    *[
        moved(
            name,
            getattr(fastnn, name),
            lambda row, col, offset=0, f=f: np.stack(f(row, offset, col)),
            [Sample(3, 4), Sample(4, 3, 1), Sample(4, 3, -2), Sample(0, 3)],
            [
                Bad(ValueError, f"{name}: row must not be negative, got -1", -1, 2),
                Bad(TypeError, f"{name}: col must be an integer", 1, 2.5),
            ],
            gradient=False,
        )
        for name, f in (("tril_indices", np.tril_indices), ("triu_indices", np.triu_indices))
    ],
    *[
        moved(name, getattr(fastnn, name), getattr(np, name), [Sample(x) for x in samples])
        for name in ("atleast_1d", "atleast_2d", "atleast_3d")
        for samples in ([np.array(2.0), V, X, B],)
    ],
    moved(
        "column_stack",
        listed(fastnn.column_stack),
        lambda *xs: np.column_stack(xs),
        [Sample(V, X.T.copy()), Sample(V, V), Sample(np.array(1.0), np.array(2.0))],
        [Bad(ValueError, "column_stack: expected at least one tensor")],
    ),
    moved(
        "dstack",
        listed(fastnn.dstack),
        lambda *xs: np.dstack(xs),
        [Sample(V, V), Sample(X, X), Sample(B, B[..., :2])],
        [Bad(ValueError, "cat: tensors must agree", V, X)],
    ),
    moved(
        "block_diag",
        fastnn.block_diag,
        blocks,
        [Sample(X, V, np.array(2.0)), Sample(X), Sample(X[:0], V)],
        [Bad(ValueError, "block_diag: tensors must have at most 2 dimensions, tensor 1", X, B)],
    ),
    moved(
        "broadcast_tensors",
        fastnn.broadcast_tensors,
        lambda *xs: list(np.broadcast_arrays(*xs)),
        [Sample(X, V), Sample(X[:, :1].copy(), V)],
        [Bad(ValueError, "broadcast_tensors: shapes", X, V[:3])],
        covers=("moveaxis", "row_stack", "swapdims"),
    ),
    moved(
        "cartesian_prod",
        fastnn.cartesian_prod,
        lambda *xs: np.array(list(itertools.product(*xs))) if len(xs) > 1 else xs[0],
        [Sample(V, V[:3].copy()), Sample(V), Sample(V[:2].copy(), V[:2].copy(), V[:3].copy())],
        [Bad(ValueError, "cartesian_prod: tensors must be vectors, got shape", X)],
    ),
    moved(
        "combinations",
        fastnn.combinations,
        combined,
        [Sample(V), Sample(V, 3), Sample(V, 2, True), Sample(V[:1], 2), Sample(INDEX)],
        [
            Bad(ValueError, "combinations: input must be a vector, got shape", X),
            Bad(ValueError, "combinations: r must be at least 1, got 0", V, 0),
            Bad(TypeError, "combinations: r must be an integer", V, 1.5),
        ],
    ),
    Record(
        "vander",
        fastnn.vander,
        np.vander,
        [Sample(V), Sample(V, 3), Sample(V, 3, True), Sample(V, 0), Sample(INDEX)],
        bad=[
            Bad(ValueError, "vander: x must be a vector, got shape", X),
            Bad(ValueError, "vander: N must not be negative, got -1", V, -1),
        ],
        depth=16,
    ),
    moved(
        "tensor_split",
        fastnn.tensor_split,
        lambda x, where, dim=0: np.array_split(x, where, dim),
        [Sample(X, 3), Sample(X, 2, 1), Sample(X, (1, 3)), Sample(X, (1, 1, 9), -1), Sample(V, 9)],
        [
            Bad(ValueError, "tensor_split: the number of pieces must be positive, got 0", X, 0),
            Bad(TypeError, "tensor_split: expected a number of pieces", X, 1.5),
            Bad(ValueError, "tensor_split: input must have at least one", np.array(1.0), 1),
            Bad(IndexError, "tensor_split: dim must be from", X, 2, 2),
        ],
    ),
    *[
        moved(
            name,
            getattr(fastnn, name),
            lambda x, where, axis=axis: np.split(x, where, axis),
            [Sample(B, sections), Sample(B, (1,))],
            [
                Bad(ValueError, f"{name}: size {B.shape[axis]} cannot be divided into 7", B, 7),
                Bad(ValueError, f"{name}: input must have at least", np.array(1.0), 1),
            ],
        )
        for name, axis, sections in (("vsplit", 0, 2), ("hsplit", 1, 3), ("dsplit", 2, 2))
    ],
    moved(
        "select_scatter",
        fastnn.select_scatter,
        put(lambda y, dim, index: np.moveaxis(y, dim, 0)[index]),
        [Sample(X, V, 0, -1), Sample(X, V[:5].copy(), 1, 2)],
        [
            Bad(IndexError, "select_scatter: index 5 is out of range for size 5", X, V, 0, 5),
            Bad(ValueError, r"select_scatter: src must have the shape \(7,\)", X, V[:3], 0, 1),
            Bad(TypeError, "select_scatter: input has dtype", X, V.astype("i8"), 0, 1),
        ],
    ),
    moved(
        "slice_scatter",
        fastnn.slice_scatter,
        put(sliced),
        [Sample(X, X[1:3] + 1, 0, 1, 3), Sample(X, X[:, ::3] + 1, 1, 0, 7, 3), Sample(X, X + 1)],
        [
            Bad(ValueError, "slice_scatter: step must be positive, got 0", X, X, 0, 0, 5, 0),
            Bad(ValueError, "slice_scatter: src must have the shape", X, X, 0, 1),
        ],
    ),
    moved(
        "diagonal_scatter",
        fastnn.diagonal_scatter,
        put(line),
        [
            Sample(X, V[:5].copy()),
            Sample(X, V[:4].copy(), -1),
            Sample(B, B[:, :, :2].sum(0), 0, 0, 2),
        ],
        [
            Bad(ValueError, "diagonal_scatter: src must have the shape", X, V),
            Bad(ValueError, "diagonal_scatter: dim1 and dim2 must differ", X, V, 0, 1, 1),
        ],
    ),
    Record(
        "as_strided",
        fastnn.as_strided,
        strided,
        [
            Sample(X, (2, 3), (1, 2), 1),
            Sample(X, (3, 3), (5, 1)),
            Sample(X, (2, 2), (0, 1), 4),
            Sample(X, (), ()),
            Sample(X, (0, 2), (3, 3)),
        ],
        bad=[
            Bad(ValueError, "leaves the 35 elements", X, (6, 7), (7, 1)),
            Bad(ValueError, "leaves the 35 elements", X, (1,), (1,), -1),
            Bad(ValueError, "leaves the 35 elements", X, (1,), (1,), 2**62),
            Bad(ValueError, "size and stride must have one length", X, (1,), (1, 1)),
            Bad(ValueError, "size and stride must be at least 0", X, (1,), (-1,)),
        ],
        depth=4,
        layouts=False,
    ),
    Record(
        "unfold",
        fastnn.Tensor.unfold,
        lambda x, axis, size, step: sliced(
            np.lib.stride_tricks.sliding_window_view(x, size, axis), axis % x.ndim, step=step
        ),
        [Sample(X, 1, 3, 1), Sample(X, 0, 2, 2), Sample(X, -1, 7, 3), Sample(V, 0, 1, 2)],
        bad=[
            Bad(ValueError, r"unfold: size must lie in \[0, 5\]", X, 0, 6, 1),
            Bad(ValueError, "unfold: step must be positive, got 0", X, 0, 2, 0),
            Bad(IndexError, "unfold: dimension must be from", X, 2, 2, 1),
        ],
        depth=4,
    ),
    Record(
        "sum_to_size",
        fastnn.Tensor.sum_to_size,
        lambda x, *shape: x.sum(
            tuple(range(x.ndim - len(shape)))
            + tuple(i for i in range(-len(shape), 0) if shape[i] == 1 != x.shape[i]),
            keepdims=True,
        ).reshape(shape),
        [Sample(X, 1, 7), Sample(X, 5, 1), Sample(X, 7), Sample(X, 5, 7), Sample(B, 1, 4)],
        bad=[Bad(ValueError, r"sum_to_size: shape \(3,\) does not expand to \(5, 7\)", X, 3)],
        depth=8,
    ),
]

test_record = record_test(RECORDS)


def test_shapes():
    assert fastnn.block_diag().shape == (1, 0)
    assert [x.shape for x in fastnn.atleast_2d(fastnn.ones(3), fastnn.ones(()))] == [(1, 3), (1, 1)]
    assert fastnn.row_stack is fastnn.vstack


def test_views_can_be_changed_where_no_elements_are_shared():
    x = fastnn.zeros(6)
    fastnn.as_strided(x, (2, 2), (3, 1)).fill_(1.0)
    assert x.tolist() == [1, 1, 0, 1, 1, 0]
    x.unfold(0, 3, 3)[1].zero_()
    assert x.tolist() == [1, 1, 0, 0, 0, 0]
    for view in (fastnn.as_strided(x, (2, 2), (1, 1)), x.unfold(0, 3, 1)):
        with pytest.raises((RuntimeError, ValueError), match=r"read-only|share one place"):
            view.zero_()


def test_dimensions_of_a_tensor_without_any():
    x = fastnn.tensor(1.0)
    assert x.transpose(0, -1).shape == x.squeeze(0).shape == x.movedim(0, -1).shape == ()
    with pytest.raises(IndexError, match="transpose: dim0 must be from -1 to 0, got 1"):
        x.transpose(1, 0)


def test_pieces_beyond_number_are_refused_at_once():
    """A dimension without elements can be divided into any number of equal pieces."""
    with pytest.raises(MemoryError, match="hsplit: 2147483648 pieces of 0 slices"):
        fastnn.hsplit(fastnn.zeros(0), 1 << 31)
    assert len(fastnn.tensor_split(fastnn.zeros(2), 1000)) == 1000
