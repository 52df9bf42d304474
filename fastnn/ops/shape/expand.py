"""Elements seen many times, and copies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record, unbroadcast
from ...autograd.views import as_view
from ...formats import check_format, contiguous_format, preserve_format
from ...tensor import Tensor, TensorLike
from .axes import shape_of
from .permute import movedim

__all__ = ["broadcast_to", "clone", "contiguous", "detach", "expand", "expand_as"]


def expand(input: TensorLike, *sizes: Any) -> Tensor:
    """Dimensions of size 1 repeated, without using memory; -1 keeps a size.

    Examples
    --------
    >>> fastnn.ones(3, 1).expand(2, -1, 4).shape
    (2, 3, 4)
    """
    x = array(input)
    shape = shape_of(sizes)
    lead = len(shape) - x.ndim
    if lead < 0 or -1 in shape[:lead]:
        raise ValueError(f"expand: sizes {shape} do not fit an input of shape {x.shape}")
    if -1 in shape:
        kept = [x.shape[i] if n == -1 else n for i, n in enumerate(shape[lead:])]
        shape = (*shape[:lead], *kept)
    return broadcast("expand", input, x, shape)


def broadcast(op: str, input: TensorLike, x: Array, shape: tuple[int, ...]) -> Tensor:
    try:
        y = _core.broadcast_to(x, shape)
    except ValueError:
        raise ValueError(f"{op}: an input of shape {x.shape} does not expand to {shape}") from None
    return as_view(record(y, broadcast_backward, (input,), x.shape), input)


def broadcast_backward(node: Node, dy: Array) -> Grads:
    (shape,) = node.saved
    return (unbroadcast(dy, shape),)


def broadcast_to(input: TensorLike, shape: Sequence[int]) -> Tensor:
    """The input seen in a larger shape, as in arithmetic between the two.

    Examples
    --------
    >>> fastnn.broadcast_to(fastnn.ones(3), (2, 3)).shape
    (2, 3)
    """
    return broadcast("broadcast_to", input, array(input), tuple(shape))


def expand_as(input: TensorLike, other: TensorLike) -> Tensor:
    """`expand` to the shape of `other`."""
    return expand(input, array(other).shape)


def pass_backward(node: Node, dy: Array) -> Grads:
    """The gradient of an operation that changes no value."""
    return (dy,)


def clone(input: TensorLike, *, memory_format: Any = None) -> Tensor:
    """A copy, through which gradients flow; in the order of memory of the input, or a given one.

    Examples
    --------
    >>> x = fastnn.ones(2)
    >>> y = x.clone().zero_()
    >>> x
    tensor([1., 1.])
    """
    copy = record(_core.clone(array(input)), pass_backward, (input,))
    return copy if memory_format is None else ordered("clone", copy, memory_format)


def detach(input: TensorLike) -> Tensor:
    """The same memory as a tensor outside of all graphs.

    Examples
    --------
    >>> fastnn.detach(fastnn.ones(2, requires_grad=True)).requires_grad
    False
    """
    return input.detach() if isinstance(input, Tensor) else Tensor(array(input))


def contiguous(input: TensorLike, memory_format: Any = None) -> Tensor:
    """The input itself if its elements lie in row-major order, else a copy of which that is true.

    With `memory_format` in another order, as `fastnn.channels_last` of (N, C, H, W).

    Examples
    --------
    >>> fastnn.zeros(2, 3).t().contiguous().is_contiguous()
    True
    """
    if memory_format is not None and memory_format is not contiguous_format:
        return ordered("contiguous", input, memory_format)
    x = array(input)
    if isinstance(input, Tensor) and x.flags.c_contiguous:
        return input
    y = x if x.flags.c_contiguous else _core.clone(x, True)
    return record(y, pass_backward, (input,))


def ordered(op: str, input: TensorLike, memory_format: Any) -> Tensor:
    """The input itself if its elements lie in this order, else a copy of which that is true."""
    x = array(input)
    wanted = check_format(op, memory_format, x.ndim)
    if wanted is preserve_format or (wanted.ndim and np.moveaxis(x, 1, -1).flags.c_contiguous):
        return input if isinstance(input, Tensor) else Tensor(x)
    if wanted.ndim is None:
        return contiguous(input)
    return movedim(contiguous(movedim(input, 1, -1)), -1, 1)


def sum_to_size(input: TensorLike, *size: Any) -> Tensor:
    """The sum over the dimensions in which `size` would be broadcast to this shape."""
    x = array(input)
    shape = tuple(shape_of(size))
    lead = x.ndim - len(shape)
    if lead < 0 or any(n not in (1, m) for n, m in zip(shape, x.shape[lead:])):
        raise ValueError(f"sum_to_size: shape {shape} does not expand to {x.shape}")
    if shape == x.shape:
        return as_view(record(x.view(), pass_backward, (input,)), input)
    return record(unbroadcast(x, shape), sum_to_size_backward, (input,), x.shape)


def sum_to_size_backward(node: Node, dy: Array) -> Grads:
    (shape,) = node.saved
    return (_core.broadcast_to(dy, shape),)
