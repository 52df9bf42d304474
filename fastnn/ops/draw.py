"""Filling a tensor with random numbers, in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..dtypes import element, kind
from ..random import Generator, default_generator
from ..tensor import Tensor, TensorLike
from .create import bernoulli
from .inplace import assign, recorded

__all__: list[str] = []  # methods only


def fill(op: str, input: Tensor, generator: Generator | None, draw: Callable[[Any], Any]) -> Tensor:
    """Fill with what ``draw(source)`` draws, after the checks that a change in place wants."""
    recorded(op, input)
    return assign(op, input, ..., np.asarray(draw((generator or default_generator).numpy)))


def floats(op: str, input: Tensor) -> Any:
    """The type in which numbers are drawn: the tensor's own where NumPy can; integers have none."""
    if kind(input._array.dtype) != "f":
        raise RuntimeError(f"{op}: expected a tensor of floats, got {input.dtype}")
    return np.float64 if input._array.dtype == np.float64 else np.float32


def uniform_(
    input: Tensor, low: float = 0.0, high: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill with uniform random numbers from [low, high)."""
    dtype = floats("uniform_", input)
    return fill(
        "uniform_", input, generator, lambda s: s.random(input.shape, dtype) * (high - low) + low
    )


def normal_(
    input: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill with normal random numbers."""
    dtype = floats("normal_", input)
    return fill(
        "normal_", input, generator, lambda s: s.standard_normal(input.shape, dtype) * std + mean
    )


def log_normal_(
    input: Tensor, mean: float = 1.0, std: float = 2.0, generator: Generator | None = None
) -> Tensor:
    """Fill with the exponentials of normal random numbers."""
    floats("log_normal_", input)
    return fill("log_normal_", input, generator, lambda s: s.lognormal(mean, std, input.shape))


def exponential_(input: Tensor, lambd: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with exponentially distributed random numbers of the rate `lambd`."""
    dtype = floats("exponential_", input)
    if not lambd > 0:
        raise ValueError(f"exponential_: lambd must be positive, got {lambd}")
    return fill(
        "exponential_",
        input,
        generator,
        lambda s: s.standard_exponential(input.shape, dtype) / lambd,
    )


def bernoulli_(input: Tensor, p: TensorLike = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill with ones, with probability `p`, and zeros; `p` is a number or a tensor.

    Examples
    --------
    >>> fastnn.zeros(3).bernoulli_(fastnn.tensor([0.0, 1.0, 1.0]))
    tensor([0., 1., 1.])
    """
    recorded("bernoulli_", input)
    chance = np.asarray(p._array if isinstance(p, Tensor) else p, np.float64)
    try:
        chance = np.broadcast_to(chance, input.shape)
    except ValueError:
        raise ValueError(
            f"bernoulli_: p must be broadcastable to shape {input.shape}, got {chance.shape}"
        ) from None
    return assign("bernoulli_", input, ..., bernoulli(chance, generator=generator))


def cauchy_(
    input: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill with random numbers of the Cauchy distribution.

    Examples
    --------
    >>> fastnn.empty(2).cauchy_(1.0, 0.5).shape
    (2,)
    """
    floats("cauchy_", input)
    if not sigma > 0:
        raise ValueError(f"cauchy_: sigma must be positive, got {sigma}")
    return fill(
        "cauchy_", input, generator, lambda s: s.standard_cauchy(input.shape) * sigma + median
    )


def geometric_(input: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Fill with numbers of trials up to the first success, each of which has the probability `p`.

    Examples
    --------
    >>> fastnn.empty(2).geometric_(1.0)
    tensor([1., 1.])
    """
    if not 0 < p <= 1:
        raise ValueError(f"geometric_: p must be above 0 and at most 1, got {p}")
    return fill("geometric_", input, generator, lambda s: s.geometric(p, input.shape))


EXACT = {2: 11, 4: 24, 8: 53}  # bits of the significand of a float type, by its size


def random_(
    input: Tensor,
    low: int | None = None,
    high: int | None = None,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Fill with random integers from `low` up to but without `high`.

    With one number, from 0 up to it; with none, all that the type holds, but nothing negative and
    for floats what they represent exactly.

    Examples
    --------
    >>> bool((fastnn.zeros(100, dtype=fastnn.int64).random_(3) < 3).all())
    True
    """
    dtype = input._array.dtype
    if high is None:
        low, high = 0, most(dtype) + 1 if low is None else low
    low = 0 if low is None else low
    if not low < high:
        raise ValueError(f"random_: low must be below high, got {low} and {high}")
    for extreme in (low, high - 1):
        element("random_", extreme, dtype)
    return fill(
        "random_",
        input,
        generator,
        lambda s: s.integers(low, high - 1, input.shape, endpoint=True).astype(dtype),
    )


def most(dtype: np.dtype[Any]) -> int:
    """The largest integer that `random_` draws in a type if no bound is given."""
    if dtype.kind == "f":
        return (1 << EXACT[dtype.itemsize]) - 1
    return 1 if dtype.kind == "b" else int(np.iinfo(dtype).max)
