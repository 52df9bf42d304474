"""Layer norm and RMS norm as layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...ops.activation.fused import Fused
from ...ops.norm.layer import layer_norm, rms_norm
from ...tensor import Tensor, TensorLike
from ..module.inputs import Floats, Inputs
from .affine import AffineNorm

__all__ = ["LayerNorm", "RMSNorm"]


def as_shape(normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    """The normalized shape as a tuple."""
    if isinstance(normalized_shape, Sequence):
        return tuple(normalized_shape)
    return (int(normalized_shape),)


class LayerNorm(AffineNorm):
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

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        shape, affine = as_shape(normalized_shape), elementwise_affine
        super().__init__(shape, device, dtype, weight=affine, bias=affine and bias)
        self.normalized_shape = shape
        self.eps = eps
        self.elementwise_affine = affine
        self.reset_parameters()

    def _expected(self) -> Inputs:
        return {"input": Floats("*, normalized_shape")}

    def _fused(self, input: TensorLike, activation: Fused) -> Tensor:
        shape, w, b = self.normalized_shape, self.weight, self.bias
        return layer_norm(input, shape, w, b, self.eps, activation=activation)

    def extra_repr(self) -> str:
        """The arguments."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )


class RMSNorm(AffineNorm):
    """y = x / √(E[x²] + eps) · w over the last dimensions.

    Parameters
    ----------
    normalized_shape, device, dtype
        As for `LayerNorm`.
    eps
        Added under the root for numerical stability; None for ``finfo(dtype).eps``.
    elementwise_affine
        Whether there is a w.

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

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        shape = as_shape(normalized_shape)
        super().__init__(shape, device, dtype, weight=elementwise_affine)
        self.normalized_shape = shape
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self.reset_parameters()

    def _expected(self) -> Inputs:
        return {"input": Floats("*, normalized_shape")}

    def _fused(self, input: TensorLike, activation: Fused) -> Tensor:
        shape, w = self.normalized_shape, self.weight
        return rms_norm(input, shape, w, self.eps, activation=activation)

    def extra_repr(self) -> str:
        """The arguments."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )
