"""Sums, means and extremes along axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import ops
from ...tensor import Tensor
from .table import operator

KINDS = {
    "ReduceSum": ops.sum,
    "ReduceMean": ops.mean,
    "ReduceProd": ops.prod,
    "ReduceMax": ops.amax,
    "ReduceMin": ops.amin,
    "ReduceL2": lambda x, dim, keep: ops.sqrt(ops.sum(x * x, dim, keep)),
    "ReduceL1": lambda x, dim, keep: ops.sum(ops.abs(x), dim, keep),
    "ReduceSumSquare": lambda x, dim, keep: ops.sum(x * x, dim, keep),
    "ReduceLogSumExp": ops.logsumexp,
}


def reduction(function: Callable[..., Any]) -> Any:
    def compute(
        x: Tensor,
        dims: Tensor | None = None,
        *,
        axes: list[int] | None = None,
        keepdims: int = 1,
        noop_with_empty_axes: int = 0,
    ) -> Tensor:
        chosen = axes or []
        if dims is not None:
            chosen = [int(n) for n in dims.numpy().reshape(-1)]
        if not chosen:
            if noop_with_empty_axes:
                return x
            chosen = list(range(x.ndim))
        y: Tensor = function(x, tuple(chosen), bool(keepdims)) if chosen else x
        return y.to(x.dtype)

    return compute


for _kind, _function in KINDS.items():
    operator(_kind)(reduction(_function))


def place(function: Callable[..., Any], x: Tensor, axis: int, keepdims: int, last: int) -> Tensor:
    if last:
        raise ValueError("select_last_index must be 0")
    y: Tensor = function(x, axis, bool(keepdims))
    return y


@operator("ArgMax")
def argmax(x: Tensor, *, axis: int = 0, keepdims: int = 1, select_last_index: int = 0) -> Tensor:
    return place(ops.argmax, x, axis, keepdims, select_last_index)


@operator("ArgMin")
def argmin(x: Tensor, *, axis: int = 0, keepdims: int = 1, select_last_index: int = 0) -> Tensor:
    return place(ops.argmin, x, axis, keepdims, select_last_index)


@operator("CumSum")
def cumsum(x: Tensor, axis: Tensor, *, exclusive: int = 0, reverse: int = 0) -> Tensor:
    if exclusive or reverse:
        raise ValueError("exclusive and reverse must be 0")
    return ops.cumsum(x, int(axis.item()))


@operator("TopK")
def topk(
    x: Tensor, k: Tensor, *, axis: int = -1, largest: int = 1, sorted: int = 1
) -> tuple[Tensor, Tensor]:
    values, indices = ops.topk(x, int(k.item()), axis, bool(largest), bool(sorted))
    return values, indices
