"""The parameters of norms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...ops.activation.fused import Fused
from ...ops.create import empty
from ...tensor import Tensor, TensorLike
from .. import init
from ..module import Module
from ..parameter import Parameter

__all__: list[str] = []


class AffineNorm(Module):
    """A norm with a w, ones at first, and a b, zeros at first, each of them where it is wanted.

    Parameters
    ----------
    shape
        Of both parameters.
    device, dtype
        ``"cpu"`` or None, and the element type, float32 by default.
    wanted
        ``weight`` and ``bias``: whether the norm has it; the attribute is None otherwise.
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(self, shape: int | Sequence[int], device: Any, dtype: Any, **wanted: bool) -> None:
        super().__init__(device)
        for name, given in wanted.items():
            value = Parameter(empty(shape, dtype=dtype)) if given else None
            self.register_parameter(name, value)

    def reset_parameters(self) -> None:
        """Set w to one and b to zero."""
        if self.weight is not None:
            init.ones_(self.weight)
        bias = getattr(self, "bias", None)
        if bias is not None:
            init.zeros_(bias)

    def forward(self, input: TensorLike) -> Tensor:
        """The input, normalized, in the same shape."""
        return self._fused(input, None)

    def forward_with(self, input: TensorLike, activation: Fused) -> Tensor:
        """`forward` fused with an activation."""
        return self._fused(input, activation)

    def _fused(self, input: TensorLike, activation: Fused) -> Tensor:
        name = type(self).__name__
        raise NotImplementedError(f"{name}: define a method _fused(self, input, activation)")
