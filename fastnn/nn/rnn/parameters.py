"""The parameters of recurrent layers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ...ops.create import empty
from .. import init
from ..module import Module
from ..parameter import Parameter

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


class RNNParameters(Module):
    """The arguments of recurrent layers, and the parameters that follow from them."""

    kinds: ClassVar[dict[str, CellKind]] = {}  # by mode, of the subclass; here those of all
    weight_hh_l0: Parameter

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        RNNParameters.kinds.update(cls.kinds)

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
