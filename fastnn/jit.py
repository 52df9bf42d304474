"""The compiler of PyTorch's scripts, for programs written for it: here Python runs them.

Decorators return what they are given, so a scripted or traced module is the module itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from .names import offer
from .nn import Module as ScriptModule

__all__ = [
    "Final",
    "ScriptModule",
    "annotate",
    "export",
    "freeze",
    "ignore",
    "interface",
    "is_scripting",
    "is_tracing",
    "load",
    "optimize_for_inference",
    "save",
    "script",
    "script_if_tracing",
    "script_method",
    "trace",
    "unused",
]

T = TypeVar("T")


class Final:
    """Marks an attribute that does not change: ``scale: Final[float]``. It changes nothing."""

    def __class_getitem__(cls, kind: Any) -> Any:
        return kind


def script(obj: T, *args: Any, **kwargs: Any) -> T:
    """The function, class or module as it is.

    Examples
    --------
    >>> @fastnn.jit.script
    ... def double(x):
    ...     return 2 * x
    >>> double(fastnn.ones(2))
    tensor([2., 2.])
    """
    return obj


def trace(func: T, example_inputs: Any = None, *args: Any, **kwargs: Any) -> T:
    """The function or module as it is; unlike a trace of PyTorch it keeps its conditions."""
    return func


def freeze(mod: T, *args: Any, **kwargs: Any) -> T:
    """The module as it is."""
    return mod


def optimize_for_inference(mod: T, *args: Any, **kwargs: Any) -> T:
    """The module as it is."""
    return mod


def script_method(fn: T) -> T:
    """The method as it is."""
    return fn


def script_if_tracing(fn: T) -> T:
    """The function as it is."""
    return fn


def interface(obj: T) -> T:
    """The class as it is."""
    return obj


def _overload_method(func: T) -> T:
    """The method as it is; models of torchvision declare its types one by one."""
    return func


def export(fn: T) -> T:
    """The method as it is."""
    return fn


def unused(fn: T) -> T:
    """The method as it is."""
    return fn


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """The method as it is; to be used with or without brackets."""
    return drop if callable(drop) else same


def same(fn: Callable[..., Any]) -> Callable[..., Any]:
    return fn


def annotate(the_type: Any, the_value: T) -> T:
    """The value as it is."""
    return the_value


def is_scripting() -> bool:
    """False: Python runs the program."""
    return False


def is_tracing() -> bool:
    """False: Python runs the program."""
    return False


def load(f: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Raise an error: fastnn has no compiled programs."""
    refuse("load")


def save(m: Any, f: Any, *args: Any, **kwargs: Any) -> None:
    """Raise an error: fastnn has no compiled programs."""
    refuse("save")


def refuse(name: str) -> NoReturn:
    raise RuntimeError(f"jit.{name}: fastnn has no compiled programs; keep the state_dict()")


offer(__name__)
