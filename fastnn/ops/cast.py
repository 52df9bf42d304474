"""Changing the element type; and the device, of which there is one."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core, dtypes
from ..autograd.record import Array, Grads, Node, array, record
from ..devices import check_device, device
from ..tensor import Tensor, TensorLike
from .shape.expand import ordered

__all__: list[str] = []  # methods only


def to(
    input: TensorLike,
    *args: Any,
    device: Any = None,
    dtype: Any = None,
    non_blocking: bool = False,
    copy: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """The same values in another type; the input itself where it has that type already.

    Parameters
    ----------
    input
        Any shape.
    args
        As in PyTorch ``dtype``, or ``device, dtype``, or a tensor whose type is meant; behind them
        `non_blocking` and `copy`.
    device
        ``"cpu"`` or None: there is no other.
    dtype
        Element type.
    non_blocking
        Changes nothing: there is no transfer to wait for.
    copy
        Copy in any case.
    memory_format
        The order of elements in memory, by default that of the input.

    Examples
    --------
    >>> fastnn.tensor([1.7, -1.7]).to(fastnn.int64).tolist()
    [1, -1]
    >>> fastnn.ones(2).to("cpu", fastnn.float64)
    tensor([1., 1.], dtype=float64)
    """
    if memory_format is not None:
        cast = to(input, *args, device=device, dtype=dtype, copy=copy)
        return ordered("to", cast, memory_format)
    x = array(input)
    wanted, copy = destination(args, device, dtype, copy)
    new = x.dtype if wanted is None else wanted
    if dtypes.kind(new) not in dtypes.REAL:
        raise TypeError(f"to: dtype must be a float, integer or bool type, got {new}")
    dtypes.check_real("to", x, stored=True)
    if new == x.dtype and not copy and isinstance(input, Tensor):
        return input
    y = _core.astype(x, np.empty(0, new))
    return record(y, to_backward, (input,), x.dtype) if dtypes.kind(new) == "f" else Tensor(y)


def destination(
    args: tuple[Any, ...], place: Any, dtype: Any, copy: bool
) -> tuple[np.dtype[Any] | None, bool]:
    """What the arguments of `to` ask for: the element type, None for no change, and a copy."""
    if args:
        first, *rest = args
        if is_place(first):
            place = first
            dtype = rest.pop(0) if rest else dtype
        else:
            dtype = first.dtype if isinstance(first, Tensor) else first
        if len(rest) > 2:
            raise TypeError("to: expected a device and a dtype, a dtype, or a tensor")
        copy = rest[1] if len(rest) == 2 else copy
    check_device("to", place)
    return None if dtype is None else np.dtype(dtype), copy


def is_place(value: Any) -> bool:
    """Whether an argument names a device: it is one, None, or a string that is no dtype."""
    if not isinstance(value, str):
        return value is None or isinstance(value, (device, int))
    try:
        np.dtype(value)
    except TypeError:
        return True
    return False


def to_backward(node: Node, dy: Array) -> Grads:
    (dtype,) = node.saved
    return (dy if dy.dtype == dtype else _core.astype(dy, np.empty(0, dtype)),)


def type_as(input: TensorLike, other: TensorLike) -> Tensor:
    """`input` in the type of `other`."""
    return to(input, array(other).dtype)


def type_(input: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """The old name of the type, or with `dtype` the tensor in that type.

    Parameters
    ----------
    input
        Any shape.
    dtype
        A type, a typed constructor such as `fastnn.LongTensor`, or the name of one.
    non_blocking
        Changes nothing: there is no transfer to wait for.

    Examples
    --------
    >>> x = fastnn.ones(2)
    >>> x.type(), x.type("torch.LongTensor").type(fastnn.ByteTensor).dtype
    ('torch.FloatTensor', dtype('uint8'))
    """
    if dtype is None:
        return dtypes.legacy_name(input.dtype)
    return to(input, dtypes.named(dtype))


def float_(input: Tensor) -> Tensor:
    """The tensor in float32."""
    return to(input, dtypes.float32)


def double(input: Tensor) -> Tensor:
    """The tensor in float64."""
    return to(input, dtypes.float64)


def half(input: Tensor) -> Tensor:
    """The tensor in float16."""
    return to(input, dtypes.float16)


def bfloat16(input: Tensor) -> Tensor:
    """The tensor in bfloat16, which needs the package ml_dtypes."""
    return to(input, dtypes.bfloat16)


def int_(input: Tensor) -> Tensor:
    """The tensor in int32."""
    return to(input, dtypes.int32)


def long(input: Tensor) -> Tensor:
    """The tensor in int64."""
    return to(input, dtypes.int64)


def short(input: Tensor) -> Tensor:
    """The tensor in int16."""
    return to(input, dtypes.int16)


def char(input: Tensor) -> Tensor:
    """The tensor in int8."""
    return to(input, dtypes.int8)


def byte(input: Tensor) -> Tensor:
    """The tensor in uint8."""
    return to(input, dtypes.uint8)


def bool_(input: Tensor) -> Tensor:
    """The tensor in bool: whether elements are not 0."""
    return to(input, dtypes.bool)


def cpu(input: Tensor, memory_format: Any = None) -> Tensor:
    """The tensor itself: there is no other device."""
    return input


def pin_memory(input: Tensor, device: Any = None) -> Tensor:
    """The tensor itself: no transfer to a GPU would become faster."""
    return input


def is_pinned(input: Tensor, device: Any = None) -> bool:
    """Whether the memory is pinned for transfers to a GPU: never."""
    return False


def cuda(input: Tensor, device: Any = None, non_blocking: bool = False) -> Tensor:
    """An error: fastnn computes on the CPU only."""
    check_device("cuda", "cuda" if device is None or isinstance(device, int) else device)
    return input
