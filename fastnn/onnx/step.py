"""One recorded operation during its translation, and the table of translations."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.record import Array
from .graph import Graph
from .recorder import Call, Trace, Value, code_of

__all__: list[str] = []

Translation = Callable[["Step"], Any]
table: dict[Any, tuple[str, Translation]] = {}  # by code of the operation
translations: dict[str, Translation] = {}


def translates(*operations: Any) -> Callable[[Translation], Translation]:
    """Decorates what translates one or several operations; it returns the names of the results."""

    def register(function: Translation) -> Translation:
        for operation in operations:
            name = inspect.unwrap(operation).__name__
            table[code_of(operation)] = name, function
            translations[name] = function
        return function

    return register


class Step:
    """An operation as the runs recorded it, to be written into a graph."""

    def __init__(
        self, graph: Graph, number: int, traces: list[Trace], names: dict[int, str]
    ) -> None:
        self.graph = graph
        self.calls: list[Call] = [trace.calls[number] for trace in traces]
        self.traces = traces
        self.names = names  # of values, by number
        self.call = self.calls[0]

    @property
    def op(self) -> str:
        """The operation's name."""
        return self.call.op

    def refuse(self, why: str) -> ValueError:
        """The error that this operation cannot be exported."""
        where = f"{self.call.module}: " if self.call.module else ""
        return ValueError(f"onnx.export: {where}{self.op}: {why}")

    def given(self, name: str) -> bool:
        """Whether an argument is there and not None."""
        return self.call.args.get(name) is not None

    def arg(self, name: str) -> Any:
        """An argument that is no array, the same in all runs."""
        first, *others = [plain(call.args[name]) for call in self.calls]
        if any(repr(other) != repr(first) for other in others):
            raise self.refuse(f"{name} depends on the sizes of the inputs")
        return first

    def each(self, name: str) -> list[Any]:
        """An argument that is no array, in each run."""
        return [plain(call.args[name]) for call in self.calls]

    def value(self, x: Any) -> Value | None:
        """The value of an argument, given by name or itself."""
        if isinstance(x, str):
            x = self.call.args[x]
        return x if isinstance(x, Value) else None

    def arrays(self, x: Any) -> list[Array]:
        """The arrays that a value was in the runs."""
        value = self.value(x)
        assert value is not None
        return [trace.values[value.number].array for trace in self.traces]

    def shapes(self, x: Any) -> list[tuple[int, ...]]:
        """The shapes that a value had in the runs; of a number ()."""
        if self.value(x) is None:
            return [()] * len(self.traces)
        return [a.shape for a in self.arrays(x)]

    def shape(self, x: Any) -> tuple[int, ...]:
        """The shape in the first run."""
        return self.shapes(x)[0]

    def fixed(self, x: Any, axes: Any, why: str) -> tuple[int, ...]:
        """Sizes along some axes, which must not vary."""
        found = {tuple([s[a] for a in axes]) for s in self.shapes(x)}
        if len(found) > 1:
            raise self.refuse(why)
        return next(iter(found))

    def x(self, x: Any, dtype: Any = None) -> str:
        """The name in the graph of an argument: an array, or a number, which becomes one."""
        given = self.call.args[x] if isinstance(x, str) else x
        if not isinstance(given, Value):
            return self.graph.constant(np.asarray(given, dtype))
        if given.source == "parameter":
            name = self.graph.initializer(given.name, given.array)
        elif given.number in self.names:
            name = self.names[given.number]
        else:
            name = self.constant(given)
        return name if dtype is None or given.array.dtype == dtype else self.graph.cast(name, dtype)

    def parameter(self, parameter: Any) -> str:
        """The name of a parameter of a module that is translated as a whole."""
        value = self.traces[0].find(parameter)
        if value is None:
            raise self.refuse("a parameter of the module is not registered")
        return self.x(value)

    def constant(self, value: Value) -> str:
        """An array that no recorded operation made of the inputs."""
        first, *others = self.arrays(value)
        if any(a.shape != first.shape or not same(a, first) for a in others):
            raise self.refuse(
                "an array that depends on the inputs was not made by an operation that can be "
                "exported"
            )
        return self.graph.constant(first)

    @property
    def dtype(self) -> Any:
        """The element type of the result."""
        return self.result.array.dtype

    @property
    def result(self) -> Value:
        """The first result."""
        found = self.call.result
        while isinstance(found, (tuple, list)):
            found = found[0]
        assert isinstance(found, Value)
        return found


def plain(x: Any) -> Any:
    """A value of one number as that number, elsewhere what is given."""
    if isinstance(x, Value) and not x.varies and x.array.ndim == 0:
        return x.array.item()
    if isinstance(x, (tuple, list)):
        return type(x)([plain(item) for item in x]) if type(x) in (tuple, list) else x
    return x


def same(a: Array, b: Array) -> bool:
    """Whether arrays hold the same bytes."""
    return a.dtype == b.dtype and a.tobytes() == b.tobytes()
