"""Batch norm as layers."""

from __future__ import annotations

from ...ops.activation.fused import Fused
from ...ops.norm.batch import batch_norm
from ...tensor import Tensor, TensorLike
from .channels import ChannelNorm

__all__ = ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d"]


class BatchNorm(ChannelNorm):
    """What the batch norms of all ranks share."""

    adds_residual = True  # `forward_with` takes one

    def forward(
        self,
        input: TensorLike,
        activation: Fused = None,
        residual: TensorLike | None = None,
    ) -> Tensor:
        """(N, C, *) to the same; the activation and a residual before it as in `batch_norm`."""
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
        """`forward`, a sum and an activation as one operation."""
        return self.forward(input, activation, residual)


class BatchNorm1d(BatchNorm):
    """y = (x - m) / √(v + eps) · w + b in each channel of (N, C) or (N, C, L).

    m and v are mean and variance over the batch while training, running ones in evaluation: see
    `fastnn.nn.functional.batch_norm`.

    Arguments and attributes are those of `BatchNorm2d`.

    Examples
    --------
    >>> layer = fastnn.nn.BatchNorm1d(64)
    >>> layer(fastnn.randn(20, 64)).shape
    (20, 64)
    """

    ranks = (2, 3)


class BatchNorm2d(BatchNorm):
    """y = (x - m) / √(v + eps) · w + b in each channel of (N, C, H, W).

    m and v are mean and variance over the batch while training, running ones in evaluation: see
    `fastnn.nn.functional.batch_norm`.

    Parameters
    ----------
    num_features
        C, the number of channels.
    eps
        Keeps the root away from zero.
    momentum
        How far running statistics move towards those of a batch; None for the mean over all
        batches.
    affine
        Whether there are a w and a b.
    track_running_stats
        Whether there are running statistics. Without them those of the batch are always used.
    device, dtype
        ``"cpu"`` or None, and the element type, float32 by default.
    bias
        Whether there is a b beside w.

    Attributes
    ----------
    weight, bias
        w and b, (C,), ones and zeros at first; None where there are none.
    running_mean, running_var
        (C,), zeros and ones at first; used in evaluation. Buffers, of the state dict.
    num_batches_tracked
        How many batches they have seen.

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

    m and v are mean and variance over the batch while training, running ones in evaluation: see
    `fastnn.nn.functional.batch_norm`.

    Arguments and attributes are those of `BatchNorm2d`.

    Examples
    --------
    >>> layer = fastnn.nn.BatchNorm3d(64)
    >>> layer(fastnn.randn(2, 64, 3, 7, 7)).shape
    (2, 64, 3, 7, 7)
    """

    ranks = (5,)
