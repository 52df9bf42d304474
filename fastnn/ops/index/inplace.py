"""Putting elements in place: where no gradient is recorded kernels write to the tensor itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import _core
from ...autograd.changes import changed
from ...autograd.record import Array, array
from ...tensor import Tensor, TensorLike
from ..inplace import assign, check_writable, recorded, replace
from .along import scatter, scatter_add, values_of
from .mask import masked_fill, masked_scatter
from .operands import same_type, scalar
from .places import index_put, put
from .reduced import index_reduce, scatter_reduce
from .slices import index_add, index_copy, index_fill

__all__: list[str] = []  # methods only

ADDED = "fdlqi"
"""The types in which kernels add."""


def direct(op: str, input: Tensor, *others: Any, adds: bool = False) -> bool:
    """Whether a kernel may write to the tensor's memory, which must be writable."""
    if recorded(op, input, *others) or (adds and input._array.dtype.char not in ADDED):
        return False
    check_writable(op, input._array)
    return True


def done(input: Tensor, y: Array) -> Tensor:
    changed((input._array,))
    return input


def scatter_(
    input: Tensor,
    dim: int,
    index: TensorLike,
    src: TensorLike | None = None,
    reduce: str | None = None,
    *,
    value: TensorLike | None = None,
) -> Tensor:
    """As `fastnn.scatter`, in place."""
    if reduce is not None or not direct("scatter_", input, src, value):
        y = scatter(input, dim, index, src, reduce, value=value)
        return replace("scatter_", input, y)
    x = input._array
    s = values_of("scatter_", x, src if value is None else value)
    return done(input, _core.scatter(x, dim, array(index), s, "set", True))


def scatter_add_(input: Tensor, dim: int, index: TensorLike, src: TensorLike) -> Tensor:
    """As `fastnn.scatter_add`, in place."""
    x, i, s = input._array, array(index), array(src)
    if s.ndim == 0 or not direct("scatter_add_", input, src, adds=True):
        return replace("scatter_add_", input, scatter_add(input, dim, index, src))
    same_type("scatter_add_", x, "src", s)
    return done(input, _core.scatter(x, dim, i, s, "add", True))


def scatter_reduce_(
    input: Tensor,
    dim: int,
    index: TensorLike,
    src: TensorLike,
    reduce: str,
    *,
    include_self: bool = True,
) -> Tensor:
    """As `fastnn.scatter_reduce`, in place."""
    y = scatter_reduce(input, dim, index, src, reduce, include_self=include_self)
    return replace("scatter_reduce_", input, y)


def index_add_(
    input: Tensor, dim: int, index: TensorLike, source: TensorLike, *, alpha: float = 1
) -> Tensor:
    """As `fastnn.index_add`, in place."""
    x, s = input._array, array(source)
    if (x.dtype.kind != "f" and alpha != 1) or not direct("index_add_", input, source, adds=True):
        return replace("index_add_", input, index_add(input, dim, index, source, alpha=alpha))
    same_type("index_add_", x, "source", s)
    return done(input, _core.index_reduce(x, dim, array(index), s, "add", alpha, True))


def index_copy_(input: Tensor, dim: int, index: TensorLike, source: TensorLike) -> Tensor:
    """As `fastnn.index_copy`, in place."""
    if not direct("index_copy_", input, source):
        return replace("index_copy_", input, index_copy(input, dim, index, source))
    x, s = input._array, array(source)
    same_type("index_copy_", x, "source", s)
    return done(input, _core.index_reduce(x, dim, array(index), s, "copy", 1, True))


def index_fill_(input: Tensor, dim: int, index: TensorLike, value: TensorLike) -> Tensor:
    """As `fastnn.index_fill`, in place."""
    if not direct("index_fill_", input, value):
        return replace("index_fill_", input, index_fill(input, dim, index, value))
    x = input._array
    v = scalar("index_fill_", value, x.dtype)
    return done(input, _core.index_reduce(x, dim, array(index), v, "fill", 1, True))


def index_reduce_(
    input: Tensor,
    dim: int,
    index: TensorLike,
    source: TensorLike,
    reduce: str,
    *,
    include_self: bool = True,
) -> Tensor:
    """As `fastnn.index_reduce`, in place."""
    y = index_reduce(input, dim, index, source, reduce, include_self=include_self)
    return replace("index_reduce_", input, y)


def index_put_(
    input: Tensor,
    indices: Sequence[TensorLike | None],
    values: TensorLike,
    accumulate: bool = False,
) -> Tensor:
    """As `fastnn.index_put`, in place."""
    if accumulate or not isinstance(indices, (tuple, list)):
        return replace("index_put_", input, index_put(input, indices, values, accumulate))
    same_type("index_put_", input._array, "values", array(values))
    key = tuple([slice(None) if i is None else array(i) for i in indices])
    return assign("index_put_", input, key, values)


def put_(input: Tensor, index: TensorLike, source: TensorLike, accumulate: bool = False) -> Tensor:
    """As `fastnn.put`, in place."""
    return replace("put_", input, put(input, index, source, accumulate))


def masked_fill_(input: Tensor, mask: TensorLike, value: TensorLike) -> Tensor:
    """As `fastnn.masked_fill`, in place."""
    if not direct("masked_fill_", input, value):
        return replace("masked_fill_", input, masked_fill(input, mask, value))
    x = input._array
    v = scalar("masked_fill_", value, x.dtype)
    return done(input, _core.masked_fill(x, array(mask), v, True))


def masked_scatter_(input: Tensor, mask: TensorLike, source: TensorLike) -> Tensor:
    """As `fastnn.masked_scatter`, in place."""
    if not direct("masked_scatter_", input, source):
        return replace("masked_scatter_", input, masked_scatter(input, mask, source))
    x, s = input._array, array(source)
    same_type("masked_scatter_", x, "source", s)
    return done(input, _core.masked_scatter(x, array(mask), s, True))


def fill_diagonal_(input: Tensor, fill_value: float, wrap: bool = False) -> Tensor:
    """Set the elements whose indices are equal, with `wrap` once more below in tall matrices."""
    shape = input.shape
    if len(shape) < 2:
        raise ValueError(f"fill_diagonal_: input must have 2 dimensions or more, got {shape}")
    if len(shape) > 2 and len(set(shape)) > 1:
        raise ValueError(f"fill_diagonal_: all dimensions must be equal, got {shape}")
    places = np.arange(min(shape))
    key: tuple[Array, ...] = (places,) * len(shape)
    if wrap and len(shape) == 2 and shape[0] > shape[1]:
        flat = np.arange(0, shape[0] * shape[1], shape[1] + 1)
        key = np.divmod(flat, shape[1]) if shape[1] else key
    return assign("fill_diagonal_", input, key, fill_value)
