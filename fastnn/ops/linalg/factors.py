"""Factors of matrices: Cholesky, QR, singular values, eigenvalues."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...autograd.record import Array, Grads, Node, record, record_many
from ...tensor import Tensor, TensorLike
from ..shape import adjoint
from .matrices import lapack, matrices, t

__all__ = ["cholesky", "eigh", "eigvalsh", "qr", "svd", "svdvals"]


def cholesky(input: TensorLike, *, upper: bool = False) -> Tensor:
    """The triangular L with ``L Lᵀ = A`` of symmetric positive definite matrices.

    Gradient: I. Murray, "Differentiation of the Cholesky decomposition", 2016.

    Parameters
    ----------
    input
        A, (..., N, N), of which the lower triangle is read.
    upper
        Return Lᵀ.

    Raises
    ------
    RuntimeError
        If a matrix is not positive definite.

    Examples
    --------
    >>> fastnn.linalg.cholesky(fastnn.tensor([[4.0, 2.0], [2.0, 5.0]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    x = matrices("cholesky", input, square=True)
    y = lapack("cholesky", np.linalg.cholesky, x)
    factor = record(y, cholesky_backward, (input,), y)
    return adjoint(factor) if upper else factor


def cholesky_backward(node: Node, dy: Array) -> Grads:
    (y,) = node.saved
    inner = np.tril(t(y) @ dy)
    inner = inner - np.tril(np.triu(inner)) / 2
    back = lapack("cholesky", np.linalg.inv, y)
    dx = t(back) @ inner @ back
    return ((dx + t(dx)) / 2,)


class QR(NamedTuple):
    """Orthogonal columns, and an upper triangle."""

    Q: Tensor
    R: Tensor


def qr(A: TensorLike, mode: str = "reduced") -> QR:
    """Q of orthonormal columns and the upper triangle R with ``Q R = A``.

    Gradient: S. Walter and L. Lehmann, "Algorithmic differentiation of linear algebra functions",
    2018.

    Parameters
    ----------
    A
        (..., M, N)
    mode
        ``"reduced"``: min(M, N) columns; ``"complete"``: M, whose gradient needs M = N or less.

    Raises
    ------
    ValueError
        For another mode; PyTorch's ``"r"`` is not supported.

    Examples
    --------
    >>> Q, R = fastnn.linalg.qr(fastnn.tensor([[3.0, 1.0], [4.0, 2.0]]))
    >>> (Q @ R)
    tensor([[3., 1.],
            [4., 2.]])
    """
    x = matrices("qr", A, "A")
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr: mode must be 'reduced' or 'complete', got {mode!r}")
    q, r = lapack("qr", np.linalg.qr, x, mode)
    return QR(*record_many((q, r), qr_backward, (A,), x, q, r))


def qr_backward(node: Node, dq: Array | None, dr: Array | None) -> Grads:
    x, q, r = node.saved
    m, n = x.shape[-2:]
    if q.shape[-1] > min(m, n):
        raise RuntimeError(f"qr: mode 'complete' has no gradient where M > N, got {m} and {n}")
    dq = np.zeros(q.shape, q.dtype) if dq is None else dq
    dr = np.zeros(r.shape, r.dtype) if dr is None else dr
    if m >= n:
        return (tall_backward(dq, dr, q, r),)
    # A = (X | Y) with square X: Y = Q V for the columns V of R behind the triangle.
    dv = dr[..., m:]
    dq = dq + x[..., m:] @ t(dv)
    dx = tall_backward(dq, dr[..., :m], q, r[..., :m])
    return (np.concatenate([dx, q @ dv], -1),)


def tall_backward(dq: Array, dr: Array, q: Array, r: Array) -> Array:
    inner = r @ t(dr) - t(dq) @ q
    inner = np.tril(inner) + t(np.tril(inner, -1))
    return t(lapack("qr", np.linalg.solve, r, t(dq + q @ inner)))


class SVD(NamedTuple):
    """Left vectors, singular values, and right vectors as rows."""

    U: Tensor
    S: Tensor
    Vh: Tensor


def svd(A: TensorLike, full_matrices: bool = True) -> SVD:
    """Singular values and vectors: ``A = U diag(S) Vh``.

    Gradient: J. Townsend, "Differentiating the singular value decomposition", 2016. That by the
    vectors is finite only where all singular values differ.

    Parameters
    ----------
    A
        (..., M, N); K is min(M, N).
    full_matrices
        Whether U is (..., M, M) and Vh (..., N, N), or (..., M, K) and (..., K, N). No gradient
        flows through what is more.

    Returns
    -------
    SVD
        U; S, (..., K), in descending order; Vh.

    Examples
    --------
    >>> fastnn.linalg.svd(fastnn.tensor([[3.0, 0.0], [0.0, 4.0]])).S
    tensor([4., 3.])
    """
    x = matrices("svd", A, "A")
    u, s, vh = lapack("svd", np.linalg.svd, x, full_matrices)
    return SVD(*record_many((u, s, vh), svd_backward, (A,), u, s, vh))


def svd_backward(node: Node, du: Array | None, ds: Array | None, dvh: Array | None) -> Grads:
    u, s, vh = node.saved
    k = s.shape[-1]
    u, v = u[..., :k], t(vh)[..., :k]
    inner = np.zeros((*s.shape, k), s.dtype)
    if ds is not None:
        inner = inner + ds[..., None, :] * np.eye(k, dtype=s.dtype)
    squares = s * s
    gaps = squares[..., None, :] - squares[..., :, None] + np.eye(k, dtype=s.dtype)
    left = right = None
    with np.errstate(all="ignore"):
        if du is not None:
            left = t(u) @ du[..., :k]
            inner = inner + (left - t(left)) / gaps * s[..., None, :]
        if dvh is not None:
            dv = t(dvh)[..., :k]
            right = t(v) @ dv
            inner = inner + s[..., :, None] * ((right - t(right)) / gaps)
        dx = u @ inner @ t(v)
        if du is not None and left is not None:
            dx = dx + ((du[..., :k] - u @ left) / s[..., None, :]) @ t(v)
        if dvh is not None and right is not None:
            dx = dx + (u / s[..., None, :]) @ t(dv - v @ right)
    return (dx,)


def svdvals(A: TensorLike) -> Tensor:
    """Singular values, in descending order.

    Examples
    --------
    >>> fastnn.linalg.svdvals(fastnn.tensor([[3.0, 0.0], [0.0, 4.0]]))
    tensor([4., 3.])
    """
    return svd(A, False).S


class Eigen(NamedTuple):
    """Eigenvalues in ascending order, and eigenvectors as columns."""

    eigenvalues: Tensor
    eigenvectors: Tensor


def eigh(A: TensorLike, UPLO: str = "L") -> Eigen:
    """Eigenvalues and eigenvectors of symmetric matrices.

    The gradient by the vectors is finite only where all eigenvalues differ.

    Parameters
    ----------
    A
        (..., N, N)
    UPLO
        Which triangle is read, ``"L"`` or ``"U"``.

    Returns
    -------
    Eigen
        (..., N) in ascending order, and (..., N, N) with the vectors as columns.

    Examples
    --------
    >>> fastnn.linalg.eigh(fastnn.tensor([[2.0, 1.0], [1.0, 2.0]])).eigenvalues
    tensor([1., 3.])
    """
    x = matrices("eigh", A, "A", square=True)
    if UPLO not in ("L", "U"):
        raise ValueError(f"eigh: UPLO must be 'L' or 'U', got {UPLO!r}")
    values, vectors = lapack("eigh", np.linalg.eigh, x, UPLO)
    return Eigen(*record_many((values, vectors), eigh_backward, (A,), values, vectors))


def eigh_backward(node: Node, dvalues: Array | None, dvectors: Array | None) -> Grads:
    values, v = node.saved
    unit = np.eye(values.shape[-1], dtype=values.dtype)
    inner = np.zeros(v.shape, v.dtype)
    if dvectors is not None:
        gaps = values[..., None, :] - values[..., :, None] + unit
        with np.errstate(all="ignore"):
            inner = np.where(unit == 1, inner, (t(v) @ dvectors) / gaps)
    if dvalues is not None:
        inner = inner + dvalues[..., None, :] * unit
    dx = v @ inner @ t(v)
    return ((dx + t(dx)) / 2,)


def eigvalsh(A: TensorLike, UPLO: str = "L") -> Tensor:
    """Eigenvalues of symmetric matrices, in ascending order.

    Examples
    --------
    >>> fastnn.linalg.eigvalsh(fastnn.tensor([[2.0, 1.0], [1.0, 2.0]]))
    tensor([1., 3.])
    """
    return eigh(A, UPLO).eigenvalues
