"""Tensors from numbers and arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import _core
from ...autograd.record import Array
from ...devices import check_device
from ...tensor import Tensor, as_array

__all__ = ["as_tensor", "from_dlpack", "from_numpy", "tensor"]


FLOAT = np.dtype(np.float32)


def leaf(op: str, data: Any, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A new leaf; only floats may require a gradient."""
    if device is not None:
        check_device(op, device)
    if requires_grad and data.dtype.kind != "f":
        raise RuntimeError(
            f"{op}: only floating point tensors can require a gradient, got {data.dtype}"
        )
    return Tensor(data, requires_grad)


def sizes(op: str, size: tuple[Any, ...]) -> tuple[int, ...]:
    """Sizes given as ``(2, 3)`` or as ``2, 3``."""
    if len(size) == 1 and isinstance(size[0], (tuple, list)):
        size = tuple(size[0])
    for n in size:
        if isinstance(n, bool) or not hasattr(n, "__index__"):
            raise TypeError(f"{op}: sizes must be integers, got {n!r}")
        if n < 0:
            raise ValueError(f"{op}: sizes must not be negative, got {tuple(size)}")
    return tuple([int(n) for n in size])


def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A new leaf with a copy of `data`.

    Parameters
    ----------
    data
        Number, nested lists, array or tensor. Python floats become float32, integers int64;
        arrays keep their type.
    dtype
        Element type, if another is wanted.
    device
        ``"cpu"`` or None: there is no other.
    requires_grad
        Whether to compute a gradient for it.

    Examples
    --------
    >>> fastnn.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    >>> fastnn.tensor([0.5, 1]).dtype
    dtype('float32')
    """
    return leaf(
        "tensor", np.array(as_array(data, dtype), dtype=dtype, copy=True), device, requires_grad
    )


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """`data` as a tensor, without copying where it is an array or a tensor of that type."""
    check_device("as_tensor", device)
    if isinstance(data, Tensor) and (dtype is None or data.dtype == dtype):
        return data
    return Tensor(as_array(data, dtype))


def from_numpy(data: Any) -> Tensor:
    """A tensor that shares the memory of a NumPy array.

    Examples
    --------
    >>> a = np.zeros(2)
    >>> t = fastnn.from_numpy(a)
    >>> a[0] = 7
    >>> t
    tensor([7., 0.], dtype=float64)
    """
    if not isinstance(data, np.ndarray):
        raise TypeError(f"from_numpy: expected a NumPy array, got {type(data).__name__}")
    if data.dtype.kind not in "fiub":
        raise TypeError(f"from_numpy: cannot hold elements of type {data.dtype}")
    return Tensor(np.asarray(data))


def read_only_array(a: Array) -> Array:
    """A copy of floating point numbers in memory that no view can write."""
    return _core.read_only(a)


def from_dlpack(source: Any) -> Tensor:
    """A tensor that shares the memory of any object that speaks DLPack (a torch tensor, say)."""
    return Tensor(np.from_dlpack(source))
