"""Lengths of vectors, and how far two are apart, along a dimension."""

from __future__ import annotations

import numpy as np

from .. import _core
from ..autograd.record import array
from ..tensor import Tensor, TensorLike
from .elementwise.arithmetic import div
from .elementwise.choose import clamp
from .reduce.sums import norm, sum
from .shape import broadcast_to

__all__ = ["cosine_similarity", "normalize", "pairwise_distance"]


def as_tensor(input: TensorLike) -> Tensor:
    return input if isinstance(input, Tensor) else Tensor(array(input))


def cosine_similarity(x1: TensorLike, x2: TensorLike, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between vectors: ``y = Σ x1 * x2 / (|x1| * |x2|)``.

    Parameters
    ----------
    x1, x2
        Arrays of vectors along `dim`, whose shapes are broadcast.
    dim
        The dimension of the vectors, which the result lacks.
    eps
        The least length: the result for a zero vector is 0, with a finite gradient.

    Examples
    --------
    >>> x, y = fastnn.tensor([[1.0, 0.0]]), fastnn.tensor([[3.0, 4.0]])
    >>> round(fastnn.cosine_similarity(x, y).item(), 4)
    0.6
    """
    a, b = as_tensor(x1), as_tensor(x2)
    if a._array.shape != b._array.shape:  # `dim` is one of the common shape
        shape = np.broadcast_shapes(a.shape, b.shape)
        a, b = broadcast_to(a, shape), broadcast_to(b, shape)
    return sum(unit(a, dim, eps) * unit(b, dim, eps), dim)


def unit(x: Tensor, dim: int, eps: float) -> Tensor:
    """Vectors of length 1. The gradient does not see the bound of the length, as in PyTorch."""
    length = norm(x, 2.0, dim, True)
    known = length._array
    return div(x, length + _core.sub(_core.maximum(known, eps), known))


def pairwise_distance(
    x1: TensorLike, x2: TensorLike, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """The norm of differences in the last dimension: ``y = (Σ abs(x1 - x2 + eps)**p)**(1/p)``.

    Parameters
    ----------
    x1, x2
        (*, D), whose shapes are broadcast.
    p
        The order of the norm, as in `norm`.
    eps
        Keeps equal vectors away from the bend of the norm.
    keepdim
        Whether the last dimension stays, with size 1.

    Examples
    --------
    >>> x, y = fastnn.tensor([[0.0, 0.0]]), fastnn.tensor([[3.0, 4.0]])
    >>> round(fastnn.pairwise_distance(x, y).item(), 3)
    5.0
    """
    return norm(as_tensor(x1) - as_tensor(x2) + eps, p, -1, keepdim)


def normalize(input: TensorLike, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """Vectors of length 1 along a dimension: ``y = x / max(|x|, eps)``.

    Parameters
    ----------
    input
        x, an array of vectors along `dim`.
    p
        The order of the norm, as in `norm`.
    dim
        The dimension of the vectors.
    eps
        The least length: zero vectors stay zero.

    Examples
    --------
    >>> fastnn.normalize(fastnn.tensor([[3.0, 4.0]])).numpy().round(2)
    array([[0.6, 0.8]], dtype=float32)
    """
    x = as_tensor(input)
    return div(x, clamp(norm(x, p, dim, True), min=eps))
