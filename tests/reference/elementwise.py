"""Elementwise operations in float64 NumPy for which NumPy has no function."""

import math

import numpy as np


def quiet(f):
    """`f` without NumPy's warnings about 0/0 and the like."""

    def g(*args, **kwargs):
        with np.errstate(all="ignore"):
            return f(*args, **kwargs)

    return g


def add(a, b, alpha=1):
    return np.asarray(a + alpha * b)


def sub(a, b, alpha=1):
    return np.asarray(a - alpha * b)


def div(a, b, rounding_mode=None):
    q = np.true_divide(a, b)
    return {None: q, "trunc": np.trunc(q), "floor": np.floor(q)}[rounding_mode]


def clamp(x, min=None, max=None):
    y = x if min is None else np.maximum(x, min)
    return y if max is None else np.minimum(y, max)


def lerp(a, b, w):
    return a + w * (b - a)


def addcmul(a, b, c, value=1):
    return a + value * b * c


def addcdiv(a, b, c, value=1):
    return a + value * b / c


def erf(x):
    return np.asarray(np.vectorize(math.erf, otypes=[float])(x))


def rsqrt(x):
    return 1 / np.sqrt(x)


def frac(x):
    return x - np.trunc(x)


def round(x, decimals=0):
    return np.round(x, decimals)
