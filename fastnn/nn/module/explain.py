"""Names the module of a model in which a call failed, and what is wrong with its input.

Operations know arrays, not layers: their errors name a weight that the caller of a model never
passed. Once such an error has left the outermost module, its message is written anew, in terms of
the layer: its dotted name, its constructor's arguments, the input that came. The traceback has all
that is needed, so calls that succeed keep no record of where they are.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from itertools import pairwise
from types import FrameType
from typing import Any

from ...callers import is_own
from .contents import Contents
from .inputs import cast_to

__all__: list[str] = []

# Of these types are the errors that operations raise for bad arguments. Subclasses are others'.
KINDS = (TypeError, ValueError, IndexError, RuntimeError)
FORWARD = ("forward", "forward_with")
WANTS_FLOATS = re.compile(r": (\w+) must have dtype float32 or float64, got \w+(; .*)?\Z")
PREFIX = re.compile(r"\A\w+: ")  # the name of an operation before its message


def explain(error: Exception) -> None:
    """Rewrite the message of an error of fastnn that leaves the outermost module.

    `Module.__call__` calls this with what it caught. Type and identity of the error stay, and one
    that the user's own code raised is not touched.
    """
    if type(error) not in KINDS or len(error.args) != 1 or type(error.args[0]) is not str:
        return
    call = sys._getframe(1)
    outer = call.f_back
    while outer is not None:
        if outer.f_code is call.f_code:
            return  # that module will explain it
        outer = outer.f_back
    frames = frames_of(error)
    if not is_from_package(frames):
        return
    # Whatever goes wrong in here, the user must see the error itself.
    with suppress(Exception):
        error.args = (explained(error, frames),)


def frames_of(error: Exception) -> list[FrameType]:
    """The frames of a traceback, outermost first."""
    frames, trace = [], error.__traceback__
    while trace is not None:
        frames.append(trace.tb_frame)
        trace = trace.tb_next
    return frames


def is_from_package(frames: list[FrameType]) -> bool:
    """Whether fastnn raised, or NumPy when fastnn called it."""
    for frame in reversed(frames):
        if not frame.f_globals.get("__name__", "").startswith("numpy."):
            return is_own(frame)
    return False


def explained(error: Exception, frames: list[FrameType]) -> str:
    """The message in terms of the module that is to blame."""
    text: str = error.args[0]
    chain: list[Contents] = []
    values: Mapping[str, Any] | None = None  # of the last module's forward, if it is fastnn's
    for frame in frames:
        module = frame.f_locals.get("self")
        if not isinstance(module, Contents):
            continue
        if not chain or chain[-1] is not module:
            chain.append(module)
            values = None
        if frame.f_code.co_name not in FORWARD or not is_own(frame):
            continue
        values = frame.f_locals
        # The outermost layer whose input is wrong: those inside it only pass the input on.
        fault = wrong_input(module, values, error)
        if fault is not None:
            return label(chain) + fault
    if values is not None:
        return f"{label(chain)}: {PREFIX.sub('', with_conversion(text, values))}"
    return f"{text}; in {label(chain)}" if path_of(chain) else text


def with_conversion(text: str, values: Mapping[str, Any]) -> str:
    """A message with how to convert an argument, where an operation wants it to hold floats."""
    found = WANTS_FLOATS.search(text)
    if found is None or found[1] not in values:
        return text
    text = text.removesuffix(found[2] or "")
    return f"{text}; {cast_to(values[found[1]], found[1], 'float32')} converts it"


def wrong_input(module: Any, values: Mapping[str, Any], error: Exception) -> str | None:
    """What a layer has to say of its inputs: relevant arguments and the fault of one of them."""
    parameters = inspect.signature(module.forward).parameters
    for name, expected in module._expected().items():
        if name not in values or values[name] is parameters[name].default:
            continue  # the default, such as no initial state
        fault = expected.fault(module, name, values[name], error)
        if fault is not None:
            names = [] if isinstance(error, TypeError) else expected.arguments()
            given = ", ".join(f"{name}={getattr(module, name)!r}" for name in names)
            return f" ({given}): {fault}" if given else f": {fault}"
    return None


def label(chain: list[Contents]) -> str:
    """Class and dotted name of the last module of a chain of calls."""
    kind, path = type(chain[-1]).__name__, path_of(chain)
    return f"{kind} `{path}`" if path else kind


def path_of(chain: list[Contents]) -> str:
    """The dotted name of the last of several modules, each of which called the next."""
    path: list[str] = []
    for module, inner in pairwise(chain):
        name = next((name for name, m in module.named_modules() if m is inner), None)
        path = [] if name is None else [*path, name]  # a module that its caller does not hold
    return ".".join(path)
