"""Random numbers whose distribution a tensor describes: one draw for each element or row."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...autograd.record import Array, array
from ...random import Generator, default_generator
from ...tensor import Tensor, TensorLike

__all__ = ["bernoulli", "binomial", "multinomial", "poisson"]


def bernoulli(
    input: TensorLike, p: float | None = None, *, generator: Generator | None = None
) -> Tensor:
    """Ones with the probabilities of `input`, else zeros, in its shape and type.

    Parameters
    ----------
    input
        Probabilities from 0 to 1, any shape.
    p
        One probability for all elements instead; `input` then gives shape and type alone.
    generator
        Random number generator.

    Returns
    -------
    Tensor
        Zeros and ones, to which no gradient flows.

    Raises
    ------
    ValueError
        If a probability is below 0, above 1 or NaN.

    Examples
    --------
    >>> fastnn.bernoulli(fastnn.tensor([0.0, 1.0, 1.0]))
    tensor([0., 1., 1.])
    """
    x = floats("bernoulli", input) if p is None else array(input)
    chance = x if p is None else np.asarray(p)
    check_probabilities("bernoulli", chance)
    source = (generator or default_generator).numpy
    return Tensor(np.less(source.random(x.shape, drawn_type(x)), chance).astype(x.dtype))


def binomial(count: TensorLike, prob: TensorLike, *, generator: Generator | None = None) -> Tensor:
    """Numbers of successes in `count` trials with the probabilities `prob`.

    Parameters
    ----------
    count
        Whole numbers of at least 0, as floats, any shape.
    prob
        Probabilities from 0 to 1, of a shape that broadcasts with that of `count`.
    generator
        Random number generator.

    Returns
    -------
    Tensor
        Of the common shape and the type of `count`; no gradient flows to it.

    Raises
    ------
    ValueError
        If a count is negative or no whole number, or a probability is below 0, above 1 or NaN.

    Examples
    --------
    >>> fastnn.binomial(fastnn.tensor([3.0, 5.0]), fastnn.tensor([1.0, 0.0]))
    tensor([3., 0.])
    """
    n, p = floats("binomial", count), floats("binomial", prob)
    check_probabilities("binomial", p)
    if not ((n >= 0) & (np.floor(n) == n) & np.isfinite(n)).all():
        raise ValueError("binomial: counts must be whole numbers of at least 0")
    source = (generator or default_generator).numpy
    return Tensor(np.asarray(source.binomial(n.astype(np.int64), p)).astype(n.dtype))


def multinomial(
    input: TensorLike,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Indices drawn with the weights in each row of `input`.

    Parameters
    ----------
    input
        Weights of at least 0 that need not add up to 1, (C,) or (N, C).
    num_samples
        Number of draws from each row.
    replacement
        Whether an index may be drawn again. If not, each draw is from those that are left.
    generator
        Random number generator.

    Returns
    -------
    Tensor
        Indices, int64, (num_samples,) or (N, num_samples).

    Raises
    ------
    ValueError
        If a weight is negative or not finite, all weights of a row are 0, or `num_samples` is more
        than there are weights above 0 without replacement.

    Notes
    -----
    Without replacement the indices of the smallest ``e / w`` are taken, compared by logarithms,
    where e are exponential random numbers (Efraimidis and Spirakis, "Weighted random sampling with
    a reservoir", 2006).

    Examples
    --------
    >>> fastnn.multinomial(fastnn.tensor([[0.0, 3.0, 0.0], [0.5, 0.0, 0.0]]), 1)
    tensor([[1],
            [0]])
    """
    w = floats("multinomial", input)
    if w.ndim not in (1, 2) or not w.shape[-1]:
        raise ValueError(f"multinomial: input must have shape (C,) or (N, C), got {w.shape}")
    if not isinstance(num_samples, (int, np.integer)) or num_samples < 1:
        raise ValueError(
            f"multinomial: num_samples must be a positive integer, got {num_samples!r}"
        )
    if not ((w >= 0) & np.isfinite(w)).all():
        raise ValueError("multinomial: weights must be finite and at least 0")
    above = np.count_nonzero(w, axis=-1).min(initial=w.shape[-1])
    if above < (1 if replacement else num_samples):
        raise ValueError(
            f"multinomial: every row needs {1 if replacement else num_samples} weights above 0, "
            f"a row has {above}"
        )
    source = (generator or default_generator).numpy
    rows = w.reshape(-1, w.shape[-1]).astype(np.float64, copy=False)
    if replacement:
        index = drawn_again(rows, int(num_samples), source)
    else:
        with np.errstate(divide="ignore"):  # the logarithm of 0 is minus infinity
            race = np.log(source.standard_exponential(rows.shape)) - np.log(rows)
        index = np.argsort(race, axis=1, kind="stable")[:, :num_samples]
    return Tensor(np.ascontiguousarray(index).reshape(*w.shape[:-1], num_samples))


def drawn_again(rows: Array, count: int, source: Any) -> Array:
    """Indices with replacement: where uniform numbers lie among the running sums of the weights."""
    sums = np.cumsum(rows / rows.max(axis=1, keepdims=True), axis=1)
    index = np.empty((len(rows), count), np.int64)
    for i, row in enumerate(sums):
        # The product may round up to the whole sum, which lies behind the last weight above 0.
        places = np.minimum(source.random(count) * row[-1], np.nextafter(row[-1], 0))
        index[i] = np.searchsorted(row, places, side="right")
    return index


def poisson(input: TensorLike, *, generator: Generator | None = None) -> Tensor:
    """Counts from Poisson distributions with the rates of `input`, in its shape and type.

    Examples
    --------
    >>> fastnn.poisson(fastnn.zeros(3))
    tensor([0., 0., 0.])
    """
    rate = floats("poisson", input)
    if not (rate >= 0).all():
        raise ValueError("poisson: rates must be at least 0")
    source = (generator or default_generator).numpy
    return Tensor(np.asarray(source.poisson(rate)).astype(rate.dtype))


def floats(op: str, input: TensorLike) -> Array:
    """The array of an input that must hold floats."""
    x = array(input)
    if x.dtype.kind != "f":
        raise TypeError(f"{op}: input must have a float type, got {x.dtype}")
    return x


def drawn_type(x: Array) -> Any:
    """The type in which uniform numbers are drawn for comparison with elements of `x`."""
    return np.float64 if x.dtype.itemsize == 8 else np.float32


def check_probabilities(op: str, p: Array) -> None:
    """Refuse numbers that are no probabilities."""
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"{op}: probabilities must be from 0 to 1")
