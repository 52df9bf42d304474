"""What recurrent layers share: stacks, directions, states and lengths."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...autograd.record import Array, array
from ...ops.create import empty
from ...ops.dropout.elements import dropout
from ...ops.elementwise import mul
from ...ops.index import index_select, narrow
from ...ops.join import cat
from ...ops.rnn.layers import gru_layer, lstm_layer, rnn_layer
from ...ops.rnn.sequences import checked_lengths, pack_rows, unpack_rows
from ...ops.shape import reshape, transpose
from ...tensor import Tensor, TensorLike
from .. import init
from ..module import Module
from ..parameter import Parameter
from .sequences import PackedSequence, inverse, packing

__all__ = ["RNNBase"]

GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "LSTM": 4, "GRU": 3, "LAYER_NORM_LSTM": 4}
State = tuple[Tensor, ...]


def batch_of(x: TensorLike, sizes: Any) -> int:
    """How many samples there are, in padded steps or in the rows of real ones."""
    return int(array(x).shape[1] if sizes is None else array(sizes)[0])


def once_for_all_steps(shape: tuple[int, ...], p: float, dtype: Any) -> Array:
    """What dropout multiplies states or outputs by at every step."""
    return dropout(np.ones(shape, dtype), p)._array


class RNNBase(Module):
    """What RNN, LSTM and GRU share: their parameters, and the way through layers.

    Parameters
    ----------
    mode
        "RNN_TANH", "RNN_RELU", "LSTM", "GRU" or "LAYER_NORM_LSTM".
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
        Whether each layer also reads the sequence from its end.
    proj_size
        P, the size of h where it is projected (LSTM); 0 for no projection.
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
    """

    weight_hh_l0: Parameter

    def __init__(
        self,
        mode: str,
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
        stateful: bool = False,
        recurrent_dropout: float = 0.0,
        variational: bool = False,
    ) -> None:
        super().__init__(device)
        name = type(self).__name__
        if mode not in GATES:
            raise ValueError(f"{name}: mode must be one of {', '.join(GATES)}, got {mode!r}")
        for argument, value, least in (
            ("input_size", input_size, 0),
            ("hidden_size", hidden_size, 1),
            ("num_layers", num_layers, 1),
            ("proj_size", proj_size, 0),
        ):
            if not isinstance(value, (int, np.integer)) or isinstance(value, bool):
                raise TypeError(f"{name}: {argument} must be an int, got {type(value).__name__}")
            if value < least:
                raise ValueError(f"{name}: {argument} must be at least {least}, got {value}")
        for argument, p in (("dropout", dropout), ("recurrent_dropout", recurrent_dropout)):
            if not 0 <= p <= 1:
                raise ValueError(f"{name}: {argument} must be a probability, from 0 to 1, got {p}")
        if proj_size and mode != "LSTM":
            raise ValueError(f"{name}: proj_size is for LSTM only")
        if proj_size >= hidden_size:
            raise ValueError(
                f"{name}: proj_size must be less than hidden_size, {hidden_size}, got {proj_size}"
            )
        self.mode = mode
        self.has_cell = mode.endswith("LSTM")
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self.stateful = stateful
        self.recurrent_dropout = float(recurrent_dropout)
        self.variational = variational
        self._carried: State = ()
        self.num_directions = 2 if bidirectional else 1
        gates, out = GATES[mode] * hidden_size, proj_size or hidden_size
        self._names: list[list[tuple[str | None, ...]]] = []
        for layer in range(num_layers):
            inner = input_size if layer == 0 else out * self.num_directions
            self._names.append([])
            for direction in range(self.num_directions):
                tail = f"l{layer}{'_reverse' if direction else ''}"
                shapes: dict[str, tuple[int, ...]] = {
                    f"weight_ih_{tail}": (gates, inner),
                    f"weight_hh_{tail}": (gates, out),
                }
                if bias:
                    shapes |= {f"bias_ih_{tail}": (gates,), f"bias_hh_{tail}": (gates,)}
                if proj_size:
                    shapes[f"weight_hr_{tail}"] = (proj_size, hidden_size)
                if mode == "LAYER_NORM_LSTM":
                    shapes |= {f"gain_{name}_{tail}": (gates,) for name in ("ih", "hh")}
                    shapes[f"gain_c_{tail}"] = (hidden_size,)
                    if bias:
                        shapes[f"bias_c_{tail}"] = (hidden_size,)
                for name, shape in shapes.items():
                    setattr(self, name, Parameter(empty(*shape, dtype=dtype)))
                names: list[str | None] = list(shapes)
                if not bias:
                    names[2:2] = [None, None]
                    if mode == "LAYER_NORM_LSTM":
                        names.append(None)
                self._names[-1].append(tuple(names))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new parameters, uniform in ±1/√H."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def flatten_parameters(self) -> None:
        """Nothing: there is nothing to gain from it here."""

    def reset_state(self) -> None:
        """Begin the next sequence with zeros, where the layer is stateful."""
        self._carried = ()

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction."""
        return [
            [getattr(self, name) for name in names if name is not None]
            for layer in self._names
            for names in layer
        ]

    def _params(self, layer: int) -> tuple[tuple[Any, ...], ...]:
        values = self.__dict__
        return tuple(
            [
                tuple([None if name is None else values[name] for name in names])
                for names in self._names[layer]
            ]
        )

    def _state_sizes(self) -> tuple[int, ...]:
        """The width of each state."""
        out = self.proj_size or self.hidden_size
        return (out, self.hidden_size) if self.has_cell else (out,)

    def _layer(
        self, layer: int, x: TensorLike, states: tuple[Any, ...], sizes: Any
    ) -> tuple[Tensor, State]:
        """Run one layer: its output and its last states."""
        params = self._params(layer)
        h = states[0] if states else None
        mask = None
        if self.recurrent_dropout and self.training:
            shape = self.num_directions, batch_of(x, sizes), self._state_sizes()[0]
            mask = once_for_all_steps(shape, self.recurrent_dropout, params[0][1].dtype)
        if self.has_cell:
            y, *last = self._cell_layer(x, params, h, states[1] if states else None, sizes, mask)
        elif self.mode == "GRU":
            y, *last = gru_layer(x, params, h, sizes, mask)
        else:
            kind = "tanh" if self.mode == "RNN_TANH" else "relu"
            y, *last = rnn_layer(x, params, h, sizes, kind, mask)
        return y, tuple(last)

    def _cell_layer(
        self, x: TensorLike, params: Any, h: Any, c: Any, sizes: Any, mask: Any
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Run one layer whose state is h and c."""
        return lstm_layer(x, params, h, c, sizes, mask)

    def _between(self, x: TensorLike, sizes: Any) -> Tensor:
        """Dropout on the way from one layer to the next."""
        if not self.variational or not self.training:
            return dropout(x, self.dropout, self.training)
        data = array(x)
        mask = once_for_all_steps((batch_of(x, sizes), data.shape[-1]), self.dropout, data.dtype)
        if sizes is not None:  # rows of real steps: which sample is each of?
            mask = mask[np.concatenate([np.arange(n) for n in array(sizes)])]
        return mul(x, mask)

    def _stack(self, x: TensorLike, states: State, sizes: Any) -> tuple[Tensor, State]:
        """Run all layers."""
        dtype, expected = array(x).dtype, self.weight_hh_l0.dtype
        if dtype != expected:
            raise TypeError(
                f"{type(self).__name__}: input must have dtype {expected}, as weights, got {dtype}"
            )
        if self.num_layers == 1:
            return self._layer(0, x, states, sizes)
        found: list[State] = []
        d = self.num_directions
        for layer in range(self.num_layers):
            if layer and self.dropout:
                x = self._between(x, sizes)
            x, last = self._layer(
                layer, x, tuple([narrow(s, 0, layer * d, d) for s in states]), sizes
            )
            found.append(last)
        assert isinstance(x, Tensor)
        return x, tuple([cat(parts) for parts in zip(*found)])

    def _check_states(self, states: State, batch: int, batched: bool) -> None:
        count = self.num_layers * self.num_directions
        for name, s, width in zip(("h_0", "c_0"), states, self._state_sizes()):
            want = (count, batch, width) if batched else (count, width)
            if s.shape != want:
                hint = (
                    "; reset_state() forgets what the last call left"
                    if states is self._carried
                    else ""
                )
                raise ValueError(
                    f"{type(self).__name__}: {name} must have shape {want}, got {s.shape}{hint}"
                )

    def _states(self, hx: Any) -> State:
        """The states a caller gave, as a tuple of tensors; empty for zeros."""
        if hx is None:
            return ()
        if self.has_cell:
            if not isinstance(hx, (tuple, list)) or len(hx) != 2:
                raise TypeError(f"{type(self).__name__}: hx must be a tuple (h_0, c_0)")
            return tuple([s if isinstance(s, Tensor) else Tensor(array(s)) for s in hx])
        return (hx if isinstance(hx, Tensor) else Tensor(array(hx)),)

    def _result(self, states: State) -> Any:
        """States as the caller gets them."""
        if self.stateful:
            self._carried = tuple([s.detach() for s in states])
        return states if self.has_cell else states[0]

    def forward(self, input: Any, hx: Any = None, lengths: Any = None) -> Any:
        """Run all layers over the sequences.

        Parameters
        ----------
        input
            (T, N, I), or (N, T, I) where `batch_first`, or (T, I) for a single sequence; or a
            `PackedSequence`.
        hx
            States at the start, (layers · directions, N, H), without N for a single sequence; for
            LSTM a tuple of two. Zeros if None.
        lengths
            The real steps of each sequence, (N,), from 1 to T. What lies behind them costs nothing:
            the output is zero there, and the last states are those of the last real step. The
            backward direction begins at the last real step.

        Returns
        -------
        tuple
            The output of the last layer, (T, N, directions · H) and the like, and the last states.
        """
        states = self._states(hx) or self._carried
        if isinstance(input, PackedSequence):
            if lengths is not None:
                raise ValueError(f"{type(self).__name__}: a PackedSequence has its own lengths")
            return self._packed(input, states)
        shape = input.shape if isinstance(input, (Tensor, np.ndarray)) else array(input).shape
        if len(shape) not in (2, 3) or shape[-1] != self.input_size:
            layout = "(N, T, {0})" if self.batch_first else "(T, N, {0})"
            raise ValueError(
                f"{type(self).__name__}: input must have shape "
                f"{layout.format(self.input_size)} or (T, {self.input_size}), got {tuple(shape)}"
            )
        batched = len(shape) == 3
        x: TensorLike = input
        if not batched:
            x = reshape(x, shape[0], 1, shape[1])
        elif self.batch_first:
            x = transpose(x, 0, 1)
        steps, batch = array(x).shape[:2]
        if states:
            self._check_states(states, batch, batched)
            if not batched:
                states = tuple([reshape(s, s.shape[0], 1, s.shape[1]) for s in states])
        if lengths is None:
            y, last = self._stack(x, states, None)
        else:
            y, last = self._padded(x, states, lengths, steps, batch)
        if not batched:
            y = reshape(y, steps, y.shape[2])
            return y, self._result(tuple([reshape(s, s.shape[0], s.shape[2]) for s in last]))
        return (transpose(y, 0, 1) if self.batch_first else y), self._result(last)

    def _padded(
        self, x: TensorLike, states: State, lengths: Any, steps: int, batch: int
    ) -> tuple[Tensor, State]:
        """Real steps only, and back to padded form."""
        n = checked_lengths(type(self).__name__, lengths, batch, steps)
        if batch == 0 or (n == steps).all():
            return self._stack(x, states, None)
        p = packing(n)
        y, last = self._stack(
            pack_rows(x, p.rows),
            tuple([index_select(s, 1, p.order) for s in states]),
            p.batch_sizes,
        )
        back = inverse(p.order)
        return (
            unpack_rows(y, (steps, batch, y.shape[1]), p.rows, 0.0),
            tuple([index_select(s, 1, back) for s in last]),
        )

    def _packed(self, input: PackedSequence, states: State) -> tuple[PackedSequence, Any]:
        sizes = np.asarray(input.batch_sizes._array)
        if input.data.ndim != 2 or input.data.shape[1] != self.input_size:
            raise ValueError(
                f"{type(self).__name__}: packed data must have shape (R, {self.input_size}), "
                f"got {input.data.shape}"
            )
        if states:
            self._check_states(states, int(sizes[0]) if sizes.size else 0, True)
        if input.sorted_indices is not None:
            states = tuple([index_select(s, 1, input.sorted_indices) for s in states])
        y, last = self._stack(input.data, states, sizes)
        if input.unsorted_indices is not None:
            last = tuple([index_select(s, 1, input.unsorted_indices) for s in last])
        return input._replace(data=y), self._result(last)

    def extra_repr(self) -> str:
        """The arguments that are not the default."""
        text = f"{self.input_size}, {self.hidden_size}"
        for name, usual in (
            ("proj_size", 0),
            ("num_layers", 1),
            ("bias", True),
            ("batch_first", False),
            ("dropout", 0.0),
            ("bidirectional", False),
            ("stateful", False),
            ("recurrent_dropout", 0.0),
            ("variational", False),
        ):
            if (value := getattr(self, name)) != usual:
                text += f", {name}={value}"
        return text
