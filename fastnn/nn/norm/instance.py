"""Instance norm as layers."""

from __future__ import annotations

from typing import Any

from ...ops.activation.fused import Fused
from ...ops.norm.group import instance_norm
from ...ops.shape import squeeze, unsqueeze
from ...tensor import Tensor, TensorLike
from ..module.inputs import Inputs, images
from .channels import ChannelNorm

__all__ = ["InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"]


class InstanceNorm(ChannelNorm):
    """Base of the instance norms of all ranks."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        settings = eps, momentum, affine, track_running_stats, device, dtype
        super().__init__(num_features, *settings, bias=bias)

    def _expected(self) -> Inputs:
        return {"input": images("num_features", self.ranks[1] - 2)}

    def _fused(self, input: TensorLike, activation: Fused) -> Tensor:
        x = input if isinstance(input, Tensor) else Tensor(input)
        self._check(x)
        single = x.ndim == self.ranks[0]
        y = instance_norm(
            unsqueeze(x, 0) if single else x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
            activation=activation,
        )
        return squeeze(y, 0) if single else y


class InstanceNorm1d(InstanceNorm):
    """y = (x - m) / √(v + eps) · w + b in each channel of each sample.

    Samples are (N, C, L) or (C, L).

    Arguments and attributes are those of `InstanceNorm2d`, for (N, C, L) with or without N.

    Examples
    --------
    >>> layer = fastnn.nn.InstanceNorm1d(64)
    >>> layer(fastnn.randn(20, 64, 50)).shape
    (20, 64, 50)
    """

    ranks = (2, 3)


class InstanceNorm2d(InstanceNorm):
    """y = (x - m) / √(v + eps) · w + b in each channel of each sample.

    Samples are (N, C, H, W) or (C, H, W).

    Arguments and attributes are those of `BatchNorm2d`, with other defaults. Evaluation uses
    running statistics if there are any, otherwise those of each sample.

    References
    ----------
    Ulyanov, Vedaldi and Lempitsky, Instance Normalization, 2016.

    Examples
    --------
    >>> layer = fastnn.nn.InstanceNorm2d(64)
    >>> layer(fastnn.randn(20, 64, 7, 7)).shape
    (20, 64, 7, 7)
    """

    ranks = (3, 4)


class InstanceNorm3d(InstanceNorm):
    """y = (x - m) / √(v + eps) · w + b in each channel of each sample.

    Samples are (N, C, D, H, W) or (C, D, H, W).

    Arguments and attributes are those of `InstanceNorm2d`, for (N, C, D, H, W) with or without N.

    Examples
    --------
    >>> layer = fastnn.nn.InstanceNorm3d(64)
    >>> layer(fastnn.randn(2, 64, 3, 7, 7)).shape
    (2, 64, 3, 7, 7)
    """

    ranks = (4, 5)
