"""Orders of memory by PyTorch's names, and hooks of leaves that have their gradient."""

import pickle

import numpy as np
import pytest

import fastnn
from fastnn import nn
from fastnn.testing import gradcheck

X = np.arange(120.0).reshape(2, 3, 4, 5)
LAST, ROWS = fastnn.channels_last, fastnn.contiguous_format


def test_images_with_channels_last():
    x = fastnn.tensor(X)
    for y in (
        x.to(memory_format=LAST),
        x.contiguous(memory_format=LAST),
        x.clone(memory_format=LAST),
        x.to(np.float32, memory_format=LAST),
    ):
        assert y.stride() == (60, 1, 15, 3)
        assert y.is_contiguous(memory_format=LAST)
        assert not y.is_contiguous()
        np.testing.assert_array_equal(y, X)
        assert y.contiguous(memory_format=LAST) is y
        assert y.contiguous(memory_format=ROWS).is_contiguous()
        assert y.clone(memory_format=fastnn.preserve_format).stride() == y.stride()
        assert y.clone().stride() == y.stride()
    assert x.to(memory_format=fastnn.preserve_format) is x
    assert x.is_contiguous(memory_format=ROWS)
    assert not x.is_contiguous(memory_format=LAST)
    volume = fastnn.zeros(2, 3, 2, 2, 2).to(memory_format=fastnn.channels_last_3d)
    assert volume.stride() == (24, 1, 12, 6, 3)


def test_gradients_and_errors():
    x = fastnn.tensor(X[:, :, :2, :2], requires_grad=True)
    assert gradcheck(lambda x: x.to(memory_format=LAST) * 2, x)
    assert gradcheck(lambda x: x.clone(memory_format=LAST) * 2, x)
    with pytest.raises(RuntimeError, match="contiguous: channels_last is an order of 4 dimensio"):
        fastnn.zeros(2, 3).contiguous(memory_format=LAST)
    with pytest.raises(TypeError, match="to: memory_format must be one of fastnn's, got 'rows'"):
        fastnn.zeros(2).to(memory_format="rows")


def test_names_of_formats():
    assert repr(LAST) == "fastnn.channels_last"
    assert fastnn.legacy_contiguous_format is ROWS
    assert isinstance(ROWS, fastnn.memory_format)
    assert pickle.loads(pickle.dumps(LAST)) is LAST
    conv = nn.Conv2d(3, 4, 3).to(memory_format=LAST)
    assert nn.utils.convert_conv2d_weight_memory_format(conv, LAST) is conv
    assert nn.utils.convert_conv3d_weight_memory_format(conv, LAST) is conv


def test_hooks_after_the_gradient_is_there():
    x = fastnn.tensor([1.0, 2.0], requires_grad=True)
    seen = []

    def step(p):
        seen.append(p.grad.tolist())
        with fastnn.no_grad():
            p -= p.grad
        p.grad = None

    handle = x.register_post_accumulate_grad_hook(step)
    x.register_hook(lambda g: g * 10)
    (x * x + x).sum().backward()  # two paths: the hook runs once
    assert seen == [[30, 50]]
    assert x.grad is None
    assert x.tolist() == [-29, -48]
    assert fastnn.autograd.grad((x * x).sum(), x)[0].tolist() == [-580, -960]  # no hook
    assert len(seen) == 1
    handle.remove()
    (x * 1).sum().backward()
    assert len(seen) == 1
    for other in (x * 2, fastnn.ones(2)):
        with pytest.raises(RuntimeError, match="register_post_accumulate_grad_hook: the tensor m"):
            other.register_post_accumulate_grad_hook(step)
