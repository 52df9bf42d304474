"""The way of a sequence through stacked layers, and dropout between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...autograd.record import Array
from ...ops.dropout.elements import dropout
from ...ops.elementwise import mul
from ...ops.index import narrow
from ...ops.join import cat
from ...tensor import Tensor
from .sequences import inverse, places

if TYPE_CHECKING:
    from .base import RNNBase

__all__: list[str] = []

State = tuple[Tensor, ...]


class Sequences(NamedTuple):
    """Which steps are real: all of them, or those that one of the first two says."""

    batch_sizes: Array | None  # of rows of real steps
    lengths: Array | None  # of padded sequences
    batch: int
    steps: int  # T of padded sequences

    def sizes(self) -> Array | None:
        """How many sequences have each step, where they differ in length."""
        if self.lengths is None:
            return self.batch_sizes
        sizes: Array = (np.arange(self.lengths.max())[:, None] < self.lengths).sum(axis=1)
        return sizes


def once_for_all_steps(shape: tuple[int, ...], p: float, dtype: Any) -> Array:
    """What dropout multiplies states or outputs by at every step."""
    return dropout(np.ones(shape, dtype), p)._array


def run_layer(
    module: RNNBase, layer: int, x: Tensor, states: State, sequences: Sequences
) -> tuple[Tensor, State]:
    """Run one layer: its output and its last states.

    Layers pass on rows of real steps, longest sequence first; the last one pads them.
    """
    kind, params = module._kind, module._params(layer)
    lengths = sequences.lengths
    mask, total = None, None
    if module.recurrent_dropout and module.training:
        shape = module.num_directions, sequences.batch, module._state_sizes()[0]
        mask = once_for_all_steps(shape, module.recurrent_dropout, params[0][1].dtype)
        if lengths is not None:  # drawn for the longest sequence first
            mask = mask[:, inverse(places(lengths))]
    if lengths is not None:
        total = sequences.steps if layer + 1 == module.num_layers else 0
    y, *last = kind.layer(
        x,
        params,
        *(states or (None,) * (1 + kind.has_cell)),
        batch_sizes=sequences.batch_sizes,
        mask=mask,
        lengths=lengths,
        total_length=total,
        **module._options(),
    )
    return y, tuple(last)


def dropped(module: RNNBase, x: Tensor, sequences: Sequences) -> Tensor:
    """Dropout from one layer to the next."""
    if not module.variational or not module.training:
        return dropout(x, module.dropout, module.training)
    mask = once_for_all_steps((sequences.batch, x.shape[-1]), module.dropout, x.dtype)
    sizes = sequences.sizes()
    if sizes is not None:  # rows of real steps: which sequence is each of?
        mask = mask[np.concatenate([np.arange(n) for n in sizes])]
    return mul(x, mask)


def run_stack(
    module: RNNBase, x: Tensor, states: State, sequences: Sequences
) -> tuple[Tensor, State]:
    """Run all layers."""
    expected = module.weight_hh_l0.dtype
    if x.dtype != expected:
        raise TypeError(
            f"{type(module).__name__}: input must have dtype {expected}, as weights, got {x.dtype}"
        )
    if module.num_layers == 1:
        return run_layer(module, 0, x, states, sequences)
    found: list[State] = []
    d = module.num_directions
    for layer in range(module.num_layers):
        if layer and module.dropout:
            x = dropped(module, x, sequences)
        given = tuple([narrow(s, 0, layer * d, d) for s in states])
        x, last = run_layer(module, layer, x, given, sequences)
        found.append(last)
    return x, tuple([cat(parts) for parts in zip(*found)])
