"""Linear maps and matrix products."""

from __future__ import annotations

from ... import ops
from ...tensor import Tensor
from .table import operator


@operator("MatMul")
def matmul(a: Tensor, b: Tensor) -> Tensor:
    return ops.matmul(a, b)


@operator("Gemm")
def gemm(
    a: Tensor,
    b: Tensor,
    c: Tensor | None = None,
    *,
    alpha: float = 1.0,
    beta: float = 1.0,
    transA: int = 0,
    transB: int = 0,
) -> Tensor:
    if a.ndim != 2 or b.ndim != 2:
        raise ValueError(f"A and B must be matrices, got shapes {a.shape} and {b.shape}")
    a = a.transpose(0, 1) if transA else a
    b = b if transB else b.transpose(0, 1)
    if alpha == beta == 1 and (c is None or c.shape == (b.shape[0],)):
        return ops.linear(a, b, c)
    y = ops.linear(a, b)
    y = y if alpha == 1 else y * alpha
    if c is None:
        return y
    return y + (c if beta == 1 else c * beta)


@operator("Einsum")
def einsum(x: Tensor, *others: Tensor, equation: str) -> Tensor:
    return ops.einsum(equation, x, *others)
