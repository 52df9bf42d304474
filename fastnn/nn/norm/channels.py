"""Base of norms over channels: parameters and running statistics."""

from __future__ import annotations

from typing import Any

from ...ops.create import ones, zeros
from ...tensor import Tensor, TensorLike
from .. import init
from .affine import AffineNorm

__all__: list[str] = []


class ChannelNorm(AffineNorm):
    """Base of batch and instance norms: parameters and running statistics."""

    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None
    _late_buffers = ("num_batches_tracked",)
    ranks: tuple[int, ...]  # numbers of dimensions of a valid input

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        name = type(self).__name__
        if num_features < 0:
            raise ValueError(f"{name}: num_features must not be negative, got {num_features}")
        if momentum is not None and not 0 <= momentum <= 1:
            raise ValueError(f"{name}: momentum must lie between 0 and 1, got {momentum}")
        super().__init__(num_features, device, dtype, weight=affine, bias=affine and bias)
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        track = track_running_stats
        self.register_buffer("running_mean", zeros(num_features, dtype=dtype) if track else None)
        self.register_buffer("running_var", ones(num_features, dtype=dtype) if track else None)
        self.register_buffer("num_batches_tracked", zeros((), dtype="int64") if track else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Set the running mean to zero, the running variance to one and the count to zero."""
        if self.running_mean is None or self.running_var is None:
            return
        init.zeros_(self.running_mean)
        init.ones_(self.running_var)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Set w to one, b to zero, and reset the running statistics."""
        self.reset_running_stats()
        super().reset_parameters()

    def _check(self, input: TensorLike) -> None:
        shape = getattr(input, "shape", None)
        if shape is not None and len(shape) not in self.ranks:
            ranks = " or ".join(map(str, self.ranks))
            raise ValueError(
                f"{type(self).__name__}: input must have {ranks} dimensions, got shape "
                f"{tuple(shape)}"
            )

    def extra_repr(self) -> str:
        """The arguments."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.affine}, bias={self.bias is not None}, "
            f"track_running_stats={self.track_running_stats}"
        )
