"""Reductions by definition: each output from a flat list of its elements."""

import math

import numpy as np


def over(x, dim, keepdim, f):
    """Apply `f` to the flat list of elements of each output."""
    axes = range(x.ndim) if dim is None or dim == () else np.atleast_1d(dim) % max(x.ndim, 1)
    kept = [i for i in range(x.ndim) if i not in axes]
    moved = x.transpose(kept + [i for i in range(x.ndim) if i not in kept])
    shape = [x.shape[i] for i in kept]
    rows = moved.reshape(math.prod(shape), math.prod(x.shape) // max(math.prod(shape), 1))
    out = np.array([f(row) for row in rows], np.asarray(f(np.ones(1))).dtype).reshape(shape)
    if keepdim:
        out = out.reshape([n if i in kept else 1 for i, n in enumerate(x.shape)])
    return out


def reduction(f):
    """`f` as an operation with `dim` and `keepdim`."""
    return lambda x, dim=None, keepdim=False: over(x, dim, keepdim, f)


def total(v):
    return float(np.sum(v, dtype=np.longdouble))


def product(v):
    return float(np.prod(v, dtype=np.longdouble))


def average(v):
    return total(v) / len(v) if len(v) else np.nan


def log_total(v):
    top = np.max(v, initial=-np.inf)
    if np.isinf(top):
        return top
    return top + float(np.log(total(np.exp(v - top))))


sum = reduction(total)
mean = reduction(average)
prod = reduction(product)
logsumexp = reduction(log_total)
amax = reduction(np.max)  # NaN where an element is
amin = reduction(np.min)
any = reduction(lambda v: bool((v != 0).sum()))
all = reduction(lambda v: not bool((v == 0).sum()))


def norm(x, p=2, dim=None, keepdim=False):
    def f(v):
        size = np.abs(v)
        if p == np.inf:
            return np.max(size)
        if p == 0:
            return float((v != 0).sum())
        return total(size ** (2 if p == "fro" else p)) ** (1 / (2 if p == "fro" else p))

    return over(x, dim, keepdim, f)


def var(x, dim=None, keepdim=False, correction=1):
    def f(v):
        if len(v) == 0 or len(v) <= correction:
            return np.nan
        return total((v - average(v)) ** 2) / (len(v) - correction)

    return over(x, dim, keepdim, f)


def std(x, dim=None, keepdim=False, correction=1):
    return np.sqrt(var(x, dim, keepdim, correction))


def middle(v):
    return np.nan if np.isnan(v).any() else np.sort(v)[(len(v) - 1) // 2]


def first(v, value):
    return np.flatnonzero((v == value) | (np.isnan(v) & np.isnan(value)))[0]


def position(pick):
    """Position of the element that `pick` chooses."""
    return lambda x, dim=None, keepdim=False: over(x, dim, keepdim, lambda v: first(v, pick(v)))


argmax = position(np.max)
argmin = position(np.min)
