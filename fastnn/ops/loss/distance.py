"""Losses that measure how far numbers are apart."""

from __future__ import annotations

from ... import _core
from ...autograd.record import record
from ...tensor import Tensor, TensorLike
from .legacy import legacy_reduction
from .operands import from_kernel, pair

__all__ = ["huber_loss", "l1_loss", "mse_loss", "smooth_l1_loss", "soft_margin_loss"]


@legacy_reduction
def mse_loss(input: TensorLike, target: TensorLike, reduction: str = "mean") -> Tensor:
    """Squared error: ``l = (x - t) ** 2``.

    Parameters
    ----------
    input, target
        Any shape, the same for both.
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.

    Returns
    -------
    Tensor
        A scalar, or the shape of `input` for ``reduction="none"``.

    Examples
    --------
    >>> fastnn.mse_loss([1.0, 3.0], [0.0, 1.0]).item()
    2.5
    """
    input, target, x, t = pair("mse_loss", input, target)
    y = _core.mse_loss(x, t, reduction)
    return record(y, mse_loss_backward, (input, target), x, t, reduction)


mse_loss_backward = from_kernel(_core.mse_loss_backward)


@legacy_reduction
def l1_loss(input: TensorLike, target: TensorLike, reduction: str = "mean") -> Tensor:
    """Absolute error: ``l = abs(x - t)``.

    Arguments and result are those of `mse_loss`.

    Examples
    --------
    >>> fastnn.l1_loss([1.0, 3.0], [0.0, 1.0]).item()
    1.5
    """
    input, target, x, t = pair("l1_loss", input, target)
    y = _core.l1_loss(x, t, reduction)
    return record(y, l1_loss_backward, (input, target), x, t, reduction)


l1_loss_backward = from_kernel(_core.l1_loss_backward)


@legacy_reduction
def smooth_l1_loss(
    input: TensorLike, target: TensorLike, reduction: str = "mean", beta: float = 1.0
) -> Tensor:
    """Absolute error, rounded off near zero.

    With ``d = abs(x - t)``: ``l = d**2 / (2 * beta)`` for d < beta, ``d - beta / 2`` otherwise.

    The parabola ends at `beta`; 0 makes it `l1_loss`. All else is as in `mse_loss`.

    Notes
    -----
    Girshick, "Fast R-CNN", 2015.

    Examples
    --------
    >>> fastnn.smooth_l1_loss([0.5, 3.0], [0.0, 0.0], reduction="none")
    tensor([0.125, 2.5  ])
    """
    if beta == 0:
        return l1_loss(input, target, reduction)
    input, target, x, t = pair("smooth_l1_loss", input, target)
    y = _core.smooth_l1_loss(x, t, reduction, beta)
    return record(y, smooth_l1_loss_backward, (input, target), x, t, reduction, beta)


smooth_l1_loss_backward = from_kernel(_core.smooth_l1_loss_backward)


@legacy_reduction
def huber_loss(
    input: TensorLike, target: TensorLike, reduction: str = "mean", delta: float = 1.0
) -> Tensor:
    """Squared error near zero, absolute error beyond.

    With ``d = abs(x - t)``: ``l = d**2 / 2`` for d < delta, ``delta * (d - delta / 2)`` otherwise.

    The parabola ends at `delta`; all else is as in `mse_loss`.

    Notes
    -----
    Huber, "Robust estimation of a location parameter", 1964.

    Examples
    --------
    >>> fastnn.huber_loss([1.0, 5.0], [0.0, 0.0], reduction="none", delta=2.0)
    tensor([0.5, 8. ])
    """
    input, target, x, t = pair("huber_loss", input, target)
    y = _core.huber_loss(x, t, reduction, delta)
    return record(y, huber_loss_backward, (input, target), x, t, reduction, delta)


huber_loss_backward = from_kernel(_core.huber_loss_backward)


@legacy_reduction
def soft_margin_loss(input: TensorLike, target: TensorLike, reduction: str = "mean") -> Tensor:
    """Logistic loss of scores against the classes -1 and 1: ``l = log(1 + exp(-t * x))``.

    Arguments and result are those of `mse_loss`.

    Examples
    --------
    >>> fastnn.soft_margin_loss([2.0, 2.0], [1.0, -1.0], reduction="none").numpy().round(4)
    array([0.1269, 2.1269], dtype=float32)
    """
    input, target, x, t = pair("soft_margin_loss", input, target)
    y = _core.soft_margin_loss(x, t, reduction)
    return record(y, soft_margin_loss_backward, (input, target), x, t, reduction)


soft_margin_loss_backward = from_kernel(_core.soft_margin_loss_backward)
