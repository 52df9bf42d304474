"""Grad modes: whether operations are recorded, for a block or a function."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar, cast

from .tape import mode

F = TypeVar("F", bound=Callable[..., Any])


def is_grad_enabled() -> bool:
    """Whether operations are recorded in this thread.

    Examples
    --------
    >>> fastnn.is_grad_enabled()
    True
    """
    return mode.enabled


class Block:
    """A context manager, and decorator, that sets whether operations are recorded."""

    __slots__ = ("before", "enabled")

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled
        self.before: Any = None  # modes to restore: (the last, (the one before, ...))

    def __enter__(self) -> None:
        self.before = (mode.enabled, self.before)
        mode.enabled = self.enabled

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        mode.enabled, self.before = self.before

    def __call__(self, function: F) -> F:
        return _decorate(function, self.enabled)


class set_grad_enabled(Block):
    """Turn recording on or off, from now on or for a ``with`` block.

    Parameters
    ----------
    enabled
        True to record.

    Examples
    --------
    >>> with fastnn.set_grad_enabled(False):
    ...     fastnn.is_grad_enabled()
    False
    """

    __slots__ = ("outside",)

    def __init__(self, enabled: bool) -> None:
        super().__init__(bool(enabled))
        self.outside = mode.enabled
        mode.enabled = self.enabled

    def __enter__(self) -> None:
        if self.before is None:
            mode.enabled = self.outside  # the mode to restore after the block
        super().__enter__()

    def __call__(self, function: F) -> F:
        mode.enabled = self.outside  # as a decorator it affects only the function
        return super().__call__(function)


def no_grad(function: Any = None) -> Any:
    """Do not record operations, for inference or for changing parameters by hand.

    Use it as ``with no_grad():`` or as a decorator, with or without brackets.

    Examples
    --------
    >>> w = fastnn.ones(2, requires_grad=True)
    >>> with fastnn.no_grad():
    ...     w.fill_(3.0).requires_grad
    True
    >>> @fastnn.no_grad()
    ... def score(x):
    ...     return x.reshape(-1).requires_grad
    >>> score(w)
    False
    """
    return Block(False) if function is None else _decorate(function, False)


def enable_grad(function: Any = None) -> Any:
    """Record operations, also inside a `no_grad` block.

    Examples
    --------
    >>> with fastnn.no_grad(), fastnn.enable_grad():
    ...     fastnn.is_grad_enabled()
    True
    """
    return Block(True) if function is None else _decorate(function, True)


def _decorate(function: F, enabled: bool) -> F:
    """Wrap `function` so that it runs with recording `enabled`."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        before = mode.enabled
        mode.enabled = enabled
        try:
            return function(*args, **kwargs)
        finally:
            mode.enabled = before

    return cast(F, wrapper)
