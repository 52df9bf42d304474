"""Functions of matrices that PyTorch has outside `linalg` too, under their names there."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...autograd.record import array
from ...tensor import Tensor, TensorLike
from ..reduce.sums import norm
from ..shape import adjoint
from . import factors, lu
from .factors import QR
from .lu import lu_unpack
from .matrices import matrices
from .norms import matrix_norm
from .powers import matrix_exp, matrix_power
from .reflectors import geqrf, orgqr, ormqr
from .solve import cholesky_solve, det, inv, logdet, pinv, slogdet, triangular_solve

__all__ = [
    "cholesky",
    "cholesky_inverse",
    "cholesky_solve",
    "det",
    "frobenius_norm",
    "geqrf",
    "inverse",
    "logdet",
    "lu_solve",
    "lu_unpack",
    "matrix_exp",
    "matrix_power",
    "norm_except_dim",
    "nuclear_norm",
    "orgqr",
    "ormqr",
    "pinverse",
    "qr",
    "slogdet",
    "svd",
    "triangular_solve",
]


class SVD(NamedTuple):
    """Left vectors, singular values, and right vectors as columns."""

    U: Tensor
    S: Tensor
    V: Tensor


def svd(input: TensorLike, some: bool = True, compute_uv: bool = True) -> SVD:
    """Singular values and vectors: ``A = U diag(S) Vᵀ``; see `linalg.svd`.

    Parameters
    ----------
    input
        A, (..., M, N).
    some
        Leave out the vectors without a singular value.
    compute_uv
        If false, U and V are zeros.

    Examples
    --------
    >>> fastnn.svd(fastnn.tensor([[3.0, 0.0], [0.0, 4.0]])).S
    tensor([4., 3.])
    """
    u, s, vh = factors.svd(input, not some)
    if not compute_uv:
        u, vh = Tensor(0 * u._array), Tensor(0 * vh._array)
    return SVD(u, s, adjoint(vh))


def qr(input: TensorLike, some: bool = True) -> QR:
    """`linalg.qr` with its older argument: `some` is mode ``"reduced"``.

    Examples
    --------
    >>> fastnn.qr(fastnn.ones(3, 2)).R.shape
    (2, 2)
    """
    return factors.qr(input, "reduced" if some else "complete")


def cholesky(input: TensorLike, upper: bool = False) -> Tensor:
    """`linalg.cholesky`, whose `upper` may be given by position.

    Examples
    --------
    >>> fastnn.cholesky(fastnn.tensor([[4.0]]))
    tensor([[2.]])
    """
    return factors.cholesky(input, upper=upper)


def inverse(input: TensorLike) -> Tensor:
    """`linalg.inv` under its older name.

    Examples
    --------
    >>> fastnn.inverse(fastnn.tensor([[2.0]]))
    tensor([[0.5]])
    """
    return inv(input)


def pinverse(input: TensorLike, rcond: float = 1e-15) -> Tensor:
    """`linalg.pinv` under its older name.

    Examples
    --------
    >>> fastnn.pinverse(fastnn.tensor([[2.0]]))
    tensor([[0.5]])
    """
    return pinv(input, rcond)


def lu_solve(b: TensorLike, LU_data: TensorLike, LU_pivots: TensorLike) -> Tensor:
    """`linalg.lu_solve` with its older order of arguments.

    Examples
    --------
    >>> factors = fastnn.linalg.lu_factor(fastnn.tensor([[2.0]]))
    >>> fastnn.lu_solve(fastnn.tensor([[3.0]]), *factors)
    tensor([[1.5]])
    """
    return lu.lu_solve(LU_data, LU_pivots, b)


def cholesky_inverse(L: TensorLike, upper: bool = False) -> Tensor:
    """The inverse of A, from the factor of `cholesky` of A.

    Parameters
    ----------
    L
        The factor, (..., N, N): ``A = L Lᵀ``, or ``Lᵀ L`` where `upper`.
    upper
        Whether it is the upper triangle.

    Examples
    --------
    >>> fastnn.cholesky_inverse(fastnn.tensor([[2.0, 0.0], [0.0, 1.0]]))
    tensor([[0.25, 0.  ],
            [0.  , 1.  ]])
    """
    x = matrices("cholesky_inverse", L, "L", square=True)
    eye = np.broadcast_to(np.eye(x.shape[-1], dtype=x.dtype), x.shape)
    return cholesky_solve(eye, L, upper)


def frobenius_norm(input: TensorLike, dim: Any = None, keepdim: bool = False) -> Tensor:
    """The root of the sum of squares: `norm` with the power 2.

    Examples
    --------
    >>> fastnn.frobenius_norm(fastnn.tensor([[3.0], [4.0]])).item()
    5.0
    """
    return norm(input, 2, dim, keepdim)


def nuclear_norm(input: TensorLike, dim: Any = None, keepdim: bool = False) -> Tensor:
    """The sum of singular values: `linalg.matrix_norm` of order ``"nuc"``.

    Parameters
    ----------
    input
        (..., M, N)
    dim
        The two dimensions of matrices, by default the last ones of a matrix.
    keepdim
        Whether these remain, with size 1.

    Examples
    --------
    >>> fastnn.nuclear_norm(fastnn.tensor([[3.0, 0.0], [0.0, 4.0]])).item()
    7.0
    """
    if dim is None and array(input).ndim != 2:
        raise ValueError(f"nuclear_norm: input must be a matrix, got shape {array(input).shape}")
    return matrix_norm(input, "nuc", (-2, -1) if dim is None else dim, keepdim)


def norm_except_dim(v: TensorLike, pow: float = 2, dim: int = 0) -> Tensor:
    """The norm over all dimensions but one, which has its place; -1 stands for none.

    Examples
    --------
    >>> fastnn.norm_except_dim(fastnn.tensor([[3.0, 4.0], [5.0, 12.0]]))
    tensor([[ 5.],
            [13.]])
    """
    pow, dim = float(pow), int(dim)
    x = array(v)
    if dim == -1:
        return norm(v, pow)
    if dim not in (0, x.ndim - 1):
        raise ValueError(f"norm_except_dim: dim must be 0, {x.ndim - 1} or -1, got {dim}")
    return norm(v, pow, tuple([axis for axis in range(x.ndim) if axis != dim]), True)
