"""The slope of an activation that another operation computed with its own output."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import _core
from ...autograd.record import Array, Node
from ...autograd.recorded import output_of, tensor_of
from ...tensor import Tensor
from ..activation import piecewise, smooth
from .unary import BY_INPUT, BY_OUTPUT

__all__: list[str] = []

# Activations of which the output was saved, and those of which the argument was.
OUTPUTS = {"tanh": smooth.tanh_backward, "sigmoid": smooth.sigmoid_backward}
INPUTS = {
    "gelu": smooth.gelu_backward,
    "gelu_tanh": smooth.gelu_tanh_backward,
    "silu": smooth.silu_backward,
    "softplus": smooth.softplus_backward,
    "elu": piecewise.elu_backward,
    "logsigmoid": smooth.logsigmoid_backward,
}
STRAIGHT = ("relu", "leaky_relu", "hardtanh", "hardsigmoid")
DEFAULTS = {"softplus": (1.0, 20.0), "elu": (1.0,)}


def slope_of(node: Node, activation: Any, saved: Array, plain: tuple[Any, ...]) -> Tensor:
    """f'(z), where z is the result without the activation, whose node would have saved `plain`."""
    name, *parameters = (activation,) if isinstance(activation, str) else activation
    if name in OUTPUTS:
        return BY_OUTPUT[OUTPUTS[name]](output_of(node, saved))
    if name in INPUTS:
        given = (*parameters, *DEFAULTS.get(name, ())[len(parameters) :])
        before = Node(node.backward, node.inputs, node.needs, plain)
        return BY_INPUT[INPUTS[name]](tensor_of(before, saved), *given)
    if name not in STRAIGHT:
        raise RuntimeError(f"create_graph: the activation {name!r} has no second gradient here")
    backward = getattr(_core, f"{name}_backward")
    return Tensor(backward(np.ones_like(saved), saved, *parameters))
