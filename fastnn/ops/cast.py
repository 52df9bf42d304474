"""Changing the element type."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes
from ..autograd.function import Array, Grads, Node, array, record
from ..tensor import Tensor, TensorLike

__all__: list[str] = []  # methods only


def to(input: TensorLike, dtype: Any, copy: bool = False) -> Tensor:
    """The same values in another type; the input itself where it has that type already.

    Parameters
    ----------
    input
        Any shape.
    dtype
        A type, or a tensor whose type is meant; ``"cpu"`` changes nothing.
    copy
        Copy in any case.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.tensor([1.7, -1.7]).to(fastnn.int64).tolist()
    [1, -1]
    """
    x = array(input)
    if isinstance(dtype, Tensor):
        dtype = dtype.dtype
    new = x.dtype if isinstance(dtype, str) and dtype == "cpu" else np.dtype(dtype)
    if new.kind not in "fiub":
        raise TypeError(f"to: dtype must be a float, integer or bool type, got {new}")
    if new == x.dtype and not copy and isinstance(input, Tensor):
        return input
    y = x.astype(new, copy=True)
    return record(y, to_backward, (input,), x.dtype) if new.kind == "f" else Tensor(y)


def to_backward(node: Node, dy: Array) -> Grads:
    (dtype,) = node.saved
    return (dy.astype(dtype, copy=False),)


def type_as(input: TensorLike, other: TensorLike) -> Tensor:
    """`input` in the type of `other`."""
    return to(input, array(other).dtype)


def type_(input: Tensor, dtype: Any = None) -> Any:
    """The name of the type, or with `dtype` the tensor in that type."""
    return str(input.dtype) if dtype is None else to(input, dtype)


def float_(input: Tensor) -> Tensor:
    """The tensor in float32."""
    return to(input, dtypes.float32)


def double(input: Tensor) -> Tensor:
    """The tensor in float64."""
    return to(input, dtypes.float64)


def half(input: Tensor) -> Tensor:
    """The tensor in float16."""
    return to(input, dtypes.float16)


def int_(input: Tensor) -> Tensor:
    """The tensor in int32."""
    return to(input, dtypes.int32)


def long(input: Tensor) -> Tensor:
    """The tensor in int64."""
    return to(input, dtypes.int64)


def bool_(input: Tensor) -> Tensor:
    """The tensor in bool: whether elements are not 0."""
    return to(input, dtypes.bool)


def cpu(input: Tensor) -> Tensor:
    """The tensor itself: there is no other device."""
    return input
