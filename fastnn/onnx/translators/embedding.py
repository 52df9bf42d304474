"""Rows of tables."""

from __future__ import annotations

import numpy as np

from ... import ops
from ..step import Step, translates


@translates(ops.embedding)
def embedding(s: Step) -> str:
    if s.given("max_norm"):
        raise s.refuse("max_norm changes the weights in every call")
    return s.graph.add("Gather", s.x("weight"), s.x("input", np.int64), axis=0)


@translates(ops.embedding_bag)
def embedding_bag(s: Step) -> str:
    g, mode = s.graph, s.arg("mode")
    if s.given("offsets") or len(s.shape("input")) != 2:
        raise s.refuse("bags of different sizes (offsets) cannot be exported; pass ids (B, N)")
    if s.given("max_norm") or s.given("padding_idx"):
        raise s.refuse("max_norm and padding_idx cannot be exported")
    rows = g.add("Gather", s.x("weight"), s.x("input", np.int64), axis=0)
    if s.given("per_sample_weights"):
        rows = g.add("Mul", rows, g.add("Unsqueeze", s.x("per_sample_weights"), g.ints(-1)))
    kind = {"sum": "ReduceSum", "mean": "ReduceMean", "max": "ReduceMax"}[mode]
    return g.add(kind, rows, g.ints(1), keepdims=0)
