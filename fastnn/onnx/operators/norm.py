"""Normalization."""

from __future__ import annotations

from ... import ops
from ...tensor import Tensor
from .table import operator


@operator("BatchNormalization")
def batch_normalization(
    x: Tensor,
    scale: Tensor,
    bias: Tensor,
    mean: Tensor,
    var: Tensor,
    *,
    epsilon: float = 1e-5,
    momentum: float = 0.9,
    training_mode: int = 0,
) -> Tensor:
    if training_mode:
        raise ValueError("training_mode must be 0")
    return ops.batch_norm(x, mean, var, scale, bias, False, 0.1, epsilon)


@operator("InstanceNormalization")
def instance_normalization(
    x: Tensor, scale: Tensor, bias: Tensor, *, epsilon: float = 1e-5
) -> Tensor:
    return ops.instance_norm(x, None, None, scale, bias, True, 0.1, epsilon)


@operator("GroupNormalization")
def group_normalization(
    x: Tensor,
    scale: Tensor,
    bias: Tensor,
    *,
    num_groups: int,
    epsilon: float = 1e-5,
    stash_type: int = 1,
) -> Tensor:
    return ops.group_norm(x, num_groups, scale, bias, epsilon)


@operator("LayerNormalization")
def layer_normalization(
    x: Tensor,
    scale: Tensor,
    bias: Tensor | None = None,
    *,
    axis: int = -1,
    epsilon: float = 1e-5,
    stash_type: int = 1,
) -> Tensor:
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(f"axis must be one of {x.ndim}, got {axis}")
    return ops.layer_norm(x, x.shape[axis % x.ndim :], scale, bias, epsilon)


@operator("LRN")
def lrn(
    x: Tensor, *, size: int, alpha: float = 1e-4, beta: float = 0.75, bias: float = 1.0
) -> Tensor:
    if size % 2 == 0:
        raise ValueError(f"size must be odd, got {size}")
    return ops.local_response_norm(x, size, alpha, beta, bias)
