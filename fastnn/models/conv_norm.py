"""The common step of blocks: convolution, norm, sum and ReLU, fused if possible."""

from __future__ import annotations

from typing import Any

from ..nn import Identity, Module
from ..nn.container import can_fuse
from ..tensor import Tensor


def conv_norm(
    x: Tensor,
    conv: Module,
    norm: Module,
    relu: Any = None,
    residual: Tensor | None = None,
) -> Tensor:
    """``relu(norm(conv(x)) + residual)``, where one operation computes all after `conv`.

    If the norm is folded into `conv`, the convolution computes everything. Modules that cannot be
    fused, such as those with hooks, are called one by one.
    """
    last: Any = norm
    if type(norm) is Identity and norm._hooks is None:  # folded into the convolution
        last = conv
    else:
        x = conv(x)
    plain = last._hooks is None and getattr(last, "activation", None) is None
    if relu is not None and relu._hooks is None and plain and can_fuse(last, relu):
        if residual is None:
            return last.forward_with(x, relu.fused)  # type: ignore[no-any-return]
        if last.adds_residual:
            return last.forward_with(x, relu.fused, residual)  # type: ignore[no-any-return]
    y: Tensor = last(x)
    if residual is not None:
        y = y + residual
    return y if relu is None else relu(y)
