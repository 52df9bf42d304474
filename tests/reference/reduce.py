"""Reductions by definition: each output from a flat list of its elements."""

import numpy as np


def over(x, dim, keepdim, f):
    """Apply `f` to the flat list of elements of each output."""
    axes = range(x.ndim) if dim is None or dim == () else np.atleast_1d(dim) % max(x.ndim, 1)
    kept = [i for i in range(x.ndim) if i not in axes]
    moved = x.transpose(kept + [i for i in range(x.ndim) if i not in kept])
    out = np.empty([x.shape[i] for i in kept], np.asarray(f(np.ones(1))).dtype)
    for k in np.ndindex(*out.shape):
        out[k] = f(moved[k].reshape(-1))
    if keepdim:
        out = out.reshape([n if i in kept else 1 for i, n in enumerate(x.shape)])
    return out


def reduction(f):
    """`f` as an operation with `dim` and `keepdim`."""
    return lambda x, dim=None, keepdim=False: over(x, dim, keepdim, f)


def total(v):
    s = np.longdouble(0)
    for e in v:
        s += e
    return float(s)


def product(v):
    p = np.longdouble(1)
    for e in v:
        p *= e
    return float(p)


def average(v):
    return total(v) / len(v) if len(v) else np.nan


def log_total(v):
    top = max(v, default=-np.inf)
    if np.isinf(top):
        return top
    return top + float(np.log(total(np.exp(v - top))))


sum = reduction(total)
mean = reduction(average)
prod = reduction(product)
logsumexp = reduction(log_total)
amax = reduction(lambda v: np.nan if np.isnan(v).any() else max(v))
amin = reduction(lambda v: np.nan if np.isnan(v).any() else min(v))
any = reduction(lambda v: bool((v != 0).sum()))
all = reduction(lambda v: not bool((v == 0).sum()))


def norm(x, p=2, dim=None, keepdim=False):
    def f(v):
        size = np.abs(v)
        if p == np.inf:
            return max(size)
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
    return np.nan if np.isnan(v).any() else sorted(v)[(len(v) - 1) // 2]


def first(v, value):
    return next(i for i, e in enumerate(v) if e == value or (np.isnan(e) and np.isnan(value)))


def position(pick):
    """Position of the element that `pick` chooses."""
    return lambda x, dim=None, keepdim=False: over(x, dim, keepdim, lambda v: first(v, pick(v)))


argmax = position(lambda v: np.nan if np.isnan(v).any() else max(v))
argmin = position(lambda v: np.nan if np.isnan(v).any() else min(v))
