"""Finds the operation that made the first NaN or infinity, and the line that called it.

Every operation has imported `record` by its name, and a test in it would be paid by every step of
every program. So the mode gives `record`, `record_many` and `walk` other code for as long as it is
on. They put a `Watched` backward in place of each operation's own, and that watches gradients.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable
from functools import partial
from types import CodeType, FrameType, FunctionType, TracebackType
from typing import Any

import numpy as np

from ..callers import calling_frame, is_own
from ..tensor import Tensor
from .contract import Array, Grads, SparseGradient
from .record import record, record_many
from .row_gradient import RowGradient
from .tape import Node, walk

__all__ = ["detect_anomaly", "is_anomaly_enabled", "set_detect_anomaly"]


def copy_of(function: Any) -> Any:
    """The function as it is now, whatever becomes of its code."""
    code, defaults = function.__code__, function.__defaults__
    return FunctionType(code, function.__globals__, function.__name__, defaults)


FUNCTIONS = record, record_many, walk
plain_record, plain_record_many, plain_walk = map(copy_of, FUNCTIONS)


# Code for these functions; it runs in their modules and so imports what it calls.
def _record(y: Any, backward: Any, inputs: Any, *saved: Any) -> Any:
    from .anomaly import watch_record

    return watch_record(y, backward, inputs, *saved)


def _record_many(ys: Any, backward: Any, inputs: Any, *saved: Any) -> Any:
    from .anomaly import watch_record_many

    return watch_record_many(ys, backward, inputs, *saved)


def _walk(roots: Any, retain_graph: Any, capture: Any, leaves: Any) -> None:  # defaults stay
    from .anomaly import watch_walk

    watch_walk(roots, retain_graph, capture, leaves)


CODES: dict[bool, list[CodeType]] = {
    False: [function.__code__ for function in FUNCTIONS],
    True: [function.__code__ for function in (_record, _record_many, _walk)],
}


class Mode:
    """Whether values are checked, or only lines kept for errors of the backward pass."""

    check_nan = True


def is_anomaly_enabled() -> bool:
    """Whether operations are watched for NaN and infinity; see `detect_anomaly`."""
    return record.__code__ is CODES[True][0]


class set_detect_anomaly:
    """Turn the search for the first NaN or infinity on or off, from now on or for a ``with`` block.

    See `detect_anomaly`.

    Parameters
    ----------
    mode
        True to search.
    check_nan
        As of `detect_anomaly`.

    Examples
    --------
    >>> with fastnn.autograd.set_detect_anomaly(True):
    ...     fastnn.autograd.is_anomaly_enabled()
    True
    >>> fastnn.autograd.is_anomaly_enabled()
    False
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self.before = is_anomaly_enabled(), Mode.check_nan
        switch(bool(mode), bool(check_nan))

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        switch(*self.before)


class detect_anomaly:
    """Raise an error at the operation that makes the first NaN or infinity, naming its line.

    Inside the ``with`` block operations check what they compute, forward and backward:

    * An operation that makes a NaN is an error, and so is one whose result needs a gradient and
      that makes an infinity of finite inputs or gets a NaN. An infinity that was passed in, such
      as the minus infinity of a mask, is none.
    * In a backward pass a gradient with either is an error. It names the line that called the
      operation in the forward pass, if that was inside a block, too.

    Checking costs time, so it is for debugging. Without the block it costs nothing. As in PyTorch
    it holds for all threads of the process.

    Parameters
    ----------
    check_nan
        False: check nothing, but have errors that backward functions raise say which line called
        the operation.

    Raises
    ------
    RuntimeError
        From the operation, or from `backward`.

    Examples
    --------
    >>> x = fastnn.tensor([1.0, 0.0], requires_grad=True)
    >>> with fastnn.autograd.detect_anomaly():
    ...     x.log().sum()
    Traceback (most recent call last):
    RuntimeError: detect_anomaly: log made an infinity of finite inputs: ...
    """

    def __init__(self, check_nan: bool = True) -> None:
        self.check_nan = check_nan
        self.inner: list[set_detect_anomaly] = []

    def __enter__(self) -> None:
        self.inner.append(set_detect_anomaly(True, self.check_nan))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.inner.pop().__exit__(kind, error, trace)


def switch(enabled: bool, check_nan: bool) -> None:
    """Give `record`, `record_many` and `walk` the code of a mode."""
    Mode.check_nan = check_nan
    for function, code in zip(FUNCTIONS, CODES[enabled]):
        function.__code__ = code


# -- forward -----------------------------------------------------------------------------------


def watch_record(y: Any, backward: Any, inputs: tuple[Any, ...], *saved: Any) -> Tensor:
    """As `record`, for an operation whose values are checked."""
    line = line_of(calling_frame()[0])
    watched = Watched(backward, operation_name(backward, saved), line)
    out: Tensor = plain_record(y, watched, inputs, *saved)
    check_outputs(watched, (out,), inputs)
    return out


def watch_record_many(ys: Any, backward: Any, inputs: tuple[Any, ...], *saved: Any) -> Any:
    """As `record_many`, for an operation whose values are checked."""
    line = line_of(calling_frame()[0])
    watched = Watched(backward, operation_name(backward, saved), line)
    outs = plain_record_many(ys, watched, inputs, *saved)
    check_outputs(watched, outs, inputs)
    return outs


