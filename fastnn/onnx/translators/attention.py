"""Attention and its masks."""

from __future__ import annotations

import math

import numpy as np

from ... import ops
from ...ops.attention.heads import PARTS, multi_head
from ...ops.attention.masks import both_masks, merged
from ...ops.attention.scaled_dot_product import with_weights
from ..step import Step, translates


@translates(ops.scaled_dot_product_attention, with_weights)
def attention(s: Step) -> str | tuple[str, str]:
    g = s.graph
    q, k, v = [s.x(name) for name in ("query", "key", "value")]
    if s.arg("enable_gqa"):
        times = s.fixed("query", [-3], "heads")[0] // s.fixed("key", [-3], "heads")[0]
        k, v = [repeated(s, x, name, times) for x, name in ((k, "key"), (v, "value"))]
    rank = len(s.shape("key"))
    swapped = g.add("Transpose", k, perm=[*range(rank - 2), rank - 1, rank - 2])
    scale = s.arg("scale")
    scale = 1 / math.sqrt(s.shape("query")[-1]) if scale is None else scale
    lengths = [(a[-2], b[-2]) for a, b in zip(s.shapes("query"), s.shapes("key"))]
    nothing = s.call.args.get("nothing", 0.0)
    y, weights = weighted(s, q, swapped, v, scale, "attn_mask", lengths, nothing)
    return (y, weights) if s.op == "with_weights" else y


def repeated(s: Step, x: str, name: str, times: int) -> str:
    """Keys or values of grouped heads, one for each head."""
    g, rank = s.graph, len(s.shape(name))
    x = g.add("Unsqueeze", x, g.ints(rank - 2))
    x = g.add("Tile", x, g.ints(*[1] * (rank - 2), times, 1, 1))
    lead = g.add("Shape", x, start=0, end=rank - 3)
    tail = g.add("Shape", x, start=rank - 1, end=rank + 1)
    return g.add("Reshape", x, g.add("Concat", lead, g.ints(-1), tail, axis=0))


def weighted(
    s: Step,
    q: str,
    k: str,
    v: str,
    scale: float,
    mask: str,
    lengths: list[tuple[int, int]],
    nothing: float,
) -> tuple[str, str]:
    """softmax(scale · q · k + mask) · v, and the weights; k is transposed already."""
    g = s.graph
    if s.call.args["dropout_p"]:
        raise s.refuse("random numbers are drawn in evaluation mode")
    scores = g.add("MatMul", g.add("Mul", q, g.constant(scale, s.dtype)), k)
    low = g.constant(-math.inf, s.dtype)
    if s.arg("is_causal"):
        scores = g.add("Where", causal(s, lengths), scores, low)
    hidden = s.given(mask)
    if hidden:
        value = s.value(mask)
        assert value is not None
        if value.array.dtype == bool:
            scores = g.add("Where", s.x(mask), scores, low)
        else:
            scores = g.add("Add", scores, s.x(mask, s.dtype))
    weights = g.add("Softmax", scores, axis=-1)
    if hidden:  # a query that takes part in no key: the softmax is 0 / 0
        top = g.add("ReduceMax", scores, g.ints(-1), keepdims=1)
        dead = g.add("Equal", top, low)
        weights = g.add("Where", dead, g.constant(nothing, s.dtype), weights)
    return g.add("MatMul", weights, v), weights


def causal(s: Step, lengths: list[tuple[int, int]]) -> str:
    """(L, S): query i takes part in keys 0 … i."""
    g = s.graph
    if len(set(lengths)) == 1:
        return g.constant(np.tri(*lengths[0]) != 0)
    ones = g.add("Expand", g.constant(np.ones(1, np.float32)), g.sizes([*lengths]))
    return g.cast(g.add("Trilu", ones, upper=0), np.bool_)


