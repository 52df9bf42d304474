"""Batch norm as layers."""

from __future__ import annotations

from ...ops.activation.fused import Fused
from ...ops.norm.batch import batch_norm
from ...tensor import Tensor, TensorLike
from ..module.inputs import AXES, Floats, Inputs
from .channels import ChannelNorm

__all__ = ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d"]


class BatchNorm(ChannelNorm):
    """Base of the batch norms of all ranks."""

    adds_residual = True  # `forward_with` accepts a residual

    def _expected(self) -> Inputs:
        sizes = [("N", "num_features", *AXES[rank - 2]) for rank in self.ranks]
        return {"input": Floats(*[", ".join(names) for names in sizes])}

    def forward(
        self,
        input: TensorLike,
        activation: Fused = None,
        residual: TensorLike | None = None,
    ) -> Tensor:
        """(N, C, *) to the same; activation and residual as in `batch_norm`."""
        self._check(input)
        mean, var, count = self.running_mean, self.running_var, self.num_batches_tracked
        if not self.training or not self.track_running_stats:
            count = None
        if self.training and not self.track_running_stats:
            mean = var = None
        momentum = self.momentum
        if momentum is None:
            momentum = 0.0 if count is None else 1 / (int(count._array) + 1)
        y = self._normalize(input, mean, var, momentum, activation, residual)
        if count is not None:
            count._array += 1
        return y

    def _normalize(
        self,
        input: TensorLike,
        mean: Tensor | None,
        var: Tensor | None,
        momentum: float,
        activation: Fused,
        residual: TensorLike | None,
    ) -> Tensor:
        return batch_norm(
            input,
            mean,
            var,
            self.weight,
            self.bias,
            self.training or mean is None,
            momentum,
            self.eps,
            activation=activation,
            residual=residual,
        )

    def forward_with(
        self, input: TensorLike, activation: Fused, residual: TensorLike | None = None
    ) -> Tensor:
        """`forward` fused with the sum of a residual and with an activation."""
        return self.forward(input, activation, residual)


class BatchNorm1d(BatchNorm):
    """y = (x - m) / √(v + eps) · w + b in each channel of (N, C) or (N, C, L).

    m, v, arguments and attributes are those of `BatchNorm2d`.

    Examples
    --------
    >>> layer = fastnn.nn.BatchNorm1d(64)
    >>> layer(fastnn.randn(20, 64)).shape
    (20, 64)
    """

    ranks = (2, 3)


class BatchNorm2d(BatchNorm):
    """y = (x - m) / √(v + eps) · w + b in each channel of (N, C, H, W).

    m and v are mean and variance: of the batch in training, running ones in evaluation. See
    `fastnn.nn.functional.batch_norm`.

    Parameters
    ----------
    num_features
        C, the number of channels.
    eps
        Added under the root for numerical stability.
    momentum
        Weight of the batch in the update of running statistics; None for the mean over all
        batches.
    affine
        Whether there are a w and a b.
    track_running_stats
        Whether there are running statistics. Without them evaluation uses those of the batch.
    device, dtype
        ``"cpu"`` or None, and the element type, float32 by default.
    bias
        Whether there is a b in addition to w.

    Attributes
    ----------
    weight, bias
        w and b, (C,), initially ones and zeros; None without them.
    running_mean, running_var
        (C,), initially zeros and ones; used in evaluation. Buffers in the state dict.
    num_batches_tracked
        Number of batches in the running statistics.

    References
    ----------
    Ioffe and Szegedy, Batch Normalization, ICML 2015.

    Examples
    --------
    >>> layer = fastnn.nn.BatchNorm2d(64)
    >>> layer(fastnn.randn(20, 64, 7, 7)).shape
    (20, 64, 7, 7)
    """

    ranks = (4,)


class BatchNorm3d(BatchNorm):
    """y = (x - m) / √(v + eps) · w + b in each channel of (N, C, D, H, W).

    m, v, arguments and attributes are those of `BatchNorm2d`.

    Examples
    --------
    >>> layer = fastnn.nn.BatchNorm3d(64)
    >>> layer(fastnn.randn(2, 64, 3, 7, 7)).shape
    (2, 64, 3, 7, 7)
    """

    ranks = (5,)
