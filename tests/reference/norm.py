"""Layer norm and RMS norm in float64 NumPy."""

import numpy as np


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
