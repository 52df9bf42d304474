"""Elman networks."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from ...ops.rnn.elman import rnn_layer
from .base import RNNBase
from .parameters import CellKind

__all__ = ["RNN"]


class RNN(RNNBase):
    """An Elman network: for each step h' = f(W x + b + U h + b').

    Parameters
    ----------
    nonlinearity
        f: "tanh" or "relu". All other arguments are those of `LSTM` without `proj_size`.

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0
        W (H, I), U (H, H), b (H,) and b' (H,) of the first layer, uniform in ±1/√H at first.

    Examples
    --------
    >>> rnn = fastnn.nn.RNN(10, 20, 2)
    >>> output, h_n = rnn(fastnn.zeros(5, 3, 10))
    >>> output.shape, h_n.shape
    ((5, 3, 20), (2, 3, 20))
    """

    kinds: ClassVar[dict[str, CellKind]] = {
        "RNN_TANH": CellKind(rnn_layer, 1),
        "RNN_RELU": CellKind(partial(rnn_layer, nonlinearity="relu"), 1),
    }

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        stateful: bool = False,
        recurrent_dropout: float = 0.0,
        variational: bool = False,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"RNN: nonlinearity must be 'tanh' or 'relu', got {nonlinearity!r}")
        mode = f"RNN_{nonlinearity.upper()}"
        layers = input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional
        more = stateful, recurrent_dropout, variational
        super().__init__(mode, *layers, 0, device, dtype, *more)  # 0: no projection
        self.nonlinearity = nonlinearity
