"""Inverses of tensors seen as matrices, dot products along a dimension, and ranks."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...autograd.record import array
from ...tensor import Tensor, TensorLike
from ..elementwise.arithmetic import mul
from ..reduce.sums import sum
from ..shape import movedim, reshape
from .matrices import lapack, matrices
from .solve import inv, solve

__all__ = ["matrix_rank", "tensorinv", "tensorsolve", "vecdot"]


def tensorinv(A: TensorLike, ind: int = 2) -> Tensor:
    """The inverse of a tensor as a matrix from its last dimensions to its first ones.

    Parameters
    ----------
    A
        The product of the first `ind` sizes is that of the others.
    ind
        How many dimensions are first, at least 1.

    Returns
    -------
    Tensor
        Of the shape ``A.shape[ind:] + A.shape[:ind]``.

    Examples
    --------
    >>> fastnn.linalg.tensorinv(fastnn.eye(4).reshape(2, 2, 4)).shape
    (4, 2, 2)
    """
    shape = array(A).shape
    if ind < 1:
        raise ValueError(f"tensorinv: ind must be at least 1, got {ind}")
    rows, columns = int(np.prod(shape[:ind])), int(np.prod(shape[ind:]))
    if rows != columns:
        raise ValueError(
            f"tensorinv: shape {shape} has {rows} elements before dimension {ind} and {columns} "
            "behind, which must be as many"
        )
    return reshape(inv(reshape(A, rows, rows)), *shape[ind:], *shape[:ind])


def tensorsolve(A: TensorLike, B: TensorLike, dims: Any = None) -> Tensor:
    """The X whose product with A over all its dimensions is B: ``tensordot(A, X, X.ndim) = B``.

    Parameters
    ----------
    A
        Of the shape ``B.shape + X.shape``, with as many elements in the one as in the other.
    B
        Any shape.
    dims
        Dimensions of A that are moved to the end first.

    Examples
    --------
    >>> A = 2 * fastnn.eye(4).reshape(2, 2, 4)
    >>> fastnn.linalg.tensorsolve(A, fastnn.ones(2, 2))
    tensor([0.5, 0.5, 0.5, 0.5])
    """
    if dims is not None:
        A = movedim(A, tuple(dims), tuple(range(-len(dims), 0)))
    shape, b = array(A).shape, array(B)
    rest = shape[b.ndim :]
    count = int(np.prod(rest))
    if count != b.size or shape[: b.ndim] != b.shape:
        raise ValueError(
            f"tensorsolve: A of shape {shape} must begin with the shape of B, {b.shape}, and have "
            "as many elements behind"
        )
    return reshape(solve(reshape(A, count, count), reshape(B, count)), *rest)


def vecdot(x: TensorLike, y: TensorLike, *, dim: int = -1) -> Tensor:
    """Dot products of the vectors along a dimension, whose other ones broadcast.

    Parameters
    ----------
    x, y
        Tensors that broadcast.
    dim
        The dimension.

    Examples
    --------
    >>> fastnn.linalg.vecdot(fastnn.ones(2, 3), fastnn.tensor([1.0, 2.0, 3.0]))
    tensor([6., 6.])
    """
    return sum(mul(x, y), dim)


def matrix_rank(
    A: TensorLike,
    tol: Any = None,
    hermitian: bool = False,
    *,
    atol: Any = None,
    rtol: Any = None,
) -> Tensor:
    """How many singular values of matrices are above a limit: their number of independent rows.

    Parameters
    ----------
    A
        (..., M, N)
    tol
        The limit; in its place the larger one of
    atol
        a limit, 0 by default, and
    rtol
        a share of the largest singular value; where `atol` is not above 0 by default max(M, N)
        times the precision of the type.
    hermitian
        Whether A is symmetric: then its eigenvalues serve.

    Returns
    -------
    Tensor
        (...), int64.

    Examples
    --------
    >>> fastnn.linalg.matrix_rank(fastnn.ones(3, 3)).item()
    1
    """
    x = matrices("matrix_rank", A, "A", square=hermitian)
    if hermitian:
        s = np.abs(lapack("matrix_rank", np.linalg.eigvalsh, x))
    else:
        s = lapack("matrix_rank", np.linalg.svd, x, compute_uv=False)
    if tol is not None:
        limit = np.asarray(array(tol), x.dtype)
    else:
        above = np.asarray(array(0.0 if atol is None else atol), x.dtype)
        share = np.asarray(array(0.0 if rtol is None else rtol), x.dtype)
        if rtol is None:
            share = np.where(above > 0, 0, max(x.shape[-2:]) * np.finfo(x.dtype).eps)
        limit = np.maximum(above, share * s.max(-1, initial=0))
    return Tensor(np.asarray((s > limit[..., None]).sum(-1)))
