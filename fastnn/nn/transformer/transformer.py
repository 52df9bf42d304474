"""The Transformer: an encoder and a decoder."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...devices import check_device
from ...tensor import Tensor, TensorLike
from .. import init
from ..module import Module
from ..module.inputs import Floats, Inputs
from ..norm.layer import LayerNorm
from .decoder import TransformerDecoder, TransformerDecoderLayer
from .encoder import Activation, TransformerEncoder, TransformerEncoderLayer

__all__ = ["Transformer"]


class Transformer(Module):
    """An encoder and a decoder, each followed by a layer norm.

    Parameters
    ----------
    d_model
        E, the features.
    nhead
        Heads of each attention, a divisor of E.
    num_encoder_layers, num_decoder_layers
        Numbers of layers.
    dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, dtype
        As for `TransformerEncoderLayer`.
    custom_encoder, custom_decoder
        Modules that replace the encoder and the decoder.

    References
    ----------
    A. Vaswani et al., Attention is all you need, NIPS 2017.

    Examples
    --------
    >>> model = fastnn.nn.Transformer(16, 4, 1, 1, 32)
    >>> mask = model.generate_square_subsequent_mask(5)
    >>> model(fastnn.zeros(7, 2, 16), fastnn.zeros(5, 2, 16), tgt_mask=mask).shape
    (5, 2, 16)
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = "relu",
        custom_encoder: Module | None = None,
        custom_decoder: Module | None = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(device)
        layer: tuple[Any, ...] = (d_model, nhead, dim_feedforward, dropout, activation)
        layer += (layer_norm_eps, batch_first, norm_first, bias, device, dtype)
        if custom_encoder is None:  # not `or`: an empty Sequential is false
            custom_encoder = TransformerEncoder(
                TransformerEncoderLayer(*layer),
                num_encoder_layers,
                LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype),
            )
        if custom_decoder is None:
            custom_decoder = TransformerDecoder(
                TransformerDecoderLayer(*layer),
                num_decoder_layers,
                LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype),
            )
        self.encoder = custom_encoder
        self.decoder = custom_decoder
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """A causal mask (T, T): minus infinity for keys after the query, 0 elsewhere."""
        check_device("generate_square_subsequent_mask", device)
        mask = np.where(np.tri(sz) == 0, -np.inf, 0.0)
        return Tensor(mask.astype(np.float32 if dtype is None else dtype))

    def _expected(self) -> Inputs:
        return {"src": Floats("*, d_model"), "tgt": Floats("*, d_model")}

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: TensorLike | None = None,
        tgt_mask: TensorLike | None = None,
        memory_mask: TensorLike | None = None,
        src_key_padding_mask: TensorLike | None = None,
        tgt_key_padding_mask: TensorLike | None = None,
        memory_key_padding_mask: TensorLike | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """(S, B, E) and (T, B, E), or batch first, or unbatched, to (T, B, E)."""
        memory = self.encoder(
            src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal
        )
        return self.decoder(  # type: ignore[no-any-return]
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )
