"""Writing a module as an ONNX file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..nn import Module
from ..serialization.atomic import write_whole
from . import translators as _translators  # noqa: F401  (fills the table)
from .graph import Graph, Symbol
from .package import onnx
from .recorder import Trace, Value, exporting, leaves
from .runs import Dynamic, Inputs, record_runs, symbols_of
from .step import Step, translations

__all__ = ["export", "is_in_onnx_export"]

OPSETS = range(18, 22)
LARGEST = 2**31 - 1  # bytes of a protobuf message


def export(
    model: Module,
    args: Any,
    f: Any,
    *,
    kwargs: Mapping[str, Any] | None = None,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    dynamic_batch: bool = True,
    dynamic_axes: Mapping[str, Mapping[int, str] | Sequence[int]] | None = None,
    opset_version: int = 18,
) -> None:
    """Write a module to an ONNX file, as it computes in evaluation mode.

    The module is called on `args`, and the operations that it calls are translated one by one. It
    is called again on inputs of other sizes, where sizes may vary, and what then differs is
    computed in the file from the sizes of its inputs.

    Parameters
    ----------
    model
        The module. Training mode is restored after the call.
    args
        An example of its input, a tensor or an array, or a tuple of its arguments. Arrays become
        inputs of the file, also inside of tuples and lists; all else is fixed.
    f
        A path, or a file opened for writing in binary mode. A path gets the whole file in one step;
        nothing is written after an error.
    kwargs
        Arguments by name; arrays among them follow those of `args`.
    input_names, output_names
        Names in the file; ``"input"``, ``"input_1"`` … and ``"output"``, ``"output_1"`` … by
        default.
    dynamic_batch
        Whether the first axis of the first input may have any size, and so may the axes of that
        number of other inputs: the first axis of each, if it has the same size. Of no effect with
        `dynamic_axes`.
    dynamic_axes
        Names of axes that may have any size, for each input by its name: ``{"input": {0: "batch",
        1: "time"}}``, or a list of axes. Axes of one name have one size.
    opset_version
        The version of ONNX's operators, 18 to 21.

    Raises
    ------
    ImportError
        Without the package ``onnx`` (``pip install 'fastnn[onnx]'``).
    RuntimeError
        For an operation that has no translation, or code that reads numbers of a tensor; the
        message names the module and the operation.
    ValueError
        For a size or an option that the operators do not have, and for arguments that do not fit.

    Notes
    -----
    Parameters and buffers have the names of the module's ``state_dict()``. Dropout does nothing,
    and norms use their running statistics. What the module computes without fastnn's operations,
    with NumPy for example, is fixed in the file if it does not depend on the inputs, and an error
    if it does. The format: https://onnx.ai/onnx/intro/concepts.html.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO()
    >>> model = fastnn.nn.Sequential(fastnn.nn.Linear(4, 3), fastnn.nn.ReLU())
    >>> fastnn.onnx.export(model, fastnn.zeros(2, 4), file, input_names=["x"])
    >>> b"0.weight" in file.getvalue()
    True
    """
    package = onnx("export")
    if not isinstance(model, Module):
        raise TypeError(f"onnx.export: model must be a Module, got {type(model).__name__}")
    if opset_version not in OPSETS:
        raise ValueError(
            f"onnx.export: opset_version must be {OPSETS[0]} to {OPSETS[-1]}, got {opset_version}"
        )
    inputs = Inputs(args if isinstance(args, tuple) else (args,), dict(kwargs or {}))
    if not inputs.arrays:
        raise ValueError("onnx.export: args holds no tensor or array")
    names = names_of("input", input_names, len(inputs.arrays))
    dynamic = dynamic_of(inputs, names, dynamic_batch, dynamic_axes)
    symbols = symbols_of(inputs, names, dynamic)
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        traces = record_runs(model, inputs, names, dynamic, symbols)
    finally:
        for module, training in modes:
            module.__dict__["training"] = training
    graph = Graph(package, opset_version, symbols)
    graph.taken.update(names)
    outputs = translate(graph, traces)
    results = names_of("output", output_names, len(outputs))
    if set(results) & (graph.taken | set(names)):
        results = [unused(name, graph.taken) for name in results]
    message = message_of(graph, traces, names, dynamic, outputs, results)
    data = message.SerializeToString()
    if isinstance(f, (str, bytes, os.PathLike)):
        write_whole(os.fspath(f), lambda file: file.write(data))  # type: ignore[arg-type]
    else:
        f.write(data)


def is_in_onnx_export() -> bool:
    """Whether this thread runs a module for `export`."""
    return exporting.active


def names_of(kind: str, given: Sequence[str] | None, count: int) -> list[str]:
    """Names of inputs or outputs."""
    if given is None:
        return [kind if i == 0 else f"{kind}_{i}" for i in range(count)]
    names = list(given)
    if len(names) != count or len(set(names)) != count or not all(names):
        raise ValueError(f"onnx.export: {kind}_names must be {count} different names, got {names}")
    return names


def unused(name: str, taken: set[str]) -> str:
    """A name that no value inside the graph has."""
    while name in taken:
        name += "_"
    return name


def dynamic_of(
    inputs: Inputs,
    names: list[str],
    batch: bool,
    axes: Mapping[str, Mapping[int, str] | Sequence[int]] | None,
) -> Dynamic:
    """The axes that may have any size, by number of the input."""
    if axes is None:
        first = inputs.arrays[0]
        if not batch or first.ndim == 0:
            return {}
        return {
            i: {0: "batch"}
            for i, a in enumerate(inputs.arrays)
            if a.ndim and a.shape[0] == first.shape[0]
        }
    found: dict[int, dict[int, str]] = {}
    for name, given in axes.items():
        if name not in names:
            if name.startswith("output"):
                continue  # sizes of outputs follow from those of inputs
            raise ValueError(
                f"onnx.export: dynamic_axes names {name!r}, and the inputs are {names}"
            )
        i = names.index(name)
        rank = inputs.arrays[i].ndim
        named = given if isinstance(given, Mapping) else {a: f"{name}_{a}" for a in given}
        for axis in named:
            if not isinstance(axis, int) or not -rank <= axis < rank:
                raise ValueError(
                    f"onnx.export: dynamic_axes: {name} has {rank} axes, got axis {axis!r}"
                )
        found[i] = {axis % rank: str(label) for axis, label in named.items()}
    return found


def translate(graph: Graph, traces: list[Trace]) -> list[str]:
    """Add all operations to the graph; the names of the outputs."""
    known = {v.number: v.name for v in traces[0].values if v.source == "input"}
    for number, call in enumerate(traces[0].calls):
        step = Step(graph, number, traces, known)
        results = list(leaves(call.result))
        values = [v for v in results if isinstance(v, Value)]
        if not any(v.varies for v in values) and all(fixed(v, traces) for v in values):
            continue  # a constant
        try:
            names = list(leaves(translations[call.op](step)))
        except ValueError as error:
            raise (
                error if str(error).startswith("onnx.export: ") else step.refuse(str(error))
            ) from error
        for value, name in zip(values, names):
            known[value.number] = name
    if not traces[0].calls:
        return [value.name for value in traces[0].outputs]
    last = Step(graph, len(traces[0].calls) - 1, traces, known)
    return [last.x(value) for value in traces[0].outputs]


def fixed(value: Value, traces: list[Trace]) -> bool:
    """Whether a value is the same in all runs."""
    first, *others = [trace.values[value.number].array for trace in traces]
    return all(a.shape == first.shape and a.tobytes() == first.tobytes() for a in others)


def message_of(
    graph: Graph,
    traces: list[Trace],
    names: list[str],
    dynamic: Dynamic,
    outputs: list[str],
    results: list[str],
) -> Any:
    """The file's content."""
    from .. import version

    helper = graph.onnx.helper
    renamed = {}
    for name, result in zip(outputs, results):
        if name in graph.initializers or name in names or name in renamed:
            graph.nodes.append(helper.make_node("Identity", [name], [result], name=result))
        else:
            renamed[name] = result
    needed = set(results)
    kept = []
    for node in reversed(graph.nodes):
        node.output[:] = [renamed.get(x, x) for x in node.output]
        node.input[:] = [renamed.get(x, x) for x in node.input]
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(node.input)
    for name in names:
        if name not in needed:
            raise ValueError(
                f"onnx.export: no operation reads the input {name!r} (lengths that are all equal "
                "to the number of steps are not read: give an example in which one is shorter)"
            )
    arrays = {name: a for name, a in graph.initializers.items() if name in needed}
    size = sum(a.nbytes for a in arrays.values())
    if size > LARGEST - 2**20:
        raise ValueError(f"onnx.export: a file holds less than 2 GiB, got {size} bytes")
    tensors = [numpy_helper(graph, a, name) for name, a in arrays.items()]
    first = traces[0]
    given = [v for v in first.values if v.source == "input"]
    infos = [
        helper.make_tensor_value_info(
            v.name,
            graph.dtype(v.array.dtype),
            [dynamic.get(i, {}).get(a, n) for a, n in enumerate(v.array.shape)],
        )
        for i, v in enumerate(given)
    ]
    ends = [
        helper.make_tensor_value_info(
            name, graph.dtype(v.array.dtype), output_shape(graph.symbols, traces, v, name)
        )
        for name, v in zip(results, first.outputs)
    ]
    body = helper.make_graph(kept[::-1], "fastnn", infos, ends, initializer=tensors)
    opsets = [helper.make_opsetid("", graph.opset)]
    return helper.make_model(
        body,
        opset_imports=opsets,
        ir_version=10 if graph.opset >= 21 else 8,
        producer_name="fastnn",
        producer_version=str(version.__version__),
    )


def numpy_helper(graph: Graph, array: Any, name: str) -> Any:
    """An array as a message."""
    from importlib import import_module

    return import_module("onnx.numpy_helper").from_array(
        np.ascontiguousarray(array).reshape(array.shape), name
    )


def output_shape(
    symbols: list[Symbol], traces: list[Trace], value: Value, name: str
) -> list[int | str]:
    """Sizes of an output, and names of those that vary."""
    found: list[int | str] = []
    for axis, sizes in enumerate(zip(*[t.values[value.number].array.shape for t in traces])):
        if len(set(sizes)) == 1:
            found.append(sizes[0])
            continue
        same = [s.name for s in symbols if s.sizes == sizes]
        found.append(same[0] if same else f"{name}_{axis}")
    return found
