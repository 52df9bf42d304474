"""The tape: recorded operations, and the backward pass through them.

An operation whose inputs need a gradient creates a `Node` (see `record.py`). It holds the function
that computes the gradients of the inputs from that of the output, the arrays that this function
needs, and the nodes or leaves that receive the results. `walk` visits nodes newest first, so each
node comes after all nodes that used its output. A node refers to its inputs and never to its
output: graphs have no cycles and are freed with the last tensor that needs them.

`contract.py` defines which gradients the walk may overwrite.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from typing import Any

import numpy as np

from .. import _core
from .changes import changes, check, count
from .contract import Array, Grads, Hook, Leaf, Reuses, SparseGradient, owned
from .graph import name_of, next_functions
from .hooks import run_afterwards, run_hooks

ndarray = np.ndarray


class Mode(threading.local):
    """Whether operations are recorded, per thread."""

    enabled = True


mode = Mode()


class Node:
    """One recorded operation (or one output of an operation with several).

    Attributes
    ----------
    backward
        ``backward(node, dy)`` returns one gradient, or None, for each input.
    inputs
        For each input the node that made it, the leaf tensor itself, or None (a constant).
    saved
        The arrays that `backward` needs; None after a walk has freed them.
    needs
        For each input, whether its gradient is needed.
    order
        Number of the operation, from a counter of the process.
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

    def name(self) -> str:
        """The name of the operation in PyTorch's style, such as ``MulBackward``."""
        return name_of(self)

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """For each input the node that made it, and which of that node's outputs it is.

        A leaf is an ``AccumulateGrad`` with the leaf as ``variable``, a constant is None.
        """
        return next_functions(self)

    def __repr__(self) -> str:
        return f"<{name_of(self)} object at {id(self):#x}>"


def add(held: Array, g: Array, out: Array | None = None) -> Array:
    """The sum of two gradients, written to `out`, one of them, if it is given and not a view."""
    if (
        out is not None
        and type(out.base) is not ndarray
        and held.dtype is g.dtype
        and held.shape == g.shape
        and (out is held or held.strides == g.strides)
    ):
        return _core.add(held, g, out)
    return _core.add(held, g)


def walk(
    roots: Iterable[tuple[Node, Array]],
    retain_graph: bool = False,
    capture: dict[Any, Array | None] | None = None,
    leaves: dict[Any, Array] | None = None,
) -> None:
    """Propagate gradients from `roots` to the leaves, newest node first, without recursion.

    With `capture`, the gradients that reach its keys (nodes or leaves) are stored there, and no
    leaf is changed. `leaves` are outputs themselves. Sums run in the order of the walk: always.
    """
    pending: dict[Node, Any] = {}  # the gradient so far of every node not yet visited
    shared: set[Node] = set()  # nodes whose gradient other code may also use
    late = leaves or {}  # leaves whose gradient must be complete before it is used
    heap: list[tuple[int, Node]] = []
    for node, dy in roots:
        if node in pending:
            dy = add(pending[node], dy)
        else:
            heappush(heap, (-node.order, node))
        pending[node] = dy
        shared.add(node)
    while heap:
        node = heappop(heap)[1]
        dy = pending.pop(node)
        if node.hooks is not None:
            dy = run_hooks(node.hooks, dy)
            shared.add(node)
        if capture is not None and node in capture:
            capture[node] = dy
            shared.add(node)
        if node.saved is None:
            raise RuntimeError(
                "backward: the saved arrays of this graph were freed by an earlier backward; "
                "pass retain_graph=True to that one to walk the graph again"
            )
        if node.order < changes.last:
            check(node)
        backward = node.backward
        if type(backward) is Reuses:
            reuse_dy = node not in shared and type(dy.base) is not ndarray and dy.flags.writeable
            grads = backward.backward(node, dy, reuse_dy, not retain_graph)
        else:
            grads = backward(node, dy)
        if node.saved and not retain_graph:
            node.saved = None
        i = 0
        for sink in node.inputs:
            g: Any = grads[i]
            i += 1
            if g is None or sink is None:
                continue
            if type(g) is not ndarray and type(g) is not dict:
                if isinstance(g, SparseGradient):
                    if type(sink) is not Node:
                        if capture is None and sink.hooks is None:
                            g.accumulate_in(sink)
                            continue
                    elif sink not in shared and owned(pending.get(sink)):
                        g.add_to(pending[sink])
                        continue
                g = np.asarray(g)
            if type(sink) is Node:
                if sink not in pending:
                    pending[sink] = g
                    heappush(heap, (-sink.order, sink))
                    if g is dy and not (type(backward) is Reuses and reuse_dy):
                        shared.add(sink)
                elif type(g) is dict:  # several outputs: {output: gradient}
                    pending[sink].update(g)
                elif sink in shared:
                    pending[sink] = add(pending[sink], g, None if g is dy else g)
                    shared.remove(sink)
                else:
                    held = pending[sink]
                    pending[sink] = add(held, g, held)
            elif capture is None and sink.hooks is None:
                sink._accumulate(g, g is not dy and type(g.base) is not ndarray)  # type: ignore[union-attr]
            elif capture is None or sink in capture:
                late[sink] = add(late[sink], g) if sink in late else g
    if late:
        finish(late, capture)


def finish(late: dict[Any, Array], capture: dict[Any, Array | None] | None) -> None:
    """Pass complete gradients to leaves with hooks, or to the captured ones."""
    for leaf, g in late.items():
        g = g if leaf.hooks is None else run_hooks(leaf.hooks, g)
        if capture is None:
            leaf._accumulate(g, False)
            run_afterwards(leaf)
        else:
            capture[leaf] = g
