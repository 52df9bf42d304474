"""Recording of operations: output tensors, with a node if a gradient is needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from .. import _core
from ..tensor import Tensor, TensorLike, as_array
from .changes import count
from .contract import Array, Grads
from .tape import Node, mode

__all__ = ["Array", "Grads", "Node", "array", "record", "record_many", "unbroadcast"]

Backward = Callable[..., Grads]
new = object.__new__
ndarray = np.ndarray


def array(input: TensorLike) -> Array:
    """The NumPy array of a tensor, array, scalar or list (Python floats become float32)."""
    if isinstance(input, Tensor):
        return input._array
    if type(input) is np.ndarray:
        return input
    return as_array(input, constant=True)


def record(y: Any, backward: Backward, inputs: tuple[Any, ...], *saved: Any) -> Tensor:
    """Make a tensor of an operation's output `y`, with a node if a gradient is needed.

    Parameters
    ----------
    y
        The output array.
    backward
        ``backward(node, dy)`` returns one gradient, or None, for each input, under the rules of
        `contract.py`.
    inputs
        The inputs of the operation; all that are not tensors are constants.
    saved
        The contents of ``node.saved``. Save the output array, never the output tensor: a node must
        not refer to its output.
    """
    out = new(Tensor)
    out._array = y if type(y) is ndarray else np.asarray(y)
    out._grad = out.hooks = out.node = out.alias = None
    out._requires_grad = False
    if mode.enabled:
        sinks, needs = sinks_of(inputs)
        if True in needs:
            out._requires_grad = True
            out.node = node = new(Node)  # set up inline: the hottest path of the library
            node.backward = backward
            node.inputs = sinks
            node.needs = needs
            node.saved = saved
            node.order = next(count)
            node.hooks = None
    return out


def constant(y: Any) -> Tensor:
    """A tensor outside the graph over an array: `record` without inputs, in half the time."""
    out = new(Tensor)
    out._array = y if type(y) is ndarray else np.asarray(y)
    out._grad = out.hooks = out.node = out.alias = None
    out._requires_grad = False
    return out


def sinks_of(inputs: tuple[Any, ...]) -> tuple[tuple[Node | Tensor | None, ...], tuple[bool, ...]]:
    """For each input: the node or leaf that gets its gradient, or None; and whether one does."""
    # Nearly all operations have one to three inputs: explicit cases for them halve the time.
    if len(inputs) == 1:
        (x,) = inputs
        if isinstance(x, Tensor) and x._requires_grad:
            return (x.node or x,), (True,)
        return (None,), (False,)
    if len(inputs) == 2:
        x, y = inputs
        p = (x.node or x) if isinstance(x, Tensor) and x._requires_grad else None
        q = (y.node or y) if isinstance(y, Tensor) and y._requires_grad else None
        return (p, q), (p is not None, q is not None)
    if len(inputs) == 3:
        x, y, z = inputs
        p = (x.node or x) if isinstance(x, Tensor) and x._requires_grad else None
        q = (y.node or y) if isinstance(y, Tensor) and y._requires_grad else None
        r = (z.node or z) if isinstance(z, Tensor) and z._requires_grad else None
        return (p, q, r), (p is not None, q is not None, r is not None)
    sinks: list[Node | Tensor | None] = []
    needs = []
    for x in inputs:
        if isinstance(x, Tensor) and x._requires_grad:
            sinks.append(x.node or x)
            needs.append(True)
        else:
            sinks.append(None)
            needs.append(False)
    return tuple(sinks), tuple(needs)


def record_many(
    ys: Sequence[Any], backward: Backward, inputs: tuple[Any, ...], *saved: Any
) -> tuple[Tensor, ...]:
    """As `record` for several outputs: ``backward(node, *dys)``, None for those without gradient.

    The operation has one node, and each output has one that passes its gradient, with the number
    of the output, to that node. `backward` may return views of `dys`, but not `dys` themselves.
    """
    outs = tuple([constant(y) for y in ys])
    if mode.enabled:
        sinks, needs = sinks_of(inputs)
        if True in needs:
            node = Node(partial(_all_outputs, backward, len(outs)), sinks, needs, saved)
            for i, out in enumerate(outs):
                if out._array.dtype.kind in "fcV":  # V: bfloat16
                    out.node = Node(partial(_one_output, i), (node,), (True,), ())
                    out._requires_grad = True
    return outs


def _one_output(i: int, node: Node, dy: Array) -> Grads:
    return ({i: dy},)


def _all_outputs(backward: Backward, size: int, node: Node, dys: dict[int, Array]) -> Grads:
    return backward(node, *[dys.get(i) for i in range(size)])


def unbroadcast(dy: Array, shape: tuple[int, ...]) -> Array:
    """Sum `dy` over the dimensions in which an input of `shape` was broadcast.

    Examples
    --------
    >>> unbroadcast(np.ones((4, 2, 3)), (2, 1)).tolist()
    [[12.0], [12.0]]
    """
    if dy.shape == shape:
        return dy
    lead = dy.ndim - len(shape)
    axes = tuple([i for i, n in enumerate(dy.shape) if i < lead or shape[i - lead] != n])
    if dy.dtype.char in "fd":
        return _core.sum(dy, axes, True).reshape(shape)
    wide = dy.astype(np.float32)  # of float16 and bfloat16, which have no kernels
    return _core.astype(_core.sum(wide, axes, True).reshape(shape), dy)
