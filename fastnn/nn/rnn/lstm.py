"""Long short-term memory, plain and with layer normalisation."""

from __future__ import annotations

from typing import Any, ClassVar

from ...ops.rnn.lstm import layer_norm_lstm_layer, lstm_layer
from .. import init
from .base import RNNBase
from .parameters import CellKind, Shapes

__all__ = ["LSTM", "LayerNormLSTM"]


def projection(module: RNNBase) -> Shapes:
    """V, with a projection."""
    if not module.proj_size:
        return {}
    return {"weight_hr": (module.proj_size, module.hidden_size)}


def gains(module: RNNBase) -> Shapes:
    """Gains of W x, of U h and of the cell, and the bias of the cell."""
    h = module.hidden_size
    return {
        "gain_ih": (4 * h,),
        "gain_hh": (4 * h,),
        "gain_c": (h,),
        "bias_c": (h,) if module.bias else None,
    }


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
    >>> lstm = fastnn.nn.LSTM(10, 20, bidirectional=True)
    >>> output, (h_n, c_n) = lstm(fastnn.zeros(5, 3, 10), lengths=[5, 2, 4])
    >>> output.shape, h_n.shape
    ((5, 3, 40), (2, 3, 20))
    """

    kinds: ClassVar[dict[str, CellKind]] = {"LSTM": CellKind(lstm_layer, 4, True, True, projection)}

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
        layers = input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional
        more = stateful, recurrent_dropout, variational
        super().__init__("LSTM", *layers, proj_size, device, dtype, *more)


class LayerNormLSTM(RNNBase):
    """An LSTM with layer normalisation; see `fastnn.nn.functional.layer_norm_lstm_layer`.

    What the gates read of the input and of the state is normalised over all gates of a layer, each
    with gains of its own, and so is the cell on its way to the output (Ba, Kiros and Hinton, 2016).

    Parameters
    ----------
    eps
        Keeps a deviation away from zero. All other arguments are those of `LSTM` without
        `proj_size`.

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
    >>> lstm = fastnn.nn.LayerNormLSTM(10, 20, 2)
    >>> output, (h_n, c_n) = lstm(fastnn.zeros(5, 3, 10), lengths=[5, 2, 4])
    >>> output.shape, h_n.shape
    ((5, 3, 20), (2, 3, 20))
    """

    kinds: ClassVar[dict[str, CellKind]] = {
        "LAYER_NORM_LSTM": CellKind(layer_norm_lstm_layer, 4, True, False, gains)
    }

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
        layers = input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional
        more = stateful, recurrent_dropout, variational
        super().__init__("LAYER_NORM_LSTM", *layers, 0, device, dtype, *more)  # 0: no projection
        if not eps >= 0:
            raise ValueError(f"LayerNormLSTM: eps must not be negative, got {eps}")
        self.eps = float(eps)

    def reset_parameters(self) -> None:
        """Draw new weights, uniform in ±1/√H; gains are ones and biases zeros."""
        super().reset_parameters()
        for name, parameter in self.named_parameters():
            if not name.startswith("weight"):
                init.constant_(parameter, 1.0 if name.startswith("gain") else 0.0)

    def _options(self) -> dict[str, Any]:
        return {"eps": self.eps}
