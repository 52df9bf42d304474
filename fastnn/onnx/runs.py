"""Several forward passes of a module, on inputs whose sizes differ where sizes may vary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..autograd.grad_mode import no_grad
from ..autograd.record import Array
from ..nn import Module
from ..nn.transformer import encoder
from ..ops.elementwise import close
from ..tensor import Tensor
from .graph import Symbol
from .recorder import Recorder, Trace, code_of, leaves, mapped
from .step import table

__all__: list[str] = []

MORE = (1, 3)  # what is added to each size in turn: two numbers tell n + 1 from n // 2 + 5
READERS = {
    code_of(getattr(Tensor, name)): f"Tensor.{name}"
    for name in (
        *("numpy", "__array__", "__array_ufunc__", "__dlpack__", "item", "tolist", "__bool__"),
        *("__float__", "__int__", "__index__", "__contains__", "is_nonzero"),
    )
} | {
    code_of(close.allclose): "allclose",
    code_of(close.equal): "equal",
    code_of(encoder.says_causal): "is_causal=None (pass True or False)",
}

Dynamic = Mapping[int, Mapping[int, str]]  # names of sizes, by axis, by number of the input


class Inputs:
    """What a module is called with: arrays, and what stands between them.

    Parameters
    ----------
    args, kwargs
        The arguments of the call.
    """

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.tree = (args, kwargs)
        self.arrays: list[Array] = [
            x._array if isinstance(x, Tensor) else x for x in leaves(self.tree) if is_array(x)
        ]

    def with_arrays(self, tensors: list[Tensor]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with other arrays."""
        rest = iter(tensors)
        args, kwargs = mapped(self.tree, lambda x: next(rest) if is_array(x) else x)
        return args, kwargs


def is_array(x: Any) -> bool:
    return isinstance(x, (Tensor, np.ndarray))


def symbols_of(inputs: Inputs, names: list[str], dynamic: Dynamic) -> list[Symbol]:
    """The sizes that may vary, and what they are in each run."""
    found: dict[str, tuple[int, int, int]] = {}
    for i, axes in sorted(dynamic.items()):
        for axis, name in sorted(axes.items()):
            size = inputs.arrays[i].shape[axis]
            if name in found and found[name][2] != size:
                raise ValueError(
                    f"onnx.export: {name!r} is the size {found[name][2]} of "
                    f"{names[found[name][0]]} and {size} of {names[i]}"
                )
            if size == 0:
                raise ValueError(f"onnx.export: {names[i]} has size 0 along axis {axis}")
            found.setdefault(name, (i, axis, size))
    runs = 1 + len(MORE) * len(found)
    result = []
    for k, (name, (i, axis, size)) in enumerate(found.items()):
        sizes = [size] * runs
        for j, more in enumerate(MORE):
            sizes[1 + k * len(MORE) + j] = size + more
        result.append(Symbol(name, names[i], axis, tuple(sizes)))
    return result


def grown(array: Array, axes: Mapping[int, str], symbols: list[Symbol], run: int) -> Array:
    """An input of one run: its last slices are repeated."""
    for axis, name in axes.items():
        size = next(s.sizes[run] for s in symbols if s.name == name)
        more = size - array.shape[axis]
        if more > 0:
            last = array.take([-1] * more, axis)
            array = np.concatenate((array, last), axis)
    return array


def record_runs(
    model: Module, inputs: Inputs, names: list[str], dynamic: Dynamic, symbols: list[Symbol]
) -> list[Trace]:
    """The calls of each run."""
    count = len(symbols[0].sizes) if symbols else 1
    traces = []
    for run in range(count):
        arrays = [grown(a, dynamic.get(i, {}), symbols, run) for i, a in enumerate(inputs.arrays)]
        try:
            traces.append(record_run(model, inputs, names, arrays))
        except (ValueError, TypeError, IndexError, RuntimeError) as error:
            changed = [s for s in symbols if s.sizes[run] != s.sizes[0]]
            if not changed or str(error).startswith("onnx.export: "):
                raise
            s = changed[0]
            raise ValueError(
                f"onnx.export: with {s.sizes[run]} instead of {s.sizes[0]} for {s.name!r}, axis "
                f"{s.axis} of {s.input}, the model fails: {error}"
            ) from error
    first = traces[0]
    for trace in traces[1:]:
        same = [c.op for c in trace.calls] == [c.op for c in first.calls]
        if not same or len(trace.values) != len(first.values):
            raise ValueError(
                "onnx.export: which operations the model computes depends on the sizes of its "
                "inputs; fix them with dynamic_batch=False or fewer dynamic_axes"
            )
    return traces


def record_run(model: Module, inputs: Inputs, names: list[str], arrays: list[Array]) -> Trace:
    """The calls of one forward pass."""
    paths = {id(module): name for name, module in model.named_modules()}
    codes = {code: name for code, (name, _) in table.items()}
    recorder = Recorder(codes, READERS, paths)
    trace = recorder.trace
    for name, x in [*model.named_parameters(), *model.named_buffers()]:
        if trace.find(x) is None:
            trace.add(x, "parameter", name)
    tensors = [Tensor(np.array(a)) for a in arrays]
    for name, x in zip(names, tensors):
        trace.add(x, "input", name)
    args, kwargs = inputs.with_arrays(tensors)
    with no_grad(), recorder.listening():
        y = model(*args, **kwargs)
    trace.outputs = [known(trace, x) for x in leaves(y) if is_array(x)]
    return trace


def known(trace: Trace, x: Any) -> Any:
    """The value of an output."""
    value = trace.find(x)
    if value is None:
        raise ValueError(
            "onnx.export: an output of the model is made by no operation that can be exported"
        )
    return value
