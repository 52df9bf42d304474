"""Detects arrays that were changed in place after an operation saved them for its backward.

Every recorded operation takes a number from one counter. Every change in place takes one too,
stored under the object that owns the memory, so it applies to all views. The backward pass raises
an error if a saved array has a newer number than its operation. Most graphs are newer than the last
change of any array; the walk tests that first, at the cost of one comparison per node.

What changes many arrays again and again, as an optimizer its state, notes only that it did, in
constant time (`LateNotes`). The arrays get their numbers when a walk meets an older node.

Owners are identified by `id`. A new object may get the id of a freed one. That is harmless: the
number stored for the freed object is older than any operation that saved the new one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from operator import is_
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])

ndarray = np.ndarray
count = itertools.count()


class Changes:
    """The number of the last change in place: of any array, and of each owner of memory."""

    __slots__ = ("last", "late", "notes", "when")

    def __init__(self) -> None:
        self.last = -1
        self.when: dict[int, int] = {}
        self.late = -1  # the last change whose arrays `notes` have not given its number
        self.notes: WeakValueDictionary[int, LateNotes] = WeakValueDictionary()


changes = Changes()
READ_FOR: dict[Callable[..., Any], tuple[tuple[int, ...], ...]] = {}


def changed(arrays: Iterable[Any]) -> int:
    """Record that arrays were changed in place; the number of the change."""
    when, now = changes.when, next(count)
    for a in arrays:  # most own their memory, and this runs for every parameter at every step
        when[id(a if a.base is None else owner(a))] = now
    changes.last = now
    return now


def owner(array: Any) -> Any:
    """The object that owns the memory of an array: another array, or a buffer."""
    base = array.base
    while type(base) is ndarray:
        array, base = base, base.base
    return array if base is None else base


NO_CHANGE: tuple[int, list[Any], Mapping[Any, dict[str, Any]]] = (-1, [], {})


class LateNotes:
    """The last change of the tensors in ``state[key]`` for some keys, noted when a walk asks.

    A copy has no notes: its tensors are others.

    Attributes
    ----------
    last
        The number of the change, the keys and the state. Who writes it sets ``changes.late`` and
        calls `flush_unless` before where keys may be missing that the last change had.
    """

    __slots__ = ("__weakref__", "last")

    def __init__(self) -> None:
        self.last = NO_CHANGE
        changes.notes[id(self)] = self

    def __reduce__(self) -> Any:
        return LateNotes, ()

    def flush_unless(self, keys: list[Any]) -> None:
        """Flush, unless the last change had the same keys."""
        last = self.last[1]
        if len(keys) != len(last) or not all(map(is_, keys, last)):
            self.flush()

    def flush(self) -> None:
        """Give the arrays their number, if they have no newer one."""
        last = number, keys, state = self.last
        when = changes.when
        for key in keys:
            for tensor in list(state.get(key, {}).values()):
                if hasattr(tensor, "_array"):
                    memory = id(owner(tensor._array))
                    when[memory] = max(number, when.get(memory, -1))
        if self.last is last:  # no other thread has made a step
            self.last = NO_CHANGE

    def __del__(self) -> None:
        if changes is not None:  # as it is when the interpreter exits
            self.flush()


def flush_notes() -> None:
    """Give all arrays with late notes their numbers."""
    held = [notes for reference in changes.notes.valuerefs() if (notes := reference())]
    for notes in held:
        notes.flush()
    changes.late = max((notes.last[0] for notes in held), default=-1)


def read_for(*inputs: tuple[int, ...]) -> Callable[[F], F]:
    """Declare which inputs' gradients need each saved array; by default all of them do.

    The backward of a product needs each factor only for the gradient of the other:
    ``@read_for((1,), (0,))``.
    """

    def note(backward: F) -> F:
        READ_FOR[backward] = inputs
        return backward

    return note


def check(node: Any) -> None:
    """Raise if an array that a node's backward needs was changed after it was saved."""
    if node.order < changes.late:
        flush_notes()
    function = node.backward
    inputs = READ_FOR.get(function, ())
    for i, item in enumerate(node.saved):
        if i < len(inputs) and not any(node.needs[j] for j in inputs[i]):
            continue
        for a in arrays_in(item):
            if changes.when.get(id(owner(a)), -1) > node.order:
                if isinstance(function, partial):  # an operation with several outputs
                    function = function.args[0]
                raise RuntimeError(
                    "backward: one of the tensors needed for the gradient was changed in "
                    f"place since the forward pass: {function.__name__} needs an array of shape "
                    f"{a.shape} and type {a.dtype} as it was; change a clone() of it instead, or "
                    "change it after backward"
                )


def arrays_in(item: Any) -> Iterator[Any]:
    """The arrays in a saved item: the item itself, or those in a list."""
    if isinstance(item, ndarray):
        yield item
    elif isinstance(item, (tuple, list)):
        for part in item:
            yield from arrays_in(part)


def keep(node: Any, array: Any, copy: Callable[[Any], Any]) -> None:
    """Before an array is overwritten: copy what a node has saved of its memory."""
    memory = owner(array)

    def kept(item: Any) -> Any:
        if isinstance(item, ndarray):
            return copy(item) if owner(item) is memory else item
        return type(item)(map(kept, item)) if type(item) in (tuple, list) else item

    node.saved = kept(node.saved)
