"""The encoder of a Transformer, and the base of its layers and the decoder's."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ...autograd.record import array
from ...ops.activation.piecewise import relu
from ...ops.activation.smooth import gelu
from ...ops.linear import linear
from ...tensor import Tensor, TensorLike
from ..attention import MultiheadAttention
from ..container import ModuleList
from ..dropout.elements import Dropout
from ..linear import Linear
from ..module import Module
from ..module.inputs import Floats, Inputs
from ..norm.layer import LayerNorm

__all__ = ["TransformerEncoder", "TransformerEncoderLayer"]

Activation = str | Callable[[Tensor], Tensor]
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": relu, "gelu": gelu}


class Layer(Module):
    """Base of encoder and decoder layers: self-attention and two linear layers."""

    self_attn: MultiheadAttention
    norm1: LayerNorm
    norm2: LayerNorm
    dropout1: Dropout
    dropout2: Dropout
    attentions: ClassVar[tuple[str, ...]] = ("self_attn",)  # a norm and a dropout follow each

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(device)
        self.d_model = d_model
        for name in self.attentions:
            options = {"batch_first": batch_first, "dtype": dtype}
            setattr(self, name, MultiheadAttention(d_model, nhead, dropout, bias, **options))
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype)
        if not callable(activation) and activation not in ACTIVATIONS:
            raise ValueError(
                f"{type(self).__name__}: activation must be 'relu', 'gelu' or a function, "
                f"got {activation!r}"
            )
        self.activation = activation
        self.norm_first = norm_first
        parts = range(1, len(self.attentions) + 2)  # the linear layers are the last
        for i in parts:
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
            setattr(self, f"norm{i}", norm)
        for i in parts:
            setattr(self, f"dropout{i}", Dropout(dropout))

    def _expected(self) -> Inputs:
        features = Floats("*, d_model")
        return {"src": features, "tgt": features, "memory": features}

    def _feed_forward(self, x: Tensor) -> Tensor:
        first, function = self.linear1, self.activation
        name = next((n for n, f in ACTIVATIONS.items() if function in (n, f)), None)
        if name is not None and first._hooks is None and first.activation is None:
            y = linear(x, first.weight, first.bias, activation=name)
        else:
            y = (function if callable(function) else ACTIVATIONS[function])(first(x))
        return self.linear2(self.dropout(y))  # type: ignore[no-any-return]

    def _attend_to_self(
        self, x: Tensor, mask: TensorLike | None, padding: TensorLike | None, is_causal: bool
    ) -> Tensor:
        return self.self_attn(  # type: ignore[no-any-return]
            x,
            x,
            x,
            key_padding_mask=padding,
            need_weights=False,
            attn_mask=mask,
            is_causal=is_causal,
        )[0]


class TransformerEncoderLayer(Layer):
    """Self-attention and two linear layers, each with a residual connection and a layer norm.

    ``x = norm1(x + attention(x)); y = norm2(x + linear2(activation(linear1(x))))``; with
    `norm_first`, ``x = x + attention(norm1(x))`` and so on.

    Parameters
    ----------
    d_model
        E, the features.
    nhead
        Heads of the attention, a divisor of E.
    dim_feedforward
        Features between the two linear layers.
    dropout
        Probability with which attention weights, activations between the linear layers, and
        terms added to the residual are dropped while training.
    activation
        ``"relu"``, ``"gelu"`` or a function of a tensor.
    layer_norm_eps
        See `LayerNorm`.
    batch_first
        Whether arrays are (B, T, E) and not (T, B, E).
    norm_first
        Whether the norms apply to the inputs of the blocks instead of the sums.
    bias
        Whether linear layers and norms have a bias.
    device, dtype
        ``"cpu"`` or None, and the element type, float32 by default.

    References
    ----------
    A. Vaswani et al., Attention is all you need, NIPS 2017.

    Examples
    --------
    >>> layer = fastnn.nn.TransformerEncoderLayer(16, 4, 32, batch_first=True)
    >>> layer(fastnn.zeros(2, 5, 16)).shape
    (2, 5, 16)
    """

    def forward(
        self,
        src: Tensor,
        src_mask: TensorLike | None = None,
        src_key_padding_mask: TensorLike | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """(T, B, E), or (B, T, E) with `batch_first`, or (T, E), to the same shape.

        Masks are those of `MultiheadAttention`.
        """
        x, masks = src, (src_mask, src_key_padding_mask, is_causal)
        if self.norm_first:
            x = x + self.dropout1(self._attend_to_self(self.norm1(x), *masks))
            y: Tensor = x + self.dropout2(self._feed_forward(self.norm2(x)))
            return y
        x = self.norm1(x + self.dropout1(self._attend_to_self(x, *masks)))
        return self.norm2(x + self.dropout2(self._feed_forward(x)))  # type: ignore[no-any-return]


class Stack(Module):
    """Base of encoder and decoder: copies of a layer, and what normalizes their output."""

    def __init__(self, layer: Module, num_layers: int, norm: Module | None) -> None:
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm


class TransformerEncoder(Stack):
    """A stack of encoder layers.

    Parameters
    ----------
    encoder_layer
        The layer to copy, including its parameters.
    num_layers
        Number of layers.
    norm
        A module for the output, or None.
    enable_nested_tensor, mask_check
        Accepted for compatibility with PyTorch; it has no effect.

    Examples
    --------
    >>> from fastnn import nn
    >>> encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 4, 32), num_layers=2)
    >>> encoder(fastnn.zeros(5, 3, 16)).shape
    (5, 3, 16)
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__(encoder_layer, num_layers, norm)

    def forward(
        self,
        src: Tensor,
        mask: TensorLike | None = None,
        src_key_padding_mask: TensorLike | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """As `TransformerEncoderLayer`; the mask determines `is_causal` by default."""
        causal = says_causal(mask) if is_causal is None else is_causal
        x = src
        for layer in self.layers:
            x = layer(x, src_mask=mask, src_key_padding_mask=src_key_padding_mask, is_causal=causal)
        return x if self.norm is None else self.norm(x)


def says_causal(mask: TensorLike | None) -> bool:
    """Whether a mask hides exactly the later positions."""
    if mask is None:
        return False
    x: Any = array(mask)
    if x.ndim != 2 or x.shape[0] != x.shape[1]:
        return False
    later = np.tri(x.shape[0], x.shape[1]) == 0
    if x.dtype == bool:
        return bool((x == later).all())
    return bool((x[later] == -np.inf).all() and (x[~later] == 0).all())
