"""Searches in sorted tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import _core
from ...autograd.record import Array, array
from ...dtypes import check_real, promote_types
from ...tensor import Tensor, TensorLike
from .types import as_kernel_type

__all__ = ["bucketize", "isin", "searchsorted"]


def searchsorted(
    sorted_sequence: TensorLike,
    input: TensorLike,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: TensorLike | None = None,
) -> Tensor:
    """Where values belong in sorted sequences: how many elements are smaller than each.

    Parameters
    ----------
    sorted_sequence
        Ascending numbers, (n,), or such along the last dimension, (*, n). NaN counts as the
        largest number. The result is some number where they are not in order.
    input
        Values, of any shape for one sequence, or (*, m) for those of each; or one number.
    out_int32
        Whether the result is int32 rather than int64.
    right
        Whether to count elements equal to the value, too.
    side
        The same in words: ``"left"`` or ``"right"``.
    sorter
        Positions that put `sorted_sequence`, which is then in any order, in order.

    Returns
    -------
    Tensor
        Integers in the shape of `input`.

    Raises
    ------
    ValueError
        Shapes do not match, or `side` is no word for `right`.
    IndexError
        A position of `sorter` is outside of its sequence.

    Examples
    --------
    >>> fastnn.searchsorted(fastnn.tensor([1.0, 3.0, 5.0]), fastnn.tensor([3.0, 6.0])).tolist()
    [1, 3]
    """
    if side not in (None, "left", "right"):
        raise ValueError(f"searchsorted: side must be 'left' or 'right', got {side!r}")
    if side == "left" and right:
        raise ValueError("searchsorted: side='left' contradicts right=True")
    table, values = of_one_type("searchsorted", sorted_sequence, input, "sorted_sequence")
    if table.ndim != 1 and (values.ndim != table.ndim or values.shape[:-1] != table.shape[:-1]):
        raise ValueError(
            "searchsorted: sorted_sequence must have one dimension, or all but the last of input's "
            f"sizes, got {table.shape} and {values.shape}"
        )
    order = None if sorter is None else order_of(array(sorter), table)
    return Tensor(_core.searchsorted(table, values, right or side == "right", out_int32, order))


def order_of(sorter: Array, table: Array) -> Array:
    if sorter.dtype != np.int64:
        raise TypeError(f"searchsorted: sorter must have dtype int64, got {sorter.dtype}")
    if sorter.shape != table.shape:
        raise ValueError(
            f"searchsorted: sorter must have the shape of sorted_sequence, {table.shape}, got "
            f"{sorter.shape}"
        )
    return sorter


def bucketize(
    input: TensorLike, boundaries: TensorLike, *, out_int32: bool = False, right: bool = False
) -> Tensor:
    """The number of the bucket of each value, between boundaries that ascend.

    Parameters
    ----------
    input
        Tensor of any shape, or a number.
    boundaries
        Ascending, (n,); bucket i ends with boundary i, and bucket n is behind the last.
    out_int32
        Whether the result is int32 rather than int64.
    right
        Whether a boundary belongs to the bucket on its right.

    Returns
    -------
    Tensor
        Integers in the shape of `input`, from 0 to n.

    Raises
    ------
    ValueError
        `boundaries` has other than one dimension.

    Examples
    --------
    >>> fastnn.bucketize(fastnn.tensor([0.5, 1.0, 9.0]), fastnn.tensor([1.0, 2.0])).tolist()
    [0, 0, 2]
    """
    table, values = of_one_type("bucketize", boundaries, input, "boundaries")
    if table.ndim != 1:
        raise ValueError(f"bucketize: boundaries must have one dimension, got shape {table.shape}")
    return Tensor(_core.searchsorted(table, values, right, out_int32))


def isin(
    elements: TensorLike,
    test_elements: TensorLike,
    *,
    assume_unique: bool = False,
    invert: bool = False,
) -> Tensor:
    """Which elements are among others. NaN is not among any.

    Parameters
    ----------
    elements
        Tensor of any shape, or a number.
    test_elements
        The others; a tensor of any shape, or a number.
    assume_unique
        Without effect: equal elements do no harm.
    invert
        Which are not, instead.

    Returns
    -------
    Tensor
        Truth values in the shape of `elements`.

    Examples
    --------
    >>> fastnn.isin(fastnn.tensor([1, 2, 3]), fastnn.tensor([2, 5])).tolist()
    [False, True, False]
    """
    table, values = of_one_type("isin", test_elements, elements, "test_elements")
    ordered = _core.sort(np.ascontiguousarray(table.reshape(-1)), 0)[0]
    return Tensor(_core.isin(ordered, values, invert))


def of_one_type(op: str, table: Any, values: Any, name: str) -> tuple[Array, Array]:
    """Both operands in a type that holds them, as a kernel takes it."""
    a, b = array(table), array(values)
    check_real(op, a, name)
    check_real(op, b)
    dtype = a.dtype if a.dtype == b.dtype else promote_types(a.dtype, b.dtype)
    return (
        as_kernel_type(op, a.astype(dtype, copy=False), name),
        as_kernel_type(op, b.astype(dtype, copy=False)),
    )
