"""Parts of tensors: equal pieces, windows, any strides; and tensors with a part replaced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import _core
from ..autograd.record import Array, Grads, Node, array, record
from ..autograd.views import as_view
from ..dtypes import check_same
from ..tensor import Tensor, TensorLike
from .copy import zeros_like
from .index.basic import getitem
from .shape import axis_of, key_at, ravel, reshape

__all__ = [
    "as_strided",
    "as_strided_scatter",
    "diagonal_scatter",
    "dsplit",
    "hsplit",
    "select_scatter",
    "slice_scatter",
    "tensor_split",
    "vsplit",
]


def tensor_split(input: TensorLike, indices_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Pieces of nearly equal size, or those between given places, as views.

    Parameters
    ----------
    input
        Of at least one dimension.
    indices_or_sections
        How many pieces, of which the first are larger by one where they must be; or the places at
        which to cut.
    dim
        The dimension.

    Examples
    --------
    >>> [x.tolist() for x in fastnn.tensor_split(fastnn.arange(5), 2)]
    [[0, 1, 2], [3, 4]]
    >>> [x.tolist() for x in fastnn.tensor_split(fastnn.arange(5), (1, 3))]
    [[0], [1, 2], [3, 4]]
    """
    return pieces("tensor_split", input, indices_or_sections, dim)


MOST_EMPTY = 1 << 20  # pieces, of which each is an object, where there are fewer slices


def pieces(op: str, input: TensorLike, where: Any, dim: int) -> tuple[Tensor, ...]:
    x = array(input)
    if x.ndim == 0:
        raise ValueError(f"{op}: input must have at least one dimension, got a 0-d tensor")
    axis = axis_of(op, dim, x.ndim)
    size = x.shape[axis]
    if isinstance(where, Tensor):
        where = where.tolist()
    if hasattr(where, "__index__"):
        count = where.__index__()
        if count < 1:
            raise ValueError(f"{op}: the number of pieces must be positive, got {count}")
        if count > max(size, MOST_EMPTY):
            raise MemoryError(
                f"{op}: {count} pieces of {size} slices, most of them empty, are too many"
            )
        least, larger = divmod(size, count)
        cuts = [i * least + min(i, larger) for i in range(1, count)]
    elif isinstance(where, (list, tuple)) and all(hasattr(i, "__index__") for i in where):
        cuts = [i.__index__() for i in where]
    else:
        raise TypeError(f"{op}: expected a number of pieces or places to cut at, got {where!r}")
    whole = input if isinstance(input, Tensor) else Tensor(x)
    return tuple(
        [
            getitem(whole, key_at(axis, slice(start, end)))
            for start, end in zip([0, *cuts], [*cuts, size])
        ]
    )


def divided(op: str, input: TensorLike, where: Any, dim: int, least: int) -> tuple[Tensor, ...]:
    x = array(input)
    if x.ndim < least:
        raise ValueError(f"{op}: input must have at least {least} dimensions, got shape {x.shape}")
    if hasattr(where, "__index__") and (where < 1 or x.shape[dim] % where):
        raise ValueError(f"{op}: size {x.shape[dim]} cannot be divided into {where} equal pieces")
    return pieces(op, input, where, dim)


