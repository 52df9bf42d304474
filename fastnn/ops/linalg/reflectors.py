"""Householder's reflectors, of which orthogonal matrices are products.

``H_i = I - tau_i v_i v_iᵀ``, where v_i is 0 above place i, 1 there, and below what column i of a
matrix has there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...autograd.record import Array, Grads, Node, array, record_many
from ...tensor import Tensor, TensorLike
from ..elementwise.arithmetic import add, mul, sub
from ..gemm import matmul
from ..index.basic import narrow
from ..rearrange import tril
from ..shape import adjoint, expand, unsqueeze
from .matrices import lapack, matrices

__all__ = ["geqrf", "householder_product", "orgqr", "ormqr"]


class Reflectors(NamedTuple):
    """R in the upper triangle and the vectors below, and their factors."""

    a: Tensor
    tau: Tensor


def geqrf(input: TensorLike) -> Reflectors:
    """The factors of `linalg.qr` as LAPACK has them, with Q as reflectors; it has no gradient.

    Parameters
    ----------
    input
        (..., M, N)

    Returns
    -------
    (a, tau)
        (..., M, N) and (..., min(M, N)), for `householder_product` and `ormqr`.

    Examples
    --------
    >>> fastnn.geqrf(fastnn.tensor([[3.0], [4.0]])).a[0].abs()
    tensor([5.])
    """
    x = matrices("geqrf", input)
    h, tau = lapack("geqrf", np.linalg.qr, x, "raw")
    a = np.ascontiguousarray(h.swapaxes(-1, -2))
    return Reflectors(*record_many((a, tau), geqrf_backward, (input,)))


def geqrf_backward(node: Node, *dys: Array | None) -> Grads:
    raise RuntimeError("geqrf: it has no gradient; use linalg.qr")


def reflected(op: str, A: TensorLike, tau: TensorLike, x: Tensor, transposed: bool) -> Tensor:
    """``H_1 ... H_K x``, or ``H_K ... H_1 x``."""
    a, factors = matrices(op, A, "A"), array(tau)
    m, count = a.shape[-2], factors.shape[-1] if factors.ndim else 0
    if factors.shape[:-1] != a.shape[:-2] or count > min(a.shape[-2:]):
        raise ValueError(f"{op}: tau of shape {factors.shape} does not fit A of shape {a.shape}")
    vectors = add(tril(A, -1), np.eye(m, a.shape[-1], dtype=a.dtype))
    for i in range(count) if transposed else reversed(range(count)):
        v = narrow(vectors, -1, i, 1)
        scaled = mul(v, unsqueeze(narrow(tau, -1, i, 1), -1))
        x = sub(x, matmul(scaled, matmul(adjoint(v), x)))
    return x


def householder_product(A: TensorLike, tau: TensorLike) -> Tensor:
    """The first columns of the product of reflectors ``H_1 ... H_K``.

    Parameters
    ----------
    A
        Their vectors, below the diagonal, (..., M, N) with M of at least N.
    tau
        Their factors, (..., K) with K of at most N.

    Returns
    -------
    Tensor
        (..., M, N)

    Examples
    --------
    >>> A = fastnn.tensor([[3.0, 1.0], [4.0, 2.0]])
    >>> Q = fastnn.linalg.householder_product(*fastnn.geqrf(A))
    >>> (Q.T @ Q).round(decimals=4).abs()
    tensor([[1., 0.],
            [0., 1.]])
    """
    a = matrices("householder_product", A, "A")
    m, n = a.shape[-2:]
    if m < n:
        raise ValueError(f"householder_product: A must have as many rows as columns, got {a.shape}")
    start = expand(np.eye(m, n, dtype=a.dtype), *a.shape)
    return reflected("householder_product", A, tau, start, False)


def orgqr(input: TensorLike, tau: TensorLike) -> Tensor:
    """`linalg.householder_product` under LAPACK's name.

    Examples
    --------
    >>> fastnn.orgqr(*fastnn.geqrf(fastnn.tensor([[3.0], [4.0]]))).abs()
    tensor([[0.6],
            [0.8]])
    """
    return householder_product(input, tau)


def ormqr(
    input: TensorLike,
    tau: TensorLike,
    other: TensorLike,
    left: bool = True,
    transpose: bool = False,
) -> Tensor:
    """The product of the whole Q of reflectors with a matrix.

    Parameters
    ----------
    input, tau
        Q, as for `householder_product`, (..., M, N) and (..., K).
    other
        C, (..., M, L) or, where `left` is false, (..., L, M).
    left
        Whether ``Q C``, else ``C Q``.
    transpose
        Whether Qᵀ is meant instead of Q.

    Examples
    --------
    >>> A = fastnn.tensor([[3.0], [4.0]])
    >>> fastnn.ormqr(*fastnn.geqrf(A), A, transpose=True).abs().round(decimals=4)
    tensor([[5.],
            [0.]])
    """
    c = matrices("ormqr", other, "other")
    rows = matrices("ormqr", input).shape[-2]
    if c.shape[-2 if left else -1] != rows:
        raise ValueError(f"ormqr: other of shape {c.shape} does not fit Q of {rows} rows")
    start = other if isinstance(other, Tensor) else Tensor(c)
    if left:
        return reflected("ormqr", input, tau, start, transpose)
    return adjoint(reflected("ormqr", input, tau, adjoint(start), not transpose))
