"""The different elements of a tensor, or its different parts along a dimension."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ... import _core
from ...autograd.record import Array, array
from ...tensor import Tensor, TensorLike, check_constant
from ..shape.axes import axis_of
from .types import as_kernel_type, from_kernel_type

__all__ = ["unique", "unique_consecutive"]


def unique(
    input: TensorLike,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The different elements in order, or the different parts along a dimension.

    Parts are compared element by element from the first on. NaN is equal to nothing.

    Parameters
    ----------
    input
        Tensor of any shape and type.
    sorted
        Without effect: results are always in order.
    return_inverse
        Whether to tell where each element, or part, is among the results.
    return_counts
        Whether to tell how many are equal to each of the results.
    dim
        None for elements, or the dimension along which parts are compared.

    Returns
    -------
    Tensor or tuple
        The different elements, (u,), or the different parts, in the shape of `input` with another
        size of `dim`; then, where wanted, the positions, in the shape of `input` or the size of
        `dim`, and the counts, (u,).

    Raises
    ------
    IndexError
        If the dimension does not exist.
    ValueError
        If another dimension has no elements.
    RuntimeError
        If `input` requires a gradient, of which there is none.

    Examples
    --------
    >>> values, counts = fastnn.unique(fastnn.tensor([3, 1, 3]), return_counts=True)
    >>> values.tolist(), counts.tolist()
    ([1, 3], [1, 2])
    """
    return different("unique", input, True, return_inverse, return_counts, dim)


def unique_consecutive(
    input: TensorLike,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The elements, or parts along a dimension, that differ from the one before them.

    Arguments, results and errors are those of `unique`.

    Examples
    --------
    >>> fastnn.unique_consecutive(fastnn.tensor([3, 3, 1, 3])).tolist()
    [3, 1, 3]
    """
    return different("unique_consecutive", input, False, return_inverse, return_counts, dim)


def different(
    op: str, input: TensorLike, sorted: bool, inverse: bool, counts: bool, dim: int | None
) -> Any:
    check_constant(op, "input", input)
    x = array(input)
    known = as_kernel_type(op, x)
    if dim is None:
        rows, shape, places = known.reshape(-1, 1), (-1,), x.shape
    else:
        axis = axis_of(op, dim, x.ndim)
        moved = np.moveaxis(known, axis, 0)
        shape, places = (-1, *moved.shape[1:]), moved.shape[:1]
        if places[0] and 0 in shape:
            raise ValueError(f"{op}: another dimension than {dim} has size 0, got shape {x.shape}")
        rows = moved.reshape(len(moved), prod(shape[1:]))
    y, positions, numbers = distinct_rows(rows, sorted, inverse, counts)
    y = from_kernel_type(y, x.dtype).reshape((len(y), *shape[1:]))
    if dim is not None:
        y = np.moveaxis(y, 0, axis)
    results = [Tensor(y)]
    if inverse:
        results.append(Tensor(positions.reshape(places)))
    if counts:
        results.append(Tensor(numbers))
    return results[0] if len(results) == 1 else tuple(results)


def distinct_rows(
    rows: Array, sorted: bool, inverse: bool, counts: bool
) -> tuple[Array, Array, Array]:
    none = np.empty(0, np.int64)
    if rows.size == 0:
        return rows[:0], none, none
    y, positions, numbers = _core.unique(rows, sorted, inverse, counts)
    return y, none if positions is None else positions, none if numbers is None else numbers