def operation_name(backward: Any, saved: tuple[Any, ...]) -> str:
    """The name of an operation; of a user's `Function` that of its class."""
    name: str = backward.__name__
    return saved[0].__name__ if name == "_function_backward" else name.removesuffix("_backward")


def check_outputs(watched: Watched, outs: tuple[Tensor, ...], inputs: tuple[Any, ...]) -> None:
    """Raise if this operation made the first NaN or infinity."""
    if not Mode.check_nan:
        return
    for out in outs:
        y = out._array
        if is_finite(y):
            continue
        given = [*inputs, *arguments()]
        passed_on = any(has_nan(x) for x in given)
        finite = all(is_finite(x) for x in given)
        if not out.requires_grad and (passed_on or not has_nan(y)):
            continue  # data as it comes, or a mask
        if passed_on:
            what = "got NaN, which no operation here made, and passed it on"
        elif has_nan(y):
            what = f"made NaN of {'finite' if finite else 'infinite'} inputs"
        elif finite:
            what = "made an infinity of finite inputs"
        else:
            continue
        raise RuntimeError(f"detect_anomaly: {watched.name} {what}: {where(y)}; {watched.line}")


def arguments() -> list[Any]:
    """What the functions of fastnn that lead to this operation got."""
    found: list[Any] = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_own(frame):
        code = frame.f_code
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        if frame.f_globals["__name__"] not in (__name__, record.__module__):
            found.extend([frame.f_locals.get(name) for name in names])
        frame = frame.f_back
    return found


# -- backward ----------------------------------------------------------------------------------


def watch_walk(roots: Any, *options: Any) -> None:
    """As `walk`, with a watch also on operations that were recorded while the mode was off."""
    roots = list(roots)
    todo, seen = [node for node, _ in roots], set()
    while todo:
        node = todo.pop()
        if type(node) is not Node or node in seen:
            continue
        seen.add(node)
        todo.extend(node.inputs)
        function = node.backward
        inner = function.args[0] if isinstance(function, partial) else function
        if isinstance(inner, (int, Watched)):
            continue  # passes on one of several outputs; is watched
        name = operation_name(inner, node.saved or (inner,))
        watched = Watched(inner, name, "a line that was not inside of detect_anomaly")
        if isinstance(function, partial):
            node.backward = partial(function.func, watched, *function.args[1:])
        else:
            node.backward = watched
    plain_walk(roots, *options)


class Watched:
    """A backward whose gradients are checked. To tables of backwards it is the one it wraps."""

    __slots__ = ("__name__", "backward", "line", "name")

    def __init__(self, backward: Callable[..., Grads], name: str, line: str) -> None:
        self.backward = backward
        self.__name__ = backward.__name__
        self.name = name
        self.line = line

    def __eq__(self, other: object) -> bool:
        return self.backward == (other.backward if isinstance(other, Watched) else other)

    def __hash__(self) -> int:
        return hash(self.backward)

    def __call__(self, node: Any, *dys: Any) -> Grads:
        check = Mode.check_nan and is_anomaly_enabled()
        if check and not all(is_finite(dy) for dy in dys):
            raise RuntimeError(
                f"detect_anomaly: the gradient that reaches {self.name} is not finite, though no "
                "operation made it so: it was passed to backward, returned by a hook, or is a sum "
                f"that is too large; the forward of {self.name} was at {self.line}"
            )
        try:
            grads = self.backward(node, *dys)
        except RuntimeError as error:
            if len(error.args) == 1:
                error.args = (f"{error}; the forward of {self.name} was at {self.line}",)
            raise
        for i, g in enumerate(grads if check else ()):
            if i < len(node.needs) and node.needs[i] and not is_finite(g):
                g = stored(g)
                what = "NaN" if has_nan(g) else "an infinity"
                raise RuntimeError(
                    f"detect_anomaly: the backward of {self.name} made {what} of a finite "
                    f"gradient: {where(g)} of the gradient of input {i}; the forward was at "
                    f"{self.line}"
                )
        return grads


# -- values and lines --------------------------------------------------------------------------


def stored(value: Any) -> Any:
    """The elements of a tensor, an array, a sparse gradient or a number."""
    if isinstance(value, RowGradient) and value.rows is not None:
        return value.rows
    if isinstance(value, Tensor):
        return value._array
    return np.asarray(value) if isinstance(value, SparseGradient) else value


def is_finite(value: Any) -> bool:
    """Whether a value has no NaN and no infinity; what is no float has none."""
    value = stored(value)
    if not isinstance(value, (np.ndarray, np.floating, float)):
        return True
    return bool(np.isfinite(value).all()) if np.asarray(value).dtype.kind in "fc" else True


def has_nan(value: Any) -> bool:
    """Whether a value has a NaN."""
    return not is_finite(value) and bool(np.isnan(stored(value)).any())


def where(array: Array) -> str:
    """How many elements are not finite, and where the first one is."""
    wrong = np.argwhere(~np.isfinite(array))
    return f"{len(wrong)} of {array.size} elements, first at {tuple(wrong[0].tolist())}"


def line_of(frame: FrameType) -> str:
    """File, number and text of the line that a frame has reached."""
    name, number = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(name, number, frame.f_globals).strip()
    return f"{name}:{number}, in {frame.f_code.co_name}" + (f": `{text}`" if text else "")
