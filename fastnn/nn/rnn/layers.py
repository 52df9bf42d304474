"""Recurrent layers: Elman networks, LSTM and GRU, in stacks and in both directions."""

from __future__ import annotations

from typing import Any

from ...ops.rnn.layers import layer_norm_lstm_layer
from ...tensor import Tensor, TensorLike
from .. import init
from .base import RNNBase

__all__ = ["GRU", "LSTM", "RNN", "LayerNormLSTM", "RNNBase"]


class RNN(RNNBase):
    """An Elman network: for each step h' = f(W x + b + U h + b').

    Parameters
    ----------
    nonlinearity
        f: "tanh" or "relu".
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, device, dtype
        As of `LSTM`.
    stateful, recurrent_dropout, variational
        As of `LSTM`.

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0
        W (H, I), U (H, H), b (H,) and b' (H,) of the first layer, uniform in ±1/√H at first.

    Examples
    --------
    >>> import fastnn
    >>> rnn = fastnn.nn.RNN(10, 20, 2)
    >>> output, h_n = rnn(fastnn.zeros(5, 3, 10))
    >>> output.shape, h_n.shape
    ((5, 3, 20), (2, 3, 20))
    """

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
        super().__init__(
            f"RNN_{nonlinearity.upper()}",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            device=device,
            dtype=dtype,
            stateful=stateful,
            recurrent_dropout=recurrent_dropout,
            variational=variational,
        )
        self.nonlinearity = nonlinearity


class LSTM(RNNBase):
    """Long short-term memory; see `fastnn.nn.functional.lstm_layer` for the formula.

    Parameters
    ----------
    input_size
        I.
    hidden_size
        H.
    num_layers
        Layers, each reading the one below.
    bias
        Whether there are biases.
    batch_first
        Whether input and output are (N, T, *) instead of (T, N, *). Both are as fast.
    dropout
        Probability of a zero in the outputs of all layers but the last, while training.
    bidirectional
        Whether each layer also reads the sequence from its end; parameters ``..._reverse``.
    proj_size
        P, the size of h where it is projected; 0 for no projection.
    device, dtype
        ``"cpu"`` or None, and the element type, float32 by default.
    stateful
        Whether the last states of a call are the first of the next, without their gradients, until
        `reset_state`: see `fastnn.nn.utils.rnn.tbptt`.
    recurrent_dropout
        Probability of a zero in the state that enters the recurrent product, while training: one
        draw for a whole sequence, as Gal and Ghahramani (2016) have it. Outputs and last states are
        not touched.
    variational
        Whether the dropout between layers, too, is drawn once for a whole sequence.

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0
        (4H, I), (4H, P), (4H,) and (4H,) of the first layer, with the gates in the order i, f, g,
        o; uniform in ±1/√H at first.
    weight_hr_l0
        (P, H), with a projection only.

    Examples
    --------
    >>> import fastnn
    >>> lstm = fastnn.nn.LSTM(10, 20, bidirectional=True)
    >>> output, (h_n, c_n) = lstm(fastnn.zeros(5, 3, 10), lengths=[5, 2, 4])
    >>> output.shape, h_n.shape
    ((5, 3, 40), (2, 3, 20))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
        *,
        stateful: bool = False,
        recurrent_dropout: float = 0.0,
        variational: bool = False,
    ) -> None:
        super().__init__(
            "LSTM",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device,
            dtype,
            stateful,
            recurrent_dropout,
            variational,
        )


class LayerNormLSTM(RNNBase):
    """An LSTM with layer normalisation; see `fastnn.nn.functional.layer_norm_lstm_layer`.

    What the gates read of the input and of the state is normalised over all gates of a layer, each
    with gains of its own, and so is the cell on its way to the output (Ba, Kiros and Hinton, 2016).

    Parameters
    ----------
    eps
        Keeps a deviation away from zero.
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, device, dtype
        As of `LSTM`.
    stateful, recurrent_dropout, variational
        As of `LSTM`.

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0
        (4H, I) and (4H, H) of the first layer, with the gates in the order i, f, g, o; uniform in
        ±1/√H at first.
    gain_ih_l0, gain_hh_l0, gain_c_l0
        a (4H,), a' (4H,) and a'' (H,); ones at first.
    bias_ih_l0, bias_hh_l0, bias_c_l0
        b (4H,), b' (4H,) and b'' (H,); zeros at first.

    Examples
    --------
    >>> import fastnn
    >>> lstm = fastnn.nn.LayerNormLSTM(10, 20, 2)
    >>> output, (h_n, c_n) = lstm(fastnn.zeros(5, 3, 10), lengths=[5, 2, 4])
    >>> output.shape, h_n.shape
    ((5, 3, 20), (2, 3, 20))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        eps: float = 1e-5,
        device: Any = None,
        dtype: Any = None,
        *,
        stateful: bool = False,
        recurrent_dropout: float = 0.0,
        variational: bool = False,
    ) -> None:
        super().__init__(
            "LAYER_NORM_LSTM",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            device=device,
            dtype=dtype,
            stateful=stateful,
            recurrent_dropout=recurrent_dropout,
            variational=variational,
        )
        if not eps >= 0:
            raise ValueError(f"LayerNormLSTM: eps must not be negative, got {eps}")
        self.eps = float(eps)

    def reset_parameters(self) -> None:
        """Draw new weights, uniform in ±1/√H; gains are ones and biases zeros."""
        super().reset_parameters()
        for name, parameter in self.named_parameters():
            if not name.startswith("weight"):
                init.constant_(parameter, 1.0 if name.startswith("gain") else 0.0)

    def _cell_layer(
        self, x: TensorLike, params: Any, h: Any, c: Any, sizes: Any, mask: Any
    ) -> tuple[Tensor, Tensor, Tensor]:
        return layer_norm_lstm_layer(x, params, h, c, sizes, mask, self.eps)


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
    >>> import fastnn
    >>> gru = fastnn.nn.GRU(10, 20, batch_first=True)
    >>> output, h_n = gru(fastnn.zeros(3, 5, 10))
    >>> output.shape, h_n.shape
    ((3, 5, 20), (1, 3, 20))
    """

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
        super().__init__(
            "GRU",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            device=device,
            dtype=dtype,
            stateful=stateful,
            recurrent_dropout=recurrent_dropout,
            variational=variational,
        )
