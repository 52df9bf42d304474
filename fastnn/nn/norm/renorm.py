"""Batch renorm as layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from ...ops.activation.fused import Fused
from ...ops.norm.batch import batch_renorm
from ...tensor import Tensor, TensorLike
from .batch import BatchNorm

__all__ = ["BatchRenorm1d", "BatchRenorm2d", "BatchRenorm3d"]

Schedule: TypeAlias = "float | tuple[float, int, int] | Callable[[int], float]"


def bound(schedule: Schedule, start: float, step: int) -> float:
    """The value of a schedule after `step` batches."""
    if isinstance(schedule, tuple):
        final, begin, end = schedule
        if step >= end:
            return final
        return start + (final - start) * max(0, step - begin) / (end - begin)
    return schedule(step) if callable(schedule) else schedule


def check_schedule(name: str, schedule: Schedule, start: float) -> None:
    """Raise if a bound is below that of batch norm or a tuple is not a schedule."""
    if callable(schedule):
        return
    if isinstance(schedule, tuple) and (len(schedule) != 3 or not 0 <= schedule[1] <= schedule[2]):
        raise ValueError(f"{name} must be (final, begin, end) with begin <= end, got {schedule}")
    final = schedule[0] if isinstance(schedule, tuple) else schedule
    if not final >= start:
        raise ValueError(f"{name} must be at least {start}, got {final}")


class BatchRenorm(BatchNorm):
    """Base of the batch renorms of all ranks."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.01,
        affine: bool = True,
        r_max: Schedule = (3.0, 5_000, 40_000),
        d_max: Schedule = (5.0, 5_000, 25_000),
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        check_schedule(f"{type(self).__name__}: r_max", r_max, 1)
        check_schedule(f"{type(self).__name__}: d_max", d_max, 0)
        super().__init__(num_features, eps, momentum, affine, True, device, dtype, bias=bias)
        self.r_max = r_max
        self.d_max = d_max

    def _normalize(
        self,
        input: TensorLike,
        mean: Tensor | None,
        var: Tensor | None,
        momentum: float,
        activation: Fused,
        residual: TensorLike | None,
    ) -> Tensor:
        count = self.num_batches_tracked
        if mean is None or var is None or count is None:
            raise RuntimeError(f"{type(self).__name__}: the running statistics have been removed")
        step = int(count._array)
        return batch_renorm(
            input,
            mean,
            var,
            self.weight,
            self.bias,
            self.training,
            momentum,
            self.eps,
            bound(self.r_max, 1.0, step),
            bound(self.d_max, 0.0, step),
            activation=activation,
            residual=residual,
        )

    def extra_repr(self) -> str:
        """The arguments."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.affine}, bias={self.bias is not None}, "
            f"r_max={self.r_max}, d_max={self.d_max}"
        )


class BatchRenorm1d(BatchRenorm):
    """y = ((x - m) / σ · r + d) · w + b in each channel of (N, C) or (N, C, L).

    m, σ, r, d, arguments and attributes are those of `BatchRenorm2d`.

    Examples
    --------
    >>> layer = fastnn.nn.BatchRenorm1d(64)
    >>> layer(fastnn.randn(20, 64)).shape
    (20, 64)
    """

    ranks = (2, 3)


class BatchRenorm2d(BatchRenorm):
    """y = ((x - m) / σ · r + d) · w + b in each channel of (N, C, H, W).

    m and σ are the batch's mean and standard deviation; r and d, which are bounded, correct them to
    the running statistics: see `fastnn.nn.functional.batch_renorm`. Evaluation uses the running
    m and σ, with r = 1 and d = 0.

    Parameters
    ----------
    num_features, eps, momentum, affine, device, dtype, bias
        As for `BatchNorm2d`.
    r_max, d_max
        Bounds of r and d: numbers, functions of the number of batches so far, or tuples
        (final, begin, end), which rise from 1 and 0 (batch norm) at batch `begin` to `final` at
        batch `end`. The defaults are the schedules of the paper.

    Attributes
    ----------
    weight, bias, running_mean, running_var, num_batches_tracked
        As for `BatchNorm2d`; the state dicts are interchangeable.

    Examples
    --------
    >>> layer = fastnn.nn.BatchRenorm2d(64)
    >>> layer(fastnn.randn(20, 64, 7, 7)).shape
    (20, 64, 7, 7)
    """

    ranks = (4,)


class BatchRenorm3d(BatchRenorm):
    """y = ((x - m) / σ · r + d) · w + b in each channel of (N, C, D, H, W).

    m, σ, r, d, arguments and attributes are those of `BatchRenorm2d`.

    Examples
    --------
    >>> layer = fastnn.nn.BatchRenorm3d(64)
    >>> layer(fastnn.randn(2, 64, 3, 7, 7)).shape
    (2, 64, 3, 7, 7)
    """

    ranks = (5,)
