"""Losses whose target is a probability."""

from __future__ import annotations

from ... import _core
from ...autograd.record import record
from ...tensor import Tensor, TensorLike
from .labels import advise
from .legacy import legacy_reduction
from .operands import from_kernel, like, pair

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits"]


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
