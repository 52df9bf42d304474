"""Answers of ResNet and VGG in float64 NumPy, forward and backward, one kernel tap at a time.

Arrays are (N, H, W, C).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import inputs
from .networks import Conv, Linear, MaxPool, Mean, Norm, Relu, Residual, State, batch_of

Float64 = NDArray[np.float64]
Back = Callable[[Float64], Float64]
AXES = (0, 1, 2)


class Run:
    """One forward pass; its backward pass stores samples of gradients by name in ``grads``."""

    def __init__(self, state: State, training: bool) -> None:
        self.state, self.training = state, training
        self.grads: dict[str, Any] = {}

    def get(self, name: str) -> Float64:
        return np.asarray(self.state[name], np.float64)

    def note(self, name: str, gradient: Float64) -> None:
        self.grads[name] = sample(gradient)

    def walk(self, layers: Sequence[Any], x: Float64) -> tuple[Float64, Back]:
        """Output of a sequence of layers, and a function for the gradient of x."""
        backs = []
        for layer in layers:
            x, back = getattr(self, type(layer).__name__.lower())(layer, x)
            if self.training:
                backs.append(back)

        def backward(dy: Float64) -> Float64:
            while backs:
                dy = backs.pop()(dy)
            return dy

        return x, backward

    def conv(self, layer: Conv, x: Float64) -> tuple[Float64, Back]:
        w, s, p = self.get(f"{layer.name}.weight"), layer.stride, layer.pad
        n, height, width, _ = x.shape
        rows, columns = ((side + 2 * p - layer.kernel) // s + 1 for side in (height, width))
        padded = np.pad(x, ((0, 0), (p, p), (p, p), (0, 0)))
        taps = list(product(range(layer.kernel), repeat=2))

        def seen(array: Float64, i: int, j: int) -> Float64:
            return array[:, i : i + s * rows : s, j : j + s * columns : s]

        y = np.zeros((n, rows, columns, layer.fan_out))
        for i, j in taps:
            y += seen(padded, i, j) @ w[:, :, i, j].T
        if layer.bias:
            y += self.get(f"{layer.name}.bias")

        def backward(dy: Float64) -> Float64:
            dx, dw = np.zeros_like(padded), np.zeros_like(w)
            for i, j in taps:
                seen(dx, i, j)[...] += dy @ w[:, :, i, j]
                dw[:, :, i, j] = np.tensordot(dy, seen(padded, i, j), (AXES, AXES))
            self.note(f"{layer.name}.weight", dw)
            if layer.bias:
                self.note(f"{layer.name}.bias", dy.sum(AXES))
            return dx[:, p : p + height, p : p + width]

        return y, backward

    def norm(self, layer: Norm, x: Float64) -> tuple[Float64, Back]:
        w, b = self.get(f"{layer.name}.weight"), self.get(f"{layer.name}.bias")
        mean, var = x.mean(AXES), x.var(AXES)
        if not self.training:
            mean, var = (self.get(f"{layer.name}.running_{k}") for k in ("mean", "var"))
        factor = 1 / np.sqrt(var + 1e-5)
        normal = (x - mean) * factor

        def backward(dy: Float64) -> Float64:
            self.note(f"{layer.name}.weight", (dy * normal).sum(AXES))
            self.note(f"{layer.name}.bias", dy.sum(AXES))
            slope = (dy * normal).mean(AXES)
            return factor * w * (dy - dy.mean(AXES) - normal * slope)

        return normal * w + b, backward

    def relu(self, layer: Relu, x: Float64) -> tuple[Float64, Back]:
        y = np.maximum(x, 0)
        return y, lambda dy: dy * (y > 0)

    def maxpool(self, layer: MaxPool, x: Float64) -> tuple[Float64, Back]:
        k, s, p = layer
        n, height, width, channels = x.shape
        rows, columns = ((side + 2 * p - k) // s + 1 for side in (height, width))
        padded = np.pad(x, ((0, 0), (p, p), (p, p), (0, 0)), constant_values=-np.inf)
        taps = list(product(range(k), repeat=2))
        y, best = np.full((n, rows, columns, channels), -np.inf), np.zeros((), int)
        for number, (i, j) in enumerate(taps):
            part = padded[:, i : i + s * rows : s, j : j + s * columns : s]
            best = np.where(part > y, number, best)
            y = np.maximum(y, part)

        def backward(dy: Float64) -> Float64:
            dx = np.zeros_like(padded)
            for number, (i, j) in enumerate(taps):
                dx[:, i : i + s * rows : s, j : j + s * columns : s] += dy * (best == number)
            return dx[:, p : p + height, p : p + width]

        return y, backward

    def mean(self, layer: Mean, x: Float64) -> tuple[Float64, Back]:
        n, height, width, channels = x.shape
        y = np.zeros((n, channels, layer.parts, layer.parts))

        def part(i: int, side: int) -> slice:
            return slice(i * side // layer.parts, -(-(i + 1) * side // layer.parts))

        cells = list(product(range(layer.parts), repeat=2))
        for i, j in cells:
            y[:, :, i, j] = x[:, part(i, height), part(j, width)].mean((1, 2))

        def backward(dy: Float64) -> Float64:
            dx, dy = np.zeros_like(x), dy.reshape(y.shape)
            for i, j in cells:
                seen = dx[:, part(i, height), part(j, width)]
                seen += dy[:, None, None, :, i, j] / (seen.shape[1] * seen.shape[2])
            return dx

        return y.reshape(n, -1), backward

    def linear(self, layer: Linear, x: Float64) -> tuple[Float64, Back]:
        w = self.get(f"{layer.name}.weight")

        def backward(dy: Float64) -> Float64:
            self.note(f"{layer.name}.weight", dy.T @ x)
            self.note(f"{layer.name}.bias", dy.sum(0))
            return dy @ w

        return x @ w.T + self.get(f"{layer.name}.bias"), backward

    def residual(self, layer: Residual, x: Float64) -> tuple[Float64, Back]:
        branch, branch_back = self.walk(layer.branch, x)
        shortcut, shortcut_back = self.walk(layer.shortcut, x)
        y = np.maximum(branch + shortcut, 0)

        def backward(dy: Float64) -> Float64:
            dy = dy * (y > 0)
            return branch_back(dy) + shortcut_back(dy)

        return y, backward


def sample(gradient: Any) -> Float64:
    """Samples of a gradient, scaled to about 1."""
    g = np.asarray(gradient).reshape(-1)
    found: Float64 = inputs.sample(g) / np.sqrt(np.vdot(g, g) / g.size)
    return found


def answer(loss: float, grads: dict[str, Any]) -> Float64:
    """The loss, and samples of the gradients of all parameters in the order of their names."""
    return np.concatenate([[loss], *(grads[name] for name in sorted(grads))])


def step_answer(loss_of: Callable[..., Any], kind: str, size: Sequence[int]) -> Float64:
    """The answer of the first step; `loss_of` maps scores and labels to a loss and its gradient."""
    data = batch_of(kind, size)
    run = Run(data.state, training=True)
    scores, backward = run.walk(data.layers, data.x.transpose(0, 2, 3, 1).astype(np.float64))
    loss, slope = loss_of(scores, data.labels)
    backward(slope)
    return answer(loss, run.grads)


def infer_answer(kind: str, size: Sequence[int]) -> Float64:
    """Scores."""
    data = batch_of(kind, size)
    run = Run(data.state, training=False)
    x = data.x.transpose(0, 2, 3, 1).astype(np.float64)
    return inputs.digest(run.walk(data.layers, x)[0])
