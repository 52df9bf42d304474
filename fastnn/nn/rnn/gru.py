"""Gated recurrent units."""

from __future__ import annotations

from typing import Any, ClassVar

from ...ops.rnn.gru import gru_layer
from .base import RNNBase
from .parameters import CellKind

__all__ = ["GRU"]


class GRU(RNNBase):
    """Gated recurrent units; see `fastnn.nn.functional.gru_layer` for the formula.

    Arguments are those of `LSTM` without `proj_size`.

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0
        (3H, I), (3H, H), (3H,) and (3H,) of the first layer, with the gates in the order r, z, n;
        uniform in ±1/√H at first.

    Examples
    --------
    >>> gru = fastnn.nn.GRU(10, 20, batch_first=True)
    >>> output, h_n = gru(fastnn.zeros(3, 5, 10))
    >>> output.shape, h_n.shape
    ((3, 5, 20), (1, 3, 20))
    """

    kinds: ClassVar[dict[str, CellKind]] = {"GRU": CellKind(gru_layer, 3)}

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
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
        layers = input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional
        more = stateful, recurrent_dropout, variational
        super().__init__("GRU", *layers, 0, device, dtype, *more)  # 0: no projection
