"""Functions of matrices that PyTorch has outside `linalg` too, under their names there."""

from __future__ import annotations

from typing import NamedTuple

from ...tensor import Tensor, TensorLike
from ..shape import adjoint
from . import factors
from .factors import QR
from .powers import matrix_exp, matrix_power
from .solve import cholesky_solve, det, inv, logdet, pinv, slogdet

__all__ = [
    "cholesky",
    "cholesky_solve",
    "det",
    "inverse",
    "logdet",
    "matrix_exp",
    "matrix_power",
    "pinverse",
    "qr",
    "slogdet",
    "svd",
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
