"""What the operations of this family share: types, values and gradients of values."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...autograd.record import Array, array, unbroadcast
from ...dtypes import check_same, element
from ...tensor import TensorLike

NUMBERS = (bool, int, float)
SAFE = 1e38  # every float type but float16 has smaller numbers


def same_type(op: str, x: Array, argument: str, values: Array) -> None:
    """Raise TypeError unless values have the type of what they are put in."""
    if values.dtype is not x.dtype:
        check_same(op, input=x, **{argument: values})


def scalar(op: str, value: TensorLike, dtype: np.dtype[Any], argument: str = "value") -> Array:
    """A number or a 0-d tensor as a 0-d array of a type, which must be able to hold it."""
    if type(value) is float and dtype.char in "fd" and -SAFE < value < SAFE:
        return np.array(value, dtype)
    v: Any = value if isinstance(value, NUMBERS) else array(value)
    if np.ndim(v):
        raise ValueError(f"{op}: {argument} must be a scalar, got shape {np.shape(v)}")
    return np.asarray(element(op, v, dtype))


def zero(x: Array) -> Array:
    """0 in the type of `x`."""
    return np.zeros((), x.dtype)


def fitted(dy: Array, shape: tuple[int, ...]) -> Array:
    """A gradient summed to the shape of what was broadcast."""
    return unbroadcast(dy, shape)


def padded(dy: Array, shape: tuple[int, ...]) -> Array:
    """The gradient of values of which the first along each dimension were used."""
    if dy.shape == shape:
        return dy
    ds = np.zeros(shape, dy.dtype)
    ds[tuple([slice(n) for n in dy.shape])] = dy
    return ds
