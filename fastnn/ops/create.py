"""Constructors: tensors from numbers, from arrays, and filled by a rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import _core
from ..autograd.record import Array, array
from ..devices import check_device
from ..random import Generator, default_generator
from ..tensor import Tensor, TensorLike, as_array

__all__ = [
    "arange",
    "as_tensor",
    "empty",
    "empty_like",
    "eye",
    "from_dlpack",
    "from_numpy",
    "full",
    "full_like",
    "linspace",
    "logspace",
    "normal",
    "ones",
    "ones_like",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "tensor",
    "zeros",
    "zeros_like",
]

FLOAT = np.dtype(np.float32)


def leaf(op: str, data: Any, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A new leaf; only floats may require a gradient."""
    if device is not None:
        check_device(op, device)
    if requires_grad and data.dtype.kind != "f":
        raise RuntimeError(
            f"{op}: only floating point tensors can require a gradient, got {data.dtype}"
        )
    return Tensor(data, requires_grad)


def sizes(op: str, size: tuple[Any, ...]) -> tuple[int, ...]:
    """Sizes given as ``(2, 3)`` or as ``2, 3``."""
    if len(size) == 1 and isinstance(size[0], (tuple, list)):
        size = tuple(size[0])
    for n in size:
        if isinstance(n, bool) or not hasattr(n, "__index__"):
            raise TypeError(f"{op}: sizes must be integers, got {n!r}")
        if n < 0:
            raise ValueError(f"{op}: sizes must not be negative, got {tuple(size)}")
    return tuple([int(n) for n in size])


def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A new leaf with a copy of `data`.

    Parameters
    ----------
    data
        Number, nested lists, array or tensor. Python floats become float32, integers int64;
        arrays keep their type.
    dtype
        Element type, if another is wanted.
    device
        ``"cpu"`` or None: there is no other.
    requires_grad
        Whether to compute a gradient for it.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    >>> fastnn.tensor([0.5, 1]).dtype
    dtype('float32')
    """
    return leaf(
        "tensor", np.array(as_array(data, dtype), dtype=dtype, copy=True), device, requires_grad
    )


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """`data` as a tensor, without copying where it is an array or a tensor of that type."""
    check_device("as_tensor", device)
    if isinstance(data, Tensor) and (dtype is None or data.dtype == dtype):
        return data
    return Tensor(as_array(data, dtype))


def from_numpy(data: Any) -> Tensor:
    """A tensor that shares the memory of a NumPy array.

    Examples
    --------
    >>> import fastnn, numpy as np
    >>> a = np.zeros(2)
    >>> t = fastnn.from_numpy(a)
    >>> a[0] = 7
    >>> t
    tensor([7., 0.], dtype=float64)
    """
    if not isinstance(data, np.ndarray):
        raise TypeError(f"from_numpy: expected a NumPy array, got {type(data).__name__}")
    if data.dtype.kind not in "fiub":
        raise TypeError(f"from_numpy: cannot hold elements of type {data.dtype}")
    return Tensor(np.asarray(data))


def read_only_array(a: Array) -> Array:
    """A copy of floating point numbers in memory that nobody can write, by whatever view."""
    return _core.read_only(a)


def from_dlpack(source: Any) -> Tensor:
    """A tensor that shares the memory of any object that speaks DLPack (a torch tensor, say)."""
    return Tensor(np.from_dlpack(source))


def full(
    size: Sequence[int] | int,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor of shape `size` with every element `fill_value`.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.full((2, 2), 7)
    tensor([[7, 7],
            [7, 7]])
    """
    value = as_array(fill_value, dtype)
    if value.ndim:
        raise ValueError(f"full: fill_value must be a scalar, got shape {value.shape}")
    return leaf("full", np.full(sizes("full", (size,)), value), device, requires_grad)


