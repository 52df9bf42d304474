"""Pooling in float64 NumPy, window by window."""

import math

import numpy as np


def each(value, axes):
    return (value,) * axes if np.isscalar(value) or value is None else tuple(value)


def regular(size, kernel, stride, padding, dilation, ceil_mode):
    """For each window of an axis its inputs, and its size with padding."""
    free = size + 2 * padding - dilation * (kernel - 1) - 1
    count = (math.ceil(free / stride) if ceil_mode else free // stride) + 1
    if ceil_mode and (count - 1) * stride >= size + padding:
        count -= 1
    found = []
    for o in range(count):
        begin = o * stride - padding
        places = [begin + k * dilation for k in range(kernel)]
        inside = [i for i in places if 0 <= i < size]
        found.append((inside, min(begin + kernel, size + padding) - begin))
    return found


def adaptive(size, out):
    out = size if out is None else out
    bounds = [(o * size // out, -(-(o + 1) * size // out)) for o in range(out)]
    return [(list(range(a, b)), b - a) for a, b in bounds]


def pooled(x, windows, reduce):
    """`reduce(block, places, sizes)` for each window; places are plane indices of its block."""
    axes = len(windows)
    lead, plane = x.shape[: x.ndim - axes], x.shape[x.ndim - axes :]
    index = np.arange(math.prod(plane)).reshape(plane)
    out = tuple(len(w) for w in windows)
    results = []
    for o in np.ndindex(*out):
        chosen = np.ix_(*[w[i][0] for w, i in zip(windows, o)])
        places = index[chosen].ravel()
        block = x[(..., *chosen)].reshape(*lead, len(places))
        results.append(reduce(block, places, [w[i][1] for w, i in zip(windows, o)]))
    return np.stack(results, -1).reshape(*lead, *out) if results else np.zeros((*lead, *out))


def largest(block, places, sizes):
    nan = np.isnan(block)
    return np.where(nan.any(-1), np.nan, np.where(nan, -np.inf, block).max(-1, initial=-np.inf))


def where_largest(block, places, sizes):
    nan = np.isnan(block)
    last = block.shape[-1] - 1 - np.argmax(nan[..., ::-1], -1)
    first = np.argmax(np.where(nan, -np.inf, block), -1)
    return places[np.where(nan.any(-1), last, first)]


def maximum(x, windows, return_indices):
    y = pooled(x, windows, largest)
    if not return_indices:
        return y
    return y, pooled(x, windows, where_largest).astype(np.int64)


def max_pool(axes):
    def pool(
        x,
        kernel_size,
        stride=None,
        padding=0,
        dilation=1,
        ceil_mode=False,
        return_indices=False,
    ):
        options = [each(v, axes) for v in (kernel_size, stride or kernel_size, padding, dilation)]
        sizes = x.shape[x.ndim - axes :]
        windows = [regular(n, *o, ceil_mode) for n, *o in zip(sizes, *options)]
        return maximum(x, windows, return_indices)

    return pool


def avg_pool(axes):
    def pool(
        x,
        kernel_size,
        stride=None,
        padding=0,
        ceil_mode=False,
        count_include_pad=True,
        divisor_override=None,
    ):
        def mean(block, places, sizes):
            divisor = math.prod(sizes) if count_include_pad else len(places)
            return block.sum(-1) / (divisor_override or divisor)

        options = [each(v, axes) for v in (kernel_size, stride or kernel_size, padding)]
        sizes = x.shape[x.ndim - axes :]
        windows = [regular(n, *o, 1, ceil_mode) for n, *o in zip(sizes, *options)]
        return pooled(x, windows, mean)

    return pool


def lp_pool(axes):
    def pool(x, norm_type, kernel_size, stride=None, ceil_mode=False):
        count = math.prod(each(kernel_size, axes))
        powers = avg_pool(axes)(x**norm_type, kernel_size, stride, 0, ceil_mode) * count
        return powers ** (1 / norm_type)

    return pool


def adaptive_windows(x, output_size, axes):
    return [adaptive(n, o) for n, o in zip(x.shape[x.ndim - axes :], each(output_size, axes))]


def adaptive_avg_pool(axes):
    def pool(x, output_size):
        mean = lambda block, places, sizes: block.sum(-1) / len(places)  # noqa: E731
        return pooled(x, adaptive_windows(x, output_size, axes), mean)

    return pool


def adaptive_max_pool(axes):
    def pool(x, output_size, return_indices=False):
        return maximum(x, adaptive_windows(x, output_size, axes), return_indices)

    return pool


def fractional_max_pool(axes):
    """Window by window, plane by plane, of samples in the type that decides where windows begin."""

    def begin(n, k, o, u, dtype):
        if o == 1:
            return [n - k]
        step = dtype.type(n - k) / dtype.type(o - 1)
        return [int((dtype.type(j) + u) * step) - int(u * step) for j in range(o - 1)] + [n - k]

    def pool(
        x,
        kernel_size,
        output_size=None,
        output_ratio=None,
        return_indices=False,
        _random_samples=None,
    ):
        kernel, plane = each(kernel_size, axes), x.shape[x.ndim - axes :]
        if output_size is None:
            out = tuple(int(n * r) for n, r in zip(plane, each(output_ratio, axes)))
        else:
            out = each(output_size, axes)
        planes = x.reshape(-1, *plane)
        samples = _random_samples.reshape(-1, axes)
        y = np.zeros((len(planes), *out))
        indices = np.zeros(y.shape, np.int64)
        for p, (image, u) in enumerate(zip(planes, samples)):
            order = u[::-1] if axes == 2 else u
            lines = [begin(*s, samples.dtype) for s in zip(plane, kernel, out, order)]
            windows = [
                [(list(range(b, b + k)), k) for b in starts] for starts, k in zip(lines, kernel)
            ]
            y[p], indices[p] = maximum(image, windows, True)
        shape = (*x.shape[: x.ndim - axes], *out)
        y, indices = y.reshape(shape), indices.reshape(shape)
        return (y, indices) if return_indices else y

    return pool


def max_unpool(axes):
    def pool(x, indices, kernel_size, stride=None, padding=0, output_size=None):
        options = [each(v, axes) for v in (kernel_size, stride or kernel_size, padding)]
        sizes = x.shape[x.ndim - axes :]
        out = tuple((n - 1) * s + k - 2 * p for n, k, s, p in zip(sizes, *options))
        out = out if output_size is None else tuple(output_size)[-axes:]
        lead = x.shape[: x.ndim - axes]
        y = np.zeros((*lead, math.prod(out)))
        for at in np.ndindex(*lead):
            for value, i in zip(x[at].ravel(), indices[at].ravel()):
                y[(*at, i)] = value
        return y.reshape(*lead, *out)

    return pool
