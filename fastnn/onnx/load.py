"""Reading an ONNX file as a module."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ..nn import Module, Parameter
from ..tensor import Tensor, TensorLike, as_array
from . import operators as _operators  # noqa: F401  (fills the table)
from .message import Body, Fault, Node, parsed
from .operators.table import counts_outputs
from .package import onnx

__all__ = ["GraphModule", "load"]

# What an operation raises for inputs that do not fit.
ERRORS = (ValueError, TypeError, IndexError, RuntimeError, ArithmeticError, KeyError)


class Names(Module):
    """Parameters and modules under their names, as the exported module had them."""


class GraphModule(Module):
    """A graph of ONNX as a module, whose operations are computed one by one.

    Made by `load`. Initializers of floats are parameters and buffers under the names that they have
    in the file, so the ``state_dict()`` is that of the exported module; parameters learn.

    Parameters
    ----------
    body
        The graph.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO()
    >>> fastnn.onnx.export(fastnn.nn.Linear(4, 3), fastnn.zeros(2, 4), file)
    >>> model = fastnn.onnx.load(io.BytesIO(file.getvalue()))
    >>> sorted(model.state_dict()), model.input_names, model.output_names
    (['bias', 'weight'], ['input'], ['output'])
    """

    def __init__(self, body: Body) -> None:
        super().__init__()
        statistics = {
            name
            for node in body.nodes
            if node.kind == "BatchNormalization"
            for name in node.inputs[3:5]
        }
        self._inputs = body.inputs
        self.input_names = [v.name for v in body.inputs]
        self.output_names = list(body.outputs)
        self._nodes = body.nodes
        self._constants: dict[str, Tensor] = {}
        self._held: list[str] = []  # names of parameters and buffers
        for name, array in body.arrays.items():
            if not self._hold(name, array, name in statistics):
                self._constants[name] = Tensor(array)
        self._last = last_reads(body.nodes, body.outputs)

    def _hold(self, name: str, array: Any, statistic: bool) -> bool:
        """Register an array as a parameter or a buffer, if its name can be one."""
        parts = name.split(".")
        plain = all(p.isidentifier() or p.isdecimal() for p in parts) and len(parts) <= 64
        if array.dtype.kind != "f" or not array.ndim or not plain or "constant" in parts[0]:
            return False
        module: Module = self
        for i, part in enumerate(parts):
            found = vars(module).get(part)
            end = i + 1 == len(parts)
            taken = hasattr(Module, part) or part.startswith("_") or part.endswith("_names")
            if taken or (found is not None and (end or type(found) is not Names)):
                return False
            if end:
                break
            if found is None:
                module.add_module(part, Names())
            module = vars(module)[part]
        if statistic:
            module.register_buffer(parts[-1], Tensor(array))
        else:
            module.register_parameter(parts[-1], Parameter(array))
        self._held.append(name)
        return True

    def forward(self, *inputs: TensorLike) -> Any:
        """The outputs for the inputs in their order: one tensor, or a tuple of several."""
        if len(inputs) != len(self._inputs):
            raise TypeError(
                f"onnx: expected {len(self._inputs)} inputs ({', '.join(self.input_names)}), "
                f"got {len(inputs)}"
            )
        values: dict[str, Any] = dict(self._constants)
        for name in self._held:
            module: Any = self
            for part in name.split("."):
                module = vars(module)[part]
            values[name] = module
        for given, info in zip(inputs, self._inputs):
            values[info.name] = checked(given, info)
        for i, node in enumerate(self._nodes):
            compute(node, values)
            for name in self._last[i]:
                del values[name]
        found = tuple([values[name] for name in self.output_names])
        return found[0] if len(found) == 1 else found

    def extra_repr(self) -> str:
        """Inputs, outputs and the number of operations."""
        names = f"({', '.join(self.input_names)}) -> ({', '.join(self.output_names)})"
        return f"{names}, {len(self._nodes)} operations"


def last_reads(nodes: list[Node], outputs: list[str]) -> list[list[str]]:
    """What is not needed any more after each node."""
    kept, found = set(outputs), []
    for node in reversed(nodes):
        names = {n for n in (*node.inputs, *node.outputs) if n} - kept
        found.append(sorted(names))
        kept |= names
    return found[::-1]


def checked(given: TensorLike, info: Any) -> Tensor:
    """An input of the type and the sizes that the file says."""
    x = given if isinstance(given, Tensor) else Tensor(as_array(given))
    if x.dtype != info.dtype:
        raise TypeError(f"onnx: {info.name} must have dtype {info.dtype}, got {x.dtype}")
    if info.shape is None:
        return x
    fits = len(info.shape) == x.ndim
    if not fits or any(n is not None and n != m for n, m in zip(info.shape, x.shape)):
        sizes = ", ".join("any" if n is None else str(n) for n in info.shape)
        raise ValueError(f"onnx: {info.name} must have shape ({sizes}), got {tuple(x.shape)}")
    return x


def compute(node: Node, values: dict[str, Any]) -> None:
    """Compute one node."""
    inputs = [values[name] if name else None for name in node.inputs]
    options = dict(node.attributes)
    if counts_outputs(node.operator.function):
        options["outputs"] = len(node.outputs)
    try:
        result = node.operator.function(*inputs, **options)
    except ERRORS as error:
        raise ValueError(f"onnx: {node.label}: {error}") from error
    results = result if isinstance(result, tuple) else (result,)
    if len(results) < sum(map(bool, node.outputs)) or any(node.outputs[len(results) :]):
        raise ValueError(f"onnx: {node.label} has {len(node.outputs)} outputs")
    for name, y in zip(node.outputs, results):
        if name:
            values[name] = y if isinstance(y, Tensor) else Tensor(np.asarray(y))


def load(f: Any) -> GraphModule:
    """Read an ONNX file as a module that computes the same.

    Parameters
    ----------
    f
        A path, or a file opened for reading in binary mode.

    Returns
    -------
    GraphModule
        In evaluation mode; what it computes is fixed. It takes the inputs of the file in their
        order and returns its output, or a tuple of several.

    Raises
    ------
    ImportError
        Without the package ``onnx`` (``pip install 'fastnn[onnx]'``).
    ValueError
        For what is no ONNX file, is damaged, has arrays in other files, or operators that have no
        counterpart here; the message names the file and what is wrong.

    Notes
    -----
    Every file that `export` writes can be loaded, and files of other programs with operators of
    versions 13 to 21 among those that it uses. Nothing is executed while a file is read, and sizes
    are compared with the file's before memory is taken.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO()
    >>> lstm = fastnn.nn.LSTM(4, 3)
    >>> fastnn.onnx.export(lstm, fastnn.zeros(5, 1, 4), file, dynamic_batch=False)
    >>> y, h, c = fastnn.onnx.load(io.BytesIO(file.getvalue()))(fastnn.zeros(5, 1, 4))
    >>> y.shape, h.shape
    ((5, 1, 3), (1, 1, 3))
    """
    package = onnx("load")
    if isinstance(f, (str, bytes, os.PathLike)):
        name = os.fsdecode(f)
        with open(f, "rb") as file:
            data = file.read()
    else:
        name, data = str(getattr(f, "name", "the file")), f.read()
    if not isinstance(data, bytes):
        raise TypeError(f"onnx.load: {name} must be opened in binary mode")
    try:
        body = parsed(package, data)
    except Fault as fault:
        raise ValueError(f"onnx.load: {name}: {fault}") from None
    return GraphModule(body).eval()
