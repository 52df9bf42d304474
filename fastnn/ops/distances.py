"""Distances between vectors, and norms of differences."""

from __future__ import annotations

import numpy as np

from .. import _core
from ..autograd.record import Array, Grads, Node, array, record
from ..dtypes import check_same
from ..tensor import Tensor, TensorLike
from .elementwise.arithmetic import add, div, mul, sub
from .elementwise.choose import where
from .elementwise.compare import gt
from .gemm import product
from .index.slices import index_select
from .reduce.sums import norm
from .shape import axis_of, unsqueeze

__all__ = ["cdist", "dist", "pdist", "renorm"]


def dist(input: TensorLike, other: TensorLike, p: float = 2) -> Tensor:
    """Norm of the difference of two tensors, taken as vectors.

    Parameters
    ----------
    input, other
        Tensors that broadcast.
    p
        The power, as for `norm`.

    Examples
    --------
    >>> fastnn.dist(fastnn.zeros(2), fastnn.tensor([3.0, 4.0])).item()
    5.0
    """
    return norm(sub(input, other), p)


def check_power(op: str, p: float) -> float:
    value = float(p)
    if not value >= 0:
        raise ValueError(f"{op}: p must not be negative, got {p}")
    return value


def cdist(
    x1: TensorLike,
    x2: TensorLike,
    p: float = 2.0,
    compute_mode: str = "use_mm_for_euclid_dist_if_necessary",
) -> Tensor:
    r"""Distances of all pairs of rows, :math:`y_{ij} = \lVert x1_i - x2_j \rVert_p`.

    Parameters
    ----------
    x1, x2
        (..., P, M) and (..., R, M), of one float type.
    p
        The power of the norm, not negative; may be 0 or infinite.
    compute_mode
        Whether ``p = 2`` is computed from products, in which the distances of near vectors lose
        digits: ``"use_mm_for_euclid_dist"``, ``"donot_use_mm_for_euclid_dist"``, or by default only
        for more than 25 rows.

    Returns
    -------
    Tensor
        (..., P, R). Where a distance is 0, so is its gradient.

    Examples
    --------
    >>> fastnn.cdist(fastnn.tensor([[0.0, 0.0]]), fastnn.tensor([[3.0, 4.0], [0.0, 1.0]])).tolist()
    [[5.0, 1.0]]
    """
    p = check_power("cdist", p)
    a, b = array(x1), array(x2)
    if a.ndim < 2 or b.ndim < 2 or a.shape[-1] != b.shape[-1]:
        raise ValueError(
            f"cdist: expected shapes (..., P, M) and (..., R, M), got {a.shape} and {b.shape}"
        )
    check_same("cdist", x1=a, x2=b)
    modes = ("if_necessary", "use_mm", "donot_use_mm")
    names = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist")
    known = (*names, "donot_use_mm_for_euclid_dist")
    if compute_mode not in known:
        raise ValueError(f"cdist: compute_mode must be one of {known}, got {compute_mode!r}")
    mode = modes[known.index(compute_mode)]
    by_products = mode == "use_mm" or (mode == modes[0] and max(a.shape[-2], b.shape[-2]) > 25)
    if p == 2 and by_products and a.dtype.kind == "f":
        y = euclidean(a, b)
        return record(y, cdist_backward, (x1, x2), a, b, y)
    if a.shape[-1] == 0:
        shape = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        return Tensor(np.zeros((*shape, a.shape[-2], b.shape[-2]), a.dtype))
    return norm(sub(unsqueeze(x1, -2), unsqueeze(x2, -3)), p, -1)


def euclidean(a: Array, b: Array) -> Array:
    """The roots of ``|a|^2 + |b|^2 - 2 a b``."""
    squares = [_core.sum(_core.square(x), -1, True) for x in (a, b)]
    y = _core.add(squares[0], squares[1].swapaxes(-1, -2))
    y = _core.add_scaled(y, product(a, b.swapaxes(-1, -2)), -2.0)
    return _core.sqrt(_core.maximum(y, 0.0))


def cdist_backward(node: Node, dy: Array) -> Grads:
    a, b, y = node.saved
    share = _core.where(_core.gt(y, 0), _core.div(dy, y), 0.0)
    grads: list[Array | None] = []
    for wanted, x, other, weight in (
        (node.needs[0], a, b, share),
        (node.needs[1], b, a, share.swapaxes(-1, -2)),
    ):
        if not wanted:
            grads.append(None)
            continue
        pulled = _core.mul(x, _core.sum(weight, -1, True))
        dx = _core.sub(pulled, product(weight, other))
        lead = dx.ndim - x.ndim
        axes = [i for i, n in enumerate(dx.shape) if i < lead or x.shape[i - lead] != n]
        grads.append(_core.sum(dx, axes, True).reshape(x.shape) if axes else dx)
    return grads


def pdist(input: TensorLike, p: float = 2.0) -> Tensor:
    r"""Distances of all pairs of different rows, :math:`\lVert x_i - x_j \rVert_p` for i < j.

    Parameters
    ----------
    input
        (N, M)
    p
        The power of the norm, not negative.

    Returns
    -------
    Tensor
        (N (N - 1) / 2,), row by row.

    Examples
    --------
    >>> F.pdist(fastnn.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]])).tolist()
    [5.0, 1.0, 4.242640...]
    """
    p = check_power("pdist", p)
    x = array(input)
    if x.ndim != 2:
        raise ValueError(f"pdist: input must have shape (N, M), got {x.shape}")
    first, second = np.triu_indices(len(x), 1)
    if x.shape[1] == 0 or not first.size:
        return norm(index_select(input, 0, first[:0]), 1, 1)
    return norm(sub(index_select(input, 0, first), index_select(input, 0, second)), p, 1)


def renorm(input: TensorLike, p: float, dim: int, maxnorm: float) -> Tensor:
    """The slices along a dimension, those of a norm above `maxnorm` scaled down to it.

    Parameters
    ----------
    input
        Of at least two dimensions.
    p
        The power of the norm, positive.
    dim
        The dimension along which the slices lie.
    maxnorm
        The largest norm, not negative.

    Examples
    --------
    >>> fastnn.renorm(fastnn.tensor([[3.0, 4.0], [0.3, 0.4]]), 2, 0, 1.0)
    tensor([[0.6, 0.8],
            [0.3, 0.4]])
    """
    x = array(input)
    if x.ndim < 2:
        raise ValueError(f"renorm: input must have at least two dimensions, got shape {x.shape}")
    if not float(p) > 0:
        raise ValueError(f"renorm: p must be positive, got {p}")
    if not float(maxnorm) >= 0:
        raise ValueError(f"renorm: maxnorm must not be negative, got {maxnorm}")
    axis = axis_of("renorm", dim, x.ndim)
    size = norm(input, p, [i for i in range(x.ndim) if i != axis], True)
    scale = div(maxnorm, add(size, 1e-7))
    return mul(input, where(gt(size, maxnorm), scale, 1.0))
