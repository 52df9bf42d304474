"""Attention with explicit weights, row by row."""

import math

import numpy as np

from . import dropout


def softmax(x):
    """Softmax of one row; zeros if all keys are masked."""
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
    """The dropout factors of the weights; each row draws whole blocks of 64 numbers."""
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


def multi_head_attention_forward(
    query,
    key,
    value,
    embed_dim,
    heads,
    in_weight,
    in_bias,
    bias_k,
    bias_v,
    add_zero_attn,
    dropout_p,
    out_weight,
    out_bias,
    key_padding_mask=None,
    attn_mask=None,
    static_k=None,
    static_v=None,
):
    """Computed by sample and head, time first; returns the output and the mean of the weights."""
    d = embed_dim // heads
    ws = np.split(in_weight, 3)
    bs = np.split(in_bias, 3) if in_bias is not None else [0, 0, 0]
    seen = len(key if static_k is None else static_k[0]) + (bias_k is not None) + add_zero_attn
    y, means = np.zeros_like(query), np.zeros((query.shape[1], len(query), seen))
    for n in range(query.shape[1]):
        q, k, v = [x[:, n] @ w.T + b for x, w, b in zip((query, key, value), ws, bs)]
        for h in range(heads):
            part = slice(h * d, (h + 1) * d)
            ks = k[:, part] if static_k is None else static_k[n * heads + h]
            vs = v[:, part] if static_v is None else static_v[n * heads + h]
            mask = np.zeros((len(q), len(ks)))
            for given in (
                None if attn_mask is None else attn_mask[n * heads + h],
                None if key_padding_mask is None else key_padding_mask[n],
            ):
                if given is not None:
                    mask = mask + (np.where(given, -np.inf, 0.0) if given.dtype == bool else given)
            if bias_k is not None:
                ks = np.concatenate((ks, bias_k[0, :, part]))
                vs = np.concatenate((vs, bias_v[0, :, part]))
            if add_zero_attn:
                ks, vs = (np.concatenate((x, np.zeros((1, d)))) for x in (ks, vs))
            mask = np.pad(mask, ((0, 0), (0, len(ks) - mask.shape[1])))
            w = weights(q[:, part], ks, mask)
            means[n] += w / heads
            y[:, n] += (w @ vs) @ out_weight[:, part].T
    return y + (0 if out_bias is None else out_bias), means
