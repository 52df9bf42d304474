"""Resampling, im2col and col2im in float64 NumPy."""

import math

import numpy as np


def position(o, size, out, align_corners, scale):
    if align_corners:
        return o * (size - 1) / (out - 1) if out > 1 else 0.0
    return (o + 0.5) * (1 / scale if scale else size / out) - 0.5


def cubic(x, a=-0.75):
    x = abs(x)
    if x <= 1:
        return (a + 2) * x**3 - (a + 3) * x**2 + 1
    return a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a if x < 2 else 0.0


def averages(size, out, mode, align_corners, scale):
    """W of y = W x along one axis, with antialias."""
    step = 1 / scale if scale else size / out
    if align_corners:
        step = (size - 1) / (out - 1) if out > 1 else 0.0
    stretch = max(step, 1)
    if size == out:
        return np.eye(size)
    w = np.zeros((out, size))
    for o in range(out):
        for i in range(size):
            distance = (i + 0.5 - (o + 0.5) * step) / stretch
            w[o, i] = cubic(distance, -0.5) if mode == "bicubic" else max(1 - abs(distance), 0)
    return w / w.sum(1, keepdims=True)


def matrix(size, out, mode, align_corners, scale):
    """W of y = W x along one axis."""
    w = np.zeros((out, size))
    for o in range(out):
        step = np.float32(1 / scale if scale else size / out)
        p = position(o, size, out, align_corners, scale)
        if mode == "nearest":
            w[o, min(math.floor(np.float32(o) * step), size - 1)] = 1
        elif mode == "nearest-exact":
            w[o, min(math.floor((o + 0.5) * step), size - 1)] = 1
        elif mode == "area":
            begin, end = o * size // out, -(-(o + 1) * size // out)
            w[o, begin:end] = 1 / (end - begin)
        elif mode == "bicubic":
            for k in range(-1, 3):
                i = math.floor(p) + k
                w[o, min(max(i, 0), size - 1)] += cubic(p - i)
        elif size == out:
            w[o, o] = 1
        else:
            p = max(p, 0)
            i = min(int(p), size - 1)
            w[o, i] += 1 - (p - i)
            w[o, min(i + 1, size - 1)] += p - i
    return w


def interpolate(
    x,
    size=None,
    scale_factor=None,
    mode="nearest",
    align_corners=None,
    recompute_scale_factor=None,
    antialias=False,
):
    axes = x.ndim - 2
    given = size if scale_factor is None else scale_factor
    given = given if isinstance(given, tuple) else (given,) * axes
    for axis, value in enumerate(given):
        n = x.shape[2 + axis]
        out = value if scale_factor is None else math.floor(n * value)
        scale = None if scale_factor is None or recompute_scale_factor else value
        w = (averages if antialias else matrix)(n, out, mode, align_corners, scale)
        x = np.moveaxis(np.tensordot(x, w, (2 + axis, 1)), -1, 2 + axis)
    return x


def each(value):
    return value if isinstance(value, tuple) else (value, value)


def unfold(x, kernel_size, dilation=1, padding=0, stride=1):
    if x.ndim == 3:
        return unfold(x[None], kernel_size, dilation, padding, stride)[0]
    (kh, kw), (dh, dw), (ph, pw), (sh, sw) = map(each, (kernel_size, dilation, padding, stride))
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    reach_h, reach_w = dh * (kh - 1) + 1, dw * (kw - 1) + 1
    columns = [
        x[:, :, i : i + reach_h : dh, j : j + reach_w : dw].reshape(len(x), x.shape[1] * kh * kw)
        for i in range(0, x.shape[2] - reach_h + 1, sh)
        for j in range(0, x.shape[3] - reach_w + 1, sw)
    ]
    return np.stack(columns, -1)


def fold(x, output_size, kernel_size, dilation=1, padding=0, stride=1):
    if x.ndim == 2:
        return fold(x[None], output_size, kernel_size, dilation, padding, stride)[0]
    (h, w), (kh, kw), (ph, pw) = map(each, (output_size, kernel_size, padding))
    c = x.shape[1] // (kh * kw)
    # Indices into the padded image, arranged in columns like the elements.
    places = np.arange(c * (h + 2 * ph) * (w + 2 * pw), dtype=float)
    places = places.reshape(1, c, h + 2 * ph, w + 2 * pw)
    at = unfold(places, kernel_size, dilation, 0, stride)[0].astype(int).ravel()
    y = np.zeros((len(x), places.size))
    for image, columns in zip(y, x):
        np.add.at(image, at, columns.ravel())
    return y.reshape(len(x), *places.shape[1:])[:, :, ph : ph + h, pw : pw + w]
