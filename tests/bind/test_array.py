"""Arrays that bindings accept: any strides, checked dtypes, and no input that crashes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastnn import kernels

relu, relu_backward = kernels.relu, kernels.relu_backward


@st.composite
def strided(draw):
    """A float32 view with positive, negative, permuted, broadcast and stepped axes."""
    shape = draw(st.lists(st.integers(0, 4), max_size=4))
    a = np.random.default_rng(draw(st.integers(0, 9))).standard_normal([n * 2 + 1 for n in shape])
    a = np.asarray(a, draw(st.sampled_from([np.float32, np.float64])))
    steps = (draw(st.sampled_from([1, 2, -1, -2])) for _ in shape)
    a = a[tuple(slice(None, None, step) for step in steps) or ...]
    a = a[tuple(slice(0, n) for n in shape) or ...]
    a = a.transpose(draw(st.permutations(range(len(shape)))))
    for axis in range(a.ndim):
        if a.shape[axis] == 1 and draw(st.booleans()):
            a = np.broadcast_to(a, (*a.shape[:axis], 3, *a.shape[axis + 1 :]))
    return a


@given(strided())
def test_any_strides(x):
    before = x.copy()
    y = relu(x)
    np.testing.assert_array_equal(y, np.maximum(x, 0))
    assert y.dtype == x.dtype
    assert y.flags.writeable
    assert y.base is not None
    np.testing.assert_array_equal(relu_backward(x, np.asarray(y, order="F")), np.where(y > 0, x, 0))
    np.testing.assert_array_equal(x, before)


def test_dense_order_is_kept():
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5)).astype(np.float32)
    channels_last = x.transpose(0, 3, 1, 2)
    assert relu(channels_last).strides == channels_last.strides
    assert relu(np.asfortranarray(x)).flags.f_contiguous


def test_results_of_a_transposed_array_have_correct_flags():
    y = relu(np.ones((3, 4), np.float32).T)
    assert y.flags.f_contiguous
    assert not y.flags.c_contiguous


def unaligned():
    return np.frombuffer(bytearray(4 * 4 + 1), np.uint8)[1:].view(np.float32)


ones = np.ones(4, np.float32)


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (None, TypeError, "relu: input must be a NumPy array, got NoneType"),
        ([1.0], TypeError, "relu: input must be a NumPy array, got list"),
        (1.0, TypeError, "relu: input must be a NumPy array, got float"),
        (ones.astype("f2"), TypeError, "must have dtype float32 or float64, got float16"),
        (
            ones.astype("g"),
            TypeError,
            "must have dtype float32 or float64, got float128|longdouble",
        ),
        (ones.astype("F"), TypeError, "must have dtype float32 or float64, got complex64"),
        (ones.astype("O"), TypeError, "must have dtype float32 or float64, got object"),
        (ones.astype("S"), TypeError, "must have dtype float32 or float64, got "),
        (np.zeros(3, "f4,f4"), TypeError, "must have dtype float32 or float64, got "),
        (np.zeros(3, "M8[s]"), TypeError, "must have dtype float32 or float64, got datetime64"),
        (ones.astype(">f4"), ValueError, "relu: input must be in native byte order"),
    ],
)
def test_bad_arrays(x, error, message):
    with pytest.raises(error, match=message):
        relu(x)


@pytest.mark.parametrize(
    ("dy", "y", "error", "message"),
    [
        (ones, ones[:3], ValueError, r"dy must have shape \(3,\), got \(4,\)"),
        (ones, ones[None], ValueError, r"dy must have shape \(1, 4\), got \(4,\)"),
        (ones, ones.astype("f8"), TypeError, "dy must have dtype float64, got float32"),
    ],
)
def test_arrays_that_do_not_match(dy, y, error, message):
    with pytest.raises(error, match=message):
        relu_backward(dy, y)


def test_unaligned_arrays_are_copied():
    np.testing.assert_array_equal(relu(unaligned()), np.zeros(4))
    np.testing.assert_array_equal(relu_backward(unaligned(), ones), np.zeros(4))


def test_explicit_native_byte_order():
    native = "<" if np.little_endian else ">"
    x = np.array([-1, 2], np.dtype(np.float32).newbyteorder(native))
    np.testing.assert_array_equal(relu(x), [0, 2])


def test_read_only_and_subclasses_are_read():
    x = np.float32([-1, 2])
    x.flags.writeable = False
    np.testing.assert_array_equal(relu(x), [0, 2])
    np.testing.assert_array_equal(relu(x.view(np.recarray)), [0, 2])


def test_as_many_axes_as_numpy_allows():
    x = np.ones((1,) * 32, np.float32)
    assert relu(x).shape == x.shape
    assert relu(x[..., 1:]).size == 0
