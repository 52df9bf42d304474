"""Largest and smallest elements over dimensions of a tensor. NaN among them gives NaN."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record, record_many
from ...dtypes import check_real
from ...tensor import Tensor, TensorLike
from ..backward import from_kernel
from ..elementwise import maximum, minimum
from ..numpy_names import numpy_names
from ..sort.positions import at_positions
from .sums import Dims, axes_of

__all__ = ["amax", "amin", "aminmax", "argmax", "argmin", "max", "min"]


class Extreme(NamedTuple):
    """Values, and where they stand along the dimension."""

    values: Tensor
    indices: Tensor


class Range(NamedTuple):
    """Smallest and largest values."""

    min: Tensor
    max: Tensor


def check_elements(op: str, x: Array) -> None:
    """Raise ValueError for a tensor without elements."""
    if x.size == 0:
        raise ValueError(f"{op}: cannot reduce no elements, got shape {x.shape}")


@numpy_names
def amax(input: TensorLike, dim: Dims = (), keepdim: bool = False) -> Tensor:
    """Largest element; its gradient is shared evenly by those that are equal to it.

    Parameters
    ----------
    input
        Tensor of any shape.
    dim, keepdim
        As for `sum`.

    Raises
    ------
    ValueError
        If there is nothing to reduce.

    Examples
    --------
    >>> fastnn.amax(fastnn.tensor([[1.0, 5.0], [3.0, 4.0]]), 1).tolist()
    [5.0, 4.0]
    """
    x = array(input)
    if x.dtype.kind != "f":
        check_real("amax", x)
        return Tensor(np.asarray(x.max(axes_of(dim), keepdims=keepdim)))
    y = _core.amax(x, dim, keepdim)
    return record(y, amax_backward, (input,), x, y, dim)


amax_backward = from_kernel(_core.amax_backward)


@numpy_names
def amin(input: TensorLike, dim: Dims = (), keepdim: bool = False) -> Tensor:
    """Smallest element; its gradient is shared evenly by those that are equal to it.

    Arguments and errors are those of `amax`.

    Examples
    --------
    >>> fastnn.amin(fastnn.tensor([[1.0, 5.0], [3.0, 4.0]]), 1).tolist()
    [1.0, 3.0]
    """
    x = array(input)
    if x.dtype.kind != "f":
        check_real("amin", x)
        return Tensor(np.asarray(x.min(axes_of(dim), keepdims=keepdim)))
    y = _core.amin(x, dim, keepdim)
    return record(y, amin_backward, (input,), x, y, dim)


amin_backward = from_kernel(_core.amin_backward)


@numpy_names
def aminmax(input: TensorLike, *, dim: int | None = None, keepdim: bool = False) -> Range:
    """`amin` and `amax` together.

    Examples
    --------
    >>> low, high = fastnn.aminmax(fastnn.tensor([3.0, 1.0, 2.0]))
    >>> low.item(), high.item()
    (1.0, 3.0)
    """
    return Range(amin(input, dim, keepdim), amax(input, dim, keepdim))


@numpy_names
def max(input: TensorLike, dim: Any = None, keepdim: bool = False) -> Any:
    """Largest element of all, or along one dimension with its position, or of two tensors.

    Parameters
    ----------
    input
        Tensor of any shape.
    dim
        None, an int, or a second tensor, for `maximum`.
    keepdim
        Keep the dimension, with size 1.

    Returns
    -------
    Tensor or (values, indices)
        With an int the first largest element along it, which alone gets the gradient, and its
        position. Without, the gradient is shared evenly, as of `amax`.

    Raises
    ------
    ValueError
        If there is nothing to reduce.

    Examples
    --------
    >>> x = fastnn.tensor([[1.0, 5.0], [3.0, 4.0]])
    >>> fastnn.max(x).item()
    5.0
    >>> values, indices = fastnn.max(x, 0)
    >>> values.tolist(), indices.tolist()
    ([3.0, 5.0], [1, 0])
    """
    if isinstance(dim, (Tensor, np.ndarray)):
        return maximum(input, dim)
    x = array(input)
    if dim is None:
        check_elements("max", x)
        return amax(input)
    return extreme(input, x, *position("max", x, dim, keepdim), dim)


@numpy_names
def min(input: TensorLike, dim: Any = None, keepdim: bool = False) -> Any:
    """Smallest element of all, or along one dimension with its position, or of two tensors.

    Arguments are those of `max`.

    Examples
    --------
    >>> x = fastnn.tensor([[1.0, 5.0], [3.0, 4.0]])
    >>> fastnn.min(x, 1).indices.tolist()
    [0, 0]
    """
    if isinstance(dim, (Tensor, np.ndarray)):
        return minimum(input, dim)
    x = array(input)
    if dim is None:
        check_elements("min", x)
        return amin(input)
    return extreme(input, x, *position("min", x, dim, keepdim), dim)


def position(op: str, x: Array, dim: int | None, keepdim: bool) -> tuple[Array, Array]:
    """The first largest or smallest elements along `dim`, and their positions."""
    if x.dtype.kind == "f":
        result: tuple[Array, Array] = getattr(_core, "arg" + op)(x, dim, keepdim)
        return result
    check_real(op, x)
    indices = np.asarray(getattr(x, "arg" + op)(dim, keepdims=keepdim))
    return np.asarray(getattr(x, op)(dim, keepdims=keepdim)), indices


def extreme(
    input: TensorLike, x: Array, values: Array, indices: Array, dim: int
) -> tuple[Tensor, Tensor]:
    """Values and indices as tensors; the gradient goes to the elements at the indices."""
    return Extreme(
        *record_many((values, indices), extreme_backward, (input,), x.shape, indices, dim)
    )


def extreme_backward(node: Node, dy: Array, _: None) -> Grads:
    shape, indices, dim = node.saved
    if not shape:
        return (dy.view(),)
    if indices.ndim < len(shape):
        dy, indices = np.expand_dims(dy, dim), np.expand_dims(indices, dim)
    return (at_positions(dy, indices, dim, shape[dim]),)


@numpy_names
def argmax(input: TensorLike, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Position of the first largest element along a dimension, or in the flattened tensor.

    Parameters
    ----------
    input
        Tensor of any shape.
    dim
        An int, or None to count over all elements.
    keepdim
        Keep the dimension, with size 1.

    Raises
    ------
    ValueError
        If there is nothing to reduce.

    Examples
    --------
    >>> x = fastnn.tensor([[1.0, 5.0], [3.0, 4.0]])
    >>> fastnn.argmax(x).item(), fastnn.argmax(x, 0).tolist()
    (1, [1, 0])
    """
    return Tensor(position("max", array(input), dim, keepdim)[1])


@numpy_names
def argmin(input: TensorLike, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Position of the first smallest element along a dimension, or in the flattened tensor.

    Arguments are those of `argmax`.

    Examples
    --------
    >>> fastnn.argmin(fastnn.tensor([[1.0, 5.0], [3.0, 0.0]]), 1).tolist()
    [0, 1]
    """
    return Tensor(position("min", array(input), dim, keepdim)[1])
