"""Counts of elements by value."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ... import _core
from ...autograd.record import Array, array
from ...dtypes import cast_to, check_real, no_floats
from ...tensor import Tensor, TensorLike, check_constant
from .types import as_kernel_type

__all__ = ["bincount", "histc", "histogram", "histogramdd"]


class Histogram(NamedTuple):
    """Counts, or sums of weights, and the edges between which they lie."""

    hist: Tensor
    bin_edges: Tensor


class Histograms(NamedTuple):
    """Counts, or sums of weights, and for each dimension the edges between which they lie."""

    hist: Tensor
    bin_edges: tuple[Tensor, ...]


def bincount(input: TensorLike, weights: TensorLike | None = None, minlength: int = 0) -> Tensor:
    """How often each integer from 0 on occurs, or the sum of the weights of its occurrences.

    Parameters
    ----------
    input
        Integers that are not negative, (N,).
    weights
        (N,); without, each counts 1.
    minlength
        The size of the result at least.

    Returns
    -------
    Tensor
        (largest of `input` + 1,) or more: int64 without weights, float32 for those of float32,
        else float64.

    Raises
    ------
    TypeError
        `input` does not hold integers.
    ValueError
        `input` holds a negative number, or shapes do not match.

    Examples
    --------
    >>> fastnn.bincount(fastnn.tensor([1, 2, 2])).tolist()
    [0, 1, 2]
    """
    x = array(input)
    if x.dtype.kind not in "iu":
        raise TypeError(f"bincount: input must have an integer type, got {x.dtype}")
    if x.ndim != 1:
        raise ValueError(f"bincount: input must have one dimension, got shape {x.shape}")
    if not hasattr(minlength, "__index__"):
        raise TypeError(f"bincount: minlength must be an int, got {type(minlength).__name__}")
    check_constant("bincount", "weights", weights)
    w = None
    if weights is not None:
        w = array(weights)
        check_real("bincount", w, "weights")
        w = w if w.dtype == np.float32 else w.astype(np.float64, copy=False)
    known = x.astype(np.int64) if x.dtype.str[1:] == "u8" else as_kernel_type("bincount", x)
    return Tensor(_core.bincount(known, w, minlength.__index__()))


def histc(input: TensorLike, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many elements lie in each of some bins of equal width.

    Parameters
    ----------
    input
        Floats of any shape; NaN and what lies outside of the bins is not counted.
    bins
        How many.
    min, max
        Where the first begins and the last ends, which it includes; if they are equal, the
        smallest and the largest element.

    Returns
    -------
    Tensor
        (bins,), of the type of `input`.

    Raises
    ------
    TypeError
        `input` does not hold floats.
    ValueError
        No bins, or they begin after they end or at infinity or NaN.

    Examples
    --------
    >>> fastnn.histc(fastnn.tensor([1.0, 2.0, 1.0]), bins=4, min=0, max=3).tolist()
    [0.0, 2.0, 1.0, 0.0]
    """
    check_constant("histc", "input", input)
    x = array(input)
    edges = even_edges("histc", x, bins, None if min == max else (min, max), 1)
    return Tensor(_core.histogram(x, edges, None, True))


def histogram(
    input: TensorLike,
    bins: Any,
    *,
    range: tuple[float, float] | None = None,
    weight: TensorLike | None = None,
    density: bool = False,
) -> Histogram:
    """How many elements lie in each of some bins, or the sum of their weights.

    Parameters
    ----------
    input
        Floats of any shape; NaN and what lies outside of the bins is not counted.
    bins
        How many of equal width, or the edges, ascending, (bins + 1,). A bin includes its left
        edge, the last one both.
    range
        Where bins of equal width begin and end; the smallest and the largest element if absent.
    weight
        What an element counts, in the shape of `input`.
    density
        Divide by the sum and by the widths, so that the integral is 1.

    Returns
    -------
    (hist, bin_edges)
        (bins,) and (bins + 1,), of the type of `input`.

    Raises
    ------
    TypeError
        `input` does not hold floats.
    ValueError
        No bins, or they begin after they end or at infinity or NaN; edges that do not ascend.

    Examples
    --------
    >>> hist, bin_edges = fastnn.histogram(fastnn.tensor([1.0, 2.0, 1.0]), 2, range=(0.0, 3.0))
    >>> hist.tolist(), bin_edges.tolist()
    ([2.0, 1.0], [0.0, 1.5, 3.0])
    """
    check_constant("histogram", "input", input)
    check_constant("histogram", "bins", bins)
    check_constant("histogram", "weight", weight)
    x = array(input)
    even = isinstance(bins, int)
    if even:
        edges = even_edges("histogram", x, bins, range, 0.5)
    elif range is not None:
        raise TypeError("histogram: range goes with a number of bins, not with their edges")
    else:
        edges = array(bins)
        if edges.ndim != 1 or len(edges) < 2 or not (edges[:-1] <= edges[1:]).all():
            raise ValueError("histogram: bins must be a number, or 2 edges or more that ascend")
    hist = _core.histogram(x, edges, None if weight is None else array(weight), even)
    if density:
        hist = (hist / (hist.sum() * np.diff(edges))).astype(hist.dtype)
    return Histogram(Tensor(hist), Tensor(edges))


