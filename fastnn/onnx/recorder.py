"""The calls of operations during one forward pass, with their arguments by name."""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

import numpy as np

from ..autograd.record import Array
from ..nn import Module
from ..tensor import Tensor

__all__: list[str] = []

CALL = Module.__call__.__code__


class Value:
    """A tensor or array that a forward pass computed, was given, or holds."""

    __slots__ = ("array", "name", "number", "source")

    def __init__(self, number: int, array: Array, source: str, name: str = "") -> None:
        self.number = number
        self.array = array
        self.source = source  # "input", "parameter", "constant", "made" of these, or "call"
        self.name = name

    @property
    def varies(self) -> bool:
        """Whether it depends on inputs."""
        return self.source in ("input", "call")


class Call:
    """One operation: its name, arguments and result, with a `Value` for each array."""

    __slots__ = ("args", "module", "op", "result")

    def __init__(self, op: str, args: dict[str, Any], module: str) -> None:
        self.op = op
        self.args = args
        self.module = module
        self.result: Any = None


class Trace:
    """All calls of one forward pass, in order, and what came out."""

    def __init__(self) -> None:
        self.values: list[Value] = []
        self.calls: list[Call] = []
        self.outputs: Any = None
        self.at: dict[int, Value] = {}  # by id of a tensor or array that `alive` keeps
        self.alive: list[Any] = []

    def add(self, x: Any, source: str, name: str = "") -> Value:
        """Know a tensor or an array from now on."""
        array = x._array if isinstance(x, Tensor) else x
        value = Value(len(self.values), array, source, name)
        self.values.append(value)
        self.alive += [x, array]
        self.at[id(x)] = self.at[id(array)] = value
        return value

    def find(self, x: Any) -> Value | None:
        """The value of a tensor or array, None if it is not known."""
        found = self.at.get(id(x))
        if found is None and isinstance(x, Tensor):
            return self.at.get(id(x._array))
        return found


def leaves(tree: Any) -> Iterator[Any]:
    """What is in nested tuples, lists and dicts."""
    if isinstance(tree, (tuple, list)):
        for item in tree:
            yield from leaves(item)
    elif isinstance(tree, dict):
        for item in tree.values():
            yield from leaves(item)
    else:
        yield tree


def mapped(tree: Any, function: Callable[[Any], Any]) -> Any:
    """Nested tuples, lists and dicts with every leaf replaced; tuples of any kind become plain."""
    if isinstance(tree, tuple):
        return tuple([mapped(item, function) for item in tree])
    if isinstance(tree, list):
        return [mapped(item, function) for item in tree]
    if isinstance(tree, dict):
        return {key: mapped(item, function) for key, item in tree.items()}
    return function(tree)


def code_of(function: Any) -> CodeType:
    """The code that runs when a function is called, below its decorators."""
    code: CodeType = inspect.unwrap(function).__code__
    return code


def arguments(frame: FrameType) -> dict[str, Any]:
    """The arguments of a function that has just been entered."""
    code, local = frame.f_code, frame.f_locals
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return {name: local[name] for name in code.co_varnames[:count]}


