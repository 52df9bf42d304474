"""What recurrent layers share: parameters, states and sequences."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...autograd.record import array
from ...ops.index import index_select
from ...ops.rnn.sequences import checked_lengths
from ...ops.shape import reshape, transpose
from ...tensor import Tensor
from ..module.inputs import Floats, Inputs
from .parameters import RNNParameters
from .sequences import PackedSequence
from .stack import Sequences, State, run_stack

__all__ = ["RNNBase"]


class Padded(Floats):
    """Sequences as one array; what is wrong with a packed one the layer says itself."""

    def fault(self, module: Any, name: str, value: Any, error: Exception) -> str | None:
        """As of `Floats`."""
        packed = isinstance(value, PackedSequence)
        return None if packed else super().fault(module, name, value, error)


class RNNBase(RNNParameters):
    """What RNN, LSTM and GRU share: their parameters, and how sequences go through layers.

    Parameters
    ----------
    mode
        "RNN_TANH", "RNN_RELU", "LSTM", "GRU" or "LAYER_NORM_LSTM".
    proj_size
        0 for all modes but "LSTM". All other arguments are those of `LSTM`.
    """

    _carried: State = ()

    def reset_state(self) -> None:
        """Begin the next sequence with zeros, where the layer is stateful."""
        self._carried = ()

    def _state_sizes(self) -> tuple[int, ...]:
        """The width of each state."""
        out = self.proj_size or self.hidden_size
        return (out, self.hidden_size) if self.has_cell else (out,)

    def _expected(self) -> Inputs:
        layout = "N, T, input_size" if self.batch_first else "T, N, input_size"
        return {"input": Padded(layout, "T, input_size")}

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
        if isinstance(hx, tuple):
            raise TypeError(
                f"{type(self).__name__}: hx must be one tensor, h_0, got a tuple of {len(hx)}; "
                "only an LSTM has two states"
            )
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
