"""The Transformer, and positions for its inputs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...devices import check_device
from ...ops.create import empty
from ...ops.elementwise import add
from ...tensor import Tensor, TensorLike
from .. import init
from ..dropout.elements import Dropout
from ..module import Module
from ..norm.layer import LayerNorm
from ..parameter import Parameter
from .decoder import TransformerDecoder, TransformerDecoderLayer
from .encoder import Activation, TransformerEncoder, TransformerEncoderLayer

__all__ = ["LearnedPositionalEncoding", "SinusoidalPositionalEncoding", "Transformer"]


class Transformer(Module):
    """An encoder and a decoder, each with a norm at its end.

    Parameters
    ----------
    d_model
        E, the features.
    nhead
        Heads of each attention, a divisor of E.
    num_encoder_layers, num_decoder_layers
        How many layers there are.
    dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, dtype
        As for `TransformerEncoderLayer`.
    custom_encoder, custom_decoder
        Modules to be used instead.

    References
    ----------
    A. Vaswani et al., Attention is all you need, NIPS 2017.

    Examples
    --------
    >>> import fastnn
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
        super().__init__()
        check_device(type(self).__name__, device)
        layer: tuple[Any, ...] = (d_model, nhead, dim_feedforward, dropout, activation)
        layer += (layer_norm_eps, batch_first, norm_first, bias, device, dtype)
        if custom_encoder is None:  # an empty Sequential is false
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
        """(T, T), minus infinity where a key comes later than the query, and 0 elsewhere."""
        check_device("generate_square_subsequent_mask", device)
        mask = np.where(np.tri(sz) == 0, -np.inf, 0.0)
        return Tensor(mask.astype(np.float32 if dtype is None else dtype))

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
        """(S, B, E) and (T, B, E), or batch first, or without a batch, to (T, B, E)."""
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


class Positions(Module):
    """Adds a row for each position to a sequence."""

    dropout: Dropout

    def rows(self, length: int, dtype: Any) -> Any:
        """The rows of the first positions, (T, E)."""
        name = type(self).__name__
        raise NotImplementedError(f"{name}: write a method rows(self, length, dtype)")

    def forward(self, input: TensorLike) -> Tensor:
        """(T, B, E), or (B, T, E) with `batch_first`, or (T, E), to the same shape."""
        x = input if isinstance(input, Tensor) else Tensor(input)
        if x.ndim not in (2, 3) or x.shape[-1] != self.d_model:
            raise ValueError(
                f"{type(self).__name__}: input must have shape (T, {self.d_model}), with or "
                f"without a batch, got {x.shape}"
            )
        if x.dtype.kind != "f":
            raise TypeError(f"{type(self).__name__}: input must have a float dtype, got {x.dtype}")
        time_first = x.ndim == 3 and not self.batch_first
        rows = self.rows(x.shape[0 if time_first or x.ndim == 2 else 1], x.dtype)
        return self.dropout(add(x, rows[:, None] if time_first else rows))  # type: ignore[no-any-return]

    d_model: int
    batch_first: bool

    def extra_repr(self) -> str:
        """The sizes."""
        return f"d_model={self.d_model}, batch_first={self.batch_first}"


class SinusoidalPositionalEncoding(Positions):
    """Adds sines and cosines of the position, of wavelengths from 2π to 10000 · 2π.

    ``y[t, 2 i] = x[t, 2 i] + sin(t / 10000^(2 i / E))``, and cos for ``2 i + 1``. Nothing is
    learnt, and a sequence may be of any length.

    Parameters
    ----------
    d_model
        E, the features.
    dropout
        Probability with which elements of the sum are dropped while training.
    batch_first
        Whether arrays are (B, T, E) and not (T, B, E).

    References
    ----------
    A. Vaswani et al., Attention is all you need, NIPS 2017, section 3.5.

    Examples
    --------
    >>> import fastnn
    >>> layer = fastnn.nn.SinusoidalPositionalEncoding(4)
    >>> layer(fastnn.zeros(2, 4)).numpy().round(2)
    array([[0.  , 1.  , 0.  , 1.  ],
           [0.84, 0.54, 0.01, 1.  ]], dtype=float32)
    """

    def __init__(self, d_model: int, dropout: float = 0.0, batch_first: bool = False) -> None:
        super().__init__()
        if d_model <= 0:
            raise ValueError(
                f"SinusoidalPositionalEncoding: d_model must be positive, got {d_model}"
            )
        self.d_model = d_model
        self.batch_first = batch_first
        self.dropout = Dropout(dropout)
        self._table = np.zeros((0, d_model))

    def rows(self, length: int, dtype: Any) -> Any:
        """The rows of the first positions, (T, E)."""
        if len(self._table) < length or self._table.dtype != dtype:
            size = max(length, 2 * len(self._table))
            pairs = np.arange(0, self.d_model, 2)
            angles = np.arange(size)[:, None] * np.exp(pairs * (-math.log(10000.0) / self.d_model))
            table = np.empty((size, self.d_model), dtype)
            table[:, 0::2] = np.sin(angles)
            table[:, 1::2] = np.cos(angles[:, : self.d_model // 2])
            self._table = table
        return self._table[:length]


class LearnedPositionalEncoding(Positions):
    """Adds a learnt vector for each position.

    Parameters
    ----------
    max_len
        The longest sequence.
    d_model
        E, the features.
    dropout
        Probability with which elements of the sum are dropped while training.
    batch_first
        Whether arrays are (B, T, E) and not (T, B, E).
    device
        ``"cpu"`` or None: there is no other.
    dtype
        float32 by default.

    Attributes
    ----------
    weight
        (max_len, E), normal with a standard deviation of 0.02 at first.

    References
    ----------
    J. Gehring et al., Convolutional sequence to sequence learning, ICML 2017.

    Examples
    --------
    >>> import fastnn
    >>> layer = fastnn.nn.LearnedPositionalEncoding(100, 16, batch_first=True)
    >>> layer(fastnn.zeros(3, 7, 16)).shape
    (3, 7, 16)
    """

    def __init__(
        self,
        max_len: int,
        d_model: int,
        dropout: float = 0.0,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        check_device(type(self).__name__, device)
        self.d_model = d_model
        self.batch_first = batch_first
        self.weight = Parameter(empty(max_len, d_model, dtype=dtype))
        self.dropout = Dropout(dropout)
        init.normal_(self.weight, std=0.02)

    def rows(self, length: int, dtype: Any) -> Any:
        """The rows of the first positions, (T, E)."""
        if length > self.weight.shape[0]:
            raise ValueError(
                f"LearnedPositionalEncoding: input has {length} positions, and max_len is "
                f"{self.weight.shape[0]}"
            )
        return self.weight[:length]
