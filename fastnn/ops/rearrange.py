"""Elements in other places: padded, flipped, rolled, or cut to a triangle."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from .. import _core
from ..autograd.record import Array, Grads, Node, array, record, unbroadcast
from ..dtypes import element
from ..tensor import Tensor, TensorLike, check_constant
from .copy import KEPT, ZERO, around, block, embedded, rolled
from .create.values import check_room
from .shape import axes_of, axis_of, key_at, shape_of, whole

__all__ = ["constant_pad_nd", "flip", "fliplr", "flipud", "pad", "roll", "rot90", "tril", "triu"]

ALL, REVERSED = slice(None), slice(None, None, -1)


def pad(
    input: TensorLike,
    pad: Sequence[int],
    mode: str = "constant",
    value: float | Tensor | None = None,
) -> Tensor:
    """Elements added (or with negative numbers cut off) before and after.

    Parameters
    ----------
    input
        Any shape.
    pad
        Pairs (before, after), for the last dimension first.
    mode
        ``"constant"``; ``"reflect"`` (mirrored, without the edge itself), ``"replicate"`` (the edge
        repeated) or ``"circular"`` (the other end, after what is cut off).
    value
        The constant; 0 by default.

    Returns
    -------
    Tensor
        In memory ordered as the input.

    Raises
    ------
    ValueError
        Where more is cut off than there is, or mirrored or repeated than there is to take.

    Examples
    --------
    >>> fastnn.pad(fastnn.arange(3), (1, 2)).tolist()
    [0, 0, 1, 2, 0, 0]
    >>> fastnn.pad(fastnn.arange(3), (2, 1), mode="reflect").tolist()
    [2, 1, 0, 1, 2, 1]
    """
    x = array(input)
    if len(pad) % 2 or len(pad) > 2 * x.ndim:
        raise ValueError(f"pad: pad must hold at most {x.ndim} pairs, got {tuple(pad)}")
    numbers = tuple(map(int, pad))
    widths, inner, outer, around, shape = padding(x.shape, x.dtype, numbers)
    if mode == "constant":
        if isinstance(value, Tensor):
            check_constant("pad", "value", value, TypeError)
        fill = np.asarray(element("pad", value, x.dtype), x.dtype) if value else ZERO
        y = _core.empty_like(x, shape)
        for key in around:
            _core.copy_into(y[key], fill)
        to, source = (*outer, ...), (*inner, ...)
        _core.copy_into(y[to], x[source])
        return record(y, pad_constant_backward, (input,), x.shape, inner, outer)
    if value is not None:
        raise ValueError(f"pad: a value belongs to mode 'constant', not to {mode!r}")
    steps = extension(mode, x.shape, widths)
    y = x if steps else _core.clone(x)
    for step in steps:
        y = step.of(y)
    return record(y, pad_backward, (input,), steps)


def constant_pad_nd(input: TensorLike, pad: Sequence[int], value: float = 0) -> Tensor:
    """`pad` with a constant.

    Examples
    --------
    >>> fastnn.constant_pad_nd(fastnn.arange(2), (1, 1), 7)
    tensor([7, 0, 1, 7])
    """
    return padded(input, pad, "constant", value)


padded = pad  # which an argument is called too


class Padding(NamedTuple):
    """What numbers of elements before and after mean for a shape.

    Attributes
    ----------
    widths
        How many come before and after along each dimension.
    inner, outer
        The part of the input that stays, and its place in the output.
    around
        Indices of all other places of the output.
    shape
        That of the output.
    """

    widths: tuple[tuple[int, int], ...]
    inner: Any
    outer: Any
    around: list[tuple[Any, ...]]
    shape: tuple[int, ...]


@lru_cache(KEPT)
def padding(shape: tuple[int, ...], dtype: np.dtype[Any], pad: tuple[int, ...]) -> Padding:
    pairs = [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)][::-1]
    widths = ((0, 0),) * (len(shape) - len(pairs)) + tuple(pairs)
    for axis, (before, after) in enumerate(widths):
        if shape[axis] + min(before, 0) + min(after, 0) < 0:
            raise ValueError(f"pad: dim {axis} has {shape[axis]} elements, fewer than are cut off")
    full = tuple([n + a + b for n, (a, b) in zip(shape, widths)])
    check_room("pad", full, dtype)
    inner, outer = windows(shape, widths)
    return Padding(widths, inner, outer, around(full, outer), full)


class Step(NamedTuple):
    """Elements of an array before and after it along one dimension.

    Attributes
    ----------
    shape, before
        The shapes of the result and of the array.
    moves
        Places of the result, and those their elements come from: the middle first.
    """

    shape: tuple[int, ...]
    before: tuple[int, ...]
    moves: tuple[tuple[Any, Any], ...]

    def of(self, x: Array) -> Array:
        """The result."""
        y = _core.empty_like(x, self.shape)
        for to, source in self.moves:
            _core.copy_into(y[to], x[source])
        return y

    def backward(self, dy: Array) -> Array:
        """The gradient of the array: that of the middle, to which the sides are added."""
        (to, source), *sides = self.moves
        middle = dy[to]
        whole = middle.shape == self.before
        dx = _core.clone(middle) if whole else embedded(middle, self.before, source)
        for to, source in sides:
            part = dx[source]
            part += unbroadcast(dy[to], part.shape)
        return dx


@lru_cache(KEPT)
def extension(
    mode: str, shape: tuple[int, ...], widths: tuple[tuple[int, int], ...]
) -> tuple[Step, ...]:
    """How an array is extended by elements of its own, one dimension after the other."""
    sources = [
        sides_of(mode, axis, shape[axis], width) if any(width) else None
        for axis, width in enumerate(widths)
    ]
    steps = []
    for axis, (sides, width) in enumerate(zip(sources, widths)):
        if sides is None:
            continue
        size = shape[axis]
        (inner,), (outer,) = windows((size,), (width,))
        total = size + sum(width)
        ends = ((slice(0, outer.start), sides[0]), (slice(outer.stop, total), sides[1]))
        places = [(outer, inner), *[(to, source) for to, source in ends if to.start < to.stop]]
        moves = [(key_at(axis, to, ...), key_at(axis, source, ...)) for to, source in places]
        after = (*shape[:axis], total, *shape[axis + 1 :])
        steps.append(Step(after, shape, tuple(moves)))
        shape = after
    return tuple(steps)


def windows(shape: tuple[int, ...], widths: Sequence[tuple[int, int]]) -> tuple[Any, Any]:
    """The part of the input that stays, and its place in the output."""
    inner = tuple([slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(shape, widths)])
    outer = tuple(
        [slice(max(a, 0), max(a, 0) + s.stop - s.start) for s, (a, _) in zip(inner, widths)]
    )
    return inner, outer


def pad_constant_backward(node: Node, dy: Array) -> Grads:
    shape, inner, outer = node.saved
    if all(s.start == 0 and s.stop == n for s, n in zip(inner, shape)):
        return (dy[outer],)
    return (embedded(block(dy, outer), shape, inner),)


def sides_of(mode: str, axis: int, size: int, width: tuple[int, int]) -> tuple[slice, slice]:
    """Where the elements before and after a dimension come from."""
    first, end = max(-width[0], 0), size + min(width[1], 0)  # what is left of the dimension
    limits = {"reflect": size - 1, "replicate": None if size else 0, "circular": end - first}
    if mode not in limits:
        raise ValueError(
            f"pad: mode must be 'constant', 'reflect', 'replicate' or 'circular', got {mode!r}"
        )
    limit = limits[mode]
    if limit is not None and max(width) > limit:
        raise ValueError(f"pad: {mode} of dim {axis} of size {size} reaches {limit}, got {width}")
    before, after = width
    if mode == "replicate":
        return slice(0, 1), slice(size - 1, size)
    if mode == "circular":
        return slice(end - before, end), slice(first, first + after)
    last = size - 2 - after
    return slice(before, 0, -1), slice(size - 2, None if last < 0 else last, -1)


def pad_backward(node: Node, dy: Array) -> Grads:
    (steps,) = node.saved
    for step in reversed(steps):
        dy = step.backward(dy)
    return (dy,)


def flip(input: TensorLike, *dims: Any) -> Tensor:
    """The order of elements reversed along some dimensions.

    Examples
    --------
    >>> fastnn.flip(fastnn.arange(3), 0).tolist()
    [2, 1, 0]
    """
    given = tuple([whole(d) for d in shape_of(dims)])
    x = array(input)  # after the numbers, whose conversion may run code that changes it
    axes = axes_of("flip", given, x.ndim)
    return record(_core.clone(backwards(x, axes)), flip_backward, (input,), axes)


def flip_backward(node: Node, dy: Array) -> Grads:
    (axes,) = node.saved
    return (backwards(dy, axes),)


def backwards(x: Array, axes: tuple[int, ...]) -> Array:
    """`x` seen from the other end along some axes."""
    key = (*[REVERSED if i in axes else ALL for i in range(x.ndim)], ...)
    view: Array = x[key]
    return view


def fliplr(input: TensorLike) -> Tensor:
    """`flip` along dimension 1."""
    return flip(input, 1)


def flipud(input: TensorLike) -> Tensor:
    """`flip` along dimension 0."""
    return flip(input, 0)


def rot90(input: TensorLike, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """A plane turned by `k` times 90 degrees, from the first of `dims` towards the second.

    Examples
    --------
    >>> fastnn.rot90(fastnn.arange(4).reshape(2, 2)).tolist()
    [[1, 3], [0, 2]]
    """
    given = tuple([whole(d) for d in dims])
    x = array(input)  # after the numbers, as in `flip`
    axes = axes_of("rot90", given, x.ndim)
    if len(axes) != 2:
        raise ValueError(f"rot90: dims must be two, got {tuple(dims)}")
    return record(_core.clone(turned(x, k, axes)), rot90_backward, (input,), k, axes)


def rot90_backward(node: Node, dy: Array) -> Grads:
    k, axes = node.saved
    return (turned(dy, -k, axes),)


def turned(x: Array, k: int, axes: tuple[int, ...]) -> Array:
    """`x` turned by `k` times 90 degrees; odd ones exchange the axes, of which one is reversed."""
    first, second = axes
    k %= 4
    if k == 0:
        return x
    if k == 2:
        return backwards(x, axes)
    return backwards(x.swapaxes(first, second), (first if k == 1 else second,))


def roll(
    input: TensorLike, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None
) -> Tensor:
    """Elements moved along; what leaves at one end comes in at the other.

    Examples
    --------
    >>> fastnn.roll(fastnn.arange(4), 1).tolist()
    [3, 0, 1, 2]
    """
    steps = tuple(shifts) if isinstance(shifts, (tuple, list)) else (shifts,)
    steps = tuple([whole(n) for n in steps])
    if dims is not None:
        dims = tuple([whole(d) for d in (dims if isinstance(dims, (tuple, list)) else (dims,))])
    x = array(input)  # after the numbers, whose conversion may run code that changes it
    if dims is None:
        if len(steps) != 1:
            raise ValueError(f"roll: several shifts need as many dims, got {steps}")
        flat = x.reshape(-1) if x.flags.c_contiguous else _core.clone(x, True).reshape(-1)
        y = rolled(flat, steps, (0,)).reshape(x.shape)
        return record(y, roll_backward, (input,), (-steps[0],), None)
    axes = tuple([axis_of("roll", dim, x.ndim, "dims") for dim in dims])
    if len(axes) != len(steps):
        raise ValueError(f"roll: {len(steps)} shifts need as many dims, got {len(axes)}")
    y = rolled(x, steps, axes)
    return record(y, roll_backward, (input,), tuple([-n for n in steps]), axes)


def roll_backward(node: Node, dy: Array) -> Grads:
    shifts, axes = node.saved
    if axes is None:
        return (rolled(dy.reshape(-1), shifts, (0,)).reshape(dy.shape),)
    return (rolled(dy, shifts, axes),)


def tril(input: TensorLike, diagonal: int = 0) -> Tensor:
    """Matrices with zeros above a diagonal.

    Examples
    --------
    >>> fastnn.tril(fastnn.ones(2, 2)).tolist()
    [[1.0, 0.0], [1.0, 1.0]]
    """
    return triangle("tril", _core.tril, input, diagonal)


def triu(input: TensorLike, diagonal: int = 0) -> Tensor:
    """Matrices with zeros below a diagonal.

    Examples
    --------
    >>> fastnn.triu(fastnn.ones(2, 2), 1).tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    return triangle("triu", _core.triu, input, diagonal)


def triangle(op: str, cut: Any, input: TensorLike, diagonal: int) -> Tensor:
    x = array(input)
    if x.ndim < 2:
        raise ValueError(f"{op}: input must have at least 2 dimensions, got shape {x.shape}")
    return record(cut(x, diagonal), triangle_backward, (input,), cut, diagonal)


def triangle_backward(node: Node, dy: Array) -> Grads:
    cut, diagonal = node.saved
    return (cut(dy, diagonal),)
