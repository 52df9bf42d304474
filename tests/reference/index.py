"""Indexing element by element, in the order in which values that meet in one place do so."""

import numpy as np

COMBINE = {
    "set": lambda y, v: v,
    "sum": np.add,
    "mean": np.add,
    "prod": np.multiply,
    "amax": np.maximum,
    "amin": np.minimum,
}
START = {"set": 0, "sum": 0, "mean": 0, "prod": 1, "amax": -np.inf, "amin": np.inf}


def gather(x, dim, index):
    y = np.zeros(index.shape)
    x = np.reshape(x, x.shape or (1,))
    for place in np.ndindex(*index.shape):
        source = list(place) or [0]
        source[dim] = index[place]
        y[place] = x[tuple(source)]
    return y


def scatter_reduce(x, dim, index, src, reduce, include_self=True):
    y, counts = np.array(x, np.float64), np.ones(np.shape(x))
    src = np.broadcast_to(src, index.shape) if np.ndim(src) == 0 else src
    seen = set()
    for place in np.ndindex(*index.shape):
        target = list(place)
        target[dim] = index[place]
        target = tuple(target)
        if not include_self and target not in seen:
            y[target], counts[target] = START[reduce], 0
        seen.add(target)
        y[target] = COMBINE[reduce](y[target], src[place])
        counts[target] += 1
    return y / counts if reduce == "mean" else y


def index_reduce(x, dim, index, source, reduce, include_self=True, alpha=1):
    if np.ndim(x) == 0:
        return index_reduce(x[None], dim, index, source, reduce, include_self, alpha)[0]
    shape = np.array(np.shape(x))
    index = np.reshape(index, -1)
    shape[dim] = len(index)
    along = np.ones(x.ndim, int)
    along[dim] = -1
    wide = np.broadcast_to(np.reshape(index, along), shape)
    return scatter_reduce(
        x, dim, wide, np.broadcast_to(source * alpha, shape), reduce, include_self
    )


def put(x, key, value, accumulate=False):
    y = np.array(x)
    if isinstance(key, tuple):
        key = tuple([slice(None) if part is None else part for part in key])
    if accumulate:
        np.add.at(y, key, value)
    else:
        y[key] = value
    return y


def put_flat(x, index, source, accumulate=False):
    return put(x.reshape(-1), index.reshape(-1), source.reshape(-1), accumulate).reshape(x.shape)


def masked_scatter(x, mask, source):
    y = np.array(np.broadcast_to(x, np.broadcast_shapes(x.shape, mask.shape)))
    mask = np.broadcast_to(mask, y.shape)
    y[mask] = source.reshape(-1)[: mask.sum()]
    return y


def masked_fill(x, mask, value):
    return np.where(mask, value, x)
