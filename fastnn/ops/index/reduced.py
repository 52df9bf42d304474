"""Values that meet in one place made one number: their sum, mean, product, maximum or minimum."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record
from ...tensor import Tensor, TensorLike
from ..widen import narrowed, widened
from .operands import padded, same_type, zero

__all__ = ["index_reduce", "scatter_reduce"]


class Lines(NamedTuple):
    """Places along a dimension: those of single elements, or of slices."""

    of_slices: bool
    dim: int
    at: Array

    def get(self, x: Array) -> Array:
        """What is in the places."""
        kernel = _core.index_select if self.of_slices else _core.gather
        return kernel(x, self.dim, self.at)

    def put(self, x: Array, values: Array, reduce: str) -> Array:
        """Values combined with what is there; a 0-d array goes to every place."""
        kernel = _core.index_reduce if self.of_slices else _core.scatter
        if reduce == "set" and self.of_slices:
            reduce = "fill"
        return kernel(x, self.dim, self.at, values, reduce)


def scatter_reduce(
    input: TensorLike,
    dim: int,
    index: TensorLike,
    src: TensorLike,
    reduce: str,
    *,
    include_self: bool = True,
) -> Tensor:
    """`input` with all ``src[i][j]`` that go to ``out[i][index[i][j]]`` made one number there.

    Parameters
    ----------
    input, dim, index, src
        As in `scatter`.
    reduce
        ``"sum"``, ``"prod"``, ``"mean"``, ``"amax"`` or ``"amin"``.
    include_self
        Whether the element of `input` is one of those numbers. It stays where no other goes.

    Returns
    -------
    Tensor
        The shape of `input`. Where several numbers are the largest, they share the gradient.

    Examples
    --------
    >>> i = fastnn.tensor([0, 0, 1])
    >>> fastnn.scatter_reduce(fastnn.ones(3), 0, i, fastnn.tensor([4.0, 2.0, 7.0]), "mean",
    ...                       include_self=False).tolist()
    [3.0, 7.0, 1.0]
    """
    i, s = array(index), array(src)
    lines = Lines(False, dim, i)
    part = s
    if s.ndim == i.ndim and s.ndim and s.shape != i.shape:
        if any(n > m for n, m in zip(i.shape, s.shape)):
            raise ValueError(
                f"scatter_reduce: src must be at least as large as index {i.shape}, got {s.shape}"
            )
        part = s[tuple([slice(n) for n in i.shape])]
    return reduced("scatter_reduce", (input, src), lines, part, reduce, include_self)


def index_reduce(
    input: TensorLike,
    dim: int,
    index: TensorLike,
    source: TensorLike,
    reduce: str,
    *,
    include_self: bool = True,
) -> Tensor:
    """`input` with the slices of `source` that go to one position along a dimension made one there.

    Parameters
    ----------
    input, dim, index, source
        As in `index_add`.
    reduce
        ``"prod"``, ``"mean"``, ``"amax"`` or ``"amin"``.
    include_self
        Whether the slice of `input` is one of them. It stays where no other goes.

    Examples
    --------
    >>> i = fastnn.tensor([0, 0])
    >>> fastnn.index_reduce(fastnn.ones(2), 0, i, fastnn.tensor([4.0, 2.0]), "prod").tolist()
    [8.0, 1.0]
    """
    if reduce == "sum":
        raise ValueError("index_reduce: reduce must be one of prod, mean, amax, amin, got 'sum'")
    lines = Lines(True, dim, array(index))
    return reduced("index_reduce", (input, source), lines, array(source), reduce, include_self)


START = {"sum": 0, "mean": 0, "prod": 1}


def reduced(
    op: str,
    inputs: tuple[TensorLike, TensorLike],
    lines: Lines,
    s: Array,
    reduce: str,
    include_self: bool,
) -> Tensor:
    """The operation; `s` is what is used of the values."""
    x = array(inputs[0])
    same_type(op, x, "source" if lines.of_slices else "src", s)
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise ValueError(f"{op}: reduce must be one of sum, prod, mean, amax, amin, got {reduce!r}")
    if s.ndim == 0 and lines.at.size > 1:
        raise ValueError(
            f"{op}: src must be at least as large as index {lines.at.shape}, got {s.shape}"
        )
    wide = widened(x)
    values = narrowed(s, wide.dtype)
    base = wide if include_self else lines.put(wide, start(reduce, wide.dtype), "set")
    counts = None
    if reduce == "mean":
        counts = counted(lines, wide, include_self)
        y = divided(lines.put(base, values, "sum"), counts)
    else:
        y = lines.put(base, values, reduce)
    return record(
        narrowed(y, x.dtype),
        reduced_backward,
        inputs,
        lines,
        x,
        s,
        y,
        counts,
        reduce,
        include_self,
        array(inputs[1]).shape,
    )


def start(reduce: str, dtype: np.dtype[Any]) -> Array:
    """What changes no other number."""
    if reduce in START:
        return np.asarray(START[reduce], dtype)
    if dtype.kind == "f":
        return np.asarray(-np.inf if reduce == "amax" else np.inf, dtype)
    info = np.iinfo(dtype)
    return np.asarray(info.min if reduce == "amax" else info.max, dtype)


def counted(lines: Lines, x: Array, include_self: bool) -> Array:
    """How many numbers each place has, at least 1."""
    one = np.ones((), x.dtype)
    counts = np.ones(x.shape, x.dtype)
    if not include_self:
        counts = lines.put(counts, zero(x), "set")
    return lines.put(counts, one, "sum")


def divided(y: Array, counts: Array) -> Array:
    return _core.div(y, counts) if y.dtype.kind == "f" else np.floor_divide(y, counts)


def reduced_backward(node: Node, dy: Array) -> Grads:
    lines, x, s, y, counts, reduce, include_self, shape = node.saved
    if dy.dtype != y.dtype:  # of a small type
        x, s, wide = x.astype(y.dtype), s.astype(y.dtype), dy.astype(y.dtype)
    else:
        wide = dy
    if reduce in ("sum", "mean"):
        share = wide if counts is None else _core.div(wide, counts)
        dx, ds = share, lines.get(share) if node.needs[1] else None
    elif reduce == "prod":
        dx, ds = prod_backward(lines, wide, x, s, include_self)
    else:
        dx, ds = extreme_backward(lines, wide, x, s, y, include_self)
    if not include_self:
        dx = lines.put(dx, zero(dx), "set")
    if ds is not None:
        ds = narrowed(ds, dy.dtype)
        ds = ds.reshape(shape) if ds.size == s.size and s.shape == shape else padded(ds, shape)
    return dx if dx is dy else narrowed(dx, dy.dtype), ds


def truth(condition: Array, like: Array) -> Array:
    """1 where a condition is true, else 0, as numbers."""
    return _core.where(condition, np.ones((), like.dtype), zero(like))


def prod_backward(
    lines: Lines, dy: Array, x: Array, s: Array, include_self: bool
) -> tuple[Array, Array]:
    """The product of all other factors, of which some may be 0.

    So the factors that are not 0 are multiplied, and those that are 0 counted.
    """
    one = np.ones((), dy.dtype)
    base = x if include_self else lines.put(x, one, "set")
    x_zero, s_zero = _core.eq(base, zero(dy)), _core.eq(s, zero(dy))
    x_factor, s_factor = _core.where(x_zero, one, base), _core.where(s_zero, one, s)
    zeros = lines.put(truth(x_zero, dy), truth(s_zero, dy), "sum")
    product = _core.mul(dy, lines.put(x_factor, s_factor, "prod"))
    dx = others(product, x_factor, zeros, truth(x_zero, dy))
    return dx, others(lines.get(product), s_factor, lines.get(zeros), truth(s_zero, dy))


def others(product: Array, factor: Array, zeros: Array, own: Array) -> Array:
    """The gradient of a factor: 0 if another one is 0."""
    none = _core.eq(zeros, own)
    return _core.where(none, _core.div(product, factor), zero(product))


def extreme_backward(
    lines: Lines, dy: Array, x: Array, s: Array, y: Array, include_self: bool
) -> tuple[Array, Array]:
    """Those that are the largest share the gradient."""
    x_is = truth(_core.eq(x, y), dy)
    s_is = truth(_core.eq(s, lines.get(y)), dy)
    own = x_is if include_self else lines.put(x_is, zero(dy), "set")
    share = _core.div(dy, lines.put(own, s_is, "sum"))
    return _core.mul(x_is, share), _core.mul(s_is, lines.get(share))
