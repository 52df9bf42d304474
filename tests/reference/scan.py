"""Cumulative sums and products by definition, element by element."""

import numpy as np


def scan(x, dim, f):
    y = np.empty(x.shape, np.longdouble)
    if x.ndim == 0:
        return np.asarray(x)
    along, out = np.moveaxis(x, dim, 0), np.moveaxis(y, dim, 0)
    for i in range(len(along)):
        out[i] = along[i] if i == 0 else f(out[i - 1], along[i])
    return y.astype(x.dtype)


def cumsum(x, dim):
    return scan(x, dim, lambda a, b: a + b)


def cumprod(x, dim):
    return scan(x, dim, lambda a, b: a * b)
