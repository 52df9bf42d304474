"""Arrays changed in place after a recorded operation saved them: its gradient would be wrong.

Operations take numbers from one count as they are recorded. A change in place takes one too, and is
noted under the object that owns the memory, so that it counts for all views. `check` compares the
two numbers during the backward pass. Nearly all graphs are newer than the last change of any array;
the walk asks for that first, and pays one comparison per node.

Objects are known by their ids. A new one may get the id of one that was freed: then what was noted
is older than any operation that saved the new one, and has no effect.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, TypeVar

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])

ndarray = np.ndarray
count = itertools.count()


class Changes:
    """When arrays were last changed in place."""

    __slots__ = ("last", "when")

    def __init__(self) -> None:
        self.last = -1
        self.when: dict[int, int] = {}


changes = Changes()
READ_FOR: dict[Callable[..., Any], tuple[tuple[int, ...], ...]] = {}


def changed(arrays: Iterable[Any]) -> None:
    """Note that arrays have been changed in place."""
    when, now = changes.when, next(count)
    for a in arrays:  # `owner` inline: this runs for every parameter at every step
        base = a.base
        while type(base) is ndarray:
            a, base = base, base.base
        when[id(a if base is None else base)] = now
    changes.last = now


def owner(array: Any) -> Any:
    """The object that owns the memory: an array, or the buffer that an array was made over."""
    base = array.base
    while type(base) is ndarray:
        array, base = base, base.base
    return array if base is None else base


def read_for(*inputs: tuple[int, ...]) -> Callable[[F], F]:
    """Say of a backward for which inputs' gradients it reads each saved array, if not for all.

    A product reads the one factor for the gradient of the other only: ``@read_for((1,), (0,))``.
    """

    def note(backward: F) -> F:
        READ_FOR[backward] = inputs
        return backward

    return note


def check(node: Any) -> None:
    """Raise where an array that a node's backward will read has been changed since."""
    function = node.backward
    inputs = READ_FOR.get(function, ())
    for i, item in enumerate(node.saved):
        if i < len(inputs) and not any(node.needs[j] for j in inputs[i]):
            continue
        for a in arrays_in(item):
            if changes.when.get(id(owner(a)), -1) > node.order:
                if isinstance(function, partial):  # of an operation with several outputs
                    function = function.args[0]
                raise RuntimeError(
                    "backward: one of the tensors needed for the gradient has been changed in "
                    f"place since the forward pass: {function.__name__} needs an array of shape "
                    f"{a.shape} and type {a.dtype} as it was; change a clone() of it instead, or "
                    "change it after backward"
                )


def arrays_in(item: Any) -> Iterator[Any]:
    """The arrays in a saved item: itself, or those in a list."""
    if isinstance(item, ndarray):
        yield item
    elif isinstance(item, (tuple, list)):
        for part in item:
            yield from arrays_in(part)