def histogramdd(
    input: TensorLike,
    bins: Any,
    *,
    range: Sequence[float] | None = None,
    weight: TensorLike | None = None,
    density: bool = False,
) -> Histograms:
    """How many points lie in each of some boxes, or the sum of their weights.

    Parameters
    ----------
    input
        Points, floats, (..., D).
    bins
        How many along each dimension, one number or D, or for each the edges, ascending.
    range
        Where bins of equal width begin and end: 2 D numbers. By default at the smallest and the
        largest coordinate.
    weight
        What a point counts, (...).
    density
        Divide by the sum and by the volumes, so that the integral is 1.

    Returns
    -------
    (hist, bin_edges)
        (bins_1, ..., bins_D), and D vectors of edges, of the type of `input`.

    Examples
    --------
    >>> points = fastnn.tensor([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]])
    >>> fastnn.histogramdd(points, [2, 2], weight=fastnn.tensor([1.0, 2.0, 4.0])).hist
    tensor([[0., 1.],
            [2., 4.]])
    """
    for name, value in (("input", input), ("weight", weight)):
        check_constant("histogramdd", name, value)
    for edges in bins if isinstance(bins, (list, tuple)) else ():
        check_constant("histogramdd", "bins", edges)
    x = array(input)
    check_real("histogramdd", x)
    if x.ndim < 2:
        raise ValueError(f"histogramdd: input must have shape (..., D), got {x.shape}")
    count = x.shape[-1]
    given = [bins] * count if isinstance(bins, int) else list(bins)
    if len(given) != count:
        raise ValueError(f"histogramdd: expected bins for {count} dimensions, got {len(given)}")
    if range is not None and len(range) != 2 * count:
        raise ValueError(f"histogramdd: range must have {2 * count} numbers, got {len(range)}")
    points = x.reshape(-1, count)
    edges, places, inside = [], [], np.ones(len(points), np.bool_)
    for i, number in enumerate(given):
        if isinstance(number, int):
            bounds = None if range is None else (range[2 * i], range[2 * i + 1])
            edge = even_edges("histogramdd", points[:, i].copy(), number, bounds, 0.5)
        else:
            edge = cast_to("histogramdd", array(number), x.dtype, "bins").copy()
        place = np.searchsorted(edge, points[:, i], side="right") - 1
        place[points[:, i] == edge[-1]] = len(edge) - 2  # the last bin includes both of its edges
        inside &= (place >= 0) & (place < len(edge) - 1)
        edges.append(edge)
        places.append(place)
    shape = tuple([len(edge) - 1 for edge in edges])
    flat = np.ravel_multi_index([place[inside] for place in places], shape)
    w = None if weight is None else array(weight).reshape(-1)
    if w is not None:
        check_real("histogramdd", w, "weight")
    if w is not None and len(w) != len(points):
        raise ValueError(f"histogramdd: weight must have {len(points)} elements, got {len(w)}")
    counted = np.bincount(flat, None if w is None else w[inside], int(np.prod(shape)))
    hist = counted.reshape(shape).astype(x.dtype)
    if density:
        for i, edge in enumerate(edges):
            hist = hist / np.diff(edge).reshape(
                [-1 if j == i else 1 for j in builtins.range(count)]
            )
        hist = (hist / counted.sum()).astype(x.dtype)
    return Histograms(Tensor(hist), tuple([Tensor(edge) for edge in edges]))


def even_edges(
    op: str, x: Array, bins: Any, range: tuple[float, float] | None, margin: float
) -> Array:
    """Edges of bins of equal width, by default from the smallest to the largest element.

    Where both are the same, there is a margin on either side.
    """
    if x.dtype not in (np.float32, np.float64):
        raise no_floats(op, "input", x.dtype)
    if not hasattr(bins, "__index__") or isinstance(bins, bool):
        raise TypeError(f"{op}: bins must be an int, got {type(bins).__name__}")
    if bins.__index__() < 1:
        raise ValueError(f"{op}: bins must be at least 1, got {bins}")
    if range is not None:
        low, high = float(range[0]), float(range[1])
    elif x.size == 0:
        low, high = 0.0, 1.0
    else:
        low, high = float(_core.amin(x, ())), float(_core.amax(x, ()))
    if not np.isfinite([low, high]).all():
        raise ValueError(f"{op}: the bins must begin and end at numbers, got [{low}, {high}]")
    if low > high:
        raise ValueError(f"{op}: the bins must begin before they end, got [{low}, {high}]")
    if low == high:
        low, high = low - margin, high + margin
    return np.linspace(low, high, bins.__index__() + 1, dtype=x.dtype)
