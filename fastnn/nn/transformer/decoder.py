"""The decoder of a Transformer."""

from __future__ import annotations

from ...tensor import Tensor, TensorLike
from ..attention import MultiheadAttention
from ..dropout.elements import Dropout
from ..module import Module
from ..norm.layer import LayerNorm
from .encoder import Layer, Stack, says_causal

__all__ = ["TransformerDecoder", "TransformerDecoderLayer"]


class TransformerDecoderLayer(Layer):
    """A `TransformerEncoderLayer` that also attends to the encoder's output.

    Arguments are those of `TransformerEncoderLayer`.

    Examples
    --------
    >>> layer = fastnn.nn.TransformerDecoderLayer(16, 4, 32, batch_first=True)
    >>> layer(fastnn.zeros(2, 5, 16), fastnn.zeros(2, 7, 16)).shape
    (2, 5, 16)
    """

    multihead_attn: MultiheadAttention
    norm3: LayerNorm
    dropout3: Dropout
    attentions = ("self_attn", "multihead_attn")

    def forward(
        self,
        tgt: Tensor,
        memory: TensorLike,
        tgt_mask: TensorLike | None = None,
        memory_mask: TensorLike | None = None,
        tgt_key_padding_mask: TensorLike | None = None,
        memory_key_padding_mask: TensorLike | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """(T, B, E) and the encoder's (S, B, E), or batch first, or unbatched, to (T, B, E).

        Masks are those of `MultiheadAttention`: `tgt_mask` and its like for self-attention, and
        `memory_mask` (T, S) and its like for attention to the encoder's output.
        """
        masks = (tgt_mask, tgt_key_padding_mask, tgt_is_causal)

        def to_memory(x: Tensor) -> Tensor:
            y = self.multihead_attn(
                x,
                memory,
                memory,
                key_padding_mask=memory_key_padding_mask,
                need_weights=False,
                attn_mask=memory_mask,
                is_causal=memory_is_causal,
            )[0]
            return self.dropout2(y)  # type: ignore[no-any-return]

        x = tgt
        if self.norm_first:
            x = x + self.dropout1(self._attend_to_self(self.norm1(x), *masks))
            x = x + to_memory(self.norm2(x))
            y: Tensor = x + self.dropout3(self._feed_forward(self.norm3(x)))
            return y
        x = self.norm1(x + self.dropout1(self._attend_to_self(x, *masks)))
        x = self.norm2(x + to_memory(x))
        return self.norm3(x + self.dropout3(self._feed_forward(x)))  # type: ignore[no-any-return]


class TransformerDecoder(Stack):
    """A stack of decoder layers.

    Parameters
    ----------
    decoder_layer
        The layer to copy, including its parameters.
    num_layers, norm
        As for `TransformerEncoder`.

    Examples
    --------
    >>> from fastnn import nn
    >>> decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(16, 4, 32), num_layers=2)
    >>> decoder(fastnn.zeros(5, 3, 16), fastnn.zeros(7, 3, 16)).shape
    (5, 3, 16)
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__(decoder_layer, num_layers, norm)

    def forward(
        self,
        tgt: Tensor,
        memory: TensorLike,
        tgt_mask: TensorLike | None = None,
        memory_mask: TensorLike | None = None,
        tgt_key_padding_mask: TensorLike | None = None,
        memory_key_padding_mask: TensorLike | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """As `TransformerDecoderLayer`; the mask determines `tgt_is_causal` by default."""
        causal = says_causal(tgt_mask) if tgt_is_causal is None else tgt_is_causal
        x = tgt
        for layer in self.layers:
            x = layer(
                x,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=causal,
                memory_is_causal=memory_is_causal,
            )
        return x if self.norm is None else self.norm(x)
