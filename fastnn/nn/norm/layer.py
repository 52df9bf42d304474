"""Layer norm and RMS norm as layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...ops.activation.fused import Fused
from ...ops.create import empty
from ...ops.norm.layer import layer_norm, rms_norm
from ...tensor import Tensor, TensorLike
from .. import init
from ..module import Module
from ..parameter import Parameter

__all__ = ["LayerNorm", "RMSNorm"]


def as_shape(normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    """The normalized shape as a tuple."""
    if isinstance(normalized_shape, Sequence):
        return tuple(normalized_shape)
    return (int(normalized_shape),)


class LayerNorm(Module):
    """y = (x - E[x]) / √(Var[x] + eps) · w + b over the last dimensions.

    Parameters
    ----------
    normalized_shape
        Sizes of the last dimensions, over which each sample is normalized; an int for the last.
    eps
        Added under the root for numerical stability.
    elementwise_affine
        Whether there are a w and a b.
    bias
        Whether there is a b in addition to w.
    device, dtype
        ``"cpu"`` or None, and the element type, float32 by default.

    Attributes
    ----------
    weight
        w, of the normalized shape, initially ones; None without one.
    bias
        b, of the normalized shape, initially zeros; None without one.

    References
    ----------
    Ba, Kiros and Hinton, Layer Normalization, 2016.

    Examples
    --------
    >>> layer = fastnn.nn.LayerNorm(64)
    >>> layer(fastnn.randn(20, 5, 64)).shape
    (20, 5, 64)
    >>> layer
    LayerNorm((64,), eps=1e-05, elementwise_affine=True, bias=True)
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(device)
        self.normalized_shape = as_shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self.register_parameter(
            "weight",
            Parameter(empty(self.normalized_shape, dtype=dtype)) if elementwise_affine else None,
        )
        self.register_parameter(
            "bias",
            Parameter(empty(self.normalized_shape, dtype=dtype))
            if elementwise_affine and bias
            else None,
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set w to one and b to zero."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: TensorLike) -> Tensor:
        """(*, *normalized_shape) to the same."""
        return self.forward_with(input, None)

    def forward_with(self, input: TensorLike, activation: Fused) -> Tensor:
        """`forward` fused with an activation."""
        shape, w, b = self.normalized_shape, self.weight, self.bias
        return layer_norm(input, shape, w, b, self.eps, activation=activation)

    def extra_repr(self) -> str:
        """The arguments."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """y = x / √(E[x²] + eps) · w over the last dimensions.

    Parameters
    ----------
    normalized_shape
        Sizes of the last dimensions, over which each sample is normalized; an int for the last.
    eps
        Added under the root for numerical stability; None for ``finfo(dtype).eps``.
    elementwise_affine
        Whether there is a w.
    device, dtype
        ``"cpu"`` or None, and the element type, float32 by default.

    Attributes
    ----------
    weight
        w, of the normalized shape, initially ones; None without one.

    References
    ----------
    Zhang and Sennrich, Root Mean Square Layer Normalization, NeurIPS 2019.

    Examples
    --------
    >>> layer = fastnn.nn.RMSNorm(64)
    >>> layer(fastnn.randn(20, 5, 64)).shape
    (20, 5, 64)
    >>> layer
    RMSNorm((64,), eps=None, elementwise_affine=True)
    """

    weight: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(device)
        self.normalized_shape = as_shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self.register_parameter(
            "weight",
            Parameter(empty(self.normalized_shape, dtype=dtype)) if elementwise_affine else None,
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set w to one."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, input: TensorLike) -> Tensor:
        """(*, *normalized_shape) to the same."""
        return self.forward_with(input, None)

    def forward_with(self, input: TensorLike, activation: Fused) -> Tensor:
        """`forward` fused with an activation."""
        shape, w = self.normalized_shape, self.weight
        return rms_norm(input, shape, w, self.eps, activation=activation)

    def extra_repr(self) -> str:
        """The arguments."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )
