"""Softmax in float64 NumPy."""

import numpy as np


def softmax(x, dim):
    with np.errstate(invalid="ignore"):
        e = np.exp(x - x.max(axis=dim, keepdims=True, initial=-np.inf))
        return e / e.sum(axis=dim, keepdims=True)


def log_softmax(x, dim):
    with np.errstate(invalid="ignore", divide="ignore"):
        shifted = x - x.max(axis=dim, keepdims=True, initial=-np.inf)
        return shifted - np.log(np.exp(shifted).sum(axis=dim, keepdims=True))
