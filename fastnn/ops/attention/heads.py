"""Attention of several heads on projected rows, where they lie."""

from __future__ import annotations

import math

from ... import _core
from ...autograd.record import Array, Grads, Node, record
from ...tensor import Tensor
from .scaled_dot_product import reserve_weights

PARTS = {1: (3,), 2: (1, 2), 3: (1, 1, 1)}  # what each of so many arrays holds of q, k and v


def multi_head(
    parts: tuple[Tensor, ...],
    heads: int,
    batch_first: bool,
    mask: Array | None,
    is_causal: bool,
    dropout_p: float,
) -> Tensor:
    """Attention of `heads` heads on projected rows, in place: nothing is split up or put together.

    Parameters
    ----------
    parts
        (q, k, v), each (B, L or S, E) or with the first two axes swapped; or (q, kv) with keys and
        values behind each other, (B, S, 2 E); or (qkv,), (B, L, 3 E).
    heads
        H, a divisor of E.
    batch_first
        The order of axes.
    mask
        As for `scaled_dot_product_attention`.
    is_causal, dropout_p
        As there.

    Returns
    -------
    Tensor
        (B, L, E), its axes in the order of the input's.
    """
    q, k, v = [
        x
        for part, n in zip(parts, PARTS[len(parts)])
        for x in split_heads(part._array, n, heads, batch_first)
    ]
    stream = reserve_weights(q, k, v, dropout_p)
    settings = (is_causal, 1 / math.sqrt(q.shape[-1]), dropout_p, stream, False)
    y, lse = _core.scaled_dot_product_attention(q, k, v, mask, *settings, True)
    rows = join_heads(y, batch_first)
    return record(rows, multi_head_backward, parts, q, k, v, y, lse, mask, settings, batch_first)


def multi_head_backward(node: Node, dy: Array) -> Grads:
    q, k, v, y, lse, mask, settings, batch_first = node.saved
    count = len(node.inputs)
    packed = PARTS[count][-1] if count < 3 else 0
    (dy,) = split_heads(dy, 1, q.shape[1], batch_first)
    causal, scale, p, stream, gqa = settings
    grads = _core.scaled_dot_product_attention_backward(
        dy, q, k, v, y, lse, mask, causal, scale, p, stream, gqa, packed
    )
    return tuple([join_heads(g, batch_first) for g in grads])


def split_heads(x: Array, parts: int, heads: int, batch_first: bool) -> list[Array]:
    """(B, T, parts · E) as `parts` arrays (B, H, T, E / H), views where that can be."""
    split = x.reshape(x.shape[0], x.shape[1], parts, heads, x.shape[2] // (parts * heads))
    order = (2, 0, 3, 1, 4) if batch_first else (2, 1, 3, 0, 4)
    return list(split.transpose(order))


def join_heads(x: Array, batch_first: bool) -> Array:
    """(B, H, T, D), or (B, T, parts, H, D), as rows (B, T, ...)."""
    if x.ndim == 4:
        x = x.transpose(0, 2, 1, 3)
    if not batch_first:
        x = x.swapaxes(0, 1)
    return x.reshape(*x.shape[:2], math.prod(x.shape[2:]))
