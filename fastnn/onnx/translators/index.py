"""Parts of arrays, by slices, numbers and ids."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ... import ops
from ...ops.index.basic import getitem
from ..recorder import Value
from ..step import Step, translates

FIRST, LAST = -(2**63) + 1, 2**63 - 1


@translates(getitem)
def index(s: Step) -> str:
    keys = [full_key(key, len(s.shape("input"))) for key in s.each("key")]
    key = keys[0]
    places = [i for i, part in enumerate(key) if is_array(part)]
    y, axes = sliced(s, keys)
    if not places:
        return squeezed(s, y, key, axes)
    if any(part is None or isinstance(part, int) for part in key):
        raise s.refuse("ids together with numbers or None have no operator")
    arrays = [
        s.x(key[i], np.int64) if isinstance(key[i], Value) else ids(s, key[i]) for i in places
    ]
    if any(dtype_of(key[i]).kind == "b" for i in places):
        raise s.refuse("the number of places that a mask holds depends on the inputs")
    if len(places) == 1:
        return s.graph.add("Gather", y, arrays[0], axis=places[0])
    if places != list(range(len(places))) or len({np.shape(array_of(key[i])) for i in places}) > 1:
        raise s.refuse("several ids must come first and have one shape")
    columns = [s.graph.add("Unsqueeze", a, s.graph.ints(-1)) for a in arrays]
    return s.graph.add("GatherND", y, s.graph.add("Concat", *columns, axis=-1))


def array_of(part: Any) -> Any:
    return part.array if isinstance(part, Value) else np.asarray(part)


def dtype_of(part: Any) -> Any:
    return array_of(part).dtype


def ids(s: Step, part: Any) -> str:
    """A list of ids as a constant."""
    return s.graph.constant(np.asarray(part, np.int64))


def is_array(part: Any) -> bool:
    return isinstance(part, (Value, list, range))


def full_key(key: Any, rank: int) -> list[Any]:
    """An index with an entry for every axis, and None for new ones."""
    parts = list(key) if isinstance(key, tuple) else [key]
    parts = [number(part) for part in parts]
    used = sum(part is not None and part is not ... for part in parts)
    if ... not in [p for p in parts if not is_array(p)]:
        parts.append(...)
    at = next(i for i, part in enumerate(parts) if part is ...)
    return parts[:at] + [slice(None)] * (rank - used) + parts[at + 1 :]


def number(part: Any) -> Any:
    """Numbers of every type as int."""
    if part is None or part is ... or isinstance(part, slice) or is_array(part):
        return part
    return operator.index(part)


def sliced(s: Step, keys: list[list[Any]]) -> tuple[str, list[int]]:
    """The input with all slices taken; numbers are slices of one."""
    g = s.graph
    starts, ends, axes, steps = [], [], [], []
    axis = 0
    for parts in zip(*keys):
        part = parts[0]
        if part is None:
            continue
        sizes = tuple(x[axis] for x in s.shapes("input"))
        if isinstance(part, int):
            starts.append(bound(s, sizes, parts))
            after = tuple(p + 1 for p in parts)
            whole = all(p == -1 for p in parts)
            ends.append(g.ints(LAST) if whole else bound(s, sizes, after))
            axes.append(axis)
            steps.append(1)
        elif isinstance(part, slice) and part != slice(None):
            step = 1 if part.step is None else operator.index(part.step)
            first, last = (0, LAST) if step > 0 else (LAST, FIRST)
            starts.append(
                bound(
                    s,
                    sizes,
                    tuple(first if p.start is None else operator.index(p.start) for p in parts),
                )
            )
            ends.append(
                bound(
                    s,
                    sizes,
                    tuple(last if p.stop is None else operator.index(p.stop) for p in parts),
                )
            )
            axes.append(axis)
            steps.append(step)
        axis += 1
    x = s.x("input")
    if not axes:
        return x, axes
    joined = [n[0] if len(n) == 1 else g.add("Concat", *n, axis=0) for n in (starts, ends)]
    return g.add("Slice", x, *joined, g.ints(*axes), g.ints(*steps)), axes


def bound(s: Step, sizes: tuple[int, ...], values: tuple[int, ...]) -> str:
    """A bound of a slice, which may depend on the size of its axis."""
    if len(set(values)) > 1:
        distances = {v - n for v, n in zip(values, sizes)}
        if len(distances) == 1 and (distance := distances.pop()) <= 0:
            return s.graph.ints(distance or LAST)
    return s.graph.size(values)


def squeezed(s: Step, y: str, key: list[Any], axes: list[int]) -> str:
    """The result without the axes of numbers and with those of None."""
    g = s.graph
    sources = [part for part in key if part is not None]
    gone = [i for i, part in enumerate(sources) if isinstance(part, int)]
    if gone:
        y = g.add("Squeeze", y, g.ints(*gone))
    kept = [part for part in key if not isinstance(part, int)]
    new = [i for i, part in enumerate(kept) if part is None]
    return g.add("Unsqueeze", y, g.ints(*new)) if new else y


@translates(ops.index_select)
def index_select(s: Step) -> str:
    ids = s.x("index")
    if len(s.shape("index")) == 0:
        ids = s.graph.add("Unsqueeze", ids, s.graph.ints(0))
    return s.graph.add("Gather", s.x("input"), ids, axis=s.arg("dim"))


@translates(ops.gather)
def gather(s: Step) -> str:
    axis = s.arg("dim") % len(s.shape("input"))
    return s.graph.add("GatherElements", s.x("input"), s.x("index", np.int64), axis=axis)


@translates(ops.one_hot)
def one_hot(s: Step) -> str:
    classes = s.arg("num_classes")
    if classes < 0:
        raise s.refuse("num_classes must be given")
    values = s.graph.constant(np.array([0, 1], s.dtype))
    return s.graph.add("OneHot", s.x("tensor"), s.graph.ints(classes), values, axis=-1)
