"""The recorded graph as PyTorch shows it: names of operations, and where gradients go next."""

from __future__ import annotations

from functools import partial
from typing import Any

__all__: list[str] = []


class AccumulateGrad:
    """Stands for a leaf in ``next_functions``: its gradient is added to ``variable.grad``.

    Attributes
    ----------
    variable
        The leaf.
    next_functions
        Empty.
    """

    __slots__ = ("variable",)
    next_functions: tuple[Any, ...] = ()

    def __init__(self, variable: Any) -> None:
        self.variable = variable

    def name(self) -> str:
        """``AccumulateGrad``."""
        return type(self).__name__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AccumulateGrad) and self.variable is other.variable

    def __hash__(self) -> int:
        return hash((AccumulateGrad, id(self.variable)))

    def __repr__(self) -> str:
        return f"<AccumulateGrad of shape {self.variable.shape}>"


def operation(node: Any) -> tuple[Any, int]:
    """The node of an operation with several outputs, and which of them this node passes on."""
    function = node.backward
    if isinstance(function, partial) and isinstance(function.args[0], int):
        return node.inputs[0], function.args[0]
    return node, 0


def name_of(node: Any) -> str:
    """The name of a node in PyTorch's style: ``TanhBackward`` for ``tanh_backward``."""
    node, _ = operation(node)
    function = node.backward
    if isinstance(function, partial):  # with the number of outputs
        function = function.args[0]
    if function.__name__ == "_function_backward":
        return f"{node.saved[0].__name__}Backward" if node.saved else "FunctionBackward"
    return "".join(part.capitalize() for part in function.__name__.split("_"))


def next_functions(node: Any) -> tuple[tuple[Any, int], ...]:
    """For each input the node that made it, and which of that node's outputs the input is."""
    found: list[tuple[Any, int]] = []
    for sink in operation(node)[0].inputs:
        if sink is None:
            found.append((None, 0))
        elif hasattr(sink, "backward") and hasattr(sink, "inputs"):
            found.append(operation(sink))
        else:
            found.append((AccumulateGrad(sink), 0))
    return tuple(found)
