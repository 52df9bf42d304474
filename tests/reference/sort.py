"""Order along a dimension by definition: stable, NaN the largest number."""

import numpy as np


def order(x, dim, descending=False):
    """Positions of the elements in order; ties in the order of their positions."""
    if x.ndim == 0:
        return np.zeros((), np.int64)

    def rank(row, i):
        value = row[i]
        if value != value:
            return (-1 if descending else 1, 0, i)
        return (0, -value if descending else value, i)

    moved = np.moveaxis(x, dim, -1)
    out = np.zeros(moved.shape, np.int64)
    for place in np.ndindex(*moved.shape[:-1]):
        row = moved[place].tolist()
        out[place] = sorted(range(len(row)), key=lambda i, row=row: rank(row, i))
    return np.moveaxis(out, -1, dim)


def taken(x, i, dim):
    return (np.take_along_axis(x, i, dim) if x.ndim else x), i


def sort(x, dim=-1, descending=False, stable=True):
    return taken(x, order(x, dim, descending), dim)


def topk(x, k, dim=-1, largest=True, sorted=True):
    i = order(x, dim, largest)
    return taken(x, np.take(i, range(k), dim) if x.ndim else i, dim)


def at(x, i, dim, keepdim):
    """The elements at one position along a dimension."""
    if x.ndim == 0:
        return x, np.zeros((), np.int64)
    values, i = taken(x, np.expand_dims(i, dim), dim)
    return (values, i) if keepdim else (values.squeeze(dim), i.squeeze(dim))


def mode(x, dim=-1, keepdim=False):
    def position(row):
        most = max(np.count_nonzero(row == v) for v in row)
        value = min(v for v in row if np.count_nonzero(row == v) == most)
        return np.flatnonzero(row == value)[-1]

    return at(x, np.apply_along_axis(position, dim, x) if x.ndim else None, dim, keepdim)


def kthvalue(x, k, dim=-1, keepdim=False):
    if x.ndim == 0:
        return at(x, None, dim, keepdim)
    kth = np.take(order(x, dim), k - 1, dim)
    value = np.take_along_axis(x, np.expand_dims(kth, dim), dim)
    # argmax finds the first that is equal; NaN is, here, to NaN.
    equal = (x == value) | (np.isnan(x) & np.isnan(value))
    return at(x, equal.argmax(dim), dim, keepdim)


def median(x, dim=None, keepdim=False):
    if dim is None:
        return median(x.reshape(-1), 0)[0]
    if x.ndim == 0:
        return at(x, None, dim, keepdim)

    def position(row):
        nans = np.flatnonzero(np.isnan(row))
        if len(nans):
            return nans[0]
        return np.flatnonzero(row == np.sort(row)[(len(row) - 1) // 2])[0]

    return at(x, np.apply_along_axis(position, dim, x), dim, keepdim)


def nanmedian(x, dim=None, keepdim=False):
    if dim is None:
        return nanmedian(x.reshape(-1), 0)[0]
    if x.ndim == 0:
        return at(x, None, dim, keepdim)

    def position(row):
        left = row[~np.isnan(row)]
        return np.flatnonzero(row == median(left, 0)[0])[0] if len(left) else 0

    return at(x, np.apply_along_axis(position, dim, x), dim, keepdim)