@translates(multi_head)
def heads(s: Step) -> str:
    g, count, first = s.graph, s.arg("heads"), s.arg("batch_first")
    parts = s.call.args["parts"]
    named = [s.x(part) for part in parts]
    e = s.result.array.shape[-1]
    found: list[str] = []
    for name, n in zip(named, PARTS[len(parts)]):
        pieces = [name]
        if n > 1:
            pieces = g.several("Split", name, g.ints(*[e] * n), outputs=n, axis=2)
        found += pieces
    apart = [g.add("Reshape", x, g.ints(0, 0, count, e // count)) for x in found]
    # (B, T, H, D) or (T, B, H, D) to (B, H, T, D); keys to (B, H, D, T).
    order = [0, 2, 1, 3] if first else [1, 2, 0, 3]
    q, k, v = [
        g.add("Transpose", x, perm=[*order[:2], order[3], order[2]] if i == 1 else order)
        for i, x in enumerate(apart)
    ]
    axis = 1 if first else 0
    lengths = [(a[axis], b[axis]) for a, b in zip(s.shapes(parts[0]), s.shapes(parts[-1]))]
    y, _ = weighted(s, q, k, v, 1 / math.sqrt(e // count), "mask", lengths, 0.0)
    y = g.add("Transpose", y, perm=[0, 2, 1, 3] if first else [2, 0, 1, 3])
    return g.add("Reshape", y, g.ints(0, 0, e))


@translates(both_masks)
def masks(s: Step) -> str:
    """Both masks as one: true where a query takes part in a key, or numbers that are added."""
    g = s.graph
    n = s.call.args["heads"].number if hasattr(s.call.args["heads"], "number") else None
    count = n if n is not None else s.call.args["heads"][0]
    found: list[tuple[str, bool]] = []
    if s.given("attn_mask"):
        shape = s.shape("attn_mask")
        x, is_bool = canonical(s, "attn_mask")
        if len(shape) == 3:
            lead = g.add("Shape", x, start=1, end=3)
            x = g.add("Reshape", x, g.add("Concat", g.ints(-1, count), lead, axis=0))
        else:
            x = g.add("Unsqueeze", x, g.ints(0, 1))
        found.append((x, is_bool))
    if s.given("key_padding_mask"):
        x, is_bool = canonical(s, "key_padding_mask")
        axes = (1, 2) if len(s.shape("key_padding_mask")) == 2 else (0, 1, 2)
        found.append((g.add("Unsqueeze", x, g.ints(*axes)), is_bool))
    y, is_bool = together(s, found)
    added = s.arg("added")
    if added:
        pads = g.ints(*[0] * 7, added)
        if is_bool:  # what is added at the end is seen
            y = g.add("Pad", g.cast(y, np.int32), pads, g.constant(np.int32(1)), mode="constant")
            return g.cast(y, np.bool_)
        y = g.add("Pad", y, pads, mode="constant")
    return y


def canonical(s: Step, name: str) -> tuple[str, bool]:
    """A mask in which true says that a key is seen, or numbers."""
    value = s.value(name)
    assert value is not None
    if value.array.dtype == bool:
        return s.graph.add("Not", s.x(name)), True
    return s.x(name, s.dtype), False


def together(s: Step, found: list[tuple[str, bool]]) -> tuple[str, bool]:
    """Masks as one."""
    if len(found) == 1:
        return found[0]
    if all(is_bool for _, is_bool in found):
        return s.graph.add("And", *[x for x, _ in found]), True
    zero, low = [s.graph.constant(n, s.dtype) for n in (0.0, -math.inf)]
    numbers = [s.graph.add("Where", x, zero, low) if is_bool else x for x, is_bool in found]
    return s.graph.add("Add", *numbers), False


@translates(merged)
def merge(s: Step) -> str:
    found = []
    for name in ("a", "b"):
        value = s.value(name)
        if value is not None:
            is_bool = value.array.dtype == bool
            found.append((s.x(name) if is_bool else s.x(name, s.dtype), is_bool))
    return together(s, found)[0]
