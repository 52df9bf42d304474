"""The tape: what was computed, and how to walk it backwards.

An operation that needs a gradient leaves a `Node`: the function that turns the gradient of its
output into the gradients of its inputs, the arrays that function needs, and where the results go.
`walk` visits the nodes newest first, so that a node is visited when all that used its output has
been. A node points at its inputs and never at its output: graphs have no cycles and die with
the last tensor that needs them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from heapq import heappop, heappush
from sys import getrefcount
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from .changes import changes, check, count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]
else:
    Array = np.ndarray  # importing numpy.typing takes longer than this module
Grads: TypeAlias = Sequence["Array | None"]
Hook: TypeAlias = Callable[[Array], Array]


class Mode(threading.local):
    """Whether operations are recorded, for each thread on its own."""

    enabled = True


ndarray = np.ndarray
mode = Mode()
# One entry for each walk in progress, of any thread, that leaves what nodes have saved. While there
# is none, a backward may free what it has read.
retaining: list[bool] = []


class Leaf(Protocol):
    """A tensor that no operation made: it keeps its gradient."""

    hooks: dict[int, Hook] | None

    def _accumulate(self, gradient: Array, fresh: bool) -> None: ...


class Node:
    """One recorded operation (or one output of an operation with several).

    Attributes
    ----------
    backward
        ``backward(node, dy)`` gives one gradient, or None, for each input.
    inputs
        For each input the node that made it, the leaf tensor itself, or None (a constant).
    saved
        What `backward` needs; None once a walk has used and freed it.
    needs
        For each input whether its gradient is wanted.
    order
        Number of the operation, counted over the whole process.
    hooks
        Functions that may replace the gradient of the output before `backward` sees it.
    """

    __slots__ = ("backward", "hooks", "inputs", "needs", "order", "saved")

    def __init__(
        self,
        backward: Callable[..., Grads],
        inputs: tuple[Node | Leaf | None, ...],
        needs: tuple[bool, ...],
        saved: Any,
    ) -> None:
        self.backward = backward
        self.inputs = inputs
        self.needs = needs
        self.saved = saved
        self.order = next(count)
        self.hooks: dict[int, Hook] | None = None


def _references() -> int:
    """How many references `walk` sees on an array that belongs to nobody else."""
    grads = (np.empty(0),)
    g = grads[0]
    return getrefcount(g)


ALONE = _references()


def add(held: Array, g: Array, alone: bool) -> Array:
    """Sum of two gradients, in `held` itself where nobody else can see it."""
    if alone and held.shape == g.shape and held.dtype == g.dtype and held.flags.writeable:
        return np.add(held, g, out=held)
    return np.asarray(held + g)


def references(dy: Array) -> int:
    """How many `owned` sees on an array."""
    return getrefcount(dy)


def owned(dy: Array) -> bool:
    """Whether nobody but the walk holds what a backward was given: then it may be written."""
    return getrefcount(dy) == OWNED and type(dy.base) is not ndarray and dy.flags.writeable


def walk(
    roots: Iterable[tuple[Node, Array]],
    retain_graph: bool = False,
    capture: dict[Any, Array | None] | None = None,
) -> None:
    """Carry gradients from `roots` to the leaves, newest node first, without recursion.

    With `capture` the gradients that reach its keys (nodes or leaves) are put there, and no leaf is
    changed. Sums run in the order of the walk, so results are the same in every run.
    """
    if retain_graph:
        retaining.append(True)
    try:
        visit(roots, retain_graph, capture)
    finally:
        if retain_graph:
            retaining.pop()


def visit(
    roots: Iterable[tuple[Node, Array]],
    retain_graph: bool,
    capture: dict[Any, Array | None] | None,
) -> None:
    """The work of `walk`."""
    pending: dict[Node, Array] = {}
    late: dict[Any, Array] = {}  # leaves whose gradient must be whole before anyone sees it
    heap: list[tuple[int, Node]] = []
    for node, dy in roots:
        if node in pending:
            pending[node] = add(pending[node], dy, False)
        else:
            pending[node] = dy
            heappush(heap, (-node.order, node))
    while heap:
        node = heappop(heap)[1]
        dy = pending.pop(node)
        if node.hooks is not None:
            dy = run_hooks(node.hooks, dy)
        if capture is not None and node in capture:
            capture[node] = dy
        if node.saved is None:
            raise RuntimeError(
                "backward: the saved arrays of this graph were freed by an earlier backward; "
                "pass retain_graph=True to that one to walk the graph again"
            )
        if node.order < changes.last:
            check(node)
        grads = node.backward(node, dy)
        del dy
        if node.saved and not retain_graph:
            node.saved = None
        i = 0
        for sink in node.inputs:
            g = grads[i]
            i += 1
            if g is None or sink is None:
                continue
            if type(g) is not ndarray:
                if capture is None and type(sink) is not Node and sink.hooks is None:
                    keep = getattr(g, "accumulate_in", None)  # a gradient kept as rows
                    if keep is not None:
                        keep(sink)
                        continue
                g = np.asarray(g)
            if type(sink) is Node:
                held = pending.get(sink)
                if held is None:
                    pending[sink] = g
                    heappush(heap, (-sink.order, sink))
                else:
                    alone = getrefcount(held) == ALONE and type(held.base) is not ndarray
                    pending[sink] = add(held, g, alone)
            elif capture is None and sink.hooks is None:
                alone = getrefcount(g) == ALONE and type(g.base) is not ndarray
                sink._accumulate(g, alone)  # type: ignore[union-attr]
            elif capture is None or sink in capture:
                late[sink] = add(late[sink], g, False) if sink in late else g
        grads, g = (), None  # the next backward may be the only one that holds one of them
    for leaf, g in late.items():
        if leaf.hooks is not None:
            g = run_hooks(leaf.hooks, g)
        if capture is None:
            leaf._accumulate(g, False)
        else:
            start = capture[leaf]  # what an output that is this leaf has left here
            capture[leaf] = g if start is None else add(start, g, False)


def run_hooks(hooks: dict[int, Hook], dy: Array) -> Array:
    """The gradient after every hook, in the order they were registered."""
    for hook in tuple(hooks.values()):
        dy = hook(dy)
    return dy


def _references_in_backward() -> int:
    """How many references a backward sees on a gradient that belongs to nobody but the walk."""
    seen: list[int] = []

    def first(node: Node, dy: Array) -> Grads:
        return (np.empty(0),)

    def second(node: Node, dy: Array) -> Grads:
        seen.append(references(dy))
        return ()

    end = Node(second, (), (), ())
    walk(((Node(first, (end,), (True,), ()), np.empty(0)),))
    return seen[0]


OWNED = _references_in_backward()
