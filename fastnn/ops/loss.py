"""Losses: how far an output is from its target, as one number to descend on."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import _core
from ..autograd.function import Array, Grads, Node, array, record, unbroadcast
from ..autograd.tape import mode
from ..tensor import Tensor, TensorLike

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "huber_loss",
    "l1_loss",
    "mse_loss",
    "nll_loss",
    "smooth_l1_loss",
]


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
    >>> import fastnn
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
    if t.dtype != x.dtype and t.dtype.kind == "f":
        t = t.astype(x.dtype)
    w = None if weight is None else array(weight).astype(x.dtype, copy=False)
    recording = mode.enabled
    with_gradient = recording and isinstance(input, Tensor) and input.requires_grad
    loss, gradient = _core.cross_entropy(
        x, t, w, ignore_index, reduction, label_smoothing, with_gradient
    )
    if recording and isinstance(target, Tensor) and target.requires_grad:
        saved = (gradient, reduction, x, w, label_smoothing)
        return record(loss, soft_cross_entropy_backward, (input, target), *saved)
    return record(loss, cross_entropy_backward, (input,), gradient, reduction)


def cross_entropy_backward(node: Node, dy: Array) -> Grads:
    return (_core.cross_entropy_backward(dy, *node.saved),)


def soft_cross_entropy_backward(node: Node, dy: Array) -> Grads:
    """For probabilities that need a gradient themselves: rare, and so in NumPy."""
    gradient, reduction, x, w, label_smoothing = node.saved
    dx = _core.cross_entropy_backward(dy, gradient, reduction) if node.needs[0] else None
    axis = 1 if x.ndim > 1 else 0
    log_p = _core.log_softmax(x, axis)
    if w is not None:
        log_p = log_p * w.reshape((-1,) + (1,) * (x.ndim - axis - 1))
    rows = x.size // x.shape[axis] if reduction == "mean" else 1
    factor = np.expand_dims(dy, axis) if reduction == "none" else dy
    return dx, log_p * (factor * ((label_smoothing - 1) / rows)).astype(x.dtype)


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
        Log probabilities, (C,), (N, C) or (N, C, d1, ...), as `log_softmax` gives them.
    target
        Class ids, integers from 0 to C - 1, shape (), (N,) or (N, d1, ...).
    weight
        Weight of each class, (C,); all 1 if not given.
    ignore_index
        Rows with this class id count for nothing.
    reduction
        ``"mean"``: sum over rows divided by the sum of their weights; ``"sum"``; ``"none"``: the
        loss of each row.

    Returns
    -------
    Tensor
        A scalar, or the shape of `target` for ``reduction="none"``.

    Raises
    ------
    IndexError
        A class id is out of range.
    ValueError
        Shapes do not fit.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.nll_loss([[-0.5, -1.0], [-2.0, -0.25]], [0, 1]).item()
    0.375
    """
    x = array(input)
    t = array(target)
    w = None if weight is None else array(weight).astype(x.dtype, copy=False)
    loss = _core.nll_loss(x, t, w, ignore_index, reduction)
    return record(loss, nll_loss_backward, (input,), x, t, w, ignore_index, reduction)


def nll_loss_backward(node: Node, dy: Array) -> Grads:
    return (_core.nll_loss_backward(dy, *node.saved),)


def pair(op: str, input: Any, target: Any, strict: bool = False) -> tuple[Any, Any, Array, Array]:
    """Input and target, of one float type and shape, and their arrays."""
    x = array(input)
    t = array(target)
    if x.dtype != t.dtype or x.dtype.kind != "f":
        for name, a in (("input", x), ("target", t)):
            if a.dtype.kind not in "fiub":
                raise TypeError(f"{op}: {name} must have dtype float32 or float64, got {a.dtype}")
        floats = [a.dtype for a in (x, t) if a.dtype.kind == "f"]
        kind = np.result_type(*floats) if floats else np.dtype(np.float32)
        input, target = converted(input, kind), converted(target, kind)
        x, t = input.data, target.data
    if x.shape != t.shape:
        try:
            shape = np.broadcast_shapes(x.shape, t.shape)
        except ValueError:
            strict = True
        if strict:
            raise ValueError(f"{op}: target must have the shape of input, {x.shape}, got {t.shape}")
        warnings.warn(
            f"{op}: input has shape {x.shape} and target {t.shape}; they are broadcast to {shape}, "
            "which is rarely what was meant",
            stacklevel=3,
        )
        input, target = expanded(input, shape), expanded(target, shape)
        x, t = input.data, target.data
    return input, target, x, t


def converted(input: TensorLike, dtype: Any) -> Tensor:
    x = array(input)
    return record(x.astype(dtype, copy=False), converted_backward, (input,), x.dtype)


def converted_backward(node: Node, dy: Array) -> Grads:
    return (dy.astype(node.saved[0], copy=False),)


def expanded(input: TensorLike, shape: tuple[int, ...]) -> Tensor:
    x = array(input)
    return record(np.broadcast_to(x, shape), expanded_backward, (input,), x.shape)


def expanded_backward(node: Node, dy: Array) -> Grads:
    return (unbroadcast(dy, node.saved[0]),)


def like(op: str, name: str, weight: TensorLike | None, x: Array) -> Array | None:
    """A weight that is broadcast to the shape of `x`."""
    if weight is None:
        return None
    w = array(weight).astype(x.dtype, copy=False)
    if w.shape == x.shape:
        return w
    try:
        return np.broadcast_to(w, x.shape)
    except ValueError:
        raise ValueError(
            f"{op}: {name} must be broadcastable to the shape of input, {x.shape}, got {w.shape}"
        ) from None


