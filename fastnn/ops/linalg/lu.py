"""Lower and upper triangles by elimination with exchanged rows, which NumPy does not have."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ...autograd.record import Array, Grads, Node, array, record_many
from ...tensor import Tensor, TensorLike
from ..elementwise.arithmetic import add
from ..gemm import matmul
from ..index.basic import narrow
from ..rearrange import tril, triu
from ..shape import adjoint
from .matrices import LinAlgError, matrices, t
from .solve import solve_triangular

__all__ = ["lu", "lu_factor", "lu_factor_ex", "lu_solve", "lu_unpack"]


class Factors(NamedTuple):
    """Both triangles in one matrix, and the rows that were exchanged."""

    LU: Tensor
    pivots: Tensor


class FactorsInfo(NamedTuple):
    """As `Factors`, with the place of the first zero on the diagonal, from 1 on, or 0."""

    LU: Tensor
    pivots: Tensor
    info: Tensor


class LU(NamedTuple):
    """A permutation, a lower triangle with ones on its diagonal, and an upper triangle."""

    P: Tensor
    L: Tensor
    U: Tensor


def eliminated(x: Array, pivot: bool) -> tuple[Array, Array, Array]:
    """Triangles, exchanged rows from 1 on, and the first zero pivots, of matrices (..., M, N).

    A loop over columns, of all matrices at once.
    """
    m, n = x.shape[-2:]
    lu = x.reshape(math.prod(x.shape[:-2]), m, n).copy()
    each = np.arange(len(lu))
    pivots = np.empty((len(lu), min(m, n)), np.int32)
    info = np.zeros(len(lu), np.int32)
    for k in range(min(m, n)):
        row = np.abs(lu[:, k:, k]).argmax(1) + k if pivot else np.full(len(lu), k)
        pivots[:, k] = row + 1
        lu[each, k], lu[each, row] = lu[each, row], lu[each, k]
        head = lu[:, k, k]
        zero = head == 0
        info[(info == 0) & zero] = k + 1
        lu[:, k + 1 :, k] /= np.where(zero, 1, head)[:, None]
        lu[:, k + 1 :, k + 1 :] -= lu[:, k + 1 :, k, None] * lu[:, k, None, k + 1 :]
    lead = x.shape[:-2]
    return lu.reshape(x.shape), pivots.reshape(*lead, min(m, n)), info.reshape(lead)


def order_of(pivots: Array, count: int) -> Array:
    """Where the rows of ``L U`` stand in A: the exchanges, one after the other."""
    flat = pivots.reshape(math.prod(pivots.shape[:-1]), pivots.shape[-1])
    each = np.arange(len(flat))
    order = np.tile(np.arange(count), (len(flat), 1))
    for k in range(flat.shape[1]):
        row = flat[:, k] - 1
        order[each, k], order[each, row] = order[each, row], order[each, k]
    return order.reshape(*pivots.shape[:-1], count)


def permutation(pivots: Array, count: int, dtype: Any) -> Array:
    """The P with ``P L U = A``."""
    p = np.zeros((*pivots.shape[:-1], count, count), dtype)
    np.put_along_axis(p, order_of(pivots, count)[..., None, :], 1, -2)
    return p


def lu_factor_ex(A: TensorLike, *, pivot: bool = True, check_errors: bool = False) -> FactorsInfo:
    """`lu_factor` that says where a matrix is singular instead of raising an error.

    Parameters
    ----------
    A, pivot
        As for `lu_factor`.
    check_errors
        Whether to raise the error nevertheless.

    Examples
    --------
    >>> fastnn.linalg.lu_factor_ex(fastnn.zeros(2, 2)).info.item()
    1
    """
    x = matrices("lu_factor_ex", A, "A")
    lu, pivots, info = eliminated(x, pivot)
    if check_errors and info.any():
        raise LinAlgError(f"lu_factor_ex: diagonal element {info.max()} is zero, A is singular")
    (packed,) = record_many((lu,), eliminated_backward, (A,), lu, pivots)
    return FactorsInfo(packed, Tensor(pivots), Tensor(np.asarray(info)))


def eliminated_backward(node: Node, dlu: Array) -> Grads:
    """Of the square block by both triangles, and of what lies beside it or below it.

    With ``A = P L U``: ``P L^-T (tril(Lᵀ dL, -1) + triu(dU Uᵀ)) U^-T``.
    """
    lu, pivots = node.saved
    m, n = lu.shape[-2:]
    k = min(m, n)
    square = lu[..., :k, :k]
    lower = np.tril(square, -1) + np.eye(k, dtype=lu.dtype)
    upper = np.triu(square)
    dl, du = np.tril(dlu[..., :k, :k], -1), np.triu(dlu[..., :k, :k])
    rest = None
    if m > k:  # the rows below are rows of A, times the inverse of U
        rest = t(np.linalg.solve(upper, t(dlu[..., k:, :])))
        du = du - np.triu(t(lu[..., k:, :]) @ rest)
    if n > k:  # the columns behind are columns of A, times the inverse of L
        rest = np.linalg.solve(t(lower), dlu[..., :, k:])
        dl = dl - np.tril(rest @ t(lu[..., :, k:]), -1)
    inner = np.tril(t(lower) @ dl, -1) + np.triu(du @ t(upper))
    block = t(np.linalg.solve(upper, t(np.linalg.solve(t(lower), inner))))
    whole = block if rest is None else np.concatenate([block, rest], -2 if m > k else -1)
    return (permutation(pivots, m, lu.dtype) @ whole,)


def lu_factor(A: TensorLike, *, pivot: bool = True) -> Factors:
    """Triangles of a matrix in compact form, for `lu_solve`.

    Parameters
    ----------
    A
        (..., M, N)
    pivot
        Whether rows are exchanged, so that no quotient is above 1.

    Returns
    -------
    (LU, pivots)
        (..., M, N): U, and below its diagonal L without that; for each column the row, from 1 on,
        with which it was exchanged, (..., min(M, N)).

    Raises
    ------
    LinAlgError
        If a matrix is singular.

    Examples
    --------
    >>> fastnn.linalg.lu_factor(fastnn.tensor([[1.0, 2.0], [4.0, 4.0]]))
    Factors(LU=tensor([[4.  , 4.  ],
            [0.25, 1.  ]]), pivots=tensor([2, 2], dtype=int32))
    """
    found = lu_factor_ex(A, pivot=pivot)
    if found.info.any():
        raise LinAlgError(f"lu_factor: diagonal element {found.info.max().item()} is zero")
    return Factors(found.LU, found.pivots)


def lu_unpack(
    LU_data: TensorLike,
    LU_pivots: TensorLike,
    unpack_data: bool = True,
    unpack_pivots: bool = True,
) -> LU:
    """The three factors from their compact form.

    Parameters
    ----------
    LU_data, LU_pivots
        What `lu_factor` returns.
    unpack_data, unpack_pivots
        Whether L and U, and whether P are wanted; else they are empty.

    Examples
    --------
    >>> A = fastnn.tensor([[1.0, 2.0], [4.0, 4.0]])
    >>> P, L, U = fastnn.lu_unpack(*fastnn.linalg.lu_factor(A))
    >>> P @ L @ U
    tensor([[1., 2.],
            [4., 4.]])
    """
    x = matrices("lu_unpack", LU_data, "LU_data")
    m, n = x.shape[-2:]
    k = min(m, n)
    empty = Tensor(np.empty(0, x.dtype))
    p = empty
    if unpack_pivots:
        p = Tensor(permutation(array(LU_pivots), m, x.dtype))
    if not unpack_data:
        return LU(p, empty, empty)
    lower = add(tril(narrow(LU_data, -1, 0, k), -1), np.eye(m, k, dtype=x.dtype))
    return LU(p, lower, triu(narrow(LU_data, -2, 0, k)))


def lu(A: TensorLike, *, pivot: bool = True) -> LU:
    """The permutation P and the triangles L and U with ``P L U = A``.

    Parameters
    ----------
    A
        (..., M, N); singular ones have no gradient.
    pivot
        Whether rows are exchanged.

    Returns
    -------
    (P, L, U)
        (..., M, M), (..., M, K) and (..., K, N) with K = min(M, N).

    Examples
    --------
    >>> fastnn.linalg.lu(fastnn.tensor([[1.0, 2.0], [4.0, 4.0]])).L
    tensor([[1.  , 0.  ],
            [0.25, 1.  ]])
    """
    found = lu_factor_ex(A, pivot=pivot)
    return lu_unpack(found.LU, found.pivots)


def lu_solve(
    LU: TensorLike,
    pivots: TensorLike,
    B: TensorLike,
    *,
    left: bool = True,
    adjoint: bool = False,
) -> Tensor:
    """The X with ``A X = B``, from the factors of `lu_factor` of A.

    Parameters
    ----------
    LU, pivots
        The factors, (..., N, N) and (..., N).
    B
        (..., N, K), or (..., K, N) where `left` is false.
    left
        Whether ``A X = B``, else ``X A = B``.
    adjoint
        Whether Aᵀ is meant instead of A.

    Examples
    --------
    >>> A = fastnn.tensor([[1.0, 2.0], [4.0, 4.0]])
    >>> factors = fastnn.linalg.lu_factor(A)
    >>> fastnn.linalg.lu_solve(*factors, fastnn.tensor([[3.0], [8.0]]))
    tensor([[1.],
            [1.]])
    """
    matrices("lu_solve", LU, "LU", square=True)
    matrices("lu_solve", B, "B")
    if not left:
        return turned(lu_solve(LU, pivots, turned(B), adjoint=not adjoint))
    p, lower, upper = lu_unpack(LU, pivots)
    if adjoint:
        half = solve_triangular(turned(upper), B, upper=False)
        return matmul(p, solve_triangular(turned(lower), half, upper=True, unitriangular=True))
    half = solve_triangular(lower, matmul(turned(p), B), upper=False, unitriangular=True)
    return solve_triangular(upper, half, upper=True)


turned = adjoint
