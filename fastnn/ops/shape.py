"""Shape: the same elements seen in another shape or order of dimensions.

Results share memory with their input wherever that is possible.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd.record import Array, Grads, Node, array, record, unbroadcast
from ..tensor import Tensor, TensorLike

__all__ = [
    "adjoint",
    "broadcast_to",
    "clone",
    "contiguous",
    "diagonal",
    "expand",
    "expand_as",
    "flatten",
    "movedim",
    "permute",
    "ravel",
    "reshape",
    "reshape_as",
    "squeeze",
    "swapaxes",
    "t",
    "transpose",
    "unflatten",
    "unsqueeze",
    "view",
    "view_as",
]


def axis_of(op: str, dim: Any, ndim: int, argument: str = "dim") -> int:
    """A dimension counted from the front; `IndexError` where there is none."""
    if not hasattr(dim, "__index__") or isinstance(dim, bool):
        raise TypeError(f"{op}: {argument} must be an integer, got {dim!r}")
    axis = dim.__index__()
    if not -ndim <= axis < ndim:
        expected = f"from {-ndim} to {ndim - 1}" if ndim else "absent for a 0-d tensor"
        raise IndexError(f"{op}: {argument} must be {expected}, got {axis}")
    return int(axis + ndim if axis < 0 else axis)


def axes_of(op: str, dims: Any, ndim: int, argument: str = "dims") -> tuple[int, ...]:
    """Several different dimensions, or one, counted from the front."""
    dims = dims if isinstance(dims, (tuple, list)) else (dims,)
    axes = tuple([axis_of(op, dim, ndim, argument) for dim in dims])
    if len(set(axes)) < len(axes):
        raise ValueError(f"{op}: {argument} must differ, got {tuple(dims)}")
    return axes


def shape_of(size: tuple[Any, ...]) -> tuple[Any, ...]:
    """A shape given as one sequence or as several numbers."""
    return tuple(size[0]) if len(size) == 1 and isinstance(size[0], (tuple, list)) else size


def key_at(axis: int, *key: Any) -> Any:
    """An index that means `key` at dimension `axis` and everything before it."""
    return (slice(None),) * axis + key


def reshaped(op: str, x: Array, shape: tuple[Any, ...]) -> Array:
    try:
        return x.reshape(shape)
    except ValueError:
        raise ValueError(
            f"{op}: shape {shape} does not fit the {x.size} elements of an input of shape {x.shape}"
        ) from None


def reshape(input: TensorLike, *shape: Any) -> Tensor:
    """The same elements, in row-major order, in another shape.

    Parameters
    ----------
    input
        Any shape.
    shape
        The new shape, as a tuple or as numbers; one of them may be -1 and follows from the others.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.arange(6).reshape(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    x = array(input)
    return record(reshaped("reshape", x, shape_of(shape)), reshape_backward, (input,), x.shape)


def reshape_backward(node: Node, dy: Array) -> Grads:
    (shape,) = node.saved
    return (dy.reshape(shape),)


def view(input: TensorLike, *shape: Any) -> Tensor:
    """As `reshape`, but never a copy: where memory does not allow it, an error.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.zeros(2, 3).view(6).shape
    (6,)
    """
    x = array(input)
    y = reshaped("view", x, shape_of(shape))
    if x.size and not np.may_share_memory(x, y):
        raise ValueError(
            f"view: an input of shape {x.shape} with strides {x.strides} has no view of shape "
            f"{y.shape}; use reshape, which copies"
        )
    return record(y, reshape_backward, (input,), x.shape)


def view_as(input: TensorLike, other: TensorLike) -> Tensor:
    """`view` with the shape of `other`."""
    return view(input, array(other).shape)


def reshape_as(input: TensorLike, other: TensorLike) -> Tensor:
    """`reshape` to the shape of `other`."""
    return reshape(input, array(other).shape)


def flatten(input: TensorLike, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Merge the dimensions from `start_dim` to `end_dim` into one.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.flatten(fastnn.zeros(2, 3, 4), 1).shape
    (2, 12)
    """
    x = array(input)
    if x.ndim == 0:
        return reshape(input, 1)
    start = axis_of("flatten", start_dim, x.ndim, "start_dim")
    end = axis_of("flatten", end_dim, x.ndim, "end_dim")
    if end < start:
        raise ValueError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim}")
    size = 1
    for n in x.shape[start : end + 1]:
        size *= n
    shape = (*x.shape[:start], size, *x.shape[end + 1 :])
    return record(x.reshape(shape), reshape_backward, (input,), x.shape)


def unflatten(input: TensorLike, dim: int, sizes: Sequence[int]) -> Tensor:
    """Split dimension `dim` into several; one of `sizes` may be -1.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.unflatten(fastnn.zeros(2, 12), 1, (3, -1)).shape
    (2, 3, 4)
    """
    x = array(input)
    axis = axis_of("unflatten", dim, x.ndim)
    part = np.empty(x.shape[axis], np.bool_)
    shape = x.shape[:axis] + reshaped("unflatten", part, tuple(sizes)).shape + x.shape[axis + 1 :]
    return record(x.reshape(shape), reshape_backward, (input,), x.shape)


def ravel(input: TensorLike) -> Tensor:
    """All elements in one dimension.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.ravel(fastnn.zeros(2, 3)).shape
    (6,)
    """
    return reshape(input, -1)


def squeeze(input: TensorLike, dim: int | Sequence[int] | None = None) -> Tensor:
    """Drop the dimensions of size 1, all or those of `dim` that have that size.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.squeeze(fastnn.zeros(1, 3, 1)).shape, fastnn.squeeze(fastnn.zeros(1, 3, 1), 0).shape
    ((3,), (3, 1))
    """
    x = array(input)
    axes = tuple(range(x.ndim)) if dim is None else axes_of("squeeze", dim, x.ndim, "dim")
    drop = tuple([axis for axis in axes if x.shape[axis] == 1])
    return record(x.squeeze(axis=drop), reshape_backward, (input,), x.shape)


def unsqueeze(input: TensorLike, dim: int) -> Tensor:
    """A new dimension of size 1 at `dim`.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.unsqueeze(fastnn.zeros(3), -1).shape
    (3, 1)
    """
    x = array(input)
    y = np.expand_dims(x, axis_of("unsqueeze", dim, x.ndim + 1))
    return record(y, reshape_backward, (input,), x.shape)


# -- order of dimensions ---------------------------------------------------------------------


def permute(input: TensorLike, *dims: Any) -> Tensor:
    """The dimensions in another order.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.permute(fastnn.zeros(2, 3, 4), 2, 0, 1).shape
    (4, 2, 3)
    """
    x = array(input)
    order = axes_of("permute", shape_of(dims), x.ndim)
    if len(order) != x.ndim:
        raise ValueError(f"permute: dims must name all {x.ndim} dimensions, got {shape_of(dims)}")
    return record(x.transpose(order), permute_backward, (input,), order)


def permute_backward(node: Node, dy: Array) -> Grads:
    (order,) = node.saved
    back = [0] * len(order)
    for i, axis in enumerate(order):
        back[axis] = i
    return (dy.transpose(back),)


def transpose(input: TensorLike, dim0: int, dim1: int) -> Tensor:
    """Two dimensions exchanged.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.zeros(2, 3, 4).transpose(0, -1).shape
    (4, 3, 2)
    """
    x = array(input)
    a, b = axis_of("transpose", dim0, x.ndim, "dim0"), axis_of("transpose", dim1, x.ndim, "dim1")
    return record(x.swapaxes(a, b), transpose_backward, (input,), a, b)


def transpose_backward(node: Node, dy: Array) -> Grads:
    a, b = node.saved
    return (dy.swapaxes(a, b),)


swapaxes = transpose


def t(input: TensorLike) -> Tensor:
    """A matrix with its rows as columns; a vector as it is.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.zeros(2, 3).t().shape
    (3, 2)
    """
    x = array(input)
    if x.ndim > 2:
        raise ValueError(f"t: input must have at most 2 dimensions, got shape {x.shape}")
    return record(x.T, permute_backward, (input,), tuple(range(x.ndim))[::-1])


def adjoint(input: TensorLike) -> Tensor:
    """The last two dimensions exchanged."""
    return transpose(input, -2, -1)


def reverse(input: TensorLike) -> Tensor:
    """All dimensions in reverse order: ``x.T``."""
    x = array(input)
    return record(x.T, permute_backward, (input,), tuple(range(x.ndim))[::-1])


def movedim(
    input: TensorLike, source: int | Sequence[int], destination: int | Sequence[int]
) -> Tensor:
    """Dimensions moved to new places, the others keeping their order.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.movedim(fastnn.zeros(2, 3, 4), 0, -1).shape
    (3, 4, 2)
    """
    x = array(input)
    old = axes_of("movedim", source, x.ndim, "source")
    new = axes_of("movedim", destination, x.ndim, "destination")
    if len(old) != len(new):
        raise ValueError(f"movedim: {len(old)} dimensions cannot move to {len(new)} places")
    order = [axis for axis in range(x.ndim) if axis not in old]
    for place, axis in sorted(zip(new, old)):
        order.insert(place, axis)
    return record(x.transpose(order), permute_backward, (input,), tuple(order))


# -- broadcasting ----------------------------------------------------------------------------


def expand(input: TensorLike, *sizes: Any) -> Tensor:
    """Dimensions of size 1 repeated, without using memory; -1 keeps a size.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.ones(3, 1).expand(2, -1, 4).shape
    (2, 3, 4)
    """
    x = array(input)
    shape = shape_of(sizes)
    lead = len(shape) - x.ndim
    if lead < 0 or any(n == -1 for n in shape[:lead]):
        raise ValueError(f"expand: sizes {shape} do not fit an input of shape {x.shape}")
    full = shape[:lead] + tuple([x.shape[i] if n == -1 else n for i, n in enumerate(shape[lead:])])
    return broadcast("expand", input, x, full)


def broadcast(op: str, input: TensorLike, x: Array, shape: tuple[int, ...]) -> Tensor:
    try:
        y = np.broadcast_to(x, shape)
    except ValueError:
        raise ValueError(f"{op}: an input of shape {x.shape} does not expand to {shape}") from None
    return record(y, broadcast_backward, (input,), x.shape)


def broadcast_backward(node: Node, dy: Array) -> Grads:
    (shape,) = node.saved
    return (unbroadcast(dy, shape),)


def broadcast_to(input: TensorLike, shape: Sequence[int]) -> Tensor:
    """The input seen in a larger shape, as in arithmetic between the two.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.broadcast_to(fastnn.ones(3), (2, 3)).shape
    (2, 3)
    """
    return broadcast("broadcast_to", input, array(input), tuple(shape))


def expand_as(input: TensorLike, other: TensorLike) -> Tensor:
    """`expand` to the shape of `other`."""
    return expand(input, array(other).shape)


# -- copies ----------------------------------------------------------------------------------


def pass_backward(node: Node, dy: Array) -> Grads:
    """The gradient of an operation that changes no value."""
    return (dy,)


def clone(input: TensorLike) -> Tensor:
    """A copy, through which gradients flow.

    Examples
    --------
    >>> import fastnn
    >>> x = fastnn.ones(2)
    >>> y = x.clone().zero_()
    >>> x
    tensor([1., 1.])
    """
    return record(array(input).copy(order="K"), pass_backward, (input,))


def contiguous(input: TensorLike) -> Tensor:
    """The input itself if its elements lie in row-major order, else a copy of which that is true.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.zeros(2, 3).t().contiguous().is_contiguous()
    True
    """
    x = array(input)
    if isinstance(input, Tensor) and x.flags.c_contiguous:
        return input
    return record(np.ascontiguousarray(x).reshape(x.shape), pass_backward, (input,))


def diagonal(input: TensorLike, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The diagonal over two dimensions, as a new last dimension.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.diagonal(fastnn.arange(9).reshape(3, 3), 1)
    tensor([1, 5])
    """
    x = array(input)
    a, b = axis_of("diagonal", dim1, x.ndim, "dim1"), axis_of("diagonal", dim2, x.ndim, "dim2")
    if a == b:
        raise ValueError(f"diagonal: dim1 and dim2 must differ, got {dim1} and {dim2}")
    y = x.diagonal(offset, a, b)
    return record(y, diagonal_backward, (input,), x.shape, offset, a, b)


def diagonal_backward(node: Node, dy: Array) -> Grads:
    shape, offset, a, b = node.saved
    dx = np.zeros(shape, dy.dtype)
    k = np.arange(dy.shape[-1])
    np.moveaxis(dx, (a, b), (-2, -1))[..., k - min(offset, 0), k + max(offset, 0)] = dy
    return (dx,)
