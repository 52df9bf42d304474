"""Blocks: values, gradients, and hooks on fused modules."""

import numpy as np
import pytest

import fastnn
from fastnn import nn
from fastnn.models import BasicBlock, BasicConv2d, Bottleneck, Inception, SqueezeExcitation
from fastnn.testing import gradcheck


def downsample(fan_in, fan_out, stride):
    conv = nn.Conv2d(fan_in, fan_out, 1, stride, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(fan_out))


def disturb(module):
    """Give norms statistics and parameters that are not the identity."""
    for i, (name, x) in enumerate(module.state_dict().items()):
        if x.ndim == 1:
            x._array[...] = np.linspace(0.5, 1.5, x.numel()) + (0.1 * i if "var" not in name else 0)
    return module


BLOCKS = {
    "basic": lambda: BasicBlock(4, 4),
    "basic strided": lambda: BasicBlock(4, 6, 2, downsample(4, 6, 2)),
    "basic se": lambda: BasicBlock(4, 4, se_layer=lambda c: SqueezeExcitation(c, 2)),
    "bottleneck": lambda: Bottleneck(4, 1),
    "bottleneck strided": lambda: Bottleneck(4, 2, 2, downsample(4, 8, 2)),
    "bottleneck groups": lambda: Bottleneck(4, 4, 1, downsample(4, 16, 1), 2, 64, 2),
    "squeeze": lambda: SqueezeExcitation(4, 2),
    "squeeze max": lambda: SqueezeExcitation(4, 3, squeeze="max"),
    "conv": lambda: BasicConv2d(4, 3, kernel_size=3, stride=2),
    "inception": lambda: Inception(4, 2, 3, 4, 1, 2, 3),
    "inception as it was": lambda: Inception(4, 2, 3, 4, 1, 2, 3, norm_layer=None),
}


def make(name, dtype=np.float64):
    fastnn.manual_seed(0)
    return disturb(BLOCKS[name]()).to(dtype)


def steps(module, x):
    """The output of a block, computed module by module."""
    if isinstance(module, (BasicBlock, Bottleneck)):
        y = module.relu(module.bn1(module.conv1(x)))
        if isinstance(module, Bottleneck):
            y = module.bn3(module.conv3(module.relu(module.bn2(module.conv2(y)))))
        else:
            y = module.bn2(module.conv2(y))
        if module.se is not None:
            y = steps(module.se, y)
        return module.relu(y + (x if module.downsample is None else module.downsample(x)))
    if isinstance(module, SqueezeExcitation):
        squeezed = x.amax((2, 3), True) if "Max" in repr(module) else x.mean((2, 3), True)
        return x * fastnn.sigmoid(module.fc2(fastnn.relu(module.fc1(squeezed))))
    if isinstance(module, BasicConv2d):
        return fastnn.relu(module.bn(module.conv(x)))
    parts = [module.branch1, *module.branch2, *module.branch3, module.branch4[1]]
    a, b, c, d, e, f = [lambda x, part=part: steps(part, x) for part in parts]
    return fastnn.cat([a(x), c(b(x)), e(d(x)), f(module.branch4[0](x))], 1)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", BLOCKS)
def test_fused_equals_module_by_module(name, training):
    x = np.random.default_rng(1).standard_normal((3, 4, 7, 6))
    found = []
    for compute in (lambda m, x: m(x), steps):
        module = make(name).train(training)
        tensor = fastnn.tensor(x, requires_grad=True)
        y = compute(module, tensor)
        y.square().sum().backward()
        grads = [p.grad.numpy() for p in module.parameters()]
        buffers = [b.numpy() for b in module.buffers()]
        found.append([y.detach().numpy(), tensor.grad.numpy(), *grads, *buffers])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9 * np.abs(b).max(initial=1))


@pytest.mark.parametrize("name", BLOCKS)
def test_gradients(name):
    module = make(name)
    x = fastnn.randn(2, 4, 5, 5, dtype=np.float64, requires_grad=True)
    assert gradcheck(lambda x, *_: module(x), [x, *module.parameters()])


@pytest.mark.parametrize("name", BLOCKS)
def test_memory_is_channels_last(name):
    """The output of a block has the memory format of convolutions, so nothing is reordered."""
    y = make(name, np.float32)(fastnn.relu(nn.Conv2d(4, 4, 1)(fastnn.randn(3, 4, 7, 6))))
    assert y._array.transpose(0, 2, 3, 1).flags.c_contiguous


@pytest.mark.parametrize("name", ["basic strided", "bottleneck", "conv"])
@pytest.mark.parametrize("part", ["conv", "bn", "relu"])
def test_hooks_are_called(name, part):
    x = fastnn.randn(2, 4, 6, 6, dtype=np.float64)
    plain = make(name)(x).detach().numpy()
    module, calls = make(name), []
    for path, child in module.named_modules():
        if path.startswith(part):
            child.register_forward_hook(lambda m, args, y: calls.append(y))
    np.testing.assert_allclose(module(x).detach().numpy(), plain, rtol=1e-12)
    wanted = {"basic strided": 2, "bottleneck": 3, "conv": 1}[name]
    assert len(calls) == wanted


def test_user_defined_modules_are_called():
    """`norm_layer` may create any module."""

    class Half(nn.Module):
        def forward(self, x):
            return x / 2

    block = BasicBlock(3, 3, norm_layer=lambda channels: Half())
    x = fastnn.randn(2, 3, 5, 5)
    y = block.conv2(fastnn.relu(block.conv1(x) / 2)) / 2 + x
    np.testing.assert_allclose(
        block(x).detach().numpy(), fastnn.relu(y).detach().numpy(), 1e-5, 1e-6
    )
