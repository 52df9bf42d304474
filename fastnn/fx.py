"""Graphs of programs, for programs that mark functions for them: there are no such graphs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from .names import offer

__all__ = ["symbolic_trace", "wrap"]


def wrap(fn_or_name: str | Callable[..., Any]) -> Any:
    """The function or its name, as given: what PyTorch's tracer leaves alone is so anyway.

    Examples
    --------
    >>> fastnn.fx.wrap(len)([1, 2])
    2
    """
    return fn_or_name


def symbolic_trace(root: Any, concrete_args: Any = None) -> NoReturn:
    """Raise an error: fastnn runs programs as they are and makes no graph of them."""
    raise RuntimeError(
        "fx.symbolic_trace: fastnn runs programs as they are and makes no graph of them"
    )


offer(__name__)
