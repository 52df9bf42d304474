"""Functions of matrices that say which of them have no value, and raise no error."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...autograd.record import Array
from ...tensor import Tensor, TensorLike
from ..elementwise.choose import where
from .factors import cholesky
from .matrices import LinAlgError, lapack, matrices
from .solve import inv, solve

__all__ = ["cholesky_ex", "inv_ex", "solve_ex"]


class Inverses(NamedTuple):
    """Inverses, and for each matrix 0, or 1 where it is singular."""

    inverse: Tensor
    info: Tensor


class Solutions(NamedTuple):
    """Solutions, and for each matrix 0, or 1 where it is singular."""

    result: Tensor
    info: Tensor


def regular(A: TensorLike, check_errors: bool, op: str) -> tuple[TensorLike, Tensor]:
    """A with identities in the place of singular matrices, and where these are."""
    x = matrices(op, A, "A", square=True)
    sign = np.asarray(lapack(op, np.linalg.slogdet, x)[0])
    singular = (sign == 0) | np.isnan(sign)
    if singular.any():
        if check_errors:
            raise LinAlgError(f"{op}: a matrix is singular")
        A = where(singular[..., None, None], np.eye(x.shape[-1], dtype=x.dtype), A)
    return A, Tensor(singular.astype(np.int32))


def inv_ex(A: TensorLike, *, check_errors: bool = False) -> Inverses:
    """`inv` that says where a matrix is singular instead of raising an error.

    Parameters
    ----------
    A
        (..., N, N)
    check_errors
        Whether to raise the error nevertheless.

    Returns
    -------
    (inverse, info)
        (..., N, N), where of singular matrices an identity stands; and (...), 1 for these, else 0.

    Examples
    --------
    >>> fastnn.linalg.inv_ex(fastnn.zeros(2, 2)).info.item()
    1
    """
    matrix, info = regular(A, check_errors, "inv_ex")
    return Inverses(inv(matrix), info)


def solve_ex(
    A: TensorLike, B: TensorLike, *, left: bool = True, check_errors: bool = False
) -> Solutions:
    """`solve` that says where a matrix is singular instead of raising an error.

    Parameters
    ----------
    A, B, left
        As for `solve`.
    check_errors
        Whether to raise the error nevertheless.

    Returns
    -------
    (result, info)
        Solutions, which for singular matrices are B; and (...), 1 for these, else 0.

    Examples
    --------
    >>> fastnn.linalg.solve_ex(fastnn.zeros(2, 2), fastnn.ones(2)).info.item()
    1
    """
    matrix, info = regular(A, check_errors, "solve_ex")
    return Solutions(solve(matrix, B, left=left), info)


class CholeskyInfo(NamedTuple):
    """Factors, and for each matrix 0, or where it is not positive definite the order of a minor."""

    L: Tensor
    info: Tensor


def cholesky_ex(
    input: TensorLike, *, upper: bool = False, check_errors: bool = False
) -> CholeskyInfo:
    """`cholesky` that says where a matrix is not positive definite instead of raising an error.

    Parameters
    ----------
    input, upper
        As for `cholesky`.
    check_errors
        Whether to raise the error nevertheless.

    Returns
    -------
    (L, info)
        Factors, with NaN for matrices that have none; and (...), for these how many rows and
        columns suffice to see it, else 0.

    Examples
    --------
    >>> fastnn.linalg.cholesky_ex(-fastnn.eye(2)).info.item()
    1
    """
    x = matrices("cholesky_ex", input, square=True)
    flat = x.reshape(-1, *x.shape[-2:])
    info = np.asarray([failing(a) for a in flat], np.int32)
    if not info.any():
        return CholeskyInfo(cholesky(input, upper=upper), Tensor(info.reshape(x.shape[:-2])))
    if check_errors:
        raise LinAlgError("cholesky_ex: a matrix is not positive definite")
    good = (info == 0).reshape(*x.shape[:-2], 1, 1)
    factor = cholesky(where(good, input, np.eye(x.shape[-1], dtype=x.dtype)), upper=upper)
    return CholeskyInfo(where(good, factor, np.nan), Tensor(info.reshape(x.shape[:-2])))


def failing(a: Array) -> int:
    """The order of the smallest leading minor that is not positive definite, or 0."""

    def is_definite(n: int) -> bool:
        try:
            return bool(np.isfinite(np.linalg.cholesky(a[:n, :n])).all())
        except np.linalg.LinAlgError:
            return False

    if is_definite(len(a)):
        return 0
    return next(n for n in range(1, len(a) + 1) if not is_definite(n))
