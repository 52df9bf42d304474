"""Activations."""

from __future__ import annotations

from ... import ops
from ...tensor import Tensor
from .elementwise import unary
from .table import operator

for _kind, _function in {
    "Relu": ops.relu,
    "Selu": ops.selu,
    "Sigmoid": ops.sigmoid,
    "Softsign": ops.softsign,
    "Tanh": ops.tanh,
    "HardSwish": ops.hardswish,
    "Mish": ops.mish,
}.items():
    operator(_kind)(unary(_function))


@operator("Softplus")
def softplus(x: Tensor) -> Tensor:
    return ops.softplus(x, 1.0, 700.0 if x.dtype.itemsize == 8 else 80.0)


@operator("LeakyRelu")
def leaky_relu(x: Tensor, *, alpha: float = 0.01) -> Tensor:
    return ops.leaky_relu(x, alpha)


@operator("Elu")
def elu(x: Tensor, *, alpha: float = 1.0) -> Tensor:
    return ops.elu(x, alpha)


@operator("Celu")
def celu(x: Tensor, *, alpha: float = 1.0) -> Tensor:
    return ops.celu(x, alpha)


@operator("ThresholdedRelu")
def thresholded_relu(x: Tensor, *, alpha: float = 1.0) -> Tensor:
    return ops.threshold(x, alpha, 0.0)


@operator("HardSigmoid")
def hard_sigmoid(x: Tensor, *, alpha: float = 0.2, beta: float = 0.5) -> Tensor:
    return ops.clamp(x * alpha + beta, 0.0, 1.0)


@operator("Gelu")
def gelu(x: Tensor, *, approximate: str = "none") -> Tensor:
    return ops.gelu(x, approximate)


@operator("Shrink")
def shrink(x: Tensor, *, lambd: float = 0.5, bias: float = 0.0) -> Tensor:
    inside = ops.where(ops.lt(x, -lambd), x + bias, 0.0 * x)
    y: Tensor = ops.where(ops.gt(x, lambd), x - bias, inside)
    return y


@operator("PRelu")
def prelu(x: Tensor, slope: Tensor) -> Tensor:
    y: Tensor = ops.where(ops.lt(x, 0), x * slope, x)
    return y


@operator("Softmax")
def softmax(x: Tensor, *, axis: int = -1) -> Tensor:
    return ops.softmax(x, axis)


@operator("LogSoftmax")
def log_softmax(x: Tensor, *, axis: int = -1) -> Tensor:
    return ops.log_softmax(x, axis)
