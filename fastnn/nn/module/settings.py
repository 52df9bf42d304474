"""What a layer is constructed with, held against the types that its constructor declares.

Nobody meant a size of 2.0, a probability in quotation marks, or the input of a layer among its
settings; and all of these go wrong later, far from the line that is to blame.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ...tensor import Tensor

__all__: list[str] = []

PACKAGE = __name__.partition(".")[0]

# Types of arguments that are looked at; most constructors have none of these.
SUSPECT = frozenset({Tensor, np.ndarray, str, float, np.float32, np.float64, type(None)})
# What layers declare of numbers.
FLOAT = frozenset({"float", "float | None"})
INT = frozenset({"int", "int | None"})
INTS = frozenset({"Ints", "OutputSize", "Size", "Sizes", "Sizes | None", "int | Sequence[int]"})
NONE = frozenset({"OutputSize", "Size"})  # which allow None


class Signature:
    """The signature of a class, for `inspect`: that of `__init__`, whatever `__new__` takes."""

    def __get__(self, instance: Any, owner: type[Any]) -> inspect.Signature:
        if instance is not None:
            raise AttributeError("__signature__")  # a module is called as its `forward`
        found = inspect.signature(owner.__init__)
        return found.replace(parameters=[*found.parameters.values()][1:])


class Settings:
    """Base of modules: checks the arguments of constructors that fastnn defines."""

    if not TYPE_CHECKING:  # to which `__init__` has the types
        __signature__ = Signature()

        def __new__(cls, *args: Any, **options: Any) -> Any:
            if not SUSPECT.isdisjoint(map(type, (*args, *options.values()))):
                check_settings(cls, args, options)
            return super().__new__(cls)


def check_settings(kind: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> None:
    """Raise TypeError for an argument that cannot be meant."""
    if kind.__init__.__module__.partition(".")[0] != PACKAGE:  # a user's own
        return
    parameters = parameters_of(kind)
    positional = [p for p in parameters.values() if p.kind is not p.KEYWORD_ONLY]
    if any(p.kind is p.VAR_POSITIONAL for p in positional):
        return
    for i, value in enumerate(args):
        check(kind.__name__, positional[i] if i < len(positional) else f"argument {i + 1}", value)
    for name, value in options.items():
        check(kind.__name__, parameters.get(name, name), value)


@functools.lru_cache(maxsize=256)
def parameters_of(kind: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """The parameters of a constructor; to look at a signature takes longer than to make a layer."""
    return inspect.signature(kind).parameters


def check(op: str, parameter: inspect.Parameter | str, value: Any) -> None:
    """Raise TypeError for an argument that its parameter does not take.

    Parameters
    ----------
    op
        The name of the class.
    parameter
        The parameter, or how to call an argument for which there is none.
    value
        The argument.
    """
    if isinstance(parameter, str):
        name, declared = parameter, ""
    else:
        name, declared = parameter.name, str(parameter.annotation)
    if isinstance(value, (Tensor, np.ndarray)):
        if value.ndim and "Tensor" not in declared and "Iterable" not in declared:
            raise TypeError(
                f"{op}: {name} is a setting of the layer, got data of shape {tuple(value.shape)}; "
                f"construct the layer, then call it with its input: {op}(...)(input)"
            )
    elif isinstance(value, (str, float, np.floating)) or value is None:
        if declared in INT or (declared in INTS and not (value is None and declared in NONE)):
            wanted = "an int" if declared in INT else "an int or a tuple of ints"
        elif declared in FLOAT and not isinstance(value, (float, np.floating)):
            wanted = "a number"
        else:
            return
        if value is not None or "None" not in declared:
            raise TypeError(f"{op}: {name} must be {wanted}, got {value!r}{likely_fix(value)}")


def likely_fix(value: Any) -> str:
    """What a number was probably meant to be, after a semicolon."""
    if isinstance(value, str):
        return "; leave out the quotation marks" if value.strip("+-.0123456789") == "" else ""
    if value is not None and np.isfinite(value) and value == int(value):
        return f"; write {int(value)}, or // in place of /"
    return ""
