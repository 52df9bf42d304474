"""Changing a tensor in place; for arithmetic see `elementwise.inplace`.

The new values are written to the tensor's memory, so whatever shares it sees them. Where a gradient
flows through the tensor or the new values the change is recorded too, as the last operation of the
tensor, or of the base of which it is a view (`autograd/views.py`). A leaf that requires a gradient
may only be changed under `no_grad`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from ..autograd.changes import changed, keep
from ..autograd.record import Array, array
from ..autograd.tape import mode
from ..autograd.views import base_of, move_to, overwriting
from ..dtypes import can_cast, check_real, element, kind
from ..tensor import Tensor, TensorLike
from . import index
from .rearrange import tril, triu

__all__: list[str] = []  # methods only


def recorded(op: str, input: Tensor, *others: Any) -> bool:
    """Whether a change belongs to a graph; an error for a leaf that requires a gradient."""
    if not mode.enabled:
        return False
    base = input if input.alias is None else base_of(input)
    if base.requires_grad or input.requires_grad:
        if base.node is None or input.node is None:
            refuse(op, base, input)
        return True
    return kind(input._array.dtype) == "f" and any(
        isinstance(x, Tensor) and x.requires_grad for x in others
    )


def refuse(op: str, base: Tensor, input: Tensor) -> None:
    if base.node is not None:
        raise RuntimeError(
            f"{op}: a view that was made under no_grad() cannot be changed in place where "
            "gradients are recorded; do both inside no_grad(), or both outside"
        )
    what = "a leaf that" if base is input else "a view of a leaf that"
    raise RuntimeError(
        f"{op}: {what} requires a gradient cannot be changed in place; use no_grad() or detach()"
    )


def check_writable(op: str, memory: Array) -> None:
    """Raise an error unless every element has memory of its own, that may be changed."""
    if not memory.flags.writeable:
        if 0 in memory.strides:
            raise RuntimeError(
                f"{op}: elements of this tensor share one place in memory (see expand), so they "
                "cannot be changed in place; change a clone()"
            )
        raise ValueError(f"{op}: the memory of this tensor is read-only; change a clone()")


def write(op: str, memory: Array, key: Any, value: Array) -> None:
    """``memory[key] = value``, noted as a change."""
    check_writable(op, memory)
    index.store(memory, key, value)
    changed((memory,))


def assign(op: str, input: Tensor, key: Any, value: TensorLike) -> Tensor:
    """``input[key] = value``; what was there before gets no gradient any more."""
    if recorded(op, input, value):
        node = overwriting(input, key, value, index.drain)
        write(op, input._array, key, elements(op, value, input.dtype))
        move_to(base_of(input), node)
    else:
        write(op, input._array, key, elements(op, value, input.dtype))
    return input


def elements(op: str, value: TensorLike, dtype: np.dtype[Any]) -> Array:
    """What is written: a number in the type of the tensor, which it must fit; arrays as given."""
    if isinstance(value, (bool, int, float)):
        return np.asarray(element(op, value, dtype))
    a = array(value)
    if a.dtype is not dtype and a.dtype != dtype:
        check_real(op, a, "value", stored=True)
    return a


def replace(op: str, input: Tensor, result: Tensor) -> Tensor:
    """Set `input` to the result of an operation on it."""
    x, y, node = input._array, result._array, result.node
    if y.shape != x.shape or not can_cast(y.dtype, x.dtype):
        raise RuntimeError(
            f"{op}: a result of shape {y.shape} and type {y.dtype} does not fit into a tensor of "
            f"shape {x.shape} and type {x.dtype}"
        )
    if node is not None:
        keep(node, x, kept)
    if node is None or y.dtype != x.dtype or base_of(input) is not input:
        assign(op, input, ..., result)
    else:
        recorded(op, input, result)
        write(op, x, ..., y)
        move_to(input, node)
    _core.recorder.copy(x, y)
    return input


def written_to(op: str, input: TensorLike, y: Tensor) -> Tensor:
    """The input, changed to what the operation made of it."""
    if not isinstance(input, Tensor):
        raise TypeError(f"{op}: inplace needs a tensor, got {type(input).__name__}")
    return replace(op, input, y)


def kept(x: Array) -> Array:
    return _core.clone(x)


def zero_(input: Tensor) -> Tensor:
    """Set all elements to 0."""
    return fill_(input, 0)


def fill_(input: Tensor, value: TensorLike) -> Tensor:
    """Set all elements to one value."""
    if not isinstance(value, (bool, int, float)):
        v = array(value)
        if v.ndim:
            raise ValueError(f"fill_: value must be a number or a 0-d tensor, got shape {v.shape}")
        element("fill_", v, input.dtype)  # which must fit, as a number
    return assign("fill_", input, ..., value)


def copy_(input: Tensor, src: TensorLike) -> Tensor:
    """Set the elements to those of `src`, broadcast and cast."""
    return assign("copy_", input, ..., src)


def setitem(input: Tensor, key: Any, value: TensorLike) -> None:
    """``input[key] = value``."""
    assign("index", input, index.plain_key(key), value)


def tril_(input: Tensor, diagonal: int = 0) -> Tensor:
    """Set what lies above a diagonal to 0."""
    return replace("tril_", input, tril(input, diagonal))


def triu_(input: Tensor, diagonal: int = 0) -> Tensor:
    """Set what lies below a diagonal to 0."""
    return replace("triu_", input, triu(input, diagonal))
