"""A table of a model's layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.grad_mode import no_grad
from ..tensor import Tensor

if TYPE_CHECKING:
    from .module import Module


@dataclass
class Row:
    """One module: its name with depth, the shape of its output, its own parameters."""

    name: str
    depth: int
    output: str
    parameters: int


@dataclass
class Summary:
    """The table that `Module.summary` returns, to be printed."""

    rows: list[Row]
    total: int
    learnt: int
    nbytes: int

    def __str__(self) -> str:
        names = ["layer"] + ["  " * row.depth + row.name for row in self.rows]
        shapes = ["output shape"] + [row.output for row in self.rows]
        counts = ["parameters"] + [f"{row.parameters:,}" for row in self.rows]
        widths = [max(map(len, column)) for column in (names, shapes, counts)]
        lines = [
            f"{name:{widths[0]}}  {shape:{widths[1]}}  {number:>{widths[2]}}"
            for name, shape, number in zip(names, shapes, counts)
        ]
        rule = "-" * len(lines[0])
        total = f"parameters: {self.total:,} ({self.learnt:,} learnt), {self.nbytes:,} bytes"
        return "\n".join([lines[0], rule, *lines[1:], rule, total])

    __repr__ = __str__


def summarize(module: Module, shapes: tuple[Any, ...], dtype: Any) -> Summary:
    """Run `module` on zeros and record the output shape of every layer."""
    if len(shapes) == 1 and isinstance(shapes[0], list):
        inputs = [Tensor(np.zeros(shape, dtype)) for shape in shapes[0]]
    else:
        shape = shapes[0] if len(shapes) == 1 and isinstance(shapes[0], tuple) else shapes
        inputs = [Tensor(np.zeros(shape, dtype))]
    seen: dict[int, str] = {}
    handles = []
    for layer in module.modules():
        handles.append(
            layer.register_forward_hook(lambda m, _, y: seen.__setitem__(id(m), shape_text(y)))
        )
    was_training = [layer for layer in module.modules() if layer.training]
    try:
        module.eval()
        with no_grad():
            module(*inputs)
    finally:
        for handle in handles:
            handle.remove()
        for layer in was_training:
            layer.__dict__["training"] = True
    rows = []
    for path, layer in module.named_modules():
        own = sum(p.numel() for p in layer.parameters(recurse=False))
        kind = type(layer).__name__
        name = f"{path.rpartition('.')[2]}: {kind}" if path else kind
        depth = path.count(".") + 1 if path else 0
        rows.append(Row(name, depth, seen.get(id(layer), "-"), own))
    parameters = list(module.parameters())
    return Summary(
        rows,
        sum(p.numel() for p in parameters),
        sum(p.numel() for p in parameters if p.requires_grad),
        sum(p.nbytes for p in parameters),
    )


def shape_text(output: Any) -> str:
    """The shape of an output, or the shapes of several."""
    if isinstance(output, (tuple, list)):
        return ", ".join(shape_text(y) for y in output)
    return str(output.shape) if isinstance(output, Tensor) else type(output).__name__