def by_both(kernel: Any, node: Node, dy: Array) -> Grads:
    """Gradients of an elementwise loss by input and target, each where it is needed."""
    by_input, by_target = node.needs
    return (
        kernel(dy, *node.saved) if by_input else None,
        kernel(dy, *node.saved, to_target=True) if by_target else None,
    )


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
    >>> import fastnn
    >>> fastnn.mse_loss([1.0, 3.0], [0.0, 1.0]).item()
    2.5
    """
    input, target, x, t = pair("mse_loss", input, target)
    y = _core.mse_loss(x, t, reduction)
    return record(y, mse_loss_backward, (input, target), x, t, reduction)


def mse_loss_backward(node: Node, dy: Array) -> Grads:
    return by_both(_core.mse_loss_backward, node, dy)


def l1_loss(input: TensorLike, target: TensorLike, reduction: str = "mean") -> Tensor:
    """Absolute error: ``l = abs(x - t)``.

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
    >>> import fastnn
    >>> fastnn.l1_loss([1.0, 3.0], [0.0, 1.0]).item()
    1.5
    """
    input, target, x, t = pair("l1_loss", input, target)
    y = _core.l1_loss(x, t, reduction)
    return record(y, l1_loss_backward, (input, target), x, t, reduction)


def l1_loss_backward(node: Node, dy: Array) -> Grads:
    return by_both(_core.l1_loss_backward, node, dy)


def smooth_l1_loss(
    input: TensorLike, target: TensorLike, reduction: str = "mean", beta: float = 1.0
) -> Tensor:
    """Absolute error, rounded off near zero.

    With ``d = abs(x - t)``: ``l = d**2 / (2 * beta)`` for d < beta, ``d - beta / 2`` otherwise.

    Parameters
    ----------
    input, target
        Any shape, the same for both.
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.
    beta
        Where the parabola ends; 0 makes it `l1_loss`.

    Returns
    -------
    Tensor
        A scalar, or the shape of `input` for ``reduction="none"``.

    Notes
    -----
    Girshick, "Fast R-CNN", 2015.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.smooth_l1_loss([0.5, 3.0], [0.0, 0.0], reduction="none")
    tensor([0.125, 2.5  ])
    """
    if beta == 0:
        return l1_loss(input, target, reduction)
    input, target, x, t = pair("smooth_l1_loss", input, target)
    y = _core.smooth_l1_loss(x, t, reduction, beta)
    return record(y, smooth_l1_loss_backward, (input, target), x, t, reduction, beta)


def smooth_l1_loss_backward(node: Node, dy: Array) -> Grads:
    return by_both(_core.smooth_l1_loss_backward, node, dy)


def huber_loss(
    input: TensorLike, target: TensorLike, reduction: str = "mean", delta: float = 1.0
) -> Tensor:
    """Squared error near zero, absolute error beyond.

    With ``d = abs(x - t)``: ``l = d**2 / 2`` for d < delta, ``delta * (d - delta / 2)`` otherwise.

    Parameters
    ----------
    input, target
        Any shape, the same for both.
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.
    delta
        Where the parabola ends.

    Returns
    -------
    Tensor
        A scalar, or the shape of `input` for ``reduction="none"``.

    Notes
    -----
    Huber, "Robust estimation of a location parameter", 1964.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.huber_loss([1.0, 5.0], [0.0, 0.0], reduction="none", delta=2.0)
    tensor([0.5, 8. ])
    """
    input, target, x, t = pair("huber_loss", input, target)
    y = _core.huber_loss(x, t, reduction, delta)
    return record(y, huber_loss_backward, (input, target), x, t, reduction, delta)


def huber_loss_backward(node: Node, dy: Array) -> Grads:
    return by_both(_core.huber_loss_backward, node, dy)


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
        ``"mean"``, ``"sum"`` or ``"none"``.

    Returns
    -------
    Tensor
        A scalar, or the shape of `input` for ``reduction="none"``.

    Raises
    ------
    ValueError
        Shapes differ, or an element of `input` is not between 0 and 1.

    Notes
    -----
    Logarithms are taken to be at least -100, so that the loss of a certain mistake is finite.
    `binary_cross_entropy_with_logits` needs no such bound.

    Examples
    --------
    >>> import fastnn
    >>> round(fastnn.binary_cross_entropy([0.5, 0.5], [1.0, 0.0]).item(), 4)
    0.6931
    """
    op = "binary_cross_entropy"
    input, target, x, t = pair(op, input, target, strict=True)
    w = like(op, "weight", weight, x)
    y = _core.binary_cross_entropy(x, t, w, reduction)
    return record(y, binary_cross_entropy_backward, (input, target), x, t, w, reduction)


def binary_cross_entropy_backward(node: Node, dy: Array) -> Grads:
    return by_both(_core.binary_cross_entropy_backward, node, dy)


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
    target
        Probabilities, the shape of `input`.
    weight
        Weight w of each element, broadcast to `input`.
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.
    pos_weight
        Weight v of positive targets, broadcast to `input`.

    Returns
    -------
    Tensor
        A scalar, or the shape of `input` for ``reduction="none"``.

    Raises
    ------
    ValueError
        Shapes differ.

    Examples
    --------
    >>> import fastnn
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


def binary_cross_entropy_with_logits_backward(node: Node, dy: Array) -> Grads:
    return by_both(_core.binary_cross_entropy_with_logits_backward, node, dy)
