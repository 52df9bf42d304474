"""Norms of vectors and of matrices."""

from __future__ import annotations

from math import inf
from typing import Any

from ...autograd.record import array
from ...tensor import Tensor, TensorLike
from ..cast import to
from ..elementwise.algebraic import abs
from ..elementwise.arithmetic import div, mul
from ..reduce import extreme, sums
from ..reduce.sums import Dims
from ..shape import axes_of, movedim, squeeze, unsqueeze
from .factors import svdvals
from .solve import inv

__all__ = ["cond", "matrix_norm", "norm", "vector_norm"]


def vector_norm(
    x: TensorLike, ord: float = 2, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """Norm of the elements taken as a vector; see `fastnn.norm` for its powers.

    Parameters
    ----------
    x
        Tensor of floats, of any shape.
    ord
        The power: any number, also infinite, negative and 0.
    dim, keepdim, dtype
        As for `sum`.

    Examples
    --------
    >>> fastnn.linalg.vector_norm(fastnn.tensor([[3.0], [4.0]])).item()
    5.0
    """
    return sums.norm(x, ord, dim, keepdim, dtype)


def matrix_norm(
    A: TensorLike,
    ord: float | str = "fro",
    dim: Any = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Tensor:
    """Norms of matrices.

    Parameters
    ----------
    A
        Tensor of floats with at least two dimensions.
    ord
        ``"fro"`` root of the sum of squares; ``"nuc"`` sum of the singular values; 2 and -2 the
        largest and the smallest of them; 1 and -1 the largest and the smallest sum of magnitudes in
        a column; inf and -inf in a row.
    dim
        The two dimensions of the matrices.
    keepdim, dtype
        As for `sum`.

    Examples
    --------
    >>> A = fastnn.tensor([[1.0, -2.0], [3.0, 4.0]])
    >>> fastnn.linalg.matrix_norm(A, 1).item(), fastnn.linalg.matrix_norm(A, float("inf")).item()
    (6.0, 7.0)
    """
    x = to(A, dtype) if dtype is not None else A
    ndim = array(x).ndim
    axes = axes_of("matrix_norm", dim, ndim, "dim")
    if len(axes) != 2:
        raise ValueError(f"matrix_norm: dim must name two dimensions, got {dim}")
    if not isinstance(ord, str):
        ord = float(ord)
    if ord == "fro":
        return sums.norm(x, 2, axes, keepdim)
    if ord == "nuc" or ord in (2, -2):
        values = svdvals(movedim(x, axes, (-2, -1)))
        y: Tensor = sums.sum(values, -1) if ord == "nuc" else best(ord)(values, -1)
        for axis in sorted(axes) if keepdim else ():
            y = unsqueeze(y, axis)
        return y
    if ord not in (1, -1, inf, -inf):
        raise ValueError(f"matrix_norm: ord must be 'fro', 'nuc', 1, 2 or infinite, got {ord!r}")
    first, second = axes if ord in (1, -1) else axes[::-1]
    y = best(ord)(sums.sum(abs(x), first, True), second, True)
    return y if keepdim else squeeze(y, axes)


def best(ord: Any) -> Any:
    return extreme.amax if ord > 0 else extreme.amin


def norm(
    A: TensorLike,
    ord: float | str | None = None,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Tensor:
    """`vector_norm` or `matrix_norm`, as `ord` and the number of dimensions say.

    Parameters
    ----------
    A
        Tensor of floats.
    ord
        By default that of all elements as a vector, with the power 2.
    dim
        One dimension for vectors, two for matrices; by default all of those that `A` has.
    keepdim, dtype
        As for `sum`.

    Examples
    --------
    >>> fastnn.linalg.norm(fastnn.tensor([[3.0], [4.0]])).item()
    5.0
    """
    ndim = array(A).ndim if dim is None else len(dim) if isinstance(dim, (tuple, list)) else 1
    if ord is None or (ndim == 1 and not isinstance(ord, str)):
        return vector_norm(A, 2 if ord is None else ord, dim, keepdim, dtype=dtype)
    if ndim != 2:
        raise ValueError(f"norm: ord {ord!r} needs one dimension or two, got {ndim}")
    return matrix_norm(A, ord, (-2, -1) if dim is None else dim, keepdim, dtype=dtype)


def cond(A: TensorLike, p: float | str | None = None) -> Tensor:
    """Condition numbers of matrices: how much larger relative errors of solutions may be.

    Parameters
    ----------
    A
        (..., M, N), or (..., N, N) for another `p` than 2 and -2.
    p
        The norm, an `ord` of `matrix_norm`: the number is that of A times that of its inverse. By
        default 2: the ratio of the largest and the smallest singular value; -2 is the inverse one.

    Returns
    -------
    Tensor
        (...)

    Examples
    --------
    >>> fastnn.linalg.cond(fastnn.tensor([[4.0, 0.0], [0.0, 2.0]])).item()
    2.0
    """
    if p is None or p in (2, -2):
        values = svdvals(A)
        most, least = extreme.amax(values, -1), extreme.amin(values, -1)
        return div(least, most) if p == -2 else div(most, least)
    return mul(matrix_norm(A, p), matrix_norm(inv(A), p))
