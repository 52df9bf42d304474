"""ResNet and VGG: their layers as data, and weights with PyTorch's names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import inputs

State = dict[str, Any]
RATE, MOMENTUM = 0.01, 0.9  # of SGD


class Conv(NamedTuple):
    """A convolution with a square kernel."""

    name: str
    fan_in: int
    fan_out: int
    kernel: int
    stride: int = 1
    pad: int = 0
    bias: bool = False


class Norm(NamedTuple):
    """A batch norm."""

    name: str
    channels: int


class Relu(NamedTuple):
    """A relu."""


class MaxPool(NamedTuple):
    """Max pooling over squares."""

    kernel: int
    stride: int
    pad: int = 0


class Mean(NamedTuple):
    """Average pooling to a fixed size, flattened in the order C, H, W."""

    parts: int


class Linear(NamedTuple):
    """A linear layer."""

    name: str
    fan_in: int
    fan_out: int


class Residual(NamedTuple):
    """relu(branch(x) + shortcut(x))."""

    branch: tuple[Any, ...]
    shortcut: tuple[Any, ...]


def resnet(depth: int, classes: int) -> list[Any]:
    """A ResNet of 18 or 50 layers."""
    counts, expansion = {18: ((2, 2, 2, 2), 1), 50: ((3, 4, 6, 3), 4)}[depth]
    layers: list[Any] = [Conv("conv1", 3, 64, 7, 2, 3), Norm("bn1", 64), Relu(), MaxPool(3, 2, 1)]
    fan_in = 64
    for stage, count in enumerate(counts):
        planes = 64 << stage
        fan_out = planes * expansion
        for i in range(count):
            name, stride = f"layer{stage + 1}.{i}", 2 if stage and not i else 1
            if expansion == 1:
                shapes = [(fan_in, planes, 3, stride), (planes, planes, 3, 1)]
            else:
                shapes = [(fan_in, planes, 1, 1), (planes, planes, 3, stride)]
                shapes += [(planes, fan_out, 1, 1)]
            branch: list[Any] = []
            for j, (a, b, kernel, s) in enumerate(shapes):
                branch += [Conv(f"{name}.conv{j + 1}", a, b, kernel, s, kernel // 2)]
                branch += [Norm(f"{name}.bn{j + 1}", b), Relu()]
            shortcut: tuple[Any, ...] = ()
            if stride != 1 or fan_in != fan_out:
                conv = Conv(f"{name}.downsample.0", fan_in, fan_out, 1, stride)
                shortcut = (conv, Norm(f"{name}.downsample.1", fan_out))
            layers.append(Residual(tuple(branch[:-1]), shortcut))
            fan_in = fan_out
    return [*layers, Mean(1), Linear("fc", fan_in, classes)]


def vgg(depth: int, classes: int) -> list[Any]:
    """A VGG of 16 layers, without batch norms and dropout."""
    counts = {16: (2, 2, 3, 3, 3)}[depth]
    layers: list[Any] = []
    fan_in = 3
    for count, channels in zip(counts, (64, 128, 256, 512, 512)):
        for _ in range(count):
            conv = Conv(f"features.{len(layers)}", fan_in, channels, 3, 1, 1, bias=True)
            layers += [conv, Relu()]
            fan_in = channels
        layers.append(MaxPool(2, 2))
    layers += [Mean(7), Linear("classifier.0", 512 * 49, 4096), Relu()]
    return [
        *layers,
        Linear("classifier.3", 4096, 4096),
        Relu(),
        Linear("classifier.6", 4096, classes),
    ]


NETWORKS = {"resnet": resnet, "vgg": vgg}


def flat(layers: Sequence[Any]) -> Iterator[Any]:
    """All layers, including those inside residual blocks."""
    for layer in layers:
        if isinstance(layer, Residual):
            yield from flat(layer.branch)
            yield from flat(layer.shortcut)
        else:
            yield layer


def weights(layers: Sequence[Any]) -> State:
    """Parameters and running statistics by name, scaled to keep the size of activations."""
    rng = np.random.default_rng(90)
    state: State = {}

    def uniform(low: float, high: float, *shape: int) -> inputs.Array:
        return (rng.random(shape, np.float32) * (high - low) + low).astype(np.float32)

    for layer in flat(layers):
        if isinstance(layer, Conv):
            bound = (6 / (layer.fan_in * layer.kernel**2)) ** 0.5
            shape = (layer.fan_out, layer.fan_in, layer.kernel, layer.kernel)
            state[f"{layer.name}.weight"] = uniform(-bound, bound, *shape)
            if layer.bias:
                state[f"{layer.name}.bias"] = uniform(-0.1, 0.1, layer.fan_out)
        elif isinstance(layer, Linear):
            bound = (3 / layer.fan_in) ** 0.5
            state[f"{layer.name}.weight"] = uniform(-bound, bound, layer.fan_out, layer.fan_in)
            state[f"{layer.name}.bias"] = uniform(-0.1, 0.1, layer.fan_out)
        elif isinstance(layer, Norm):
            bounds = {"weight": (0.5, 1), "bias": (-0.1, 0.1)}
            bounds |= {"running_mean": (-0.1, 0.1), "running_var": (0.5, 1.5)}
            for kind, (low, high) in bounds.items():
                state[f"{layer.name}.{kind}"] = uniform(low, high, layer.channels)
            state[f"{layer.name}.num_batches_tracked"] = np.array(0)
    return state


class Batch(NamedTuple):
    """The definition of a network, and a batch for it."""

    layers: list[Any]
    state: State
    x: inputs.Array  # (N, 3, H, W)
    labels: NDArray[np.int64]


def batch_of(kind: str, size: Sequence[int]) -> Batch:
    """Depth, batch, side of the images and classes -> a network and a batch."""
    depth, batch, side, classes = size
    layers = NETWORKS[kind](depth, classes)
    labels = np.random.default_rng(91).integers(0, classes, batch)
    return Batch(layers, weights(layers), inputs.normal(92, batch, 3, side, side), labels)


def products(kind: str, size: Sequence[int]) -> tuple[float, float]:
    """Multiplications of a forward pass, and of its first layer."""
    depth, batch, side, classes = size
    found: list[float] = []

    def walk(layers: Sequence[Any], side: int) -> int:
        for layer in layers:
            if isinstance(layer, Residual):
                walk(layer.shortcut, side)
                side = walk(layer.branch, side)
            elif isinstance(layer, (Conv, MaxPool)):
                side = (side + 2 * layer.pad - layer.kernel) // layer.stride + 1
            if isinstance(layer, Conv):
                found.append(batch * side**2 * layer.fan_in * layer.fan_out * layer.kernel**2)
            elif isinstance(layer, Linear):
                found.append(batch * layer.fan_in * layer.fan_out)
        return side

    walk(NETWORKS[kind](depth, classes), side)
    return sum(found), found[0]
