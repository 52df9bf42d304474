"""Losses whose target is a probability."""

from __future__ import annotations

from ... import _core
from ...autograd.record import record
from ...tensor import Tensor, TensorLike
from ..reduce.sums import mean
from .labels import advise
from .legacy import legacy_reduction
from .margin import reduced
from .operands import from_kernel, like, pair

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "multilabel_soft_margin_loss",
    "sigmoid_focal_loss",
]


@legacy_reduction
def binary_cross_entropy(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    *,
    reduction: str = "mean",
) -> Tensor:
    """Cross entropy of probabilities: ``l = -w * (t * log(x) + (1 - t) * log(1 - x))``.

    Parameters
    ----------
    input
        Probabilities between 0 and 1, any shape.
    target
        Probabilities, the shape of `input`.
    weight
        Weight of each element, broadcast to `input`.
    reduction
        As for `mse_loss`, and so is the result.

    Raises
    ------
    ValueError
        Shapes differ, or an element of `input` or `target` is not between 0 and 1.

    Notes
    -----
    Logarithms are taken to be at least -100, so that the loss of a certain mistake is finite.
    `binary_cross_entropy_with_logits` needs no such bound.

    Examples
    --------
    >>> round(fastnn.binary_cross_entropy([0.5, 0.5], [1.0, 0.0]).item(), 4)
    0.6931
    """
    op = "binary_cross_entropy"
    input, target, x, t = pair(op, input, target, strict=True)
    w = like(op, "weight", weight, x)
    try:
        y = _core.binary_cross_entropy(x, t, w, reduction)
    except ValueError as error:
        if "input must lie between 0 and 1" in str(error):
            advise(error, "binary_cross_entropy_with_logits takes scores before the sigmoid", input)
        raise
    return record(y, binary_cross_entropy_backward, (input, target), x, t, w, reduction)


binary_cross_entropy_backward = from_kernel(_core.binary_cross_entropy_backward)


@legacy_reduction
def binary_cross_entropy_with_logits(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    *,
    reduction: str = "mean",
    pos_weight: TensorLike | None = None,
) -> Tensor:
    """Cross entropy of ``p = sigmoid(x)``: ``l = -w * (v * t * log(p) + (1 - t) * log(1 - p))``.

    Parameters
    ----------
    input
        Scores before the sigmoid, any shape.
    target, weight, reduction
        As for `binary_cross_entropy`, and so is the result.
    pos_weight
        Weight v of positive targets, broadcast to `input`.

    Raises
    ------
    ValueError
        Shapes differ.

    Examples
    --------
    >>> fastnn.binary_cross_entropy_with_logits([1000.0, -2000.0], [0.0, 0.0]).item()
    500.0
    """
    op = "binary_cross_entropy_with_logits"
    input, target, x, t = pair(op, input, target, strict=True)
    w = like(op, "weight", weight, x)
    v = like(op, "pos_weight", pos_weight, x)
    y = _core.binary_cross_entropy_with_logits(x, t, w, reduction, v)
    backward = binary_cross_entropy_with_logits_backward
    return record(y, backward, (input, target), x, t, w, reduction, v)


binary_cross_entropy_with_logits_backward = from_kernel(
    _core.binary_cross_entropy_with_logits_backward
)


@legacy_reduction
def multilabel_soft_margin_loss(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    *,
    reduction: str = "mean",
) -> Tensor:
    """Cross entropy of the sigmoid of each class, averaged over the classes of a row.

    ``l = -1/C * Σ_c w[c] * (t[c] * log(sigmoid(x[c])) + (1 - t[c]) * log(sigmoid(-x[c])))``

    Parameters
    ----------
    input
        Scores, (*, C), at least one dimension.
    target
        0 or 1, or probabilities, the shape of `input`.
    weight
        w, broadcast to `input`.
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``, over the rows.

    Returns
    -------
    Tensor
        A scalar, or (*,) for ``reduction="none"``.

    Examples
    --------
    >>> round(fastnn.multilabel_soft_margin_loss([[0.0, 0.0]], [[1.0, 0.0]]).item(), 4)
    0.6931
    """
    each = binary_cross_entropy_with_logits(input, target, weight, reduction="none")
    if each.ndim == 0:
        raise ValueError("multilabel_soft_margin_loss: input must have shape (*, C), got ()")
    return reduced("multilabel_soft_margin_loss", mean(each, -1), reduction)


def sigmoid_focal_loss(
    inputs: TensorLike,
    targets: TensorLike,
    alpha: float = 0.25,
    gamma: float = 2.0,
    reduction: str = "none",
) -> Tensor:
    """Binary cross entropy that well classified elements count little in.

    With p = sigmoid(x) and ``q = (1 - t) * p + t * (1 - p)``, what the prediction lacks:
    ``l = -c * q**gamma * (t * log(p) + (1 - t) * log(1 - p))``, where
    ``c = alpha * t + (1 - alpha) * (1 - t)``.

    Parameters
    ----------
    inputs
        x, scores before the sigmoid, any shape.
    targets
        t, 0 or 1, or probabilities, the shape of `inputs`.
    alpha
        The weight of positive targets, from 0 to 1, that of others being ``1 - alpha``; negative:
        all weigh 1.
    gamma
        How fast elements lose weight as they are learnt.
    reduction
        ``"none"``, ``"mean"`` or ``"sum"``.

    References
    ----------
    Lin, Goyal, Girshick, He, Dollár, Focal loss for dense object detection, ICCV 2017.

    Examples
    --------
    >>> fastnn.sigmoid_focal_loss([0.0, 0.0], [1.0, 0.0]).numpy().round(4)
    array([0.0433, 0.13  ], dtype=float32)
    """
    inputs, targets, x, t = pair("sigmoid_focal_loss", inputs, targets, strict=True)
    y = _core.sigmoid_focal_loss(x, t, reduction, alpha, gamma)
    return record(y, sigmoid_focal_loss_backward, (inputs, targets), x, t, reduction, alpha, gamma)


sigmoid_focal_loss_backward = from_kernel(_core.sigmoid_focal_loss_backward)