class Recorder:
    """Listens to the calls of this thread while a module runs.

    Python tells a profile function of every function that is entered and left. Those in `table`
    are recorded, with what they call left out. An operation that is not in the table, but makes a
    tensor of a known one, is an error: its result would stand in the file as a constant.

    Parameters
    ----------
    table
        Name of each operation by its code.
    readers
        What each function, by its code, reads of a tensor: numbers that a file cannot have.
    names
        Path of each module by its id.
    """

    def __init__(
        self, table: dict[CodeType, str], readers: dict[CodeType, str], names: dict[int, str]
    ) -> None:
        self.table = table
        self.readers = readers
        self.names = names
        self.trace = Trace()
        self.open: tuple[FrameType, Call] | None = None
        self.modules: list[tuple[FrameType, str]] = []
        self.watched: list[FrameType] = []

    @contextmanager
    def listening(self) -> Iterator[Trace]:
        """Record what this thread calls."""
        before = sys.getprofile()
        exporting.active = True
        sys.setprofile(self.listen)
        try:
            yield self.trace
        finally:
            sys.setprofile(before)
            exporting.active = False

    def where(self) -> str:
        """The module that runs, as the start of an error's text."""
        return f"onnx.export: {self.modules[-1][1] if self.modules else 'the model'}"

    def listen(self, frame: FrameType, event: str, result: Any) -> None:
        """The profile function."""
        if event == "call":
            if self.open is None:
                self.enter(frame)
        elif event == "return":
            if self.open is not None:
                if frame is self.open[0]:
                    self.close(result)
            else:
                self.leave(frame, result)

    def enter(self, frame: FrameType) -> None:
        """A function that no recorded one has called begins."""
        code = frame.f_code
        package = frame.f_globals.get("__name__", "")
        if code is CALL:
            module = frame.f_locals["self"]
            kind, path = type(module).__name__, self.names.get(id(module), "")
            self.modules.append((frame, f"{path} ({kind})" if path else kind))
            return
        if package.startswith("fastnn.ops.") and code.co_name == "method":
            operation = inspect.unwrap(frame.f_locals["operation"])
            name, args = self.table.get(operation.__code__), in_place_arguments(frame, operation)
            if name is None:
                raise RuntimeError(f"{self.where()}: {operation.__name__}_ cannot be exported")
        else:
            name = self.table.get(code)
            args = {} if name is None else arguments(frame)
        if name is not None:
            args = mapped(args, self.value_of)
            self.open = frame, Call(name, args, self.modules[-1][1] if self.modules else "")
            return
        if code in self.readers and any(map(self.is_traced, given(frame))):
            raise RuntimeError(
                f"{self.where()}: {self.readers[code]} reads numbers of a tensor that depends on "
                "the inputs; a file cannot have that"
            )
        if package.startswith("fastnn.ops.") and any(map(self.is_traced, given(frame))):
            if changes_in_place(code.co_name):
                raise RuntimeError(f"{self.where()}: {code.co_name} cannot be exported")
            self.watched.append(frame)

    def leave(self, frame: FrameType, result: Any) -> None:
        """A function ends that was not recorded."""
        if self.modules and frame is self.modules[-1][0]:
            self.modules.pop()
        if self.watched and frame is self.watched[-1]:
            self.watched.pop()
            unknown = [x for x in leaves(result) if isinstance(x, Tensor) and not self.knows(x)]
            if unknown:
                name = frame.f_code.co_name
                raise RuntimeError(f"{self.where()}: {name} cannot be exported")

    def close(self, result: Any) -> None:
        """The recorded function ends."""
        assert self.open is not None
        frame, call = self.open
        self.open = None
        if result is None:
            return  # it has raised
        given = list(leaves(call.args))
        source = "call" if any(isinstance(v, Value) and v.varies for v in given) else "made"
        if call.args.get("inplace") or frame.f_code.co_name == "method":
            self.check_views(call, result)
        call.result = mapped(
            result,
            lambda x: self.trace.add(x, source) if isinstance(x, (Tensor, np.ndarray)) else x,
        )
        self.trace.calls.append(call)

    def check_views(self, call: Call, result: Any) -> None:
        """Refuse a change of memory that other tensors see, too."""
        x = result._array
        others = [t._array for t in self.trace.alive if isinstance(t, Tensor) and t is not result]
        if any(other is not x and np.may_share_memory(other, x) for other in others):
            raise RuntimeError(
                f"{self.where()}: {call.op} changes a tensor in place that has views; a file "
                "cannot have that"
            )

    def knows(self, x: Any) -> bool:
        return self.trace.find(x) is not None

    def is_traced(self, x: Any) -> bool:
        """Whether something is a tensor that depends on inputs, or a list of such."""
        if isinstance(x, (Tensor, np.ndarray)):
            value = self.trace.find(x)
            return value is not None and value.varies
        return isinstance(x, (tuple, list)) and any(map(self.is_traced, x))

    def value_of(self, x: Any) -> Any:
        """An argument as the trace keeps it."""
        if not isinstance(x, (Tensor, np.ndarray)):
            return x
        return self.trace.find(x) or self.trace.add(x, "constant")


def in_place_arguments(frame: FrameType, operation: Any) -> dict[str, Any]:
    """The arguments of a method such as ``add_``, under the names that the operation has."""
    local = frame.f_locals
    bound = inspect.signature(operation).bind(local["input"], *local["args"], **local["kwargs"])
    bound.apply_defaults()
    return dict(bound.arguments)


def given(frame: FrameType) -> list[Any]:
    """The values of a function's arguments."""
    return list(arguments(frame).values())


def changes_in_place(name: str) -> bool:
    """Whether a function of this name changes its argument."""
    return name == "setitem" or (name.endswith("_") and not name.startswith("_"))


class Exporting(threading.local):
    """Whether this thread exports."""

    active = False


exporting = Exporting()
