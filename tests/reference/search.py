"""Searches, different elements and counts by definition."""

import numpy as np


def searchsorted(table, values, *, right=False, side=None, sorter=None, out_int32=False):
    """How many elements are smaller, or not larger, than each value; NaN is the largest."""
    right = right or side == "right"
    if sorter is not None:
        table = np.take_along_axis(table, sorter, -1)
    table = np.expand_dims(table, -2) if table.ndim > 1 else table
    v, t = np.asarray(values)[..., None], table
    smaller = (t < v) | (np.isnan(v) & ~np.isnan(t))
    equal = (t == v) | (np.isnan(v) & np.isnan(t))
    found = (smaller | equal if right else smaller).sum(-1)
    return found.astype(np.int32 if out_int32 else np.int64)


def isin(elements, test_elements, *, invert=False, assume_unique=False):
    return (np.asarray(elements)[..., None] == np.ravel(test_elements)).any(-1) != invert


def different(x, consecutive=False, dim=None):
    """Different elements or parts along `dim`, the group of each, and the sizes of groups."""
    parts = x.reshape(-1, 1) if dim is None else np.moveaxis(x, dim, 0)
    rows = [tuple(part.ravel().tolist()) for part in parts]
    at = range(len(rows)) if consecutive else sorted(range(len(rows)), key=lambda i: (rows[i], i))
    first, inverse, counts, last = [], np.zeros(len(rows), np.int64), [], -1
    for i in at:
        if first and rows[i] == rows[last]:
            counts[-1] += 1
        else:
            first.append(i)
            counts.append(1)
        inverse[i] = len(first) - 1
        last = i
    if dim is None:
        return x.ravel()[first], inverse.reshape(x.shape), np.array(counts, np.int64)
    return np.take(x, first, dim), inverse, np.array(counts, np.int64)


def bincount(x, weights=None, minlength=0):
    return np.bincount(x, weights, minlength)


def histogram(x, edges, weight=None):
    """Sums of weights of the elements between edges; the last bin has both."""
    x, w = x.ravel(), np.ones(x.size) if weight is None else weight.ravel()
    bins = len(edges) - 1
    inside = [
        (x >= edges[b]) & ((x < edges[b + 1]) | ((x == edges[b + 1]) & (b == bins - 1)))
        for b in range(bins)
    ]
    return np.array([w[i].sum() for i in inside])
