"""Attention of several heads with the projections before and behind it."""

from __future__ import annotations

import math

import numpy as np

from ...autograd.record import Array, array
from ...tensor import Tensor, TensorLike
from ..create import zeros
from ..join import cat, split
from ..linear import linear
from ..shape import broadcast_to, reshape
from .heads import multi_head
from .masks import OP, Heads, Mask, both_masks, merged
from .scaled_dot_product import with_weights

__all__ = ["multi_head_attention_forward"]


def multi_head_attention_forward(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: TensorLike | None = None,
    need_weights: bool = True,
    attn_mask: TensorLike | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: TensorLike | None = None,
    static_v: TensorLike | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
    *,
    batch_first: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """What `fastnn.nn.MultiheadAttention` computes, on parameters that are given.

    ``y = concat(head_1 ... head_H) · W_oᵀ + b_o``, ``head_i`` the attention of ``Q W_qᵀ + b_q``,
    ``K W_kᵀ + b_k`` and ``V W_vᵀ + b_v``, in the features that belong to head i.

    Parameters
    ----------
    query, key, value, key_padding_mask, need_weights, attn_mask, average_attn_weights, is_causal
        As for `fastnn.nn.MultiheadAttention.forward`, and so are result and errors.
    embed_dim_to_check, num_heads
        E, and H, a divisor of E.
    in_proj_weight, in_proj_bias
        W_q, W_k and W_v below one another, (3 E, E); b_q, b_k and b_v, (3 E,), or None.
    bias_k, bias_v
        One more key and value after those of the sequence, (1, 1, E), or None.
    add_zero_attn
        Add a key and a value of zeros at the end.
    dropout_p, training
        Probability with which a weight is dropped, in training.
    out_proj_weight, out_proj_bias
        W_o, (E, E), and b_o, (E,), or None.
    use_separate_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight
        Whether to use these three, (E, E), (E, kdim) and (E, vdim), instead of `in_proj_weight`.
    static_k, static_v
        Projected keys and values, (B · H, S, E / H), that replace K W_kᵀ + b_k and V W_vᵀ + b_v.
    batch_first
        Whether arrays are (B, L, E) and not (L, B, E).

    References
    ----------
    A. Vaswani et al., Attention is all you need, NIPS 2017.

    Examples
    --------
    >>> x, w, w_o = fastnn.ones(5, 2, 4), fastnn.ones(12, 4), fastnn.ones(4, 4)
    >>> y, weights = F.multi_head_attention_forward(
    ...     x, x, x, 4, 2, w, None, None, None, False, 0.0, w_o, None
    ... )
    >>> y.shape, weights.shape
    ((5, 2, 4), (2, 5, 5))
    """
    three = (q_proj_weight, k_proj_weight, v_proj_weight)
    in_weights = three if use_separate_proj_weight else (in_proj_weight,)
    check_weights(in_weights, embed_dim_to_check, num_heads)
    widths = [w.shape[1] for w in in_weights if w is not None]
    q, k, v = inputs((query, key, value), widths * (3 // len(widths)), batch_first)
    batched = q.ndim == 3
    if not batched:
        q, k, v = as_batch(q, k, v, 0 if batch_first else 1)
    parts = project(q, k, v, in_weights, in_proj_bias)
    b, n = parts[0].shape[:2][:: 1 if batch_first else -1]
    heads = Heads(num_heads, batch_first, b, n, q.dtype)
    if static_k is not None or static_v is not None:
        parts = with_static(parts, heads, static_k, static_v)
    s = parts[-1].shape[1 if batch_first else 0]
    parts, added = with_added(parts, heads, bias_k, bias_v, add_zero_attn)
    mask = both_masks(heads, s, added, attn_mask, key_padding_mask, batched)
    if is_causal and attn_mask is not None and not (need_weights or added):
        # The mask is what is_causal says, which the kernel computes faster.
        mask = both_masks(heads, s, added, None, key_padding_mask, batched)
    if is_causal and added:
        mask, is_causal = merged(mask, causal_mask(heads.length, s, added)), False
    p = dropout_p if training else 0.0
    weights = None
    if need_weights or (isinstance(mask, Tensor) and mask.requires_grad):
        y, weights = head_by_head(parts, heads, mask, is_causal, p, need_weights)
    else:
        allowed = None if mask is None else array(mask)
        y = multi_head(parts, num_heads, batch_first, allowed, is_causal, p)
    y = linear(y, out_proj_weight, out_proj_bias)
    if not batched:
        y = y.squeeze(0 if batch_first else 1)
    if not need_weights or weights is None:
        return y, None
    if average_attn_weights:
        weights = weights.mean(1)
    return y, weights if batched else weights.squeeze(0)


def as_batch(q: Tensor, k: Tensor, v: Tensor, axis: int) -> tuple[Tensor, Tensor, Tensor]:
    """Inputs with a batch of one along `axis`; those that are one tensor remain one."""
    one_q = q.unsqueeze(axis)
    one_k = one_q if k is q else k.unsqueeze(axis)
    return one_q, one_k, one_k if v is k else v.unsqueeze(axis)


def causal_mask(length: int, s: int, added: int) -> Array:
    """(1, 1, L, S + added): query i attends to keys 0 … i and to those added at the end."""
    causal: Array = np.tri(length, s + added) != 0
    causal[:, s:] = True
    return np.expand_dims(causal, (0, 1))


def check_weights(weights: tuple[Tensor | None, ...], embed_dim: int, num_heads: int) -> None:
    """That the projections before the heads are there and give E features."""
    if embed_dim <= 0 or num_heads <= 0 or embed_dim % num_heads:
        raise ValueError(
            f"{OP}: embed_dim_to_check must be a multiple of num_heads, both positive, "
            f"got {embed_dim} and {num_heads}"
        )
    names = ("q_proj_weight", "k_proj_weight", "v_proj_weight")
    for name, weight in zip(names if len(weights) > 1 else ("in_proj_weight",), weights):
        rows = embed_dim if len(weights) > 1 else 3 * embed_dim
        columns = "E" if name in ("in_proj_weight", "q_proj_weight") else f"{name[0]}dim"
        wanted = f"({rows}, {embed_dim if columns == 'E' else columns})"
        shape = None if weight is None else weight.shape
        if shape is None or len(shape) != 2 or shape[0] != rows:
            raise ValueError(f"{OP}: {name} must have shape {wanted}, got {shape}")
        if columns == "E" and shape[1] != embed_dim:
            raise ValueError(f"{OP}: {name} must have shape {wanted}, got {shape}")


def inputs(
    given: tuple[TensorLike, TensorLike, TensorLike], widths: list[int], batch_first: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """The arguments as tensors, checked; what is the same stays the same."""
    query, key, value = given
    q = query if isinstance(query, Tensor) else Tensor(array(query))
    k = q if key is query else key if isinstance(key, Tensor) else Tensor(array(key))
    v = k if value is key else value if isinstance(value, Tensor) else Tensor(array(value))
    layout = ("B, L, E" if batch_first else "L, B, E") + ") or (L, E"
    if q.ndim not in (2, 3):
        raise ValueError(f"{OP}: query must have shape ({layout}), got {q.shape}")
    for name, x, size in zip(("query", "key", "value"), (q, k, v), widths):
        if x.ndim != q.ndim or x.shape[-1] != size:
            raise ValueError(
                f"{OP}: {name} must have {q.ndim} dimensions, as query, and {size} features, "
                f"got shape {x.shape}"
            )
    batch = 0 if batch_first else 1
    if k.shape[:-1] != v.shape[:-1] or (q.ndim == 3 and k.shape[batch] != q.shape[batch]):
        raise ValueError(
            f"{OP}: key and value must have the same length, and the batch size of query, "
            f"got {q.shape}, {k.shape} and {v.shape}"
        )
    return q, k, v


def project(
    q: Tensor, k: Tensor, v: Tensor, weights: tuple[Tensor | None, ...], bias: Tensor | None
) -> tuple[Tensor, ...]:
    """Projected queries, keys and values, put together where they come from one input."""
    e = q.shape[-1]
    if bias is not None and bias.shape != (3 * e,):
        raise ValueError(f"{OP}: in_proj_bias must have shape ({3 * e},), got {bias.shape}")
    xs: tuple[Tensor, ...]
    if len(weights) > 1 or k is not v:
        sizes, xs = [e, e, e], (q, k, v)
    elif q is k:
        return (linear(q, weights[0], bias),)  # type: ignore[arg-type]
    else:
        sizes, xs = [e, 2 * e], (q, k)
    if len(weights) == 1:
        weights = tuple(split(weights[0], sizes))  # type: ignore[arg-type]
    shifts = [None] * len(sizes) if bias is None else split(bias, sizes)
    return tuple([linear(x, w, b) for x, w, b in zip(xs, weights, shifts)])  # type: ignore[arg-type]


def separate(parts: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Queries, keys and values each for itself."""
    if len(parts) == 3:
        return parts
    e = parts[-1].shape[-1] // (4 - len(parts))
    return tuple([x for part in parts for x in split(part, e, -1)])


def with_static(
    parts: tuple[Tensor, ...],
    heads: Heads,
    static_k: TensorLike | None,
    static_v: TensorLike | None,
) -> tuple[Tensor, ...]:
    """Projected inputs with keys or values that were projected before."""
    q, k, v = separate(parts)
    d = q.shape[-1] // heads.number
    order = (0, 2, 1, 3) if heads.batch_first else (2, 0, 1, 3)

    def rows(name: str, given: TensorLike | None, projected: Tensor) -> Tensor:
        if given is None:
            return projected
        x = given if isinstance(given, Tensor) else Tensor(array(given))
        count = heads.batch * heads.number
        if x.ndim != 3 or x.shape[0] != count or x.shape[2] != d:
            raise ValueError(f"{OP}: {name} must have shape ({count}, S, {d}), got {x.shape}")
        split_up = reshape(x, heads.batch, heads.number, x.shape[1], d).permute(*order)
        return reshape(split_up, *split_up.shape[:2], q.shape[-1])

    k, v = rows("static_k", static_k, k), rows("static_v", static_v, v)
    if k.shape != v.shape:
        raise ValueError(
            f"{OP}: keys and values must have the same length, got {k.shape} and {v.shape} with "
            "static_k or static_v in their place"
        )
    return q, k, v


def with_added(
    parts: tuple[Tensor, ...],
    heads: Heads,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
) -> tuple[tuple[Tensor, ...], int]:
    """Projected inputs with the learnt key and value and that of zeros, and how many."""
    if (bias_k is None) != (bias_v is None):
        raise ValueError(f"{OP}: bias_k and bias_v must both be given, or neither")
    added = int(bias_k is not None) + int(add_zero_attn)
    if not added:
        return parts, 0
    q, k, v = separate(parts)
    axis = 1 if heads.batch_first else 0
    shape = list(k.shape)
    shape[axis] = 1
    extra_k: list[Tensor] = []
    extra_v: list[Tensor] = []
    for name, learnt, extra in (("bias_k", bias_k, extra_k), ("bias_v", bias_v, extra_v)):
        if learnt is None:
            continue
        if learnt.shape != (1, 1, k.shape[-1]):
            raise ValueError(
                f"{OP}: {name} must have shape (1, 1, {k.shape[-1]}), got {learnt.shape}"
            )
        extra.append(broadcast_to(learnt, shape))
    if add_zero_attn:
        nothing = zeros(*shape, dtype=k.dtype)
        extra_k.append(nothing)
        extra_v.append(nothing)
    return (q, cat([k, *extra_k], axis), cat([v, *extra_v], axis)), added


def head_by_head(
    parts: tuple[Tensor, ...], heads: Heads, mask: Mask, is_causal: bool, p: float, wanted: bool
) -> tuple[Tensor, Tensor]:
    """The outputs of all heads, and the weights (B, H, L, S)."""
    b, h = (0, 1) if heads.batch_first else (1, 0)
    q, k, v = separate(parts)
    e = q.shape[-1]
    d = e // heads.number
    q, k, v = [reshape(x, *x.shape[:2], heads.number, d).permute(b, 2, h, 3) for x in (q, k, v)]
    nothing = math.nan if wanted else 0.0
    y, weights = with_weights(q, k, v, mask, p, is_causal, 1 / math.sqrt(d), nothing=nothing)
    y = y.permute(0, 2, 1, 3) if heads.batch_first else y.permute(2, 0, 1, 3)
    return reshape(y, *y.shape[:2], e), weights
