"""Losses whose target is a class."""

from __future__ import annotations

import numpy as np

from ... import _core
from ...autograd.contract import Reuses
from ...autograd.record import Array, Grads, Node, array, record
from ...autograd.tape import mode
from ...callers import warn
from ...dtypes import cast_to, check_same
from ...tensor import Tensor, TensorLike, check_constant
from ..backward import from_kernel
from ..softmax import softmax_backward
from .labels import advise, class_advice
from .legacy import legacy_reduction
from .operands import promoted

__all__ = ["cross_entropy", "nll_loss"]


@legacy_reduction
def cross_entropy(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Cross entropy between the softmax of scores and the true classes.

    For a row x of C scores and class t: ``l = w[t] * (log(sum(exp(x))) - x[t])``. With
    probabilities q as target: ``l = sum(w * q * (log(sum(exp(x))) - x))``.

    Parameters
    ----------
    input
        Scores before softmax, (C,), (N, C) or (N, C, d1, ...).
    target
        Class ids, integers from 0 to C - 1, shape (), (N,) or (N, d1, ...); or the probability of
        each class, shape of `input`.
    weight
        Weight of each class, (C,); all 1 if not given.
    ignore_index
        Rows with this class id count for nothing.
    reduction
        ``"mean"``: sum over rows divided by the sum of their weights ``w[t]`` (with probabilities:
        by the number of rows); ``"sum"``; ``"none"``: the loss of each row.
    label_smoothing
        The target becomes ``(1 - label_smoothing) * target + label_smoothing / C``.

    Returns
    -------
    Tensor
        A scalar, or the shape of the class ids for ``reduction="none"``.

    Raises
    ------
    IndexError
        A class id is out of range.
    ValueError
        Shapes do not fit, or an option is out of range.

    Notes
    -----
    Softmax and loss are one sweep over the scores. Where a gradient will be needed it is written in
    the same sweep: it costs one write, and backward has nothing left to do. Label smoothing:
    Szegedy et al., "Rethinking the Inception architecture", 2015.

    Examples
    --------
    >>> scores = fastnn.tensor([[2.0, 1.0, 0.1]], requires_grad=True)
    >>> loss = fastnn.cross_entropy(scores, fastnn.tensor([0]))
    >>> round(loss.item(), 4)
    0.417
    >>> loss.backward()
    >>> scores.grad.numpy().round(3)
    array([[-0.341,  0.242,  0.099]], dtype=float32)
    """
    x = array(input)
    t = array(target)
    if t.dtype != x.dtype and t.dtype.kind == x.dtype.kind == "f":
        input, target, x, t = promoted("cross_entropy", input, target)
    w = class_weight("cross_entropy", weight, x)
    recording = mode.enabled
    with_gradient = recording and isinstance(input, Tensor) and input.requires_grad
    try:
        loss, gradient = _core.cross_entropy(
            x, t, w, ignore_index, reduction, label_smoothing, with_gradient
        )
    except (TypeError, ValueError, IndexError) as error:
        advise(error, class_advice(error, x, array(target), ignore_index, True), target)
        raise
    node = input.node if with_gradient else None  # type: ignore[union-attr]
    if node is not None and node.backward is softmax_backward:
        warn(
            "cross_entropy: input is an output of softmax, which cross_entropy applies itself; "
            "pass the scores that softmax got"
        )
    if recording and isinstance(target, Tensor) and target.requires_grad:
        saved = (gradient, reduction, x, w, label_smoothing)
        return record(loss, soft_cross_entropy_backward, (input, target), *saved)
    options = (t, w, ignore_index, label_smoothing)
    return record(loss, cross_entropy_backward, (input,), gradient, reduction, options)


@Reuses
def cross_entropy_backward(node: Node, dy: Array, reuse_dy: bool, reuse_saved: bool) -> Grads:
    gradient, reduction, _ = node.saved
    return (scores_gradient(dy, gradient, reduction, reuse_saved),)


def scores_gradient(dy: Array, gradient: Array, reduction: str, reuse: bool) -> Array:
    dx: Array = _core.cross_entropy_backward(dy, gradient, reduction)
    return dx.view() if dx is gradient and not reuse else dx  # it is the saved one where dy is 1


@Reuses
def soft_cross_entropy_backward(node: Node, dy: Array, _: bool, reuse_saved: bool) -> Grads:
    """For probabilities that need a gradient themselves: rare, and so in NumPy."""
    gradient, reduction, x, w, label_smoothing = node.saved
    dx = scores_gradient(dy, gradient, reduction, reuse_saved) if node.needs[0] else None
    axis = 1 if x.ndim > 1 else 0
    log_p = _core.log_softmax(x, axis)
    if w is not None:
        log_p = log_p * w.reshape((-1,) + (1,) * (x.ndim - axis - 1))
    rows = x.size // x.shape[axis] if reduction == "mean" else 1
    factor = np.expand_dims(dy, axis) if reduction == "none" else dy
    return dx, log_p * (factor * ((label_smoothing - 1) / rows)).astype(x.dtype)


def class_weight(op: str, weight: TensorLike | None, x: Array) -> Array | None:
    """The weights of classes in the type of the scores; floats must have it already."""
    if weight is None:
        return None
    check_constant(op, "weight", weight)
    w = array(weight)
    if w.dtype.kind == "f":
        check_same(op, input=x, weight=w)
    return cast_to(op, w, x.dtype, "weight")


@legacy_reduction
def nll_loss(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """Negative log likelihood of the true classes: ``l = -w[t] * x[t]``.

    Parameters
    ----------
    input
        Log probabilities, (C,), (N, C) or (N, C, d1, ...), as `log_softmax` gives them; for
        scores there is `cross_entropy`. A negative loss is the sign of other numbers.
    target, weight, ignore_index, reduction
        As for `cross_entropy` with class ids, and so are result and errors.

    Examples
    --------
    >>> fastnn.nll_loss([[-0.5, -1.0], [-2.0, -0.25]], [0, 1]).item()
    0.375
    """
    x = array(input)
    t = array(target)
    w = class_weight("nll_loss", weight, x)
    try:
        loss = _core.nll_loss(x, t, w, ignore_index, reduction)
    except (TypeError, ValueError, IndexError) as error:
        advise(error, class_advice(error, x, t, ignore_index, False), target)
        raise
    return record(loss, nll_loss_backward, (input,), x, t, w, ignore_index, reduction)


nll_loss_backward = from_kernel(_core.nll_loss_backward)
