"""Covariances and correlations of variables."""

from __future__ import annotations

import numpy as np

from ..autograd.record import Array, array
from ..dtypes import no_floats
from ..tensor import Tensor, TensorLike
from .elementwise.algebraic import sqrt
from .elementwise.arithmetic import div, mul, sub
from .elementwise.choose import clamp
from .gemm import matmul
from .reduce.sums import mean, sum
from .shape import adjoint, diagonal, reshape, squeeze, unsqueeze

__all__ = ["corrcoef", "cov"]


def cov(
    input: TensorLike,
    *,
    correction: float = 1,
    fweights: TensorLike | None = None,
    aweights: TensorLike | None = None,
) -> Tensor:
    r"""Covariances, :math:`C_{ij} = \frac{1}{n - c} \sum_k (x_{ik} - \bar x_i)(x_{jk} - \bar x_j)`.

    Parameters
    ----------
    input
        (variables, observations) of floats; a vector is one variable.
    correction
        :math:`c` in the formula.
    fweights, aweights
        How often each observation counts, as integers, and how important it is; not negative.

    Returns
    -------
    Tensor
        (variables, variables); of one variable 0-d.

    Examples
    --------
    >>> fastnn.cov(fastnn.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]])).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    x = array(input)
    if x.ndim > 2:
        raise ValueError(f"cov: input must have at most two dimensions, got shape {x.shape}")
    if x.dtype not in (np.float32, np.float64):
        raise no_floats("cov", "input", x.dtype)
    rows = input if x.ndim == 2 else reshape(input, 1, -1)
    weights = weights_of(x.shape[-1] if x.ndim else 1, fweights, aweights)
    if weights is None:
        centered = sub(rows, mean(rows, 1, True))
        y = matmul(centered, adjoint(centered))
        total = float(array(rows).shape[1]) - correction
    else:
        w = weights.astype(x.dtype)
        size = float(weights.sum())
        centered = sub(rows, unsqueeze(div(sum(mul(rows, w), 1), size), 1))
        y = matmul(mul(centered, w), adjoint(centered))
        total = size - correction
        if aweights is not None and correction:
            total = size - correction * float((weights * array(aweights)).sum()) / size
    y = div(y, max(total, 0.0))
    return squeeze(y) if array(rows).shape[0] == 1 else y


def weights_of(n: int, fweights: TensorLike | None, aweights: TensorLike | None) -> Array | None:
    """The product of both kinds of weights."""
    product = None
    for name, given, kinds in (("fweights", fweights, "iu"), ("aweights", aweights, "f")):
        if given is None:
            continue
        w = array(given)
        if w.dtype.kind not in kinds:
            what = "integers" if kinds == "iu" else "floats"
            raise TypeError(f"cov: {name} must hold {what}, got {w.dtype}")
        if w.shape != (n,):
            raise ValueError(f"cov: {name} must have shape ({n},), got {w.shape}")
        if (w < 0).any():
            raise ValueError(f"cov: {name} must not be negative")
        product = w.astype(np.float64) if product is None else product * w
    return product


def corrcoef(input: TensorLike) -> Tensor:
    r"""Coefficients of correlation, :math:`C_{ij} / \sqrt{C_{ii} C_{jj}}` with C of `cov`.

    Parameters
    ----------
    input
        (variables, observations) of floats; a vector is one variable.

    Returns
    -------
    Tensor
        (variables, variables), within [-1, 1].

    Examples
    --------
    >>> fastnn.corrcoef(fastnn.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]])).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    c = cov(input)
    if c.ndim == 0:
        return div(c, c)
    scale = sqrt(diagonal(c))
    return clamp(div(div(c, unsqueeze(scale, 1)), unsqueeze(scale, 0)), -1.0, 1.0)
