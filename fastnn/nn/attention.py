"""Multi-head attention as a layer."""

from __future__ import annotations

from typing import Any

from ..ops.attention import multi_head_attention_forward
from ..ops.create import empty
from ..tensor import Tensor, TensorLike
from . import init
from .linear import Linear
from .module import Module
from .module.inputs import Floats, Inputs
from .parameter import Parameter

__all__ = ["MultiheadAttention"]


class MultiheadAttention(Module):
    """Multi-head attention: H heads of E / H features each, then a linear projection.

    ``y = concat(head_1 ... head_H) · W_oᵀ + b_o``, where ``head_i`` is the attention of
    ``Q W_qᵀ + b_q``, ``K W_kᵀ + b_k`` and ``V W_vᵀ + b_v``, restricted to the features of head i.

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
        Append a learnt key and value to the sequence.
    add_zero_attn
        Append a key and a value of zeros to the sequence.
    kdim, vdim
        Features of a key and of a value; E by default.
    batch_first
        Whether arrays are (B, T, E) and not (T, B, E).
    device, dtype
        ``"cpu"`` or None, and the element type, float32 by default.

    Attributes
    ----------
    in_proj_weight
        W_q, W_k and W_v stacked, (3 E, E); None if `kdim` or `vdim` differ from E.
    q_proj_weight, k_proj_weight, v_proj_weight
        The three matrices in that case, (E, E), (E, kdim) and (E, vdim); otherwise None.
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
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(device)
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
        self.out_proj = Linear(embed_dim, embed_dim, bias, dtype=dtype)
        for name in ("bias_k", "bias_v"):
            learnt = Parameter(empty(1, 1, embed_dim, dtype=dtype)) if add_bias_kv else None
            self.register_parameter(name, learnt)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Initialize the parameters at random, except those of `out_proj`."""
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

    def _expected(self) -> Inputs:
        sizes = {"query": "L, embed_dim", "key": "S, kdim", "value": "S, vdim"}
        batched = "B, {0}, {1}" if self.batch_first else "{0}, B, {1}"
        return {
            name: Floats(batched.format(*layout.split(", ")), layout)
            for name, layout in sizes.items()
        }

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
        """Compute the attention of queries to keys and values.

        Parameters
        ----------
        query
            (L, B, E), or (B, L, E) with `batch_first`, or (L, E) without a batch.
        key
            (S, B, kdim), (B, S, kdim) or (S, kdim).
        value
            (S, B, vdim), (B, S, vdim) or (S, vdim).
        key_padding_mask
            (B, S), or (S,): true for keys to ignore, or numbers added to the scores.
        need_weights
            Whether the weights are returned. Without them the kernel works in tiles, which is
            much faster.
        attn_mask
            (L, S), or (B · H, L, S) for each head: true where a query may not attend to a key, or
            numbers added to the scores.
        average_attn_weights
            Whether the returned weights are averaged over the heads.
        is_causal
            Query i attends to keys 0 … i only. With an `attn_mask`, a hint that it is causal.

        Returns
        -------
        tuple
            The output, shaped as `query`, and the weights (B, L, S), or (B, H, L, S) for each head,
            or None. A query whose keys are all masked gives the bias of the projection, or NaN
            with `need_weights`, as in PyTorch.

        Raises
        ------
        ValueError
            If shapes do not match.
        """
        separate = self.in_proj_weight is None
        return multi_head_attention_forward(
            query,
            key,
            value,
            self.embed_dim,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.dropout,
            self.out_proj.weight,
            self.out_proj.bias,
            training=self.training,
            key_padding_mask=key_padding_mask,
            need_weights=need_weights,
            attn_mask=attn_mask,
            use_separate_proj_weight=separate,
            q_proj_weight=self.q_proj_weight,
            k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight,
            average_attn_weights=average_attn_weights,
            is_causal=is_causal,
            batch_first=self.batch_first,
        )

    def extra_repr(self) -> str:
        """The sizes."""
        return f"embed_dim={self.embed_dim}, num_heads={self.num_heads}"
