"""Convolutions by their definition, one kernel element at a time."""

import itertools

import numpy as np

from .activation import activated


def each(value, axes):
    """A tuple of one number for each axis."""
    return (value,) * axes if np.ndim(value) == 0 else tuple(value)


def batched(op):
    """Extend `op` to a single sample without a batch axis."""

    def call(x, w, *args, residual=None, **kwargs):
        if x.ndim == w.ndim:
            return op(x, w, *args, residual=residual, **kwargs)
        residual = None if residual is None else residual[None]
        return op(x[None], w, *args, residual=residual, **kwargs)[0]

    return call


def finished(y, bias, residual, activation):
    """Bias, residual and activation, in this order."""
    if bias is not None:
        y = y + bias.reshape(-1, *[1] * (y.ndim - 2))
    if residual is not None:
        y = y + residual
    return activated(y, activation)


@batched
def conv(
    x,
    w,
    bias=None,
    stride=1,
    padding=0,
    dilation=1,
    groups=1,
    *,
    activation=None,
    residual=None,
):
    axes, kernel = w.ndim - 2, w.shape[2:]
    stride, dilation = each(stride, axes), each(dilation, axes)
    reach = [d * (k - 1) for d, k in zip(dilation, kernel)]
    if padding == "same":
        pads = [(r // 2, r - r // 2) for r in reach]
    else:
        pads = [(p, p) for p in each(0 if padding == "valid" else padding, axes)]
    x = np.pad(x, [(0, 0), (0, 0), *pads])
    size = [(n - r - 1) // s + 1 for n, r, s in zip(x.shape[2:], reach, stride)]
    y = np.zeros((len(x), len(w), *size))
    c, o = w.shape[1], len(w) // groups
    for g, k in itertools.product(range(groups), itertools.product(*map(range, kernel))):
        places = [
            slice(i * d, i * d + (n - 1) * s + 1, s)
            for i, d, n, s in zip(k, dilation, size, stride)
        ]
        seen = x[(slice(None), slice(g * c, g * c + c), *places)]
        out = slice(g * o, g * o + o)
        y[:, out] += np.moveaxis(np.tensordot(w[(out, slice(None), *k)], seen, (1, 1)), 0, 1)
    return finished(y, bias, residual, activation)


@batched
def conv_transpose(
    x,
    w,
    bias=None,
    stride=1,
    padding=0,
    output_padding=0,
    groups=1,
    dilation=1,
    *,
    activation=None,
    residual=None,
):
    axes, kernel = w.ndim - 2, w.shape[2:]
    stride, dilation = each(stride, axes), each(dilation, axes)
    padding, extra = each(padding, axes), each(output_padding, axes)
    whole = [
        (n - 1) * s + d * (k - 1) + 1 for n, s, d, k in zip(x.shape[2:], stride, dilation, kernel)
    ]
    c, o = len(w) // groups, w.shape[1]
    y = np.zeros((len(x), groups * o, *[n + e for n, e in zip(whole, extra)]))
    for g, k in itertools.product(range(groups), itertools.product(*map(range, kernel))):
        places = [
            slice(i * d, i * d + (n - 1) * s + 1, s)
            for i, d, n, s in zip(k, dilation, x.shape[2:], stride)
        ]
        own = slice(g * c, g * c + c)
        y[(slice(None), slice(g * o, g * o + o), *places)] += np.moveaxis(
            np.tensordot(w[(own, slice(None), *k)], x[:, own], (0, 1)), 0, 1
        )
    # The output padding comes after the cropped part.
    ends = [n + e - p for n, e, p in zip(whole, extra, padding)]
    y = y[(slice(None), slice(None), *[slice(p, e) for p, e in zip(padding, ends)])]
    return finished(y, bias, residual, activation)
