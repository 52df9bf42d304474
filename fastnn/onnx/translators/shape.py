"""Shapes, orders of axes, and arrays put together or taken apart."""

from __future__ import annotations

from ... import ops
from ...ops.shape.permute import matrix_transpose, reverse
from ..step import Step, translates


@translates(
    *(ops.reshape, ops.view, ops.view_as, ops.reshape_as, ops.flatten, ops.unflatten, ops.ravel),
)
def reshape(s: Step) -> str:
    return s.graph.reshape(s.x("input"), s.shapes("input"), s.shapes(s.result))


@translates(ops.squeeze)
def squeeze(s: Step) -> str:
    g, dim = s.graph, s.arg("dim")
    rank = len(s.shape("input"))
    dims = range(rank) if dim is None else dim if isinstance(dim, (tuple, list)) else (dim,)
    axes = [d % rank for d in dims if all(x[d] == 1 for x in s.shapes("input"))]
    if len(set(map(len, s.shapes(s.result)))) > 1:
        raise s.refuse("whether a size is 1 depends on the inputs")
    return g.add("Squeeze", s.x("input"), g.ints(*axes)) if axes else s.x("input")


@translates(ops.unsqueeze)
def unsqueeze(s: Step) -> str:
    return s.graph.add("Unsqueeze", s.x("input"), s.graph.ints(s.arg("dim")))


@translates(
    *(ops.transpose, ops.permute, ops.t, ops.movedim, ops.adjoint),
    *(reverse, matrix_transpose),
)
def transpose(s: Step) -> str:
    order = axes_order(s)
    if order == list(range(len(order))):
        return s.x("input")
    return s.graph.add("Transpose", s.x("input"), perm=order)


def axes_order(s: Step) -> list[int]:
    """The axis of the input that each axis of the output is."""
    rank = len(s.shape("input"))
    order = list(range(rank))
    if s.op == "transpose":
        a, b = s.arg("dim0"), s.arg("dim1")
        order[a], order[b] = order[b], order[a]
    elif s.op == "permute":
        dims = s.arg("dims")
        given = dims[0] if len(dims) == 1 and isinstance(dims[0], (tuple, list)) else dims
        order = [int(d) % rank for d in given]
    elif s.op in ("t", "reverse"):
        order.reverse()
    elif s.op in ("adjoint", "matrix_transpose"):
        order[-1], order[-2] = order[-2], order[-1]
    else:
        source, destination = s.arg("source"), s.arg("destination")
        pairs = zip(*[x if isinstance(x, (tuple, list)) else (x,) for x in (source, destination)])
        places = {int(to) % rank: int(at) % rank for at, to in pairs}
        rest = iter([i for i in range(rank) if i not in places.values()])
        order = [places[i] if i in places else next(rest) for i in range(rank)]
    return order


@translates(ops.expand, ops.broadcast_to, ops.expand_as)
def expand(s: Step) -> str:
    g = s.graph
    each = s.shapes(s.result)
    if each == s.shapes("input"):
        return s.x("input")
    if s.op == "expand_as":
        return g.add("Expand", s.x("input"), g.add("Shape", s.x("other")))
    # Axes that keep their size are expanded by 1, which needs no knowledge of the size.
    rank = len(each[0])
    lead = rank - len(s.shape("input"))
    sizes = []
    for i in range(rank):
        after = [x[i] for x in each]
        before = [x[i - lead] if i >= lead else None for x in s.shapes("input")]
        sizes.append((1,) * len(after) if after == before else tuple(after))
    return g.add("Expand", s.x("input"), g.sizes(list(zip(*sizes))))


@translates(ops.cat, ops.stack, ops.hstack, ops.vstack)
def join(s: Step) -> str:
    g = s.graph
    given = s.call.args["tensors"]
    names = [s.x(x, s.dtype) for x in given]
    if s.op == "stack":
        axis = s.arg("dim") % len(s.result.array.shape)
        names = [g.add("Unsqueeze", x, g.ints(axis)) for x in names]
        return g.add("Concat", *names, axis=axis)
    ranks = {len(s.shape(x)) for x in given}
    if s.op in ("hstack", "vstack"):
        if min(ranks) < 2 and s.op == "vstack":
            raise s.refuse("tensors must have at least 2 dimensions")
        axis = 0 if s.op == "vstack" or ranks == {1} else 1
    else:
        axis = s.arg("dim")
    return g.add("Concat", *names, axis=axis)


@translates(ops.split, ops.split_with_sizes, ops.unbind)
def split(s: Step) -> tuple[str, ...]:
    g = s.graph
    axis = s.arg("dim") % len(s.shape("input"))
    parts = s.call.result
    if len({len(call.result) for call in s.calls}) > 1:
        raise s.refuse("the number of parts depends on the sizes of the inputs")
    if s.op == "unbind":
        sizes = g.ints(*[1] * len(parts))
    else:
        each = [tuple([s.shapes(part)[run][axis] for part in parts]) for run in range(len(s.calls))]
        sizes = g.sizes(each)
    names = g.several("Split", s.x("input"), sizes, outputs=len(parts), axis=axis)
    if s.op == "unbind":
        names = [g.add("Squeeze", name, g.ints(axis)) for name in names]
    return tuple(names)


@translates(ops.repeat, ops.tile)
def repeat(s: Step) -> str:
    g, name = s.graph, "sizes" if s.op == "repeat" else "dims"
    each = []
    for times in s.each(name):
        flat = times[0] if isinstance(times, tuple) and len(times) == 1 else times
        flat = tuple(flat) if isinstance(flat, (tuple, list)) else (flat,)
        each.append((1,) * (len(s.shape("input")) - len(flat)) + flat)
    x, lead = s.x("input"), len(each[0]) - len(s.shape("input"))
    if lead > 0:
        x = g.add("Unsqueeze", x, g.ints(*range(lead)))
    return g.add("Tile", x, g.sizes(each))


@translates(ops.repeat_interleave)
def repeat_interleave(s: Step) -> str:
    g, repeats, dim = s.graph, s.arg("repeats"), s.arg("dim")
    if not isinstance(repeats, int):
        raise s.refuse("repeats must be one number")
    x, shape = s.x("input"), s.shape("input")
    if dim is None:
        x, shape, dim = g.add("Reshape", x, g.ints(-1)), (s.result.array.size,), 0
    axis = dim % len(shape)
    x = g.add("Unsqueeze", x, g.ints(axis + 1))
    times = [1] * (len(shape) + 1)
    times[axis + 1] = repeats
    y = g.add("Tile", x, g.ints(*times))
    entries = [0] * len(shape)
    entries[axis] = -1
    if axis + 1 == len(shape):
        return g.add("Reshape", y, g.ints(*entries))
    # 0 keeps the size at the same place, and behind the axis places have moved by one.
    lead = g.add("Shape", y, start=0, end=axis)
    rest = g.add("Shape", y, start=axis + 2, end=len(shape) + 1)
    return g.add("Reshape", y, g.add("Concat", lead, g.ints(-1), rest, axis=0))
