"""Inverses, determinants, and solutions of linear equations."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...autograd.record import Array, Grads, Node, array, record, record_many, unbroadcast
from ...dtypes import check_same
from ...tensor import Tensor, TensorLike
from ..create.filled import eye
from ..elementwise.arithmetic import add
from ..elementwise.transcendental import log
from ..gemm import matmul
from ..rearrange import tril, triu
from ..shape import adjoint, clone, squeeze, unsqueeze
from .matrices import lapack, matrices, t

__all__ = [
    "cholesky_solve",
    "det",
    "inv",
    "logdet",
    "lstsq",
    "pinv",
    "slogdet",
    "solve",
    "solve_triangular",
    "triangular_solve",
]


def inv(input: TensorLike) -> Tensor:
    """Inverse of square matrices.

    Parameters
    ----------
    input
        A, (..., N, N).

    Raises
    ------
    RuntimeError
        If a matrix is singular.

    Examples
    --------
    >>> fastnn.linalg.inv(fastnn.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5 , 0.  ],
            [0.  , 0.25]])
    """
    x = matrices("inv", input, square=True)
    y = lapack("inv", np.linalg.inv, x)
    return record(y, inv_backward, (input,), y)


def inv_backward(node: Node, dy: Array) -> Grads:
    (y,) = node.saved
    return (-t(y) @ dy @ t(y),)


def pinv(input: TensorLike, rcond: float = 1e-15) -> Tensor:
    """Pseudoinverse of Moore and Penrose.

    Gradient: G. Golub and V. Pereyra, "The differentiation of pseudo-inverses and nonlinear least
    squares problems whose variables separate", 1973.

    Parameters
    ----------
    input
        A, (..., M, N).
    rcond
        Singular values below this share of the largest count as zeros.

    Returns
    -------
    Tensor
        (..., N, M)

    Examples
    --------
    >>> fastnn.linalg.pinv(fastnn.tensor([[2.0, 0.0]]))
    tensor([[0.5],
            [0. ]])
    """
    x = matrices("pinv", input)
    y = lapack("pinv", np.linalg.pinv, x, rcond)
    return record(y, pinv_backward, (input,), x, y)


def pinv_backward(node: Node, dy: Array) -> Grads:
    a, p = node.saved
    left, right = t(dy) @ p @ t(p), t(p) @ p @ t(dy)
    dx = left - a @ (p @ left) + right - (right @ p) @ a
    return (dx - t(p) @ dy @ t(p),)


def det(input: TensorLike) -> Tensor:
    """Determinants.

    Parameters
    ----------
    input
        A, (..., N, N); singular ones have a gradient too.

    Returns
    -------
    Tensor
        (...)

    Examples
    --------
    >>> fastnn.linalg.det(fastnn.tensor([[2.0, 1.0], [1.0, 4.0]])).item()
    7.0
    """
    x = matrices("det", input, square=True)
    return record(lapack("det", np.linalg.det, x), det_backward, (input,), x)


def det_backward(node: Node, dy: Array) -> Grads:
    """The cofactors, from the singular values: of each the product of all others."""
    (x,) = node.saved
    u, s, vh = lapack("det", np.linalg.svd, x)
    others = np.where(np.eye(s.shape[-1], dtype=np.bool_), s.dtype.type(1), s[..., None, :])
    sign = np.linalg.det(u) * np.linalg.det(vh)
    scale = (dy * sign)[..., None] * others.prod(-1)
    return (((u * scale[..., None, :]) @ vh).astype(x.dtype, copy=False),)


class LogDet(NamedTuple):
    """Sign and logarithm of the magnitude of a determinant."""

    sign: Tensor
    logabsdet: Tensor


def slogdet(input: TensorLike) -> LogDet:
    """Signs of determinants, and the logarithms of their magnitudes.

    Parameters
    ----------
    input
        A, (..., N, N). A singular matrix has sign 0 and the logarithm -inf.

    Examples
    --------
    >>> sign, logabsdet = fastnn.linalg.slogdet(fastnn.tensor([[0.0, 2.0], [1.0, 0.0]]))
    >>> sign.item(), logabsdet.item()
    (-1.0, 0.693147...)
    """
    x = matrices("slogdet", input, square=True)
    sign, size = lapack("slogdet", np.linalg.slogdet, x)
    ys = (np.asarray(sign), np.asarray(size))
    return LogDet(*record_many(ys, slogdet_backward, (input,), x))


def slogdet_backward(node: Node, _: Array | None, dy: Array | None) -> Grads:
    (x,) = node.saved
    if dy is None:
        return (np.zeros(x.shape, x.dtype),)
    return (dy[..., None, None] * t(lapack("slogdet", np.linalg.inv, x)),)


def logdet(input: TensorLike) -> Tensor:
    """Logarithms of determinants, NaN of negative ones.

    Examples
    --------
    >>> fastnn.logdet(fastnn.tensor([[2.0, 1.0], [1.0, 4.0]])).item()
    1.945910...
    """
    matrices("logdet", input, square=True)
    sign, size = slogdet(input)
    return add(size, log(sign.detach()))


def solve(A: TensorLike, B: TensorLike, *, left: bool = True) -> Tensor:
    """The X with ``A X = B``, or with ``X A = B`` where `left` is false.

    Parameters
    ----------
    A
        (..., N, N)
    B
        (..., N, K), or (N,) and (..., N) beside as many matrices; ``left=False``: (..., K, N).

    Returns
    -------
    Tensor
        X, of the shape of B with the batch dimensions of both.

    Raises
    ------
    RuntimeError
        If a matrix is singular.

    Examples
    --------
    >>> A = fastnn.tensor([[2.0, 0.0], [0.0, 4.0]])
    >>> fastnn.linalg.solve(A, fastnn.tensor([2.0, 2.0]))
    tensor([1. , 0.5])
    """
    a, b = matrices("solve", A, "A", square=True), array(B)
    check_same("solve", A=a, B=b)
    if b.ndim == 1 or (b.ndim == a.ndim - 1 and b.shape == a.shape[:-1]):
        if not left:
            raise ValueError(f"solve: B must be a matrix where left is False, got shape {b.shape}")
        return squeeze(solve(A, unsqueeze(B, -1)), -1)
    if not left:
        return adjoint(solve(adjoint(A), adjoint(B)))
    if b.ndim < 2 or b.shape[-2] != a.shape[-1]:
        raise ValueError(
            f"solve: expected shapes (..., N, N) and (..., N, K), got {a.shape}, {b.shape}"
        )
    try:
        np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    except ValueError:
        raise ValueError(
            f"solve: the batch dimensions of {a.shape} and {b.shape} do not broadcast"
        ) from None
    x = lapack("solve", np.linalg.solve, a, b)
    return record(x, solve_backward, (A, B), a, x, b.shape)


def solve_backward(node: Node, dx: Array) -> Grads:
    a, x, shape = node.saved
    db = lapack("solve", np.linalg.solve, t(a), dx)
    da = -db @ t(x) if node.needs[0] else None
    return (
        None if da is None else unbroadcast(da, a.shape),
        unbroadcast(db, shape) if node.needs[1] else None,
    )


def solve_triangular(
    A: TensorLike,
    B: TensorLike,
    *,
    upper: bool,
    left: bool = True,
    unitriangular: bool = False,
) -> Tensor:
    """`solve` for triangular matrices, of which the other triangle is not read.

    Parameters
    ----------
    A
        (..., N, N)
    B
        (..., N, K), or (..., K, N) where `left` is false.
    upper
        Which triangle.
    left
        Whether ``A X = B``, else ``X A = B``.
    unitriangular
        Whether the diagonal counts as ones.

    Examples
    --------
    >>> A = fastnn.tensor([[2.0, 7.0], [1.0, 4.0]])
    >>> fastnn.linalg.solve_triangular(A, fastnn.tensor([[2.0], [5.0]]), upper=False)
    tensor([[1.],
            [1.]])
    """
    a = matrices("solve_triangular", A, "A", square=True)
    matrices("solve_triangular", B, "B")
    part = triu if upper else tril
    diagonal = (1 if upper else -1) if unitriangular else 0
    whole = part(A, diagonal)
    if unitriangular:
        whole = add(whole, eye(a.shape[-1], dtype=a.dtype))
    return solve(whole, B, left=left)


def cholesky_solve(B: TensorLike, L: TensorLike, upper: bool = False) -> Tensor:
    """The X with ``A X = B``, from the factor of `cholesky` of A.

    Parameters
    ----------
    B
        (..., N, K)
    L
        The factor, (..., N, N): ``A = L Lᵀ``, or ``Lᵀ L`` where `upper`.
    upper
        Whether it is the upper triangle.

    Examples
    --------
    >>> L = fastnn.tensor([[2.0, 0.0], [0.0, 1.0]])
    >>> fastnn.cholesky_solve(fastnn.tensor([[4.0], [3.0]]), L)
    tensor([[1.],
            [3.]])
    """
    matrices("cholesky_solve", L, "L", square=True)
    matrices("cholesky_solve", B, "B")
    first, second = (adjoint(L), L) if upper else (L, adjoint(L))
    half = solve_triangular(first, B, upper=False)
    return solve_triangular(second, half, upper=True)


class Triangular(NamedTuple):
    """The solution, and the matrix."""

    solution: Tensor
    cloned_coefficient: Tensor


def triangular_solve(
    b: TensorLike,
    A: TensorLike,
    upper: bool = True,
    transpose: bool = False,
    unitriangular: bool = False,
) -> Triangular:
    """`linalg.solve_triangular` with its older arguments.

    Parameters
    ----------
    b, A
        (..., N, K) and (..., N, N).
    upper
        Which triangle of A.
    transpose
        Whether Aᵀ is meant instead of A.
    unitriangular
        Whether the diagonal counts as ones.

    Examples
    --------
    >>> A = fastnn.tensor([[2.0, 1.0], [0.0, 4.0]])
    >>> fastnn.triangular_solve(fastnn.tensor([[3.0], [4.0]]), A).solution
    tensor([[1.],
            [1.]])
    """
    upper, transpose, unitriangular = bool(upper), bool(transpose), bool(unitriangular)
    matrix = adjoint(A) if transpose else A
    x = solve_triangular(matrix, b, upper=upper != transpose, unitriangular=unitriangular)
    return Triangular(x, clone(A))


class LeastSquares(NamedTuple):
    """Solutions, sums of squared residuals, ranks and singular values."""

    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor


def lstsq(A: TensorLike, B: TensorLike, rcond: float | None = None) -> LeastSquares:
    """The X of the smallest ``|A X - B|²``, and of those the smallest X.

    Parameters
    ----------
    A
        (..., M, N)
    B
        (..., M, K)
    rcond
        Singular values below this share of the largest count as zeros, by default max(M, N) times
        the precision of the type.

    Returns
    -------
    LeastSquares
        The solution, through which gradients flow, (..., N, K); sums of squared residuals for
        M > N where the rank is N, else empty; rank and singular values.

    Examples
    --------
    >>> A = fastnn.tensor([[1.0], [1.0]])
    >>> fastnn.linalg.lstsq(A, fastnn.tensor([[1.0], [3.0]])).solution
    tensor([[2.]])
    """
    a, b = matrices("lstsq", A, "A"), matrices("lstsq", B, "B")
    check_same("lstsq", A=a, B=b)
    if a.shape[-2] != b.shape[-2]:
        raise ValueError(
            f"lstsq: expected shapes (..., M, N) and (..., M, K), got {a.shape}, {b.shape}"
        )
    m, n = a.shape[-2:]
    limit = max(m, n) * float(np.finfo(a.dtype).eps) if rcond is None else rcond
    solution = matmul(pinv(A, limit), B)
    s = lapack("lstsq", np.linalg.svd, a, compute_uv=False)
    rank = np.asarray((s > limit * s.max(-1, keepdims=True, initial=0)).sum(-1))
    residuals = np.empty((*solution.shape[:-2], 0), a.dtype)
    if m > n and (rank == n).all():
        residuals = ((a @ solution._array - b) ** 2).sum(-2)
    return LeastSquares(solution, Tensor(residuals), Tensor(rank), Tensor(s))
