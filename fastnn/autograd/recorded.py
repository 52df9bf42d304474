"""Gradients that can be differentiated again: a backward pass made of operations.

The walk of the tape computes with arrays. Here each node is passed by its *rule*, which computes
the same gradients from tensors, by operations, so that they have a graph of their own. Rules are
functions ``rule(node, dy)``, or ``rule(node, *dys)`` for an operation with several outputs; they
stand in `fastnn.ops.double_backward`, which is imported when a rule is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from heapq import heappop, heappush
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np

from ..tensor import Tensor
from .changes import changes, check
from .contract import Array, Grads
from .grad_mode import enable_grad
from .graph import name_of
from .tape import Node

Rule: TypeAlias = Callable[..., Sequence["Tensor | None"]]

rules: dict[Any, Rule] = {}
RULES = "fastnn.ops.double_backward"  # registers the rules of all operations


def rule(*backwards: Any) -> Callable[[Rule], Rule]:
    """Decorates the rule of one or several backward functions."""

    def register(function: Rule) -> Rule:
        rules.update(dict.fromkeys(backwards, function))
        return function

    return register


def rule_of(node: Node, backward: Any) -> Rule:
    """The rule of a node's backward function; RuntimeError where there is none."""
    import_module(RULES)
    if backward not in rules:
        raise RuntimeError(
            f"create_graph: the gradient of {name_of(node)} cannot be differentiated again"
        )
    return rules[backward]


def tensor_of(sink: Node | Any, saved: Any) -> Any:
    """What a node saved as a tensor of the graph: `sink` made it, or is the leaf itself."""
    if not isinstance(saved, np.ndarray):
        return saved
    if sink is None:
        return Tensor(saved)
    if type(sink) is not Node:
        return sink
    out = Tensor(saved)
    out.node = sink
    out._requires_grad = True
    return out


def input_of(node: Node, i: int, saved: Any) -> Any:
    """Input `i` of an operation, from the array that was saved."""
    return tensor_of(node.inputs[i], saved)


def output_of(node: Node, saved: Array) -> Tensor:
    """The output of an operation, from the array that was saved."""
    result: Tensor = tensor_of(node, saved)
    return result


def passed(node: Node, dy: Array) -> Grads:
    """The backward of a start: see `by_steps`."""
    return (dy.view(),)


rules[passed] = lambda node, dy: (dy,)


def by_steps(
    node: Node, inputs: Sequence[Any], steps: Callable[..., Sequence[Tensor]], *dys: Tensor | None
) -> Sequence[Tensor | None]:
    """The gradients of an operation, found by doing it once more, in steps that have rules.

    Parameters
    ----------
    node
        The operation.
    inputs
        Arrays of its inputs, in the order of ``node.inputs``; None for those it was not given.
    steps
        Computes its outputs from tensors of the inputs.
    dys
        Gradients of the outputs, None for those that are not used.
    """
    starts = [None if sink is None else Node(passed, (sink,), (True,), ()) for sink in node.inputs]
    outputs = steps(*[tensor_of(start, x) for start, x in zip(starts, inputs)])
    found: dict[Any, Any] = {start: None for start in starts if start is not None}
    roots = [(y.node, dy) for y, dy in zip(outputs, dys) if dy is not None and y.node is not None]
    walk_recorded(roots, found, True)
    return [None if start is None else found[start] for start in starts]


def walk_recorded(
    roots: Iterable[tuple[Node, Tensor]], capture: dict[Any, Any] | None, ends: bool = False
) -> dict[Any, Tensor]:
    """Propagate gradients as `tape.walk` does; returns those that reach leaves.

    With `capture`, the gradients that reach its keys are stored there; if these are `ends`, they go
    no further.
    """
    pending: dict[Node, Any] = {}
    leaves: dict[Any, Tensor] = {}
    heap: list[tuple[int, Node]] = []

    def arrive(sink: Any, g: Any) -> None:
        if sink.hooks is not None:
            raise RuntimeError("create_graph: gradients with hooks have no graph")
        if type(sink) is not Node:
            leaves[sink] = leaves[sink] + g if sink in leaves else g
        elif sink not in pending:
            pending[sink] = g
            heappush(heap, (-sink.order, sink))
        elif type(g) is dict:
            pending[sink].update(g)
        else:
            pending[sink] = pending[sink] + g

    with enable_grad():
        for node, dy in roots:
            arrive(node, dy)
        while heap:
            node = heappop(heap)[1]
            dy = pending.pop(node)
            if capture is not None and node in capture:
                capture[node] = dy
                if ends:
                    continue
            if node.saved is None:
                raise RuntimeError(
                    "backward: the saved arrays of this graph were freed by an earlier backward; "
                    "pass retain_graph=True to that one to walk the graph again"
                )
            if node.order < changes.last:
                check(node)
            for sink, g in zip(node.inputs, gradients(node, dy)):
                if g is not None and sink is not None:
                    arrive(sink, g)
    if capture is not None:
        capture.update({leaf: g for leaf, g in leaves.items() if leaf in capture})
    return leaves


def gradients(node: Node, dy: Any) -> Sequence[Any]:
    backward = node.backward
    if not isinstance(backward, partial):
        return rule_of(node, backward)(node, dy)
    if isinstance(backward.args[0], int):  # one output of several
        return ({backward.args[0]: dy},)
    function, count = backward.args
    return rule_of(node, function)(node, *[dy.get(i) for i in range(count)])
