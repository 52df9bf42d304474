"""The gradient check finds wrong gradients and says where."""

import numpy as np
import pytest

import fastnn
from fastnn.autograd.record import array, record
from fastnn.testing import assert_close, gradcheck


def square(x, factor=2.0):
    a = array(x)
    return record(a * a, lambda node, dy: (factor * a * dy,), (x,))


def double(*shape):
    return fastnn.rand(*shape, dtype=fastnn.float64, requires_grad=True)


def test_right():
    assert gradcheck(square, double(2, 3))
    assert gradcheck(lambda x, y: (square(x), square(y)), [double(2), double(3)])


def test_wrong():
    with pytest.raises(AssertionError, match=r"input 1 of shape \(3,\), 3 of 3 elements wrong"):
        gradcheck(lambda x, y: (square(x), square(y, 2.01)), [double(2), double(3)])
    assert not gradcheck(lambda x: square(x, 3.0), double(2), raise_exception=False)


def test_gradient_that_is_missing():
    with pytest.raises(AssertionError, match="input 0"):
        gradcheck(lambda x: record(array(x) * 2, lambda node, dy: (None,), (x,)), double(2))
    with pytest.raises(AssertionError, match="no output depends"):
        gradcheck(lambda x: fastnn.Tensor(x._array), double(2))


def test_gradient_that_is_nan():
    with pytest.raises(AssertionError, match="nan"):
        gradcheck(lambda x: square(x, np.nan), double(2))


def test_strided_inputs():
    base = fastnn.rand(6, 4, dtype=fastnn.float64)._array
    for view in (base.T, base[::-2, ::2]):
        assert gradcheck(square, fastnn.from_numpy(view).requires_grad_())


def test_inputs_are_checked():
    with pytest.raises(ValueError, match="gradcheck: input 0 must be float64, got float32"):
        gradcheck(square, fastnn.ones(2, requires_grad=True))
    with pytest.raises(ValueError, match="gradcheck: no input requires a gradient"):
        gradcheck(square, fastnn.ones(2))
    shared = fastnn.from_numpy(np.broadcast_to(np.ones(1), 3))
    with pytest.raises(ValueError, match="gradcheck: input 0 has elements that share memory"):
        gradcheck(square, shared.requires_grad_())


def test_inputs_are_restored():
    x = double(3)
    before = x.tolist()
    gradcheck(square, x)
    assert x.tolist() == before
    assert x.grad is None


def test_assert_close():
    assert_close(fastnn.ones(2), np.ones(2, np.float32) + 1e-6)
    with pytest.raises(AssertionError, match=r"1 of 2 elements differ; worst at \(1,\)"):
        assert_close(fastnn.tensor([1.0, 2.0]), fastnn.tensor([1.0, 2.1]))
    with pytest.raises(AssertionError, match="shape"):
        assert_close(fastnn.ones(2), fastnn.ones(3))
    with pytest.raises(AssertionError, match="dtype"):
        assert_close(fastnn.ones(2), np.ones(2))
    assert_close(fastnn.ones(2), np.ones(2), check_dtype=False)
    with pytest.raises(AssertionError):
        assert_close(float("nan"), float("nan"))
    assert_close(float("nan"), float("nan"), equal_nan=True)
    with pytest.raises(AssertionError):
        assert_close(fastnn.arange(3), np.array([0, 1, 3]))
