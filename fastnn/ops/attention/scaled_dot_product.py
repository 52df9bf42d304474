"""Scaled dot-product attention."""

from __future__ import annotations

import math
from itertools import zip_longest
from typing import Any

import numpy as np

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record, unbroadcast
from ...random import reserve
from ...tensor import Tensor, TensorLike
from ..dropout.elements import dropout
from ..elementwise import add, mul
from ..gemm import matmul
from ..index import masked_fill
from ..join import repeat_interleave
from ..softmax import softmax

__all__ = ["scaled_dot_product_attention"]

BLOCK = 64  # a row's random numbers come in whole blocks


def scaled_dot_product_attention(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
    attn_mask: TensorLike | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Means of values, weighted by how well their keys fit a query: softmax(s · Q·Kᵀ + mask) · V.

    Computed tile by tile, forward and backward: the L x S weights are never in memory.

    Parameters
    ----------
    query
        Q, (..., H, L, E): for each of H heads, L queries of E features. Any strides, so heads can
        be split off an array (B, L, H · E) without copying.
    key
        K, (..., H, S, E).
    value
        V, (..., H, S, Ev).
    attn_mask
        Broadcast to (..., H, L, S): boolean, true where the query takes part in the key, or
        numbers that are added to the scores.
    dropout_p
        Probability with which a weight is dropped. There is no training mode here: pass 0 to
        evaluate.
    is_causal
        Query i takes part in keys 0 … i only; other masks hold beside it.
    scale
        s; 1/√E by default.
    enable_gqa
        Key and value have fewer heads, a divisor of H: neighbouring queries share them.

    Returns
    -------
    Tensor
        (..., H, L, Ev). A query that takes part in no key gives 0.

    Raises
    ------
    ValueError
        Where shapes do not fit, or `dropout_p` is no probability.
    TypeError
        Where types differ.

    References
    ----------
    A. Vaswani et al., Attention is all you need, NIPS 2017. T. Dao et al., FlashAttention, NeurIPS
    2022.

    Examples
    --------
    >>> q, k = fastnn.zeros(2, 4, 3, 8), fastnn.zeros(2, 4, 5, 8)
    >>> v = fastnn.ones(2, 4, 5, 6)
    >>> y = F.scaled_dot_product_attention(q, k, v)
    >>> y.shape, bool(((y - 1).abs() < 1e-6).all())
    ((2, 4, 3, 6), True)
    """
    q, k, v = array(query), array(key), array(value)
    if scale is None:
        scale = 1 / math.sqrt(q.shape[-1]) if q.ndim and q.shape[-1] else 1.0
    if isinstance(attn_mask, Tensor) and attn_mask.requires_grad:
        given = (query, key, value, attn_mask, dropout_p, is_causal, scale, enable_gqa)
        return with_weights(*given)[0]
    mask = None if attn_mask is None else array(attn_mask)
    stream = reserve_weights(q, k, v, dropout_p)
    y, lse = _core.scaled_dot_product_attention(
        q, k, v, mask, is_causal, scale, dropout_p, stream, enable_gqa, True
    )
    settings = (is_causal, scale, dropout_p, stream, enable_gqa)
    saved = (q, k, v, y, lse, mask, settings)
    return record(y, scaled_dot_product_attention_backward, (query, key, value), *saved)


def scaled_dot_product_attention_backward(node: Node, dy: Array) -> Grads:
    q, k, v, y, lse, mask, settings = node.saved
    grads = _core.scaled_dot_product_attention_backward(dy, q, k, v, y, lse, mask, *settings)
    return tuple([unbroadcast(d, x.shape) for d, x in zip(grads, (q, k, v))])


def reserve_weights(q: Array, k: Array, v: Array, p: float) -> Array | None:
    """Random numbers for all weights, None where none are dropped."""
    if not p > 0:
        return None
    axes = zip_longest(*[x.shape[-3::-1] for x in (q, k, v)], fillvalue=1)
    rows = math.prod(map(max, axes)) * (q.shape[-2] if q.ndim > 1 else 1)
    return reserve(rows * -(-(k.shape[-2] if k.ndim > 1 else 1) // BLOCK) * BLOCK)


def with_weights(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
    attn_mask: TensorLike | None,
    dropout_p: float,
    is_causal: bool,
    scale: float,
    enable_gqa: bool = False,
    nothing: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """`scaled_dot_product_attention` in steps, and its weights after dropout.

    For callers that want the weights, or a gradient of the mask. A query that takes part in no key
    has the weights `nothing`.
    """
    q, k, v = [x if isinstance(x, Tensor) else Tensor(array(x)) for x in (query, key, value)]
    if enable_gqa and max(x.ndim for x in (q, k, v)) > 2:
        q, k, v = [x if x.ndim > 2 else x.unsqueeze(0) for x in (q, k, v)]
        if not k.shape[-3] or q.shape[-3] % k.shape[-3] or k.shape[-3] != v.shape[-3]:
            raise ValueError(
                "scaled_dot_product_attention: with grouped heads, key and value must have as many "
                f"heads, a divisor of those of query, got shapes {q.shape}, {k.shape}, {v.shape}"
            )
        times = q.shape[-3] // k.shape[-3]
        k, v = repeat_interleave(k, times, -3), repeat_interleave(v, times, -3)
    scores = matmul(mul(q, scale), k.transpose(-1, -2))
    hidden: Any = None
    if is_causal:
        hidden = np.tri(scores.shape[-2], scores.shape[-1]) == 0
    if attn_mask is not None:
        mask = array(attn_mask)
        if mask.dtype == bool:
            hidden = ~mask if hidden is None else hidden | ~mask
        else:
            scores = add(scores, attn_mask)
    if hidden is not None:
        scores = masked_fill(scores, np.broadcast_to(hidden, scores.shape), -math.inf)
    dead = (scores._array == -math.inf).all(axis=-1, keepdims=True)
    any_dead = bool(dead.any())
    if any_dead:
        dead = np.broadcast_to(dead, scores.shape)
        scores = masked_fill(scores, dead, 0.0)
    weights = softmax(scores, -1)
    if any_dead:
        weights = masked_fill(weights, dead, nothing)
    weights = dropout(weights, dropout_p, dropout_p > 0)
    return matmul(weights, v), weights
