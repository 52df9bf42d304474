"""Functions of one tensor: ``dx = dy f'(x)``, with f' made of operations."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...autograd.record import Node
from ...autograd.recorded import input_of, output_of, rule
from ...tensor import Tensor
from ..activation import piecewise, shrink, smooth
from ..activation.smooth import sigmoid
from ..elementwise import algebraic, choose, power, transcendental
from ..elementwise.choose import where
from ..elementwise.transcendental import cos, cosh, exp, sin, sinh

__all__: list[str] = []

# f' as a function of the output y.
BY_OUTPUT: dict[Any, Callable[..., Tensor]] = {
    algebraic.reciprocal_backward: lambda y: -(y * y),
    algebraic.sqrt_backward: lambda y: 0.5 / y,
    algebraic.rsqrt_backward: lambda y: -0.5 * y * y * y,
    transcendental.exp_backward: lambda y: y,
    transcendental.expm1_backward: lambda y: y + 1,
    transcendental.tan_backward: lambda y: y * y + 1,
    smooth.tanh_backward: lambda y: 1 - y * y,
    smooth.sigmoid_backward: lambda y: y * (1 - y),
}
# f' as a function of the input x and the parameters.
BY_INPUT: dict[Any, Callable[..., Tensor]] = {
    algebraic.square_backward: lambda x: 2 * x,
    transcendental.log_backward: lambda x: 1 / x,
    transcendental.log1p_backward: lambda x: 1 / (1 + x),
    transcendental.log2_backward: lambda x: 1 / (x * math.log(2)),
    transcendental.log10_backward: lambda x: 1 / (x * math.log(10)),
    transcendental.sin_backward: lambda x: cos(x),
    transcendental.cos_backward: lambda x: -sin(x),
    transcendental.asin_backward: lambda x: (1 - x * x) ** -0.5,
    transcendental.acos_backward: lambda x: -((1 - x * x) ** -0.5),
    transcendental.atan_backward: lambda x: 1 / (1 + x * x),
    transcendental.sinh_backward: lambda x: cosh(x),
    transcendental.cosh_backward: lambda x: sinh(x),
    transcendental.erf_backward: lambda x: 2 / math.sqrt(math.pi) * exp(-(x * x)),
    power.pow_scalar_backward: lambda x, e: e * x ** (e - 1) if e else 0 * x,
    smooth.logsigmoid_backward: lambda x: sigmoid(-x),
    smooth.softplus_backward: lambda x, beta, threshold: where(
        x * beta > threshold, 1.0, sigmoid(x * beta)
    ),
    smooth.silu_backward: lambda x: silu_slope(x, sigmoid(x)),
    smooth.gelu_backward: lambda x: (
        0.5 * (1 + transcendental.erf(x * math.sqrt(0.5)))
        + x * exp(x * x * -0.5) / math.sqrt(2 * math.pi)
    ),
    smooth.gelu_tanh_backward: lambda x: gelu_tanh_slope(x),
    smooth.mish_backward: lambda x: mish_slope(x, smooth.tanh(smooth.softplus(x))),
    smooth.softsign_backward: lambda x: (1 + algebraic.abs(x)) ** -2,
    shrink.tanhshrink_backward: lambda x: smooth.tanh(x) ** 2,
    piecewise.hardswish_backward: lambda x: where(x > -3, where(x < 3, x / 3 + 0.5, 1.0), 0.0),
    piecewise.elu_backward: lambda x, alpha, scale=1.0, input_scale=1.0: where(
        x > 0, scale, alpha * scale * input_scale * exp(x * input_scale)
    ),
}


def silu_slope(x: Tensor, s: Tensor) -> Tensor:
    return s * (1 + x * (1 - s))


def mish_slope(x: Tensor, t: Tensor) -> Tensor:
    return t + x * (1 - t * t) * sigmoid(x)


def gelu_tanh_slope(x: Tensor) -> Tensor:
    c = math.sqrt(2 / math.pi)
    t = smooth.tanh(c * (x + 0.044715 * x * x * x))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 3 * 0.044715 * x * x)


# Straight pieces: f' is a constant of each element, which the backward function knows.
STRAIGHT = (
    algebraic.neg_backward,
    algebraic.abs_backward,
    algebraic.zero_backward,
    algebraic.frac_backward,
    choose.clamp_backward,
    piecewise.identity_backward,
    piecewise.relu_backward,
    piecewise.leaky_relu_backward,
    piecewise.hardtanh_backward,
    piecewise.step_backward,
    piecewise.hardsigmoid_backward,
    shrink.hardshrink_backward,
    shrink.softshrink_backward,
    shrink.threshold_backward,
)


@rule(*BY_OUTPUT)
def by_output(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    return (dy * BY_OUTPUT[node.backward](output_of(node, node.saved[0])),)


@rule(*BY_INPUT)
def by_input(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    x, *parameters = node.saved
    return (dy * BY_INPUT[node.backward](input_of(node, 0, x), *parameters),)


@rule(*STRAIGHT)
def straight(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    if True in node.needs[1:]:
        raise RuntimeError("create_graph: bounds of clamp have no second gradient")
    slope = node.backward(node, np.ones_like(dy._array))[0]
    return (dy * Tensor(np.asarray(slope)),)