def zeros(
    *size: Any, dtype: Any = FLOAT, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of zeros.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return leaf("zeros", np.zeros(sizes("zeros", size), dtype or FLOAT), device, requires_grad)


def ones(*size: Any, dtype: Any = FLOAT, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of ones.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.ones(3, dtype=fastnn.int64)
    tensor([1, 1, 1])
    """
    return leaf("ones", np.ones(sizes("ones", size), dtype or FLOAT), device, requires_grad)


def empty(
    *size: Any, dtype: Any = FLOAT, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor whose elements have no particular values.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.empty(2, 3).shape
    (2, 3)
    """
    return leaf("empty", np.empty(sizes("empty", size), dtype or FLOAT), device, requires_grad)


def zeros_like(
    input: TensorLike, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Zeros in the shape and type of `input`."""
    return leaf("zeros_like", np.zeros_like(array(input), dtype), device, requires_grad)


def ones_like(
    input: TensorLike, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Ones in the shape and type of `input`."""
    return leaf("ones_like", np.ones_like(array(input), dtype), device, requires_grad)


def empty_like(
    input: TensorLike, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor in the shape and type of `input`, of no particular values."""
    return leaf("empty_like", np.empty_like(array(input), dtype), device, requires_grad)


def full_like(
    input: TensorLike,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`fill_value` in the shape and type of `input`."""
    return leaf(
        "full_like", np.full_like(array(input), array(fill_value), dtype), device, requires_grad
    )


def arange(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Values from `start` up to but without `end`; with one argument, from 0.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.arange(4)
    tensor([0, 1, 2, 3])
    >>> fastnn.arange(0, 1, 0.25)
    tensor([0.  , 0.25, 0.5 , 0.75])
    """
    if end is None:
        start, end = 0, start
    if step == 0:
        raise ValueError("arange: step must not be 0")
    if (end - start) * step < 0:
        raise ValueError(f"arange: step {step} never leads from {start} to {end}")
    if dtype is None and any(isinstance(v, float) for v in (start, end, step)):
        dtype = FLOAT
    return leaf("arange", np.asarray(np.arange(start, end, step), dtype), device, requires_grad)


def linspace(
    start: float,
    end: float,
    steps: int,
    *,
    dtype: Any = FLOAT,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` values evenly spaced from `start` to `end`, both included.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.linspace(0, 1, 5)
    tensor([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    return leaf("linspace", np.linspace(start, end, steps, dtype=dtype), device, requires_grad)


def logspace(
    start: float,
    end: float,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = FLOAT,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` values from ``base**start`` to ``base**end``, their logarithms evenly spaced."""
    return leaf(
        "logspace", np.logspace(start, end, steps, base=base, dtype=dtype), device, requires_grad
    )


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Any = FLOAT,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Ones on the diagonal of an ``n`` by ``m`` matrix of zeros.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    return leaf("eye", np.eye(n, m, dtype=dtype or FLOAT), device, requires_grad)


# -- random ----------------------------------------------------------------------------------


def draw_type(op: str, dtype: Any) -> Any:
    """float32 or float64, which are what NumPy draws."""
    dtype = FLOAT if dtype is None else np.dtype(dtype)
    if dtype not in (np.float32, np.float64):
        raise TypeError(f"{op}: dtype must be float32 or float64, got {dtype}")
    return dtype


def rand(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = FLOAT,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Uniform random numbers in [0, 1).

    Examples
    --------
    >>> import fastnn
    >>> fastnn.rand(2, 3).shape
    (2, 3)
    """
    source = (generator or default_generator).numpy
    values = source.random(sizes("rand", size), dtype=draw_type("rand", dtype))
    return leaf("rand", np.asarray(values), device, requires_grad)


def randn(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = FLOAT,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Random numbers from the standard normal distribution.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.randn(2, 3, requires_grad=True).is_leaf
    True
    """
    source = (generator or default_generator).numpy
    values = source.standard_normal(sizes("randn", size), dtype=draw_type("randn", dtype))
    return leaf("randn", np.asarray(values), device, requires_grad)


def normal(
    mean: float = 0.0,
    std: float = 1.0,
    size: Sequence[int] = (),
    *,
    generator: Generator | None = None,
    dtype: Any = FLOAT,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Random numbers from the normal distribution with `mean` and standard deviation `std`."""
    if std < 0:
        raise ValueError(f"normal: std must not be negative, got {std}")
    out = randn(*size, generator=generator, dtype=dtype)._array
    out *= std
    out += mean
    return leaf("normal", out, device, requires_grad)


def randint(
    low: int,
    high: int | Sequence[int] | None = None,
    size: Sequence[int] | None = None,
    *,
    generator: Generator | None = None,
    dtype: Any = np.int64,
    device: Any = None,
) -> Tensor:
    """Random integers from `low` up to but without `high`; from 0 if only one bound is given.

    Examples
    --------
    >>> import fastnn
    >>> bool((fastnn.randint(10, (100,)) < 10).all())
    True
    """
    if size is None:
        if not isinstance(high, (tuple, list)):
            raise TypeError("randint: size is missing; randint(high, size) or (low, high, size)")
        return randint(0, low, high, generator=generator, dtype=dtype, device=device)
    top = int(high)  # type: ignore[arg-type]
    if not low < top:
        raise ValueError(f"randint: low must be below high, got {low} and {top}")
    source = (generator or default_generator).numpy
    drawn = source.integers(low, top, sizes("randint", (size,)), dtype=np.int64)
    return leaf("randint", np.asarray(drawn).astype(dtype, copy=False), device)


def randperm(
    n: int, *, generator: Generator | None = None, dtype: Any = np.int64, device: Any = None
) -> Tensor:
    """The integers from 0 to ``n - 1`` in random order.

    Examples
    --------
    >>> import fastnn
    >>> sorted(fastnn.randperm(4).tolist())
    [0, 1, 2, 3]
    """
    drawn = (generator or default_generator).numpy.permutation(n)
    return leaf("randperm", drawn.astype(dtype, copy=False), device)


def rand_like(
    input: TensorLike, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Uniform random numbers in [0, 1) in the shape and type of `input`."""
    x = array(input)
    y = in_order_of(x, rand(*x.shape, dtype=dtype or x.dtype)._array)
    return leaf("rand_like", y, device, requires_grad)


def randn_like(
    input: TensorLike, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Standard normal random numbers in the shape and type of `input`."""
    x = array(input)
    y = in_order_of(x, randn(*x.shape, dtype=dtype or x.dtype)._array)
    return leaf("randn_like", y, device, requires_grad)


def randint_like(
    input: TensorLike, low: int, high: int | None = None, *, dtype: Any = None, device: Any = None
) -> Tensor:
    """Random integers in the shape and type of `input`."""
    x = array(input)
    if high is None:
        low, high = 0, low
    y = in_order_of(x, randint(low, high, x.shape, dtype=dtype or x.dtype)._array)
    return leaf("randint_like", y, device)


def in_order_of(x: Array, y: Array) -> Array:
    """The same numbers in the same places, in memory in the order of x."""
    if x.flags.c_contiguous:
        return y
    moved = np.empty_like(x, y.dtype)
    moved[...] = y
    return moved
