"""Rearranging elements: padding, flipping, rolling, triangles."""

import numpy as np
import pytest

import fastnn
from tests.harness import Bad, Record, Sample, numbers, record_test

X = numbers(3, 4)
Y = numbers(2, 3, 4, 5)


def pad(x, widths, mode="constant", value=0):
    pairs = [(widths[i], widths[i + 1]) for i in range(0, len(widths), 2)][::-1]
    pairs = [(0, 0)] * (x.ndim - len(pairs)) + pairs
    added = [(max(a, 0), max(b, 0)) for a, b in pairs]
    if mode == "constant":
        return cut(np.pad(x, added, constant_values=value), pairs)
    if mode == "circular":  # what is cut off does not come back at the other end
        return np.pad(cut(x, pairs), added, "wrap")
    return cut(np.pad(x, added, {"replicate": "edge"}.get(mode, mode)), pairs)


def cut(x, pairs):
    for axis, (a, b) in enumerate(pairs):
        x = np.take(x, range(max(-a, 0), x.shape[axis] - max(-b, 0)), axis)
    return x


RECORDS = [
    Record(
        "pad",
        fastnn.pad,
        pad,
        [
            Sample(X, (1, 2)),
            Sample(X, (0, 1, 2, 0), value=7.0),
            Sample(X, (-1, 2, 1, -2)),
            Sample(X, (2, 3), "reflect"),
            Sample(X, (1, 3, 2, 1), "reflect"),
            Sample(X, (5, 1, 0, 6), "replicate"),
            Sample(X, (4, 3, 1, 0), "circular"),
            Sample(X, (-1, 2), "replicate"),
            *[
                Sample(X, widths, mode)
                for mode in ("reflect", "replicate", "circular")
                for widths in ((-1, 0), (-1, 2), (2, -2), (-1, -2, 1, -1), (0, 0, -1, 2))
            ],
            Sample(X, (3, -3), "reflect"),
            Sample(X, (6, -3), "replicate"),
            Sample(X, (-4, 2), "replicate"),
            Sample(Y, (1, 1, 2, 0), "reflect"),
            Sample(numbers(0, 3), (1, 1)),
            Sample(X, ()),
            Sample(X, (), "reflect"),
        ],
        [
            Bad(ValueError, r"pad: pad must hold at most 2 pairs, got \(1,\)", X, (1,)),
            Bad(ValueError, "pad: mode must be 'constant', .* got 'edge'", X, (1, 1), "edge"),
            Bad(
                ValueError,
                r"pad: reflect of dim 1 of size 4 reaches 3, got \(4, 0\)",
                X,
                (4, 0),
                "reflect",
            ),
            Bad(ValueError, "pad: circular of dim 1 of size 4 reaches 4", X, (0, 5), "circular"),
            Bad(ValueError, "pad: circular of dim 1 of size 4 reaches 3", X, (-1, 4), "circular"),
            Bad(ValueError, "pad: dim 1 has 4 elements, fewer than are cut off", X, (-3, -2)),
            Bad(ValueError, "pad: a value belongs to mode 'constant'", X, (1, 1), "reflect", 1.0),
        ],
        exact=True,
    ),
    Record(
        "flip",
        fastnn.flip,
        lambda x, *dims: np.flip(x, dims[0] if isinstance(dims[0], tuple) else dims),
        [Sample(X, 0), Sample(X, (0, 1)), Sample(X, -1), Sample(numbers(0, 2), 0)],
        [Bad(IndexError, "flip: dims must be from -2 to 1, got 2", X, 2)],
        exact=True,
    ),
    Record("fliplr", fastnn.fliplr, np.fliplr, [Sample(X)], exact=True),
    Record("flipud", fastnn.flipud, np.flipud, [Sample(X)], exact=True),
    Record(
        "rot90",
        fastnn.rot90,
        np.rot90,
        [Sample(X), Sample(X, 2), Sample(X, -1), Sample(Y, 3, (1, 2))],
        [Bad(ValueError, "rot90: dims must be two", Y, 1, (0, 1, 2))],
        exact=True,
    ),
    Record(
        "roll",
        fastnn.roll,
        np.roll,
        [Sample(X, 1), Sample(X, -3, 1), Sample(X, (1, 2), (0, 1)), Sample(X, 9, -1)],
        [Bad(ValueError, "roll: 2 shifts need as many dims, got 1", X, (1, 2), 0)],
        exact=True,
    ),
    *[
        Record(
            op.__name__,
            op,
            reference,
            [Sample(X), Sample(X, 1), Sample(X, -1), Sample(Y)],
            [
                Bad(
                    ValueError,
                    rf"{op.__name__}: input must have at least 2 dimensions, got shape \(3,\)",
                    X[:, 0],
                )
            ],
            exact=True,
        )
        for op, reference in ((fastnn.tril, np.tril), (fastnn.triu, np.triu))
    ],
]


test_record = record_test(RECORDS)


def test_pad_by_edges_of_what_is_cut_off():
    x = fastnn.tensor([[3.0], [5.0]], requires_grad=True)
    y = fastnn.pad(x, (2, -1), "replicate")
    assert y.tolist() == [[3.0, 3.0], [5.0, 5.0]]
    y.backward(fastnn.tensor([[1.0, 2.0], [4.0, 8.0]]))
    assert x.grad.tolist() == [[3.0], [12.0]]


def test_same_shape_in_other_ways():
    """What follows from shapes is kept: no call may get what belongs to another."""
    x = np.arange(12.0, dtype=np.float32).reshape(3, 4)
    for widths in ((1, 2), (2, 1), (1, 2, 0, 1), (1, 2)):
        for mode in ("constant", "reflect", "replicate", "circular"):
            np.testing.assert_array_equal(fastnn.pad(x, widths, mode).numpy(), pad(x, widths, mode))
    for shifts, dims in ((1, 0), (1, 1), ((1, 2), (0, 1)), ((1, 2), (1, 0)), ((1, 1), (0, 0))):
        np.testing.assert_array_equal(
            fastnn.roll(x, shifts, dims).numpy(), np.roll(x, shifts, dims)
        )
    with pytest.raises(TypeError):
        fastnn.roll(x, 1.0, 0)


def test_order_of_memory_is_kept():
    """As in PyTorch: a flip has the strides of its input, a turn those of a flip's transpose."""
    x = fastnn.tensor(np.arange(24.0, dtype=np.float32).reshape(4, 6)).t()
    assert fastnn.flip(x, 0).stride() == x.stride() == (1, 6)
    assert fastnn.rot90(x).stride() == (6, 1)
    images = fastnn.zeros(2, 3, 4, 5).to(memory_format=fastnn.channels_last)
    assert fastnn.flip(images, 3).stride() == images.stride()
