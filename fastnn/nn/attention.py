"""Attention of several heads as a layer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..autograd.function import Array, array
from ..ops.attention import multi_head, with_weights
from ..ops.create import empty, zeros
from ..ops.elementwise import add
from ..ops.join import cat, split
from ..ops.linear import linear
from ..ops.shape import broadcast_to, reshape
from ..tensor import Tensor, TensorLike
from . import init
from .linear import Linear
from .module import Module
from .parameter import Parameter

__all__ = ["MultiheadAttention"]

Mask = Any  # what attention takes: an array that allows, a tensor that is added, or None


class MultiheadAttention(Module):
    """Attention of H heads, each in E / H dimensions of its own, and a projection of their outputs.

    ``y = concat(head_1 ... head_H) · W_oᵀ + b_o``, ``head_i`` the attention of ``Q W_qᵀ + b_q``,
    ``K W_kᵀ + b_k`` and ``V W_vᵀ + b_v``, in the features that belong to head i.

    Parameters
    ----------
    embed_dim
        E, the features of a query and of the output.
    num_heads
        H, a divisor of E.
    dropout
        Probability with which a weight is dropped while training.
    bias
        Whether there are b_q, b_k, b_v and b_o.
    add_bias_kv
        Learn one more key and value, behind those of the sequence.
    add_zero_attn
        Add a key and a value of zeros at the end.
    kdim, vdim
        Features of a key and of a value; E by default.
    batch_first
        Whether arrays are (B, T, E) and not (T, B, E).
    dtype
        float32 by default.

    Attributes
    ----------
    in_proj_weight
        W_q, W_k and W_v below one another, (3 E, E); None where `kdim` or `vdim` differ from E.
    q_proj_weight, k_proj_weight, v_proj_weight
        Then these, (E, E), (E, kdim), (E, vdim).
    in_proj_bias
        (3 E,).
    out_proj
        The projection of the outputs, a Linear.
    bias_k, bias_v
        The learnt key and value, (1, 1, E), or None.

    References
    ----------
    A. Vaswani et al., Attention is all you need, NIPS 2017.

    Examples
    --------
    >>> import fastnn
    >>> layer = fastnn.nn.MultiheadAttention(16, 4, batch_first=True)
    >>> x = fastnn.zeros(2, 5, 16)
    >>> y, weights = layer(x, x, x)
    >>> y.shape, weights.shape
    ((2, 5, 16), (2, 5, 5))
    """

    in_proj_weight: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if embed_dim <= 0 or num_heads <= 0 or embed_dim % num_heads:
            raise ValueError(
                "MultiheadAttention: embed_dim must be a multiple of num_heads, both positive, "
                f"got {embed_dim} and {num_heads}"
            )
        if not 0 <= dropout <= 1:
            raise ValueError(
                f"MultiheadAttention: dropout must be a probability, from 0 to 1, got {dropout}"
            )
        self.embed_dim = embed_dim
        self.num_heads = num_heads
        self.head_dim = embed_dim // num_heads
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.dropout = dropout
        self.batch_first = batch_first
        self.add_zero_attn = add_zero_attn
        one = self.kdim == embed_dim and self.vdim == embed_dim
        sizes: dict[str, Any] = {"in_proj_weight": (3 * embed_dim, embed_dim) if one else None}
        for name, size in (("q", embed_dim), ("k", self.kdim), ("v", self.vdim)):
            sizes[f"{name}_proj_weight"] = None if one else (embed_dim, size)
        sizes["in_proj_bias"] = (3 * embed_dim,) if bias else None
        for name, shape in sizes.items():
            self.register_parameter(name, shape and Parameter(empty(*shape, dtype=dtype)))
        self.out_proj = Linear(embed_dim, embed_dim, bias, dtype)
        for name in ("bias_k", "bias_v"):
            learnt = Parameter(empty(1, 1, embed_dim, dtype=dtype)) if add_bias_kv else None
            self.register_parameter(name, learnt)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new parameters; the projection of the outputs draws its own."""
        for name in ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"):
            weight = getattr(self, name)
            if weight is not None:
                init.xavier_uniform_(weight)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                init.zeros_(bias)
        for learnt in (self.bias_k, self.bias_v):
            if learnt is not None:
                init.xavier_normal_(learnt)

    def forward(
        self,
        query: TensorLike,
        key: TensorLike,
        value: TensorLike,
        key_padding_mask: TensorLike | None = None,
        need_weights: bool = True,
        attn_mask: TensorLike | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Attend to a sequence.

        Parameters
        ----------
        query
            (L, B, E), or (B, L, E) with `batch_first`, or (L, E) without a batch.
        key
            (S, B, kdim), (B, S, kdim) or (S, kdim).
        value
            (S, B, vdim), (B, S, vdim) or (S, vdim).
        key_padding_mask
            (B, S), or (S,): true for keys that nobody may attend to, or numbers added to scores.
        need_weights
            Whether the weights are returned. Without them all is computed in tiles, which is much
            faster.
        attn_mask
            (L, S), or (B · H, L, S) for each head: true where a query may not attend to a key, or
            numbers added to scores.
        average_attn_weights
            Whether weights come as their mean over the heads.
        is_causal
            Query i attends to keys 0 … i. With an `attn_mask`, it says that the mask means that.

        Returns
        -------
        tuple
            The output, shaped as `query`, and the weights (B, L, S), or (B, H, L, S) for each head,
            or None. A query that may attend to nothing gives the bias of the projection, or NaN
            where weights are wanted, as in PyTorch.

        Raises
        ------
        ValueError
            Where shapes do not fit.
        """
        q, k, v = self._inputs(query, key, value)
        batched = q.ndim == 3
        if not batched:
            axis = 0 if self.batch_first else 1
            same = (k is q, v is k)
            q = q.unsqueeze(axis)
            k = q if same[0] else k.unsqueeze(axis)
            v = k if same[1] else v.unsqueeze(axis)
        parts = self._project(q, k, v)
        parts, added = self._added(parts)
        b, n, s = self._sizes(q, k)
        mask = self._mask(key_padding_mask, attn_mask, (b, n, s), added, batched)
        if is_causal and attn_mask is not None and not (need_weights or added):
            # The mask is what is_causal says, and that is cheaper to ask.
            mask = self._mask(key_padding_mask, None, (b, n, s), added, batched)
        if is_causal and added:
            causal = np.tri(n, s + added) != 0
            causal[:, s:] = True
            mask, is_causal = merged(mask, causal[None, None], q.dtype), False
        p = self.dropout if self.training else 0.0
        weights = None
        if need_weights or (isinstance(mask, Tensor) and mask.requires_grad):
            y, weights = self._with_weights(parts, mask, is_causal, p, need_weights)
        else:
            y = multi_head(
                parts,
                self.num_heads,
                self.batch_first,
                None if mask is None else array(mask),
                is_causal,
                p,
            )
        y = self.out_proj(y)
        if not batched:
            y = y.squeeze(0 if self.batch_first else 1)
        if not need_weights or weights is None:
            return y, None
        if average_attn_weights:
            weights = weights.mean(1)
        return y, weights if batched else weights.squeeze(0)

    def _inputs(
        self, query: TensorLike, key: TensorLike, value: TensorLike
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The arguments as tensors, checked; what is the same stays the same."""
        q = query if isinstance(query, Tensor) else Tensor(array(query))
        k = q if key is query else key if isinstance(key, Tensor) else Tensor(array(key))
        v = k if value is key else value if isinstance(value, Tensor) else Tensor(array(value))
        layout = ("B, L, E" if self.batch_first else "L, B, E") + ") or (L, E"
        if q.ndim not in (2, 3):
            raise ValueError(f"MultiheadAttention: query must have shape ({layout}), got {q.shape}")
        for name, x, size in (
            ("query", q, self.embed_dim),
            ("key", k, self.kdim),
            ("value", v, self.vdim),
        ):
            if x.ndim != q.ndim or x.shape[-1] != size:
                raise ValueError(
                    f"MultiheadAttention: {name} must have {q.ndim} dimensions, as query, and "
                    f"{size} features, got shape {x.shape}"
                )
        batch = 0 if self.batch_first else 1
        if k.shape[:-1] != v.shape[:-1] or (q.ndim == 3 and k.shape[batch] != q.shape[batch]):
            raise ValueError(
                "MultiheadAttention: key and value must have the same length, and the batch size "
                f"of query, got {q.shape}, {k.shape} and {v.shape}"
            )
        return q, k, v

    def _sizes(self, q: Tensor, k: Tensor) -> tuple[int, int, int]:
        """B, L and S."""
        if self.batch_first:
            return q.shape[0], q.shape[1], k.shape[1]
        return q.shape[1], q.shape[0], k.shape[0]

    def _project(self, q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, ...]:
        """Projected queries, keys and values, put together where they come from one input."""
        e, weight, bias = self.embed_dim, self.in_proj_weight, self.in_proj_bias
        if weight is None:
            biases = (None, None, None) if bias is None else split(bias, e)
            weights = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
            return tuple(
                [linear(x, w, b) for x, w, b in zip((q, k, v), weights, biases)]  # type: ignore[arg-type]
            )
        if q is k and k is v:
            return (linear(q, weight, bias),)
        if k is v:
            sizes, inputs = [e, 2 * e], (q, k)
        else:
            sizes, inputs = [e, e, e], (q, k, v)  # type: ignore[assignment]
        rows = split(weight, sizes)
        shifts = [None] * len(sizes) if bias is None else split(bias, sizes)
        return tuple([linear(x, w, b) for x, w, b in zip(inputs, rows, shifts)])

    def _added(self, parts: tuple[Tensor, ...]) -> tuple[tuple[Tensor, ...], int]:
        """Projected inputs with the learnt key and value and that of zeros, and how many."""
        added = int(self.bias_k is not None) + int(self.add_zero_attn)
        if not added:
            return parts, 0
        q, k, v = self._separate(parts)
        axis = 1 if self.batch_first else 0
        shape = list(k.shape)
        shape[axis] = 1
        extra_k, extra_v = [], []
        if self.bias_k is not None and self.bias_v is not None:
            extra_k.append(broadcast_to(self.bias_k, shape))
            extra_v.append(broadcast_to(self.bias_v, shape))
        if self.add_zero_attn:
            nothing = zeros(*shape, dtype=k.dtype)
            extra_k.append(nothing)
            extra_v.append(nothing)
        return (q, cat([k, *extra_k], axis), cat([v, *extra_v], axis)), added

    def _separate(self, parts: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Queries, keys and values each for itself."""
        return tuple([x for part in parts for x in split(part, self.embed_dim, -1)])

    def _mask(
        self,
        key_padding_mask: TensorLike | None,
        attn_mask: TensorLike | None,
        sizes: tuple[int, int, int],
        added: int,
        batched: bool,
    ) -> Mask:
        """Both masks as one that attention takes, over the added keys too."""
        b, n, s = sizes
        mask: Mask = None
        if attn_mask is not None:
            shape = array(attn_mask).shape
            if shape not in ((n, s), (b * self.num_heads, n, s)):
                raise ValueError(
                    f"MultiheadAttention: attn_mask must have shape {(n, s)} or "
                    f"{(b * self.num_heads, n, s)}, got {shape}"
                )
            lead = (1, 1) if len(shape) == 2 else (b, self.num_heads)
            mask = canonical("attn_mask", attn_mask, (*lead, n, s))
        if key_padding_mask is not None:
            shape = array(key_padding_mask).shape
            if shape != ((b, s) if batched else (s,)):
                raise ValueError(
                    "MultiheadAttention: key_padding_mask must have shape "
                    f"{(b, s) if batched else (s,)}, got {shape}"
                )
            padding = canonical("key_padding_mask", key_padding_mask, (b, 1, 1, s))
            mask = merged(mask, padding, self.out_proj.weight.dtype)
        if mask is None or not added:
            return mask
        seen = np.ones if mask.dtype == bool else np.zeros
        more = seen((*mask.shape[:-1], added), mask.dtype)
        if isinstance(mask, Tensor):
            return cat([mask, Tensor(more)], -1)
        return np.concatenate((mask, more), -1)

    def _with_weights(
        self, parts: tuple[Tensor, ...], mask: Mask, is_causal: bool, p: float, wanted: bool
    ) -> tuple[Tensor, Tensor]:
        """The outputs of all heads, and the weights (B, H, L, S)."""
        b, h = (0, 1) if self.batch_first else (1, 0)

        def heads(x: Tensor) -> Tensor:
            x = reshape(x, *x.shape[:2], self.num_heads, self.head_dim)
            return x.permute(b, 2, h, 3)

        q, k, v = [heads(x) for x in self._separate(parts)]
        nothing = math.nan if wanted else 0.0
        y, weights = with_weights(
            q, k, v, mask, p, is_causal, 1 / math.sqrt(self.head_dim), nothing=nothing
        )
        y = y.permute(0, 2, 1, 3) if self.batch_first else y.permute(2, 0, 1, 3)
        return reshape(y, *y.shape[:2], self.embed_dim), weights

    def extra_repr(self) -> str:
        """The sizes."""
        return f"embed_dim={self.embed_dim}, num_heads={self.num_heads}"


def canonical(name: str, mask: TensorLike, shape: tuple[int, ...]) -> Mask:
    """A layer's mask, where true hides, in the form that attention takes, where true allows."""
    x: Array = array(mask)
    if x.dtype == bool:
        return ~x.reshape(shape)
    if x.dtype.kind != "f":
        raise TypeError(f"MultiheadAttention: {name} must be boolean or float, got {x.dtype}")
    return reshape(mask, *shape)


def merged(a: Mask, b: Mask, dtype: Any) -> Mask:
    """Two masks as one, which may be None."""
    if a is None or b is None:
        return b if a is None else a
    if a.dtype == bool and b.dtype == bool:
        return a & b
    sums = [np.where(x, 0.0, -np.inf).astype(dtype) if x.dtype == bool else x for x in (a, b)]
    return add(*sums)
