"""Quantiles, and reductions that leave out NaN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.record import Array, array
from ..dtypes import check_real, no_floats
from ..tensor import Tensor, TensorLike, check_constant
from .cast import to
from .elementwise.arithmetic import div, lerp
from .elementwise.choose import where
from .elementwise.compare import isnan
from .index.along import gather
from .numpy_names import numpy_names
from .reduce.sums import Dims, sum
from .shape import axis_of, movedim, ravel, reshape, squeeze, unsqueeze
from .sort.order import sort

__all__ = ["nanmean", "nanquantile", "nansum", "quantile"]

NEAREST: dict[str, Callable[[Array], Array]] = {
    "lower": np.floor,
    "higher": np.ceil,
    "nearest": np.round,
}
INTERPOLATIONS = ("linear", "midpoint", *NEAREST)


@numpy_names
def quantile(
    input: TensorLike,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Tensor:
    """Quantiles along a dimension: what lies at ``q (n - 1)`` of n elements in order.

    Parameters
    ----------
    input
        Tensor of floats, not empty.
    q
        A number in [0, 1], or a vector of them.
    dim
        The dimension, by default all elements as a vector.
    keepdim
        Keep it, with size 1.
    interpolation
        Between two elements: ``"linear"``, ``"midpoint"``, or the ``"lower"``, the ``"higher"`` or
        the ``"nearest"`` of both, the one at an even place where both are equally near.

    Returns
    -------
    Tensor
        Without `dim`; the quantiles of a vector `q` are a new first dimension. NaN among the
        elements gives NaN.

    Examples
    --------
    >>> fastnn.quantile(fastnn.tensor([4.0, 1.0, 2.0]), 0.75).item()
    3.0
    """
    return quantiles("quantile", input, q, dim, keepdim, interpolation)


@numpy_names
def nanquantile(
    input: TensorLike,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Tensor:
    """`quantile` of the elements that are not NaN; NaN where all are.

    Examples
    --------
    >>> fastnn.nanquantile(fastnn.tensor([4.0, float("nan"), 2.0]), 0.5).item()
    3.0
    """
    return quantiles("nanquantile", input, q, dim, keepdim, interpolation)


def quantiles(
    op: str, input: TensorLike, q: Any, dim: int | None, keepdim: bool, interpolation: str
) -> Tensor:
    x = array(input)
    check_constant(op, "q", q, TypeError)
    check_real(op, np.asarray(array(q)), "q")
    levels = np.asarray(q if isinstance(q, (int, float)) else array(q), np.float64)
    if x.dtype not in (np.float32, np.float64):
        raise no_floats(op, "input", x.dtype)
    if levels.ndim > 1 or not ((levels >= 0) & (levels <= 1)).all():
        raise ValueError(f"{op}: q must be a number or a vector of them in [0, 1], got {levels}")
    if interpolation not in INTERPOLATIONS:
        raise ValueError(
            f"{op}: interpolation must be one of {INTERPOLATIONS}, got {interpolation!r}"
        )
    ndim = x.ndim
    if dim is None or ndim == 0:
        rows, axis = ravel(input), 0
    else:
        axis = axis_of(op, dim, ndim)
        rows = movedim(input, axis, -1)
    if rows.shape[-1] == 0:
        raise ValueError(f"{op}: input must not be empty, got shape {x.shape}")
    nan = np.isnan(rows._array)
    last = rows.shape[-1] - 1
    if op == "nanquantile":
        ranks = np.maximum(last - nan.sum(-1), 0)[..., None] * levels.reshape(-1)
    else:  # NaN is the last in order
        ranks = np.where(nan.any(-1, keepdims=True), last, last * levels.reshape(-1))
    y = between(sort(rows, -1).values, ranks, interpolation)
    y = movedim(y, -1, 0)
    if keepdim and ndim:
        y = reshape(y, (-1, *[1] * ndim)) if dim is None else unsqueeze(y, axis + 1)
    return y if levels.ndim else squeeze(y, 0)


def between(ordered: Tensor, ranks: Array, interpolation: str) -> Tensor:
    """The elements at places that need not be whole."""
    if interpolation in NEAREST:
        return gather(ordered, -1, NEAREST[interpolation](ranks).astype(np.int64))
    low = np.floor(ranks)
    first = gather(ordered, -1, low.astype(np.int64))
    second = gather(ordered, -1, np.ceil(ranks).astype(np.int64))
    weight = (ranks > low) * 0.5 if interpolation == "midpoint" else ranks - low
    return lerp(first, second, weight.astype(ordered.dtype))


@numpy_names
def nansum(
    input: TensorLike, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """Sum of the elements that are not NaN.

    Parameters are those of `sum`.

    Examples
    --------
    >>> fastnn.nansum(fastnn.tensor([1.0, float("nan"), 2.0])).item()
    3.0
    """
    given = to(input, dtype) if dtype is not None else input
    x = array(given)
    check_real("nansum", x)
    kept = where(isnan(x), 0.0, given) if x.dtype.kind == "f" else given
    return sum(kept, dim, keepdim)


@numpy_names
def nanmean(
    input: TensorLike, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """Mean of the elements that are not NaN; NaN of none.

    Parameters are those of `mean`.

    Examples
    --------
    >>> fastnn.nanmean(fastnn.tensor([1.0, float("nan"), 2.0])).item()
    1.5
    """
    given = to(input, dtype) if dtype is not None else input
    x = array(given)
    if x.dtype.kind != "f":
        raise TypeError(f"nanmean: input must hold floats, got {x.dtype}")
    count = sum(~np.isnan(x), dim, keepdim)
    return div(nansum(given, dim, keepdim), count)
