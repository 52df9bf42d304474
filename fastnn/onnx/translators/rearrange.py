"""Elements in other places."""

from __future__ import annotations

import numpy as np

from ... import ops
from ..step import Step, translates

FIRST, LAST = -(2**63) + 1, 2**63 - 1


def part(s: Step, x: str, axis: int, start: int, stop: int, step: int = 1) -> str:
    """A slice along one axis."""
    g = s.graph
    return g.add("Slice", x, g.ints(start), g.ints(stop), g.ints(axis), g.ints(step))


@translates(ops.pad, ops.constant_pad_nd)
def pad(s: Step) -> str:
    g, rank = s.graph, len(s.shape("input"))
    numbers = [int(n) for n in s.arg("pad")]
    pairs = list(zip(numbers[::2], numbers[1::2]))[::-1]
    pairs = [(0, 0)] * (rank - len(pairs)) + pairs
    mode = "constant" if s.op == "constant_pad_nd" else s.arg("mode")
    x = s.x("input")
    if mode == "circular":
        for axis, (before, after) in enumerate(pairs):
            if before < 0 or after < 0:
                raise s.refuse("mode 'circular' must not cut off anything")
            parts = [part(s, x, axis, -before, LAST)] if before else []
            parts += [x, *([part(s, x, axis, 0, after)] if after else [])]
            x = x if len(parts) == 1 else g.add("Concat", *parts, axis=axis)
        return x
    pads = g.ints(*[a for a, _ in pairs], *[b for _, b in pairs])
    if mode == "constant":
        value = s.call.args["value"]
        fill = g.constant(np.asarray(s.arg("value") if value is not None else 0, s.dtype))
        return g.add("Pad", x, pads, fill, mode="constant")
    return g.add("Pad", x, pads, mode={"replicate": "edge"}.get(mode, mode))


@translates(ops.flip)
def flip(s: Step) -> str:
    x, dims = s.x("input"), s.arg("dims")
    given = dims[0] if len(dims) == 1 and isinstance(dims[0], (tuple, list)) else dims
    for axis in given:
        x = part(s, x, int(axis), LAST, FIRST, -1)
    return x


@translates(ops.roll)
def roll(s: Step) -> str:
    g, dims, shifts = s.graph, s.arg("dims"), s.arg("shifts")
    if dims is None:
        raise s.refuse("dims must be given")
    x = s.x("input")
    each = [n if isinstance(n, (tuple, list)) else (n,) for n in (dims, shifts)]
    for axis, shift in zip(*each):
        (size,) = s.fixed("input", [axis], "the size of a rolled axis must not vary")
        n = shift % size if size else 0
        if n:
            x = g.add("Concat", part(s, x, axis, -n, LAST), part(s, x, axis, 0, -n), axis=axis)
    return x


@translates(ops.tril, ops.triu)
def triangle(s: Step) -> str:
    g = s.graph
    k = g.constant(np.asarray(s.arg("diagonal"), np.int64))
    return g.add("Trilu", s.x("input"), k, upper=int(s.op == "triu"))


@translates(ops.pixel_shuffle)
def pixel_shuffle(s: Step) -> str:
    x, lead = as_images(s)
    y = s.graph.add("DepthToSpace", x, blocksize=s.arg("upscale_factor"), mode="CRD")
    return restored(s, y, lead)


@translates(ops.pixel_unshuffle)
def pixel_unshuffle(s: Step) -> str:
    g, r = s.graph, s.arg("downscale_factor")
    x, lead = as_images(s)
    c, h, w = s.fixed("input", (-3, -2, -1), "height and width must not vary")
    x = g.add("Reshape", x, g.ints(-1, c, h // r, r, w // r, r))
    x = g.add("Transpose", x, perm=[0, 1, 3, 5, 2, 4])
    return restored(s, g.add("Reshape", x, g.ints(-1, c * r * r, h // r, w // r)), lead)


def as_images(s: Step) -> tuple[str, int]:
    """The input as (N, C, H, W), and how many axes it has before C."""
    g, x, lead = s.graph, s.x("input"), len(s.shape("input")) - 3
    if lead == 1:
        return x, lead
    kept = g.add("Shape", x, start=lead, end=lead + 3)
    return g.add("Reshape", x, g.add("Concat", g.ints(-1), kept, axis=0)), lead


def restored(s: Step, y: str, lead: int) -> str:
    """The output with the axes that the input has before C."""
    if lead == 1:
        return y
    g = s.graph
    before = g.add("Shape", s.x("input"), start=0, end=lead)
    behind = g.add("Shape", y, start=1, end=4)
    return g.add("Reshape", y, g.add("Concat", before, behind, axis=0))


@translates(ops.channel_shuffle)
def channel_shuffle(s: Step) -> str:
    g, groups = s.graph, s.arg("groups")
    x = s.x("input")
    (channels,) = s.fixed("input", [1], "the number of channels must not vary")
    y = g.add("Reshape", x, g.ints(0, groups, channels // groups, -1))
    y = g.add("Transpose", y, perm=[0, 2, 1, 3])
    return g.add("Reshape", y, g.add("Shape", x))
