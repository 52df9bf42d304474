"""Single steps of recurrent layers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...autograd.record import array
from ...ops.create import empty
from ...ops.rnn.cells import gru_cell, lstm_cell, rnn_relu_cell, rnn_tanh_cell
from ...tensor import Tensor, TensorLike
from .. import init
from ..module import Module
from ..module.inputs import Floats, Inputs, Pair
from ..parameter import Parameter

__all__ = ["GRUCell", "LSTMCell", "RNNCell", "RNNCellBase"]


class RNNCellBase(Module):
    """What the cells share: their parameters.

    Parameters
    ----------
    input_size, hidden_size, bias, device, dtype
        As of `RNNCell`.
    num_chunks
        G, the number of gates.
    """

    weight_ih: Parameter
    weight_hh: Parameter
    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(device)
        if hidden_size < 1:
            raise ValueError(
                f"{type(self).__name__}: hidden_size must be at least 1, got {hidden_size}"
            )
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        self.weight_ih = Parameter(empty(rows, input_size, dtype=dtype))
        self.weight_hh = Parameter(empty(rows, hidden_size, dtype=dtype))
        for name in ("bias_ih", "bias_hh"):
            b = Parameter(empty(rows, dtype=dtype)) if bias else None
            self.register_parameter(name, b)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new parameters, uniform in ±1/√H."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _weights(self) -> tuple[Any, ...]:
        return self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh

    def _expected(self) -> Inputs:
        state = Floats("N, hidden_size", "hidden_size")
        return {"input": Floats("N, input_size", "input_size"), "hx": state}

    def _check(self, input: TensorLike) -> None:
        """That input fits the weights: what is wrong is the input, not they."""
        x = array(input)
        name, dtype = type(self).__name__, self.weight_ih.dtype
        if x.ndim not in (1, 2) or x.shape[-1] != self.input_size:
            i = self.input_size
            raise ValueError(f"{name}: input must have shape (N, {i}) or ({i},), got {x.shape}")
        if x.dtype != dtype:
            raise TypeError(f"{name}: input must have dtype {dtype}, as weights, got {x.dtype}")

    def _zeros(self, input: TensorLike) -> Tensor:
        """A state for the first step."""
        x = array(input)
        return Tensor(np.zeros((*x.shape[:-1], self.hidden_size), self.weight_hh.dtype))

    def extra_repr(self) -> str:
        """The sizes."""
        text = f"{self.input_size}, {self.hidden_size}"
        return text if self.bias else f"{text}, bias=False"


class RNNCell(RNNCellBase):
    """One step of an Elman network: h' = f(W x + b + U h + b').

    Parameters
    ----------
    input_size
        I.
    hidden_size
        H.
    bias
        Whether there are biases.
    nonlinearity
        f: "tanh" or "relu".
    device, dtype
        ``"cpu"`` or None, and the element type, float32 by default.

    Examples
    --------
    >>> cell = fastnn.nn.RNNCell(10, 20)
    >>> cell(fastnn.zeros(3, 10), fastnn.zeros(3, 20)).shape
    (3, 20)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                f"RNNCell: nonlinearity must be 'tanh' or 'relu', got {nonlinearity!r}"
            )
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: TensorLike, hx: TensorLike | None = None) -> Tensor:
        """x (N, I) or (I,) and h (N, H) or (H,), zeros if None, to h'."""
        self._check(input)
        step = rnn_tanh_cell if self.nonlinearity == "tanh" else rnn_relu_cell
        return step(input, self._zeros(input) if hx is None else hx, *self._weights())


class LSTMCell(RNNCellBase):
    """One step of an LSTM; see `fastnn.nn.functional.lstm_layer` for the formula.

    Arguments are those of `RNNCell` without `nonlinearity`.

    Examples
    --------
    >>> cell = fastnn.nn.LSTMCell(10, 20)
    >>> h, c = cell(fastnn.zeros(3, 10))
    >>> h.shape, c.shape
    ((3, 20), (3, 20))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def _expected(self) -> Inputs:
        return {**super()._expected(), "hx": Pair("N, hidden_size", "hidden_size")}

    def forward(
        self, input: TensorLike, hx: tuple[TensorLike, TensorLike] | None = None
    ) -> tuple[Tensor, Tensor]:
        """x (N, I) or (I,) and (h, c), each (N, H) or (H,), zeros if None, to (h', c')."""
        self._check(input)
        if hx is None:
            hx = self._zeros(input), self._zeros(input)
        elif not isinstance(hx, (tuple, list)) or len(hx) != 2:
            raise TypeError("LSTMCell: hx must be a tuple (h, c)")
        return lstm_cell(input, hx, *self._weights())


class GRUCell(RNNCellBase):
    """One step of a GRU; see `fastnn.nn.functional.gru_layer` for the formula.

    Arguments are those of `RNNCell` without `nonlinearity`.

    Examples
    --------
    >>> cell = fastnn.nn.GRUCell(10, 20)
    >>> cell(fastnn.zeros(3, 10)).shape
    (3, 20)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: TensorLike, hx: TensorLike | None = None) -> Tensor:
        """x (N, I) or (I,) and h (N, H) or (H,), zeros if None, to h'."""
        self._check(input)
        return gru_cell(input, self._zeros(input) if hx is None else hx, *self._weights())
