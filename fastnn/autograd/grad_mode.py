"""Grad modes: whether operations are recorded, for a block or a function."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, TypeVar, cast

from . import _block
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


class Block(_block.Block):
    """A context manager, and decorator, that sets whether operations are recorded."""

    __slots__ = ()

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled

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

    __slots__ = ()

    def __init__(self, enabled: bool) -> None:
        super().__init__(bool(enabled))
        self.outside = mode.enabled  # the mode to restore after the block
        mode.enabled = self.enabled

    def __call__(self, function: F) -> F:
        if self.outside is not None:
            mode.enabled = self.outside  # as a decorator it affects only the function
        return super().__call__(function)


def no_grad(function: Any = None) -> Any:
    """Do not record operations, for inference or for changing parameters by hand.

    Use it as ``with no_grad():`` or as a decorator, with or without brackets. A decorated generator
    or coroutine runs without recording whenever it is resumed, and its caller as before.

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


def inference_mode(mode: Any = True) -> Any:
    """As `no_grad`; with False, recording stays as it is.

    Unlike PyTorch's it leaves no mark on tensors, which may be used in recorded operations later.

    Examples
    --------
    >>> with fastnn.inference_mode():
    ...     fastnn.is_grad_enabled()
    False
    """
    if callable(mode):
        return _decorate(mode, False)
    return Block(not mode and is_grad_enabled())


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
    wrapper: Callable[..., Any]
    if inspect.isgeneratorfunction(function):

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return (yield from _steps(function(*args, **kwargs), enabled))

    elif inspect.iscoroutinefunction(function):

        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            return await _awaitable(function(*args, **kwargs), enabled)

    elif inspect.isasyncgenfunction(function):

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return _async_steps(function(*args, **kwargs), enabled)

    else:

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            before = mode.enabled
            mode.enabled = enabled
            try:
                return function(*args, **kwargs)
            finally:
                mode.enabled = before

    return cast(F, functools.wraps(function)(wrapper))


def _steps(steps: Any, enabled: bool) -> Generator[Any, Any, Any]:
    """Run a generator or coroutine, each part between two yields with recording `enabled`."""
    block = Block(enabled)
    try:
        with block:
            given = steps.send(None)
        while True:
            try:
                sent = yield given
            except GeneratorExit:
                with block:
                    steps.close()
                raise
            except BaseException as error:
                with block:
                    given = steps.throw(error)
            else:
                with block:
                    given = steps.send(sent)
    except StopIteration as end:
        return end.value


_awaitable = types.coroutine(_steps)


async def _async_steps(steps: AsyncGenerator[Any, Any], enabled: bool) -> AsyncGenerator[Any, Any]:
    """As `_steps`, for a generator that awaits."""
    try:
        given = await _awaitable(steps.asend(None), enabled)
        while True:
            try:
                sent = yield given
            except GeneratorExit:
                await _awaitable(steps.aclose(), enabled)
                raise
            except BaseException as error:
                given = await _awaitable(steps.athrow(error), enabled)
            else:
                given = await _awaitable(steps.asend(sent), enabled)
    except StopAsyncIteration:
        return
