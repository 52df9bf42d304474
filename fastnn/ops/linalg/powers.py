"""Powers and exponentials of matrices, and products of several."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...autograd.record import Array, Grads, Node, record
from ...tensor import Tensor, TensorLike
from ..create.filled import eye
from ..gemm import matmul
from ..join.concatenate import several
from ..products import chain, vector_product
from ..shape import expand
from .matrices import lapack, matrices, t
from .solve import inv

__all__ = ["cross", "matrix_exp", "matrix_power", "multi_dot"]

# Coefficients of Padé's approximant of exp of degree 13, and the largest 1-norm for which it has
# the precision of float64. N. Higham, "The scaling and squaring method revisited", 2005.
PADE = [
    64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0,
    129060195264000.0, 10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0, 40840800.0,
    960960.0, 16380.0, 182.0, 1.0,
]  # fmt: skip
PADE_BOUND = 5.371920351148152


def matrix_exp(A: TensorLike) -> Tensor:
    r"""Exponential of square matrices, :math:`\sum_k A^k / k!`.

    Parameters
    ----------
    A
        (..., N, N)

    Returns
    -------
    Tensor
        (..., N, N)

    Examples
    --------
    >>> fastnn.linalg.matrix_exp(fastnn.tensor([[0.0, 1.0], [0.0, 0.0]]))
    tensor([[1., 1.],
            [0., 1.]])
    """
    x = matrices("matrix_exp", A, "A", square=True)
    return record(exponential(x), matrix_exp_backward, (A,), x)


def matrix_exp_backward(node: Node, dy: Array) -> Grads:
    """The upper right block of the exponential of (Aᵀ dy; 0 Aᵀ)."""
    (x,) = node.saved
    n = x.shape[-1]
    block = np.zeros((*x.shape[:-2], 2 * n, 2 * n), x.dtype)
    block[..., :n, :n] = block[..., n:, n:] = t(x)
    block[..., :n, n:] = dy
    return (exponential(block)[..., :n, n:].copy(),)


def exponential(x: Array) -> Array:
    size = np.abs(x).sum(-2).max(initial=0)
    if not np.isfinite(size):
        return np.full_like(x, np.nan)
    halvings = max(0, int(np.ceil(np.log2(max(float(size), 1e-300) / PADE_BOUND))))
    a = x.astype(np.float64) / 2.0**halvings
    even = odd = np.zeros_like(a)
    power = np.broadcast_to(np.eye(a.shape[-1]), a.shape)
    square = a @ a
    for i in range(0, len(PADE), 2):
        even = even + PADE[i] * power
        odd = odd + PADE[i + 1] * power
        power = power @ square
    odd = a @ odd
    y = lapack("matrix_exp", np.linalg.solve, even - odd, even + odd)
    with np.errstate(all="ignore"):
        for _ in range(halvings):
            y = y @ y
        result: Array = y.astype(x.dtype)
    return result


def matrix_power(input: TensorLike, n: int) -> Tensor:
    """Square matrices to a whole power, by repeated squaring.

    Parameters
    ----------
    input
        (..., N, N)
    n
        The power; where negative, that of the inverse.

    Examples
    --------
    >>> fastnn.linalg.matrix_power(fastnn.tensor([[1.0, 1.0], [0.0, 1.0]]), 3)
    tensor([[1., 3.],
            [0., 1.]])
    """
    x = matrices("matrix_power", input, square=True)
    if not hasattr(n, "__index__"):
        raise TypeError(f"matrix_power: n must be an integer, got {n!r}")
    base: Any = inv(input) if n < 0 else input
    rest = abs(n.__index__())
    if rest == 0:
        return expand(eye(x.shape[-1], dtype=x.dtype), x.shape).clone()
    result: Any = None
    while rest:
        if rest & 1:
            result = base if result is None else matmul(result, base)
        rest >>= 1
        base = matmul(base, base) if rest else base
    return matmul(result, eye(x.shape[-1], dtype=x.dtype)) if result is input else result


def multi_dot(tensors: Any) -> Tensor:
    """Product of several matrices in the order of the fewest operations: see `chain_matmul`.

    Examples
    --------
    >>> fastnn.linalg.multi_dot([fastnn.ones(1, 2), fastnn.ones(2, 3), fastnn.ones(3, 1)]).tolist()
    [[6.0]]
    """
    return chain("multi_dot", several("multi_dot", tensors))


def cross(input: TensorLike, other: TensorLike, *, dim: int = -1) -> Tensor:
    """Vector product in three dimensions, along the last one by default.

    Examples
    --------
    >>> fastnn.linalg.cross(fastnn.tensor([1.0, 0.0, 0.0]), fastnn.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    return vector_product("cross", input, other, dim)
