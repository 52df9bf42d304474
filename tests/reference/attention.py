"""Attention with all its weights, row by row."""

import math

import numpy as np

from . import dropout


def softmax(x):
    """Of one row; zeros where nothing is to be seen."""
    top = x.max(initial=-np.inf)
    if top == -np.inf:
        return np.zeros_like(x)
    e = np.exp(x - top)
    return e / e.sum()


def weights(q, k, mask=None, is_causal=False, scale=None, enable_gqa=False):
    if enable_gqa:
        k = np.repeat(k, q.shape[-3] // k.shape[-3], axis=-3)
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    scores = scale * (q @ k.swapaxes(-1, -2))
    if mask is not None:
        scores = scores + (np.where(mask, 0.0, -np.inf) if mask.dtype == bool else mask)
    if is_causal:
        scores = np.where(np.tri(*scores.shape[-2:], dtype=bool), scores, -np.inf)
    *batch, columns = scores.shape
    rows = [softmax(row) for row in scores.reshape(math.prod(batch), columns)]
    return np.reshape(rows, scores.shape)


def kept(shape, p, stream):
    """What weights are multiplied by: a row draws whole blocks of 64 numbers."""
    *batch, columns = shape
    if p == 1:
        return np.zeros(shape)
    width = -(-columns // 64) * 64
    seed, offset = (int(n) for n in stream)
    numbers = dropout.numbers(seed, offset, math.prod(batch) * width)
    return (numbers.reshape(*batch, width)[..., :columns] >= int(p * 2.0**32)) / (1 - p)


def scaled_dot_product_attention(
    q,
    k,
    v,
    attn_mask=None,
    dropout_p=0.0,
    is_causal=False,
    scale=None,
    enable_gqa=False,
    stream=None,
):
    w = weights(q, k, attn_mask, is_causal, scale, enable_gqa)
    if dropout_p > 0:
        w = w * kept(w.shape, dropout_p, stream)
    if enable_gqa:
        v = np.repeat(v, q.shape[-3] // v.shape[-3], axis=-3)
    return w @ v
