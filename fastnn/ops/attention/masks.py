"""The masks of several heads, put together as attention takes them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...autograd.record import Array, array
from ...tensor import Tensor, TensorLike
from ..elementwise import add
from ..join import cat
from ..shape import reshape

OP = "multi_head_attention_forward"
Mask = Any  # what attention takes: an array that allows, a tensor that is added, or None


class Heads(NamedTuple):
    """H, the order of axes, B, L, and the type of all."""

    number: int
    batch_first: bool
    batch: int
    length: int
    dtype: np.dtype[Any]


def both_masks(
    heads: Heads,
    s: int,
    added: int,
    attn_mask: TensorLike | None,
    key_padding_mask: TensorLike | None,
    batched: bool,
) -> Mask:
    """Both masks as one that attention takes, over the added keys too."""
    b, n = heads.batch, heads.length
    mask: Mask = None
    if attn_mask is not None:
        shape, each = array(attn_mask).shape, (b * heads.number, n, s)
        if shape not in ((n, s), each):
            raise ValueError(f"{OP}: attn_mask must have shape {(n, s)} or {each}, got {shape}")
        lead = (1, 1) if len(shape) == 2 else (b, heads.number)
        mask = canonical("attn_mask", attn_mask, (*lead, n, s), heads.dtype)
    if key_padding_mask is not None:
        shape, wanted = array(key_padding_mask).shape, (b, s) if batched else (s,)
        if shape != wanted:
            raise ValueError(f"{OP}: key_padding_mask must have shape {wanted}, got {shape}")
        shape = (b, 1, 1, s)
        mask = merged(mask, canonical("key_padding_mask", key_padding_mask, shape, heads.dtype))
    if mask is None or not added:
        return mask
    seen = np.ones if mask.dtype == bool else np.zeros
    more = seen((*mask.shape[:-1], added), mask.dtype)
    if isinstance(mask, Tensor):
        return cat([mask, Tensor(more)], -1)
    return np.concatenate((mask, more), -1)


def canonical(name: str, mask: TensorLike, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Mask:
    """A mask where true hides, in the form that attention takes, where true allows."""
    x: Array = array(mask)
    if x.dtype == bool:
        return ~x.reshape(shape)
    if x.dtype.kind != "f":
        raise TypeError(f"{OP}: {name} must be boolean or float, got {x.dtype}")
    # NumPy's own numbers are float64, whatever the layer's are.
    return reshape(mask, *shape).to(dtype)


def merged(a: Mask, b: Mask) -> Mask:
    """Two masks as one; the first may be None."""
    if a is None:
        return b
    if a.dtype == bool and b.dtype == bool:
        return a & b
    dtype = b.dtype if a.dtype == bool else a.dtype
    return add(*[np.where(x, 0, -np.inf).astype(dtype) if x.dtype == bool else x for x in (a, b)])
