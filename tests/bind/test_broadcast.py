"""Arrays seen in a larger shape, beside NumPy's function."""

import numpy as np
import pytest

from fastnn import _core

X = np.arange(12, dtype=np.float32).reshape(3, 1, 4)


@pytest.mark.parametrize(
    ("x", "shape"),
    [
        (X, (3, 1, 4)),
        (X, (3, 5, 4)),
        (X, (2, 3, 5, 4)),
        (X[::-1, :, ::2], (3, 5, 2)),
        (X[:0], (0, 7, 4)),
        (X, (3, 0, 4)),
        (np.array(3.0), ()),
        (np.array(3), (2, 2)),
        (np.asfortranarray(X), (3, 2, 4)),
        (np.array([None, "a"], object), (2, 2)),
        (X.astype(">f4"), (3, 2, 4)),
    ],
)
def test_as_numpy(x, shape):
    y, expected = _core.broadcast_to(x, shape), np.broadcast_to(x, shape)
    assert (y.shape, y.dtype) == (expected.shape, expected.dtype)
    assert not y.flags.writeable
    assert y.flags.aligned == x.flags.aligned
    np.testing.assert_array_equal(y, expected)


def test_a_view_that_keeps_the_array():
    x = np.arange(3)
    y = _core.broadcast_to(x, [2, 3])
    x[0] = 7
    assert y.base is x
    del x
    assert y.tolist() == [[7, 1, 2], [7, 1, 2]]


@pytest.mark.parametrize(
    ("x", "shape", "error", "match"),
    [
        (X, (3, 4), ValueError, r"shape \(3, 1, 4\) does not expand to \(3, 4\)"),
        (X, (4,), ValueError, r"does not expand to \(4,\)"),
        (X, (3, -1, 4), ValueError, "negative size, -1"),
        (X, (1,) * 65, ValueError, "at most 64 sizes, got 65"),
        (np.ones(1), (2**62, 2**62), ValueError, "too big"),
        (X, (3.0, 1, 4), TypeError, "shape must hold ints"),
        (X, 3, TypeError, "shape must be a tuple of ints, got int"),
        ([1.0], (1,), TypeError, "array must be a NumPy array, got list"),
    ],
)
def test_errors(x, shape, error, match):
    with pytest.raises(error, match=match):
        _core.broadcast_to(x, shape)
