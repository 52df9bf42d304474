"""Normalizations in float64 NumPy."""

import numpy as np

from .activation import activated


def scaled(y, weight, bias):
    if weight is not None:
        y = y * weight
    return y if bias is None else y + bias


def axes_of(normalized_shape):
    count = 1 if isinstance(normalized_shape, int) else len(normalized_shape)
    return tuple(range(-count, 0))


def layer_norm(x, normalized_shape, weight=None, bias=None, eps=1e-5):
    axes = axes_of(normalized_shape)
    if x.size == 0:
        return x
    centered = x - x.mean(axis=axes, keepdims=True)
    variance = (centered**2).mean(axis=axes, keepdims=True)
    return scaled(centered / np.sqrt(variance + eps), weight, bias)


def rms_norm(x, normalized_shape, weight=None, eps=1e-5):
    if x.size == 0:
        return x
    square = (x**2).mean(axis=axes_of(normalized_shape), keepdims=True)
    return scaled(x / np.sqrt(square + eps), weight, None)


def per_channel(p, x):
    return p.reshape(1, -1, *[1] * (x.ndim - 2))


def finished(h, weight, bias, activation=None, residual=None):
    if weight is not None:
        h = h * per_channel(weight, h)
    if bias is not None:
        h = h + per_channel(bias, h)
    if residual is not None:
        h = h + residual
    return activated(h, activation)


def batch_statistics(x):
    axes = tuple(i for i in range(x.ndim) if i != 1)
    return x.mean(axis=axes), x.var(axis=axes)


def batch_norm(
    x,
    mean=None,
    var=None,
    weight=None,
    bias=None,
    training=False,
    momentum=0.1,
    eps=1e-5,
    *,
    activation=None,
    residual=None,
):
    """y and the updated running statistics."""
    if x.size == 0:
        return x, mean, var
    m, v = batch_statistics(x) if training else (mean, var)
    h = (x - per_channel(m, x)) / np.sqrt(per_channel(v, x) + eps)
    if training and mean is not None:
        n = x.size // x.shape[1]
        mean = (1 - momentum) * mean + momentum * m
        var = (1 - momentum) * var + momentum * v * n / (n - 1)
    return finished(h, weight, bias, activation, residual), mean, var


def batch_renorm(
    x,
    mean,
    var,
    weight=None,
    bias=None,
    momentum=0.01,
    eps=1e-5,
    r_max=3.0,
    d_max=5.0,
    *,
    activation=None,
    residual=None,
):
    """y and the updated running statistics."""
    if x.size == 0:
        return x, mean, var
    m, v = batch_statistics(x)
    sigma, running = np.sqrt(v + eps), np.sqrt(var + eps)
    r = np.clip(sigma / running, 1 / r_max, r_max)
    d = np.clip((m - mean) / running, -d_max, d_max)
    h = (x - per_channel(m, x)) / per_channel(sigma, x)
    h = h * per_channel(r, x) + per_channel(d, x)
    n = x.size // x.shape[1]
    mean = (1 - momentum) * mean + momentum * m
    var = (1 - momentum) * var + momentum * v * n / (n - 1)
    return finished(h, weight, bias, activation, residual), mean, var


def group_norm(x, num_groups, weight=None, bias=None, eps=1e-5):
    if x.size == 0:
        return x
    groups = x.reshape(len(x), num_groups, -1)
    h = groups - groups.mean(axis=2, keepdims=True)
    h = h / np.sqrt((h**2).mean(axis=2, keepdims=True) + eps)
    return finished(h.reshape(x.shape), weight, bias)


def instance_norm(x, mean=None, var=None, weight=None, bias=None, momentum=0.1, eps=1e-5):
    """y and the updated running statistics."""
    y = group_norm(x, x.shape[1], weight, bias, eps)
    if mean is not None:
        axes = tuple(range(2, x.ndim))
        n = x[0, 0].size
        mean = (1 - momentum) * mean + momentum * x.mean(axis=axes).mean(axis=0)
        var = (1 - momentum) * var + momentum * x.var(axis=axes).mean(axis=0) * n / (n - 1)
    return y, mean, var


def local_response_norm(x, size, alpha=1e-4, beta=0.75, k=1.0):
    channels = x.shape[1]
    y = np.empty_like(x)
    for c in range(channels):
        first = c - size // 2
        near = x[:, max(0, first) : max(0, first + size)]
        y[:, c] = x[:, c] / (k + alpha / size * (near**2).sum(axis=1)) ** beta
    return y
