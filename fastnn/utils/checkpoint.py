"""Checkpoints of activations, for programs that ask for them: activations are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..names import offer

__all__ = ["checkpoint", "checkpoint_sequential"]


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """``function(*args, **kwargs)``, whose activations are kept: no memory is saved, nor time lost.

    Examples
    --------
    >>> fastnn.utils.checkpoint.checkpoint(fastnn.relu, fastnn.tensor([-1.0, 1.0]))
    tensor([0., 1.])
    """
    return function(*args, **kwargs)


def checkpoint_sequential(
    functions: Sequence[Callable[[Any], Any]], segments: int, input: Any, **kwargs: Any
) -> Any:
    """The functions applied one after the other; see `checkpoint`."""
    for function in functions:
        input = function(input)
    return input


offer(__name__)
