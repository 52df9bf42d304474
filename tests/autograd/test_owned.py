"""Gradients that a backward writes to: only those that nobody else holds."""

import weakref
from sys import getrefcount

import numpy as np
import pytest

import fastnn
from fastnn import _core
from fastnn.autograd import tape
from fastnn.nn import functional as F
from fastnn.ops import conv

SHAPE = (2, 32, 64, 64)  # a gradient of 1 MiB


@pytest.fixture
def overwritten(monkeypatch):
    """For each relu of a convolution, whether it was multiplied into the gradient."""
    found = []

    def owned(dy):
        alone = getrefcount(dy) == tape.OWNED and type(dy.base) is not np.ndarray
        found.append(alone and dy.flags.writeable)
        return found[-1]

    monkeypatch.setattr(conv, "owned", owned)
    return found


def layers():
    fastnn.manual_seed(0)
    x = fastnn.randn(*SHAPE)
    w = [fastnn.randn(32, 32, 3, 3) * 0.05 for _ in range(2)]
    return x, [v.detach().requires_grad_() for v in w]


def gradients(loss_of, monkeypatch, never):
    with monkeypatch.context() as patch:
        if never:
            patch.setattr(conv, "LARGE", 1 << 60)
        x, weights = layers()
        loss_of(x, weights).backward()
        return [w.grad.numpy() for w in weights]


def relu_conv(x, w):
    return F.conv2d(x, w, padding=1, activation="relu")


def chain(x, weights):
    return F.max_pool2d(relu_conv(relu_conv(x, weights[0]), weights[1]), 2).sum()


def branches(x, weights):
    """One gradient goes to both terms of a sum."""
    y = relu_conv(x, weights[0])
    return ((relu_conv(y, weights[1]) + y) * 1.5).sum()


def used_twice(x, weights):
    y = relu_conv(x, weights[0])
    return (relu_conv(y, weights[1]) * y).sum()


def expanded(x, weights):
    """The gradient of a sum is one number, seen many times."""
    return relu_conv(relu_conv(x, weights[0]), weights[1]).sum()


def residual(x, weights):
    y = relu_conv(x, weights[0])
    return (F.conv2d(y, weights[1], padding=1, activation="relu", residual=y) * 2.0).sum()


@pytest.mark.parametrize("loss_of", [chain, branches, used_twice, expanded, residual])
def test_the_same_gradients(loss_of, monkeypatch):
    expected = gradients(loss_of, monkeypatch, never=True)
    for a, b in zip(gradients(loss_of, monkeypatch, never=False), expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_chain_writes_into_its_gradients(overwritten):
    x, weights = layers()
    chain(x, weights).backward()
    assert overwritten == [True, True]


def test_a_gradient_that_is_kept_stays_as_it_was(overwritten):
    x, weights = layers()
    y = relu_conv(x, weights[0])
    kept = []
    y.register_hook(lambda dy: kept.append(dy))
    (y * 3.0).sum().backward()
    assert overwritten == [False]
    assert (kept[0].numpy() == 3).all()
    y = relu_conv(x, weights[0])
    (dy,) = fastnn.autograd.grad((y * 3.0).sum(), [y])
    assert (dy.numpy() == 3).all()
    y = relu_conv(x, weights[0])
    y.retain_grad()
    (y * 3.0).sum().backward()
    assert (y.grad.numpy() == 3).all()


def test_a_gradient_that_is_given_stays_as_it_was(overwritten):
    x, weights = layers()
    dy = fastnn.ones(*SHAPE)
    relu_conv(x, weights[0]).backward(dy)
    assert overwritten == [False]
    assert (dy.numpy() == 1).all()


def test_a_graph_that_is_kept_can_be_walked_again():
    x, weights = layers()
    loss = chain(x, weights)
    loss.backward(retain_graph=True)
    first = weights[0].grad.numpy().copy()
    loss.backward(retain_graph=True)
    np.testing.assert_array_equal(weights[0].grad.numpy(), first * 2)
    loss.backward()
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        loss.backward()
    assert not tape.retaining


def test_outputs_are_gone_before_the_gradient_of_the_input(monkeypatch):
    """The largest arrays of a step of training: x, dy and dx, without y or a second dy."""
    gone = []

    class Spy:
        def __getattr__(self, name):
            return getattr(_core, name)

        def conv_backward(self, *arguments):
            gone.append(y() is None)
            return _core.conv_backward(*arguments)

    x, weights = layers()
    output = relu_conv(x, weights[0])
    y = weakref.ref(output._array)
    loss = F.max_pool2d(output, 2).sum()
    del output
    monkeypatch.setattr(conv, "_core", Spy())
    loss.backward()
    assert gone == [True]
