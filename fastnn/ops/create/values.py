"""Tensors from numbers and arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec

import numpy as np

from ... import _core
from ...autograd.record import Array
from ...devices import check_device
from ...dtypes import REAL, element, kind, native
from ...tensor import Tensor, as_array
from ...tensor.size import check_room as check_room
from ...tensor.size import sizes as sizes

__all__ = [
    "as_tensor",
    "asarray",
    "from_dlpack",
    "from_numpy",
    "frombuffer",
    "tensor",
    "to_dlpack",
]


FLOAT = np.dtype(np.float32)
P = ParamSpec("P")


def leaf(op: str, data: Any, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A new leaf; only floats may require a gradient."""
    if device is not None:
        check_device(op, device)
    if requires_grad and kind(data.dtype) != "f":
        raise RuntimeError(
            f"{op}: only floating point tensors can require a gradient, got {data.dtype}"
        )
    return Tensor(data, requires_grad)


def size_by_name(make: Callable[P, Tensor]) -> Callable[P, Tensor]:
    """The constructor, which also takes its sizes by name, and `pin_memory` without effect."""

    @functools.wraps(make)
    def named(*args: Any, **kwargs: Any) -> Tensor:
        kwargs.pop("pin_memory", None)
        if "size" in kwargs:
            if args:
                raise TypeError(f"{make.__name__}: give sizes by position or by name, not both")
            args = (kwargs.pop("size"),)
        return make(*args, **kwargs)

    return named


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
    if dtype is not None and np.dtype(dtype).kind in "iu" and not hasattr(data, "dtype"):
        check_fits("tensor", as_array(data), np.dtype(dtype))
    values = as_array(data, dtype)
    copy = np.array(values, native(values.dtype), copy=True)
    return leaf("tensor", copy, device, requires_grad)


def check_fits(op: str, values: Array, dtype: np.dtype[Any]) -> None:
    """RuntimeError where numbers are beyond an integer type."""
    if values.size and values.dtype != dtype:
        for extreme in (values.min(), values.max()):  # either is NaN if any number is
            element(op, extreme, dtype)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """`data` as a tensor, without copying where it is an array or a tensor of that type."""
    check_device("as_tensor", device)
    if isinstance(data, Tensor) and (dtype is None or data.dtype == dtype):
        return data
    values = as_array(data, dtype)
    return Tensor(values.astype(native(values.dtype), copy=False))


def asarray(
    obj: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """`obj` as a tensor, by default with a copy where one is needed.

    Parameters
    ----------
    obj
        A tensor, an array, what has DLPack or a buffer, or numbers.
    dtype, device
        As for `tensor`.
    copy
        True for a copy in any case; False for ValueError where one would be needed.
    requires_grad
        Whether to compute a gradient for it.

    Returns
    -------
    Tensor
        A leaf; of a tensor in a graph it is not a part.

    Examples
    --------
    >>> a = np.zeros(2)
    >>> fastnn.asarray(a).fill_(1.0)
    tensor([1., 1.], dtype=float64)
    >>> a
    array([1., 1.])
    """
    check_device("asarray", device)
    if not isinstance(obj, (Tensor, np.ndarray)) and hasattr(obj, "__dlpack__"):
        obj = from_dlpack(obj)
    shared = as_tensor(obj, dtype).detach()
    source = obj._array if isinstance(obj, Tensor) else obj
    shares = isinstance(source, np.ndarray) and np.may_share_memory(shared._array, source)
    if copy is False and not shares:
        raise ValueError("asarray: a copy is needed where copy=False")
    values = np.array(shared._array) if copy and shares else shared._array
    return leaf("asarray", values, None, requires_grad)


def frombuffer(
    buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """A vector in the memory of an object with a buffer.

    Parameters
    ----------
    buffer
        Bytes, a bytearray, a memory map and what is like them; of bytes the tensor is read-only.
    dtype
        The type of the elements that lie there.
    count
        How many, by default all that there are.
    offset
        How many bytes lie before them.
    requires_grad
        Whether to compute a gradient for it.

    Raises
    ------
    ValueError
        If the buffer has fewer bytes.

    Examples
    --------
    >>> fastnn.frombuffer(bytearray([1, 0, 2, 0]), dtype=fastnn.int16)
    tensor([1, 2], dtype=int16)
    """
    type_ = np.dtype(dtype)
    if kind(type_) not in REAL:
        raise TypeError(f"frombuffer: dtype must be a type of numbers, got {type_}")
    try:
        values = np.frombuffer(buffer, type_, count, offset)
    except ValueError as error:
        raise ValueError(f"frombuffer: {error}") from None
    return leaf("frombuffer", values, None, requires_grad)


def to_dlpack(tensor: Tensor) -> Any:
    """The capsule in which a tensor goes to another library: ``tensor.__dlpack__()``.

    Examples
    --------
    >>> type(fastnn.to_dlpack(fastnn.ones(2))).__name__
    'PyCapsule'
    """
    return tensor.__dlpack__()


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
    if kind(data.dtype) not in REAL:
        raise TypeError(f"from_numpy: cannot hold elements of type {data.dtype}")
    if not data.dtype.isnative:
        raise ValueError(
            "from_numpy: the array must be in native byte order; pass "
            "a.astype(a.dtype.newbyteorder('='))"
        )
    return Tensor(np.asarray(data))


def read_only_array(a: Array) -> Array:
    """A copy of floating point numbers in memory that no view can write."""
    return _core.read_only(a)


def from_dlpack(source: Any) -> Tensor:
    """A tensor that shares the memory of any object that speaks DLPack (a torch tensor, say)."""
    return Tensor(np.from_dlpack(source))
