"""Attention, whose weights are computed anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import _core
from ...autograd.record import Array, Node
from ...autograd.recorded import by_steps, rule
from ...tensor import Tensor
from ..attention import heads
from ..attention import scaled_dot_product as attention
from ..attention.heads import PARTS, join_heads
from ..shape import permute, reshape

__all__: list[str] = []


def check_whole(p: float) -> None:
    if p > 0:
        raise RuntimeError("create_graph: attention with dropout has no second gradient")


@rule(attention.scaled_dot_product_attention_backward)
def attention_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    q, k, v, _, _, mask, (is_causal, scale, p, _, gqa) = node.saved
    check_whole(p)

    def steps(q: Tensor, k: Tensor, v: Tensor) -> Sequence[Tensor]:
        return attention.with_weights(q, k, v, mask, 0.0, is_causal, scale, gqa)[:1]

    return by_steps(node, (q, k, v), steps, dy)


@rule(heads.multi_head_backward)
def multi_head_rule(node: Node, dy: Tensor) -> Sequence[Tensor | None]:
    *qkv, _, _, mask, (is_causal, scale, p, _, _), batch_first = node.saved
    check_whole(p)
    count = qkv[0].shape[1]

    def steps(*parts: Tensor) -> Sequence[Tensor]:
        q, k, v = [
            x for part, n in zip(parts, PARTS[len(parts)]) for x in split_rows(part, n, count)
        ]
        y = attention.with_weights(q, k, v, mask, 0.0, is_causal, scale)[0]
        rows = permute(y, (0, 2, 1, 3) if batch_first else (2, 0, 1, 3))
        return (reshape(rows, (*rows.shape[:2], -1)),)

    def split_rows(x: Tensor, n: int, heads: int) -> list[Tensor]:
        """`heads.split_heads` of a tensor."""
        each = reshape(x, (*x.shape[:2], n, heads, -1))
        turned = permute(each, (2, 0, 3, 1, 4) if batch_first else (2, 1, 3, 0, 4))
        return [turned[i] for i in range(n)]

    return by_steps(node, joined(qkv, len(node.inputs), batch_first), steps, dy)


def joined(qkv: Sequence[Array], count: int, batch_first: bool) -> list[Any]:
    """The arrays of `multi_head` of which q, k and v are parts."""
    rows = [join_heads(x, batch_first) for x in qkv]
    parts, done = [], 0
    for n in PARTS[count]:
        parts.append(rows[done] if n == 1 else _core.cat(rows[done : done + n], -1))
        done += n
    return parts
