"""Turning the recording of operations off and on, for a block or a function."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar, cast

from .tape import mode

F = TypeVar("F", bound=Callable[..., Any])


def is_grad_enabled() -> bool:
    """Whether operations are being recorded in this thread.

    Examples
    --------
    >>> fastnn.is_grad_enabled()
    True
    """
    return mode.enabled


class Block:
    """A block in which recording is `enabled`; also a decorator."""

    __slots__ = ("before", "enabled")

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled
        self.before: Any = None  # modes to go back to: (the last, (the one before, ...))

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
    """Record operations, or do not, from now on or for the length of a block.

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
            mode.enabled = self.outside  # which is what to go back to after the block
        super().__enter__()

    def __call__(self, function: F) -> F:
        mode.enabled = self.outside  # the function is meant, not what follows its definition
        return super().__call__(function)


def no_grad(function: Any = None) -> Any:
    """Do not record operations: inference, or changing parameters by hand.

    For a ``with`` block, or a decorator with or without brackets.

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
    """Record operations, inside a `no_grad` block too.

    Examples
    --------
    >>> with fastnn.no_grad(), fastnn.enable_grad():
    ...     fastnn.is_grad_enabled()
    True
    """
    return Block(True) if function is None else _decorate(function, True)


def _decorate(function: F, enabled: bool) -> F:
    """`function`, run with recording `enabled`."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        before = mode.enabled
        mode.enabled = enabled
        try:
            return function(*args, **kwargs)
        finally:
            mode.enabled = before

    return cast(F, wrapper)
