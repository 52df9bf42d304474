"""Losses in float64 NumPy."""

import numpy as np

from .activation import sigmoid, softplus
from .softmax import log_softmax


def reduced(losses, reduction, count=None):
    if reduction == "none":
        return losses
    total = losses.sum()
    if reduction == "sum":
        return total
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.float64(total) / (losses.size if count is None else count)


def one_hot(target, classes, ignore_index, axis):
    """1 at each row's class; rows to ignore are all 0."""
    hot = np.zeros((*target.shape, classes))
    for row, t in np.ndenumerate(target):
        if t != ignore_index:
            hot[(*row, t)] = 1.0
    return np.moveaxis(hot, -1, axis)


def spread(weight, classes, axis, ndim):
    """Class weights in a shape that broadcasts to scores."""
    w = np.ones(classes) if weight is None else weight
    shape = [1] * ndim
    shape[axis] = classes
    return w.reshape(shape)


def cross_entropy(x, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    axis = 1 if x.ndim > 1 else 0
    classes = x.shape[axis]
    w = spread(weight, classes, axis, x.ndim)
    if target.dtype.kind == "f":
        q, live, count = target, np.ones(()), x.size // classes
    else:
        q = one_hot(target, classes, ignore_index, axis)
        live = np.expand_dims(target != ignore_index, axis)
        count = (q * w).sum()
    k = live * w * ((1.0 - label_smoothing) * q + label_smoothing / classes)
    log_p = log_softmax(x, axis)
    return reduced(-(k * log_p).sum(axis=axis), reduction, count)


def nll_loss(x, target, weight=None, ignore_index=-100, reduction="mean"):
    axis = 1 if x.ndim > 1 else 0
    q = one_hot(target, x.shape[axis], ignore_index, axis) * spread(
        weight, x.shape[axis], axis, x.ndim
    )
    return reduced(-(q * x).sum(axis=axis), reduction, q.sum())


def mse_loss(x, t, reduction="mean"):
    return reduced((x - t) ** 2, reduction)


def l1_loss(x, t, reduction="mean"):
    return reduced(np.abs(x - t), reduction)


def smooth_l1_loss(x, t, reduction="mean", beta=1.0):
    d = np.abs(x - t)
    if beta == 0:
        return reduced(d, reduction)
    return reduced(np.where(d < beta, d**2 / (2 * beta), d - beta / 2), reduction)


def huber_loss(x, t, reduction="mean", delta=1.0):
    d = np.abs(x - t)
    return reduced(np.where(d < delta, d**2 / 2, delta * (d - delta / 2)), reduction)


def soft_margin_loss(x, t, reduction="mean"):
    return reduced(np.logaddexp(0.0, -t * x), reduction)


def binary_cross_entropy(x, t, weight=1.0, reduction="mean"):
    with np.errstate(divide="ignore"):
        yes, no = np.maximum(np.log(x), -100.0), np.maximum(np.log1p(-x), -100.0)
    return reduced(-weight * (t * yes + (1.0 - t) * no), reduction)


def binary_cross_entropy_with_logits(x, t, weight=1.0, reduction="mean", pos_weight=1.0):
    log_p, log_1p = -softplus(-x, threshold=1e9), -softplus(x, threshold=1e9)
    assert np.allclose(np.exp(log_p), sigmoid(x))
    return reduced(-weight * (pos_weight * t * log_p + (1.0 - t) * log_1p), reduction)
