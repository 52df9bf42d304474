"""What recurrent layers share: parameters, states and sequences."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ...autograd.record import array
from ...ops.create import empty
from ...ops.index import index_select
from ...ops.rnn.sequences import checked_lengths
from ...ops.shape import reshape, transpose
from ...tensor import Tensor
from .. import init
from ..module import Module
from ..parameter import Parameter
from .sequences import PackedSequence
from .stack import Sequences, State, run_stack

__all__ = ["RNNBase"]

Shapes = dict[str, "tuple[int, ...] | None"]


class CellKind(NamedTuple):
    """What a subclass declares of its cell."""

    layer: Callable[..., Any]  # the operation of one layer
    gates: int
    has_cell: bool = False  # the state is h and c
    may_project: bool = False
    # Parameters beside weight_ih, weight_hh, bias_ih and bias_hh: their shapes, None for one that
    # the module does not have.
    more_parameters: Callable[[Any], Shapes] | None = None


class RNNBase(Module):
    """What RNN, LSTM and GRU share: their parameters, and how sequences go through layers.

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

    kinds: ClassVar[dict[str, CellKind]] = {}  # by mode, of the subclass; here those of all
    weight_hh_l0: Parameter

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        RNNBase.kinds.update(cls.kinds)

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
        if mode not in self.kinds:
            raise ValueError(f"{name}: mode must be one of {', '.join(self.kinds)}, got {mode!r}")
        self._kind = self.kinds[mode]
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
        if proj_size and not self._kind.may_project:
            raise ValueError(f"{name}: proj_size is for LSTM only")
        if proj_size >= hidden_size:
            raise ValueError(
                f"{name}: proj_size must be less than hidden_size, {hidden_size}, got {proj_size}"
            )
        self.mode = mode
        self.has_cell = self._kind.has_cell
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
        self._names = [self._add_parameters(layer, dtype) for layer in range(num_layers)]
        self.reset_parameters()

    def _add_parameters(self, layer: int, dtype: Any) -> list[tuple[str | None, ...]]:
        """Make a layer's parameters: their names for each direction, None for no parameter."""
        gates, out = self._kind.gates * self.hidden_size, self.proj_size or self.hidden_size
        bias = (gates,) if self.bias else None
        shapes: Shapes = {
            "weight_ih": (gates, out * self.num_directions if layer else self.input_size),
            "weight_hh": (gates, out),
            "bias_ih": bias,
            "bias_hh": bias,
        }
        if self._kind.more_parameters is not None:
            shapes |= self._kind.more_parameters(self)
        found = []
        for tail in (f"_l{layer}", f"_l{layer}_reverse")[: self.num_directions]:
            for kind, shape in shapes.items():
                if shape is not None:
                    setattr(self, kind + tail, Parameter(empty(*shape, dtype=dtype)))
            found.append(tuple([kind + tail if s else None for kind, s in shapes.items()]))
        return found

    def reset_parameters(self) -> None:
        """Draw new parameters, uniform in ±1/√H."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def flatten_parameters(self) -> None:
        """Do nothing: weights need not be in one piece of memory here."""

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

    def _options(self) -> dict[str, Any]:
        """More arguments of the layers' operation."""
        return {}

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
        x = input if isinstance(input, Tensor) else Tensor(array(input))
        shape = x.shape
        if len(shape) not in (2, 3) or shape[-1] != self.input_size:
            layout = "(N, T, {0})" if self.batch_first else "(T, N, {0})"
            raise ValueError(
                f"{type(self).__name__}: input must have shape "
                f"{layout.format(self.input_size)} or (T, {self.input_size}), got {tuple(shape)}"
            )
        batched = len(shape) == 3
        if not batched:
            x = reshape(x, shape[0], 1, shape[1])
        elif self.batch_first:
            x = transpose(x, 0, 1)
        steps, batch = x.shape[:2]
        if states:
            self._check_states(states, batch, batched)
            if not batched:
                states = tuple([reshape(s, s.shape[0], 1, s.shape[1]) for s in states])
        real = None
        if lengths is not None:
            real = checked_lengths(type(self).__name__, lengths, batch, steps)
            if (real == steps).all():
                real = None
        y, last = run_stack(self, x, states, Sequences(None, real, batch, steps))
        if not batched:
            y = reshape(y, steps, y.shape[2])
            return y, self._result(tuple([reshape(s, s.shape[0], s.shape[2]) for s in last]))
        return (transpose(y, 0, 1) if self.batch_first else y), self._result(last)

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
        sequences = Sequences(sizes, None, int(sizes[0]) if sizes.size else 0, len(sizes))
        y, last = run_stack(self, input.data, states, sequences)
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
