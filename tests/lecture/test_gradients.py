"""Automatic differentiation by hand, node by node."""

import math

import numpy as np
import pytest

import fastnn
from fastnn.testing import gradcheck


def test_sine_plus_product_node_by_node():
    """f = sin(x1) + x1 x2 at (2, 5): df/dx1 = cos(x1) + x2, df/dx2 = x1."""
    x1 = fastnn.tensor(2.0, dtype=fastnn.float64, requires_grad=True)
    x2 = fastnn.tensor(5.0, dtype=fastnn.float64, requires_grad=True)
    v1 = fastnn.sin(x1)
    v2 = x1 * x2
    f = v1 + v2
    for v in (v1, v2):
        v.retain_grad()
    f.backward()

    assert f.item() == pytest.approx(math.sin(2) + 10)
    assert v1.grad.item() == 1  # df/dv1
    assert v2.grad.item() == 1  # df/dv2
    assert x2.grad.item() == 2  # df/dv2 · dv2/dx2 = x1
    assert x1.grad.item() == pytest.approx(math.cos(2) + 5)  # the sum over both paths to x1


def test_the_tape_on_the_same_function():
    x1 = fastnn.tensor(2.0, requires_grad=True)
    x2 = fastnn.tensor(5.0, requires_grad=True)
    f = fastnn.sin(x1) + x1 * x2
    add = f.grad_fn
    sine, product = add.inputs
    assert product.inputs == (x1, x2)
    assert sine.inputs == (x1,)
    assert add.order > product.order > sine.order


def test_chain_rule_agrees_with_differences():
    x = fastnn.from_numpy(np.linspace(-2, 2, 7)).requires_grad_()
    assert gradcheck(lambda t: fastnn.exp(fastnn.sin(t * t)) * t, x)


def test_gradient_of_a_quadratic_form():
    """The gradient of xᵀ A x is (A + Aᵀ) x."""
    a = fastnn.tensor([[2.0, 1.0], [0.0, 3.0]])
    x = fastnn.tensor([1.0, -2.0], requires_grad=True)
    (x @ (a @ x)).backward()
    assert np.allclose(x.grad._array, (a._array + a._array.T) @ x._array)
