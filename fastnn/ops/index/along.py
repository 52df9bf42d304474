"""Taking and putting elements along a dimension; the index has as many dimensions as the input."""

from __future__ import annotations

from typing import Any

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record
from ...tensor import Tensor, TensorLike
from ..numpy_names import numpy_names
from ..shape import ravel, whole
from ..widen import narrowed, total, widened
from .operands import NUMBERS, padded, same_type, scalar, zero

__all__ = ["gather", "scatter", "scatter_add", "take_along_dim"]


def gather(input: TensorLike, dim: int, index: TensorLike, *, sparse_grad: bool = False) -> Tensor:
    """``out[i][j][k] = input[i][index[i][j][k]][k]`` for ``dim`` 1 of three dimensions.

    Parameters
    ----------
    input
        Any shape and type.
    dim
        The dimension that `index` replaces.
    index
        Integers from 0; as many dimensions as `input`, none but `dim` larger.
    sparse_grad
        Of no effect: gradients are dense.

    Raises
    ------
    IndexError
        If an element of `index` is not below the size of the dimension.

    Examples
    --------
    >>> x = fastnn.tensor([[1, 2], [3, 4]])
    >>> fastnn.gather(x, 1, fastnn.tensor([[0, 0], [1, 0]])).tolist()
    [[1, 1], [4, 3]]
    """
    x, i = array(input), array(index)
    return record(_core.gather(x, dim, i), gather_backward, (input,), x.shape, dim, i)


def gather_backward(node: Node, dy: Array) -> Grads:
    shape, dim, i = node.saved
    return (narrowed(_core.gather_backward(widened(dy), shape, dim, i), dy.dtype),)


@numpy_names
def take_along_dim(input: TensorLike, indices: TensorLike, dim: int | None = None) -> Tensor:
    """As `gather`, with `input` and `indices` broadcast against each other outside `dim`.

    Parameters
    ----------
    input
        Any shape and type; flattened if `dim` is None.
    indices
        Integers; negative ones count from the end.
    dim
        The dimension.

    Examples
    --------
    >>> fastnn.take_along_dim(fastnn.tensor([[5, 6], [7, 8]]), fastnn.tensor([[-1]]), 1).tolist()
    [[6], [8]]
    """
    dim = whole(dim)  # first, as its conversion may run code that changes the arrays
    i = array(indices)
    if dim is None:
        input, dim, i = ravel(input), 0, i.reshape(-1)
    x = array(input)
    y = _core.take_along_dim(x, i, dim)
    return record(y, take_along_dim_backward, (input,), x.shape, i, dim)


def take_along_dim_backward(node: Node, dy: Array) -> Grads:
    return (narrowed(_core.take_along_dim_backward(widened(dy), *node.saved), dy.dtype),)


def scatter(
    input: TensorLike,
    dim: int,
    index: TensorLike,
    src: TensorLike | None = None,
    reduce: str | None = None,
    *,
    value: TensorLike | None = None,
) -> Tensor:
    """`input` with ``out[i][index[i][j]] = src[i][j]`` for ``dim`` 1 of two dimensions.

    Where several values meet in one place the last one stays, and gets the gradient.

    Parameters
    ----------
    input
        Any shape and type.
    dim
        The dimension that `index` replaces.
    index
        Integers from 0; as many dimensions as `input`, none but `dim` larger.
    src, value
        Values of the type of `input`, as large as `index` at least; or a number.
    reduce
        ``"add"`` or ``"multiply"``: values are combined with what is there, without a gradient of
        `src` for products (see `scatter_reduce`).

    Examples
    --------
    >>> fastnn.scatter(fastnn.zeros(1, 3), 1, fastnn.tensor([[2]]), 5.0).tolist()
    [[0.0, 0.0, 5.0]]
    """
    x, i = array(input), array(index)
    given = src if value is None else value
    s = values_of("scatter", x, given)
    if reduce is not None:
        return combined(x, dim, i, s, reduce, (input, given))
    y = _core.scatter(x, dim, i, s)
    return record(y, scatter_backward, (input, given), dim, i, s.shape, s.dtype)


def values_of(op: str, x: Array, given: TensorLike | None) -> Array:
    """What is scattered: an array of the type of `x`, or a number as one of no dimension."""
    if given is None:
        raise TypeError(f"{op}: src or value must be given")
    s = None if isinstance(given, NUMBERS) else array(given)
    if s is None or s.ndim == 0:
        return scalar(op, given, x.dtype)
    same_type(op, x, "src", s)
    return s


def scatter_backward(node: Node, dy: Array) -> Grads:
    dim, i, shape, dtype = node.saved
    if not node.needs[1]:
        return _core.scatter(dy, dim, i, zero(dy)), None
    dx, ds = _core.scatter_backward(dy, dim, i)
    return dx, padded(ds, shape) if shape else total(ds, dtype)


WAYS = {"add": "add", "multiply": "prod"}


def combined(
    x: Array, dim: int, i: Array, s: Array, reduce: str, inputs: tuple[Any, ...]
) -> Tensor:
    """`scatter` with a way to combine."""
    if reduce not in WAYS:
        raise ValueError(f"scatter: reduce must be 'add' or 'multiply', got {reduce!r}")
    wide = widened(x)
    y = narrowed(_core.scatter(wide, dim, i, narrowed(s, wide.dtype), WAYS[reduce]), x.dtype)
    if reduce == "add":
        return record(y, scatter_add_backward, inputs, dim, i, s.shape, s.dtype)
    if any(isinstance(t, Tensor) and t.requires_grad for t in inputs):
        raise RuntimeError("scatter: reduce='multiply' has no gradient; use scatter_reduce")
    return Tensor(y)


def scatter_add(input: TensorLike, dim: int, index: TensorLike, src: TensorLike) -> Tensor:
    """`input` with ``out[i][index[i][j]] += src[i][j]`` for ``dim`` 1 of two dimensions.

    Arguments are those of `scatter`.

    Examples
    --------
    >>> i = fastnn.tensor([[0, 0, 1]])
    >>> fastnn.scatter_add(fastnn.zeros(1, 2), 1, i, fastnn.ones(1, 3)).tolist()
    [[2.0, 1.0]]
    """
    x, i, s = array(input), array(index), array(src)
    same_type("scatter_add", x, "src", s)
    if s.ndim == 0 and i.size > 1:  # one value is no src for many
        raise ValueError(
            f"scatter_add: src must be at least as large as index {i.shape}, got {s.shape}"
        )
    y = narrowed(_core.scatter(widened(x), dim, i, widened(s), "add"), x.dtype)
    return record(y, scatter_add_backward, (input, src), dim, i, s.shape, s.dtype)


def scatter_add_backward(node: Node, dy: Array) -> Grads:
    dim, i, shape, dtype = node.saved
    if not node.needs[1]:
        return dy, None
    ds = _core.gather(dy, dim, i)
    return dy, padded(ds, shape) if len(shape) == ds.ndim else total(ds, dtype).reshape(shape)