def hsplit(input: TensorLike, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Pieces side by side: along dimension 1, of vectors along 0.

    Parameters
    ----------
    input
        Of at least one dimension.
    indices_or_sections
        How many equal pieces, or the places at which to cut.

    Examples
    --------
    >>> [x.shape for x in fastnn.hsplit(fastnn.zeros(2, 4), 2)]
    [(2, 2), (2, 2)]
    """
    dim = 0 if array(input).ndim == 1 else 1
    return divided("hsplit", input, indices_or_sections, dim, 1)


def vsplit(input: TensorLike, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Pieces one below the other: along dimension 0.

    Arguments are those of `hsplit`.

    Examples
    --------
    >>> [x.shape for x in fastnn.vsplit(fastnn.zeros(4, 2), (1,))]
    [(1, 2), (3, 2)]
    """
    return divided("vsplit", input, indices_or_sections, 0, 2)


def dsplit(input: TensorLike, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Pieces behind each other: along dimension 2.

    Arguments are those of `hsplit`.

    Examples
    --------
    >>> [x.shape for x in fastnn.dsplit(fastnn.zeros(1, 2, 4), 2)]
    [(1, 2, 2), (1, 2, 2)]
    """
    return divided("dsplit", input, indices_or_sections, 2, 3)


# -- a part replaced -------------------------------------------------------------------------------


def replaced(op: str, input: TensorLike, src: TensorLike, part: Callable[[Array], Array]) -> Tensor:
    """A copy of the input whose part is `src`."""
    x, s = array(input), array(src)
    check_same(op, input=x, src=s)
    y = x.copy("K")
    view = part(y)
    if view.shape != s.shape:
        raise ValueError(f"{op}: src must have the shape {view.shape} of the part, got {s.shape}")
    view[...] = s
    return record(y, replaced_backward, (input, src), part)


def replaced_backward(node: Node, dy: Array) -> Grads:
    (part,) = node.saved
    first, second = node.needs
    ds = part(dy).copy() if second else None
    if not first:
        return (None, ds)
    dx = dy.copy("K")
    part(dx)[...] = 0
    return (dx, ds)


def select_scatter(input: TensorLike, src: TensorLike, dim: int, index: int) -> Tensor:
    """The input with ``input.select(dim, index)`` replaced by `src`.

    Parameters
    ----------
    input
        Of at least one dimension.
    src
        Of the same type, without that dimension.
    dim, index
        The dimension, and the place in it.

    Examples
    --------
    >>> fastnn.select_scatter(fastnn.zeros(2, 2), fastnn.ones(2), 0, 1).tolist()
    [[0.0, 0.0], [1.0, 1.0]]
    """
    x = array(input)
    axis = axis_of("select_scatter", dim, x.ndim)
    size = x.shape[axis]
    if not hasattr(index, "__index__"):
        raise TypeError(f"select_scatter: index must be an integer, got {index!r}")
    if not -size <= index < size:
        raise IndexError(f"select_scatter: index {index} is out of range for size {size}")
    key = key_at(axis, index.__index__(), ...)
    return replaced("select_scatter", input, src, lambda y: y[key])


def slice_scatter(
    input: TensorLike,
    src: TensorLike,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
) -> Tensor:
    """The input with the slice ``start:end:step`` of a dimension replaced by `src`.

    Parameters
    ----------
    input
        Of at least one dimension.
    src
        Of the same type and of the shape of the slice.
    dim
        The dimension.
    start, end, step
        The slice; `step` is positive.

    Examples
    --------
    >>> fastnn.slice_scatter(fastnn.zeros(4), fastnn.ones(2), start=1, end=3)
    tensor([0., 1., 1., 0.])
    """
    axis = axis_of("slice_scatter", dim, array(input).ndim)
    if step < 1:
        raise ValueError(f"slice_scatter: step must be positive, got {step}")
    key = key_at(axis, slice(start, end, step))
    return replaced("slice_scatter", input, src, lambda y: y[key])


def diagonal_scatter(
    input: TensorLike, src: TensorLike, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Tensor:
    """The input with a diagonal replaced by `src`.

    Parameters
    ----------
    input
        Of at least two dimensions.
    src
        Of the same type and of the shape of ``input.diagonal(offset, dim1, dim2)``.
    offset, dim1, dim2
        The diagonal.

    Examples
    --------
    >>> fastnn.diagonal_scatter(fastnn.zeros(2, 2), fastnn.ones(2)).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    x = array(input)
    a = axis_of("diagonal_scatter", dim1, x.ndim, "dim1")
    b = axis_of("diagonal_scatter", dim2, x.ndim, "dim2")
    if a == b:
        raise ValueError(f"diagonal_scatter: dim1 and dim2 must differ, got {dim1} and {dim2}")

    def part(y: Array) -> Array:
        line = y.diagonal(offset, a, b)
        line.flags.writeable = y.flags.writeable
        return line

    return replaced("diagonal_scatter", input, src, part)


def as_strided_scatter(
    input: TensorLike,
    src: TensorLike,
    size: Sequence[int],
    stride: Sequence[int],
    storage_offset: int | None = None,
) -> Tensor:
    """The input with ``input.as_strided(size, stride, storage_offset)`` replaced by `src`.

    Parameters
    ----------
    input
        Of any shape; the elements are counted in row-major order.
    src
        Of the same type and of the shape `size`.
    size, stride, storage_offset
        The part, none of whose elements share a place.

    Examples
    --------
    >>> fastnn.as_strided_scatter(fastnn.zeros(4), fastnn.ones(2), (2,), (2,))
    tensor([1., 0., 1., 0.])
    """
    x = array(input)
    shape, steps, first = tuple(size), tuple(stride), storage_offset or 0
    if len(shape) != len(steps) or any(n < 0 for n in (*shape, *steps, first)):
        raise ValueError(
            "as_strided_scatter: size, stride and storage_offset must be at least 0, and as many, "
            f"got {shape}, {steps} and {first}"
        )
    last = first + sum([(n - 1) * step for n, step in zip(shape, steps)])
    if 0 not in shape and last >= x.size:
        raise ValueError(
            f"as_strided_scatter: size {shape} with strides {steps} from {first} on leaves the "
            f"{x.size} elements of input"
        )
    if overlaps(shape, steps):
        raise ValueError("as_strided_scatter: elements of the part share a place")

    def part(y: Array) -> Array:
        return strided(y.reshape(-1)[first:], shape, steps)

    flat = replaced("as_strided_scatter", ravel(input), src, part)
    return reshape(flat, x.shape)


# -- windows ---------------------------------------------------------------------------------------


def unfold(input: TensorLike, dimension: int, size: int, step: int) -> Tensor:
    """Windows along a dimension, as a view: a new last dimension runs along each.

    Parameters
    ----------
    input
        Of any shape.
    dimension
        The dimension, of n elements.
    size
        The size of a window, at most n.
    step
        From one to the next.

    Returns
    -------
    Tensor
        ``(n - size) // step + 1`` windows in `dimension`. Read-only where they overlap.
    """
    x = array(input)
    if x.ndim == 0:
        return unfold(x.reshape(1), dimension, size, step)
    axis = axis_of("unfold", dimension, x.ndim, "dimension")
    n = x.shape[axis]
    if not 0 <= size <= n:
        raise ValueError(
            f"unfold: size must lie in [0, {n}], the size of the dimension, got {size}"
        )
    if step < 1:
        raise ValueError(f"unfold: step must be positive, got {step}")
    shape = (*x.shape[:axis], (n - size) // step + 1, *x.shape[axis + 1 :], size)
    stride = x.strides[axis]
    strides = (*x.strides[:axis], stride * step, *x.strides[axis + 1 :], stride)
    memory = memory_of("unfold", x)
    y = np.ndarray(shape, x.dtype, memory, address(x) - address(memory), strides)
    if not x.flags.writeable or step < size:
        y.flags.writeable = False
    return as_view(record(y, unfold_backward, (input,), x.shape, axis, step), input)


def unfold_backward(node: Node, dy: Array) -> Grads:
    shape, axis, step = node.saved
    dx = zeros_like(dy, shape)
    count = dy.shape[axis]
    for k in range(dy.shape[-1]):
        place = dx[key_at(axis, slice(k, k + step * (count - 1) + 1, step))]
        _core.add(place, dy[..., k], place)
    return (dx,)


def as_strided(
    input: TensorLike,
    size: Sequence[int],
    stride: Sequence[int],
    storage_offset: int | None = None,
) -> Tensor:
    """A view of any strides on the memory of a tensor.

    Parameters
    ----------
    input
        Of any strides, not negative. The gradient flows to its own elements only.
    size, stride
        The shape, and for each dimension the distance of neighbours, in elements.
    storage_offset
        Where the first element is, counted from the start of the memory; by default where that of
        `input` is.

    Returns
    -------
    Tensor
        A view; read-only where elements share a place.

    Raises
    ------
    ValueError
        If an element would lie outside the memory.

    Examples
    --------
    >>> fastnn.as_strided(fastnn.arange(6), (2, 3), (1, 2)).tolist()
    [[0, 2, 4], [1, 3, 5]]
    """
    x = array(input)
    shape, steps = tuple(size), tuple(stride)
    if len(shape) != len(steps):
        raise ValueError(f"as_strided: size and stride must have one length, got {shape}, {steps}")
    if any(n < 0 for n in (*shape, *steps)):
        raise ValueError(f"as_strided: size and stride must be at least 0, got {shape}, {steps}")
    memory = memory_of("as_strided", x)
    count, here = memory.size // x.itemsize, (address(x) - address(memory)) // x.itemsize
    first = here if storage_offset is None else storage_offset
    last = first + sum([(n - 1) * step for n, step in zip(shape, steps)])
    if 0 in shape:
        first = 0
    elif not 0 <= first <= last < count:
        raise ValueError(
            f"as_strided: size {shape} with strides {steps} from {first} on leaves the {count} "
            "elements of the memory"
        )
    strides = [step * x.itemsize for step in steps]
    y = np.ndarray(shape, x.dtype, memory, first * x.itemsize, strides)
    if not x.flags.writeable or overlaps(shape, steps):
        y.flags.writeable = False
    places = (count, here, [n // x.itemsize for n in x.strides], first, steps)
    return as_view(record(y, as_strided_backward, (input,), x.shape, *places), input)


def as_strided_backward(node: Node, dy: Array) -> Grads:
    shape, count, here, strides, first, steps = node.saved
    if 0 in dy.shape or 0 in shape:
        return (np.zeros(shape, dy.dtype),)
    places = strided(np.arange(count)[first:], dy.shape, steps)
    memory = _core.gather_backward(dy.reshape(-1), (count,), 0, places.reshape(-1))
    return (strided(memory[here:], shape, strides).copy(),)


def strided(flat: Array, shape: tuple[int, ...], steps: Sequence[int]) -> Array:
    """A view of a vector; strides are counted in elements."""
    strides = [step * flat.strides[0] for step in steps]
    return np.lib.stride_tricks.as_strided(flat, shape, strides)


def memory_of(op: str, x: Array) -> Array:
    """The bytes of the array that owns the memory of `x`."""
    whole = x
    while type(whole.base) is np.ndarray:
        whole = whole.base
    flat = whole.ravel(order="K")
    if flat.size and address(flat) != np.lib.array_utils.byte_bounds(whole)[0]:
        raise ValueError(f"{op}: the memory of input has gaps; use a clone()")
    return flat.view(np.uint8)


def address(x: Array) -> int:
    return int(x.__array_interface__["data"][0])


def overlaps(shape: tuple[int, ...], steps: tuple[int, ...]) -> bool:
    """Whether two elements may share a place: unless every stride exceeds what lies below it."""
    extent = 1
    for step, n in sorted(zip(steps, shape)):
        if n > 1:
            if step < extent:
                return True
            extent += step * (n - 1)
    return False
