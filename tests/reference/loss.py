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


def kl_div(x, t, reduction="mean", log_target=False):
    with np.errstate(divide="ignore", invalid="ignore"):
        losses = np.exp(t) * (t - x) if log_target else np.where(t == 0, 0, t * np.log(t)) - t * x
    if reduction == "batchmean":
        return losses.sum() / len(x)
    return reduced(losses, reduction)


def hinge_embedding_loss(x, t, margin=1.0, reduction="mean"):
    far = np.maximum(margin - x, 0.0)
    return reduced(np.where(t != -1, x, 0.0) + np.where(t != 1, far, 0.0), reduction)


def poisson_nll_loss(x, t, log_input=True, full=False, eps=1e-8, reduction="mean"):
    losses = np.exp(x) - t * x if log_input else x - t * np.log(x + eps)
    if full:
        some = np.maximum(t, 1.0)
        stirling = some * np.log(some) - some + 0.5 * np.log(2 * np.pi * some)
        losses = losses + np.where(t > 1, stirling, 0.0)
    return reduced(losses, reduction)


def gaussian_nll_loss(x, t, v, full=False, eps=1e-6, reduction="mean"):
    v = np.maximum(v[..., None] if v.shape == x.shape[:-1] != x.shape else v, eps)
    losses = 0.5 * (np.log(v) + (x - t) ** 2 / v) + full * 0.5 * np.log(2 * np.pi)
    return reduced(losses, reduction)


def margin_ranking_loss(x1, x2, t, margin=0.0, reduction="mean"):
    return reduced(np.maximum(margin - t * (x1 - x2), 0.0), reduction)


def sigmoid_focal_loss(x, t, alpha=0.25, gamma=2.0, reduction="none"):
    p = sigmoid(x)
    q = (1 - t) * p + t * sigmoid(-x)
    c = alpha * t + (1 - alpha) * (1 - t) if alpha >= 0 else 1.0
    cross = softplus(-x, threshold=1e9) * t + softplus(x, threshold=1e9) * (1 - t)
    return reduced(c * q**gamma * cross, reduction)


def multilabel_soft_margin_loss(x, t, weight=1.0, reduction="mean"):
    each = binary_cross_entropy_with_logits(x, t, weight, "none")
    return reduced(each.mean(-1), reduction)


def cosine_embedding_loss(x1, x2, t, margin=0.0, reduction="mean"):
    squares = ((x1**2).sum(-1) + 1e-12) * ((x2**2).sum(-1) + 1e-12)
    cosine = (x1 * x2).sum(-1) / np.sqrt(squares)
    apart = np.where(t == -1, np.maximum(cosine - margin, 0.0), 0.0)
    return reduced(np.where(t == 1, 1.0 - cosine, apart), reduction)


def multi_margin_loss(x, t, p=1, margin=1.0, weight=None, reduction="mean"):
    rows, ids = x.reshape(-1, x.shape[-1]), np.reshape(t, -1)
    losses = np.zeros(len(rows))
    for row, (scores, true) in enumerate(zip(rows, ids)):
        for c, score in enumerate(scores):
            if c != true:
                losses[row] += max(0.0, margin - scores[true] + score) ** p
        losses[row] *= (1.0 if weight is None else weight[true]) / len(scores)
    return reduced(losses.reshape(t.shape), reduction)


def multilabel_margin_loss(x, t, reduction="mean"):
    classes = x.shape[-1]
    losses = np.zeros(x.shape[:-1])
    for row in np.ndindex(losses.shape):
        ids = t[row].tolist()
        true = ids[: ids.index(-1)] if -1 in ids else ids
        for j in true:
            for c in set(range(classes)) - set(true):
                losses[row] += max(0.0, 1.0 - x[row][j] + x[row][c]) / classes
    return reduced(losses, reduction)


def pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    return np.linalg.norm(x1 - x2 + eps, p, -1, keepdim)


def cosine_similarity(x1, x2, dim=1, eps=1e-8):
    x1, x2 = np.broadcast_arrays(x1, x2)
    a, b = (np.maximum(np.sqrt((x**2).sum(dim)), eps) for x in (x1, x2))
    return (x1 * x2).sum(dim) / (a * b)


def normalize(x, p=2.0, dim=1, eps=1e-12):
    return x / np.maximum(np.linalg.norm(x, p, dim, True), eps)


def triplet_margin_loss(a, p, n, margin=1.0, norm=2.0, eps=1e-6, swap=False, reduction="mean"):
    far = pairwise_distance(a, n, norm, eps)
    if swap:
        far = np.minimum(far, pairwise_distance(p, n, norm, eps))
    losses = np.maximum(pairwise_distance(a, p, norm, eps) - far + margin, 0.0)
    return reduced(losses, reduction)


def ctc_loss(x, targets, steps, lengths, blank=0, reduction="mean", zero_infinity=False):
    """The probability of each state, step by step."""
    losses, end = [], 0
    for n, (t, length) in enumerate(zip(steps, lengths)):
        target = targets[n][:length] if targets.ndim == 2 else targets[end : end + length]
        end += length
        states = [blank]
        for symbol in target:
            states += [symbol, blank]
        a = np.zeros((t + 1, len(states)))
        a[0, 0] = 1.0  # before the first step
        for step in range(t):
            for s, symbol in enumerate(states):
                before = a[step, s] * (step > 0 or s == 0)
                if s > 0:
                    before += a[step, s - 1]
                if s > 1 and symbol not in (blank, states[s - 2]):
                    before += a[step, s - 2] * (step > 0)
                a[step + 1, s] = before * np.exp(x[step, n, symbol])
        likelihood = a[t, -2:].sum() if t or len(states) == 1 else 0.0
        with np.errstate(divide="ignore"):
            losses.append(-np.log(likelihood))
    losses = np.array(losses)
    if zero_infinity:
        losses[np.isinf(losses)] = 0.0
    if reduction == "mean":
        losses = losses / np.maximum(lengths, 1)
    return reduced(losses, reduction)


def linear_cross_entropy(x, w, t, linear_bias=None, ignore_index=None, **options):
    z = x @ w.T + (0.0 if linear_bias is None else linear_bias)
    return cross_entropy(
        z, t, ignore_index=-100 if ignore_index is None else ignore_index, **options
    )
