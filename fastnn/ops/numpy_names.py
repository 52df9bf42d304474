"""NumPy's words for arguments where PyTorch takes them too: ``axis`` for `dim`, ``keepdims``.

This is also what NumPy's own functions need to work on tensors: ``np.sum(t)`` calls ``t.sum`` with
``axis``, ``dtype`` and ``out``, and ``np.std(t)`` with ``ddof``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from . import cast

__all__: list[str] = []  # a decorator of operations

P = ParamSpec("P")
R = TypeVar("R")

NAMES = {"axis": "dim", "keepdims": "keepdim", "ddof": "correction"}


def numpy_names(operation: Callable[P, R]) -> Callable[P, R]:
    """The operation, which also takes NumPy's names of its arguments `dim` and `keepdim`."""

    @functools.wraps(operation)
    def named(*args: Any, **kwargs: Any) -> Any:
        if not kwargs:
            return operation(*args)  # type: ignore[call-arg]
        if not CALLER.isdisjoint(kwargs):
            return by_numpy_names(operation, args, kwargs)
        return operation(*args, **kwargs)

    return named


CALLER = {*NAMES, "out"}


def by_numpy_names(operation: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """Call with the names replaced; ``out`` is given by NumPy's functions, as None."""
    op = operation.__name__
    by_numpy = "out" in kwargs
    if kwargs.pop("out", None) is not None:
        raise TypeError(f"{op}: out is not supported; assign the result")
    for theirs, ours in NAMES.items():
        if theirs not in kwargs:
            continue
        value = kwargs.pop(theirs)
        if ours in kwargs:
            raise TypeError(f"{op}: give {ours} or {theirs}, not both")
        if value is not None or not by_numpy:
            kwargs[ours] = value
    if by_numpy and (dtype := kwargs.pop("dtype", None)) is not None:
        args = (cast.to(args[0], dtype), *args[1:])
    result = operation(*args, **kwargs)
    # NumPy's max along an axis has values alone.
    return result[0] if by_numpy and isinstance(result, tuple) else result
