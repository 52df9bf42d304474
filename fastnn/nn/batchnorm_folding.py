"""Folding of batch norms into the layer before them, for inference."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import numpy as np

from ..tensor import Tensor, TensorLike, as_array
from .linear import Linear
from .module import Module
from .parameter import Parameter

__all__ = [
    "fuse_conv_bn_eval",
    "fuse_conv_bn_weights",
    "fuse_linear_bn_eval",
    "fuse_linear_bn_weights",
]

M = TypeVar("M", bound=Module)
L = TypeVar("L", bound=Linear)


def fuse_conv_bn_eval(conv: M, bn: Any, transpose: bool = False) -> M:
    """Fold a batch norm in evaluation mode into the convolution before it.

    Parameters
    ----------
    conv, bn
        The two layers, both in evaluation mode, unchanged. `bn` may be a batch renorm.
    transpose
        Whether the convolution is transposed: outputs are on the second axis of the weight.

    Returns
    -------
    Module
        A copy of `conv` with the folded weight and bias.

    Raises
    ------
    ValueError
        If a layer is in training mode, the norm has no running statistics, the convolution has an
        activation, or the numbers of channels differ.

    Examples
    --------
    >>> from fastnn import nn
    >>> linear, norm = nn.Linear(3, 4).eval(), nn.BatchNorm1d(4).eval()
    >>> nn.utils.fuse_linear_bn_eval(linear, norm)
    Linear(in_features=3, out_features=4, bias=True)
    """
    check("fuse_conv_bn_eval", conv, bn)
    fused = copy.deepcopy(conv)
    groups = getattr(conv, "groups", 1)
    fused.weight, fused.bias = folded("fuse_conv_bn_eval", fused, bn, transpose, groups)
    return fused


def fuse_linear_bn_eval(linear: L, bn: Any) -> L:
    """Fold a batch norm in evaluation mode into the linear layer before it.

    Parameters
    ----------
    linear, bn
        The two layers, both in evaluation mode, unchanged. `bn` may be a batch renorm.

    Returns
    -------
    Linear
        A copy of `linear` with the folded weight and bias.

    Raises
    ------
    ValueError
        As for `fuse_conv_bn_eval`.

    Examples
    --------
    >>> from fastnn import nn
    >>> linear, norm = nn.Linear(3, 4).eval(), nn.BatchNorm1d(4).eval()
    >>> x = fastnn.randn(2, 3)
    >>> y = nn.utils.fuse_linear_bn_eval(linear, norm)(x)
    >>> (y - norm(linear(x))).abs().max().item() < 1e-5
    True
    """
    check("fuse_linear_bn_eval", linear, bn)
    fused = copy.deepcopy(linear)
    fused.weight, fused.bias = folded("fuse_linear_bn_eval", fused, bn, False, 1)
    return fused


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: TensorLike | None,
    bn_rm: TensorLike,
    bn_rv: TensorLike,
    bn_eps: float,
    bn_w: TensorLike | None,
    bn_b: TensorLike | None,
    transpose: bool = False,
    groups: int = 1,
) -> tuple[Parameter, Parameter]:
    """Weight and bias with a batch norm folded in: w · s, (b - m) · s + b'; s = w' / √(v + eps).

    Parameters
    ----------
    conv_w, conv_b
        w and b of the layer, (O, ...) and (O,); b may be None.
    bn_rm, bn_rv, bn_eps, bn_w, bn_b
        m, v, eps, w' and b' of the norm, (O,); w' and b' may be None.
    transpose
        Whether w is that of a transposed convolution, (I, O / groups, ...).
    groups
        Groups of a transposed convolution.

    Returns
    -------
    tuple of Parameter
        Weight and bias, of the type of `conv_w`.

    Examples
    --------
    >>> from fastnn import nn
    >>> w, m, v = fastnn.ones(2, 3), fastnn.ones(2), fastnn.full((2,), 4.0)
    >>> weight, bias = nn.utils.fuse_linear_bn_weights(w, None, m, v, 0.0, None, None)
    >>> weight.tolist(), bias.tolist()
    ([[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]], [-0.5, -0.5])
    """
    w = to_float64(conv_w)
    mean, var = to_float64(bn_rm), to_float64(bn_rv)
    scale = (1.0 if bn_w is None else to_float64(bn_w)) / np.sqrt(var + bn_eps)
    shift = ((0.0 if conv_b is None else to_float64(conv_b)) - mean) * scale
    shift = shift if bn_b is None else shift + to_float64(bn_b)
    if transpose:
        by_group = w.reshape(groups, w.shape[0] // groups, w.shape[1], -1)
        weight = (by_group * scale.reshape(groups, 1, -1, 1)).reshape(w.shape)
    else:
        weight = w * scale.reshape(-1, *[1] * (w.ndim - 1))
    dtype, learns = conv_w.dtype, conv_w.requires_grad
    return Parameter(weight.astype(dtype), learns), Parameter(shift.astype(dtype), learns)


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: TensorLike | None,
    bn_rm: TensorLike,
    bn_rv: TensorLike,
    bn_eps: float,
    bn_w: TensorLike | None,
    bn_b: TensorLike | None,
) -> tuple[Parameter, Parameter]:
    """`fuse_conv_bn_weights` for a linear layer, W (O, I) and b (O,)."""
    return fuse_conv_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)


def folded(
    op: str, layer: Any, bn: Any, transpose: bool, groups: int
) -> tuple[Parameter, Parameter]:
    """Weight and bias of the layer with the norm folded in."""
    outputs = layer.weight.shape[1] * groups if transpose else layer.weight.shape[0]
    if outputs != bn.num_features:
        raise ValueError(
            f"{op}: the norm must have as many channels as the layer has outputs, {outputs}, "
            f"got {bn.num_features}"
        )
    return fuse_conv_bn_weights(
        layer.weight,
        layer.bias,
        bn.running_mean,
        bn.running_var,
        bn.eps,
        bn.weight,
        bn.bias,
        transpose,
        groups,
    )


def check(op: str, layer: Any, bn: Any) -> None:
    """Raise if the norm cannot be folded into the layer."""
    if layer.training or bn.training:
        raise ValueError(f"{op}: both layers must be in evaluation mode; call eval() first")
    if bn.running_mean is None or bn.running_var is None:
        raise ValueError(f"{op}: the norm has no running statistics")
    if getattr(layer, "activation", None) is not None:
        raise ValueError(
            f"{op}: the layer has an activation, {layer.activation!r}, before the norm"
        )


def to_float64(x: TensorLike) -> Any:
    """A float64 array of the numbers."""
    return as_array(x._array if isinstance(x, Tensor) else x).astype(np.float64)
