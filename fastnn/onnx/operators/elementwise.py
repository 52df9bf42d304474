"""Arithmetic, comparisons and functions of single elements."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from ... import ops
from ...tensor import Tensor
from .table import operator

UNARY = {
    "Abs": ops.abs,
    "Acos": ops.acos,
    "Acosh": ops.acosh,
    "Asin": ops.asin,
    "Asinh": ops.asinh,
    "Atan": ops.atan,
    "Atanh": ops.atanh,
    "Ceil": ops.ceil,
    "Cos": ops.cos,
    "Cosh": ops.cosh,
    "Erf": ops.erf,
    "Exp": ops.exp,
    "Floor": ops.floor,
    "IsNaN": ops.isnan,
    "Log": ops.log,
    "Neg": ops.neg,
    "Not": ops.logical_not,
    "Reciprocal": ops.reciprocal,
    "Round": ops.round,
    "Sign": ops.sign,
    "Sin": ops.sin,
    "Sinh": ops.sinh,
    "Sqrt": ops.sqrt,
    "Tan": ops.tan,
}
BINARY = {
    "Add": ops.add,
    "And": ops.logical_and,
    "Equal": ops.eq,
    "Greater": ops.gt,
    "GreaterOrEqual": ops.ge,
    "Less": ops.lt,
    "LessOrEqual": ops.le,
    "Mul": ops.mul,
    "Or": ops.logical_or,
    "Sub": ops.sub,
    "Xor": ops.logical_xor,
}
# ONNX's numbers of element types.
DTYPES: dict[int, Any] = {
    1: np.float32,
    2: np.uint8,
    3: np.int8,
    4: np.uint16,
    5: np.int16,
    6: np.int32,
    7: np.int64,
    9: np.bool_,
    10: np.float16,
    11: np.float64,
    12: np.uint32,
    13: np.uint64,
}


def dtype_of(number: int) -> np.dtype[Any]:
    """The element type of a number of ONNX."""
    if number not in DTYPES:
        raise ValueError(f"element type {number} is not known")
    dtype: np.dtype[Any] = np.dtype(DTYPES[number])
    return dtype


def unary(function: Any) -> Any:
    def compute(x: Tensor) -> Tensor:
        y: Tensor = function(x)
        return y

    return compute


def binary(function: Any) -> Any:
    def compute(a: Tensor, b: Tensor) -> Tensor:
        y: Tensor = function(a, b)
        return y

    return compute


for _kind, _unary in UNARY.items():
    operator(_kind)(unary(_unary))
for _kind, _binary in BINARY.items():
    operator(_kind)(binary(_binary))


@operator("Identity")
def identity(x: Tensor) -> Tensor:
    return x


@operator("Dropout")
def dropout(
    x: Tensor, ratio: Tensor | None = None, training: Tensor | None = None, *, seed: int = 0
) -> Tensor:
    if training is not None and training.numpy().any():
        raise ValueError("training_mode must be false")
    return x


@operator("Div")
def div(a: Tensor, b: Tensor) -> Tensor:
    integers = a.dtype.kind in "iu" and b.dtype.kind in "iu"
    return ops.div(a, b, rounding_mode="trunc") if integers else ops.div(a, b)


@operator("Mod")
def mod(a: Tensor, b: Tensor, *, fmod: int = 0) -> Tensor:
    return ops.fmod(a, b) if fmod else ops.remainder(a, b)


@operator("Pow")
def power(x: Tensor, exponent: Tensor) -> Tensor:
    return ops.pow(x, exponent).to(x.dtype)


@operator("Max")
def maximum(x: Tensor, *others: Tensor) -> Tensor:
    return reduce(ops.maximum, others, x)


@operator("Min")
def minimum(x: Tensor, *others: Tensor) -> Tensor:
    return reduce(ops.minimum, others, x)


@operator("Sum")
def total(x: Tensor, *others: Tensor) -> Tensor:
    return reduce(ops.add, others, x)


@operator("Where")
def where(condition: Tensor, a: Tensor, b: Tensor) -> Tensor:
    y: Tensor = ops.where(condition, a, b)
    return y


@operator("Clip")
def clip(x: Tensor, low: Tensor | None = None, high: Tensor | None = None) -> Tensor:
    y = x if low is None else ops.maximum(x, low)
    return y if high is None else ops.minimum(y, high)


@operator("Cast")
def cast(x: Tensor, *, to: int, saturate: int = 1) -> Tensor:
    return x.to(dtype_of(to))
