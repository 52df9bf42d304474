"""Gradients as return values, and `backward` for several tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..tensor import Tensor, TensorLike, seed_gradient
from .contract import Array
from .grad_mode import enable_grad
from .recorded import walk_recorded
from .tape import walk


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: TensorLike | Sequence[TensorLike | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    *,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """Compute the gradients of `outputs` by `inputs` without changing any ``.grad``.

    Parameters
    ----------
    outputs
        Tensors to differentiate; several are summed.
    inputs
        Tensors, leaves or not, to differentiate by.
    grad_outputs
        The initial gradient of each output; 1 for scalars.
    retain_graph
        Keep the saved arrays for another backward pass; by default as `create_graph`.
    create_graph
        Compute the gradients by operations that are recorded, so that they can be differentiated
        again. RuntimeError where an operation has no such gradient.
    only_inputs
        Ignored, as in PyTorch: no other tensor gets a gradient.
    allow_unused
        Return None for inputs that no output depends on, instead of raising an error.
    materialize_grads
        Return zeros for such inputs.

    Returns
    -------
    tuple of Tensor
        One gradient for each input.

    Examples
    --------
    >>> x = fastnn.ones(2, requires_grad=True)
    >>> fastnn.autograd.grad(x.reshape(2, 1), x, fastnn.full((2, 1), 3.0))
    (tensor([3., 3.]),)
    """
    ys = [outputs] if isinstance(outputs, Tensor) else list(outputs)
    xs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    dys = as_list(grad_outputs, len(ys), isinstance(outputs, Tensor))
    if len(dys) != len(ys):
        raise ValueError(f"grad: {len(ys)} outputs need as many grad_outputs, got {len(dys)}")
    for i, x in enumerate(xs):
        if not x.requires_grad:
            raise RuntimeError(f"grad: input {i} does not require a gradient")
    capture: dict[Any, Any] = {x if x.node is None else x.node: None for x in xs}
    if create_graph:
        walk_recorded(seeds("grad", ys, dys), capture)
    else:
        roots = []
        leaves: dict[Any, Array] = {}
        for y, dy in zip(ys, dys):
            start = seed_gradient("grad", y, dy)
            if y.node is not None:
                roots.append((y.node, start))
            elif y in capture:
                leaves[y] = leaves[y] + start if y in leaves else start
        walk(roots, bool(retain_graph), capture, leaves)
    found = [capture[x if x.node is None else x.node] for x in xs]
    for i, (g, x) in enumerate(zip(found, xs)):
        if g is None and materialize_grads:
            found[i] = Tensor(np.zeros_like(x._array))
        elif g is None and not allow_unused:
            raise RuntimeError(
                f"grad: the outputs do not depend on input {i}; pass allow_unused=True for None"
            )
    return tuple([Tensor(g.copy()) if isinstance(g, np.ndarray) else g for g in found])


def seeds(op: str, ys: Sequence[Tensor], dys: Sequence[Any]) -> list[tuple[Any, Tensor]]:
    """Where a recorded backward pass starts: nodes or leaves, and their gradients as given."""
    starts = [(y, dy, seed_gradient(op, y, dy)) for y, dy in zip(ys, dys, strict=True)]
    return [
        (y if y.node is None else y.node, dy if isinstance(dy, Tensor) else Tensor(start))
        for y, dy, start in starts
    ]


def as_list(grads: Any, size: int, single: bool) -> list[Any]:
    """The initial gradients, one for each output."""
    if grads is None:
        return [None] * size
    return [grads] if single and not isinstance(grads, (list, tuple)) else list(grads)


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: TensorLike | Sequence[TensorLike | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
) -> None:
    """As `Tensor.backward`, for several tensors in one pass.

    Examples
    --------
    >>> x = fastnn.ones(1, requires_grad=True)
    >>> fastnn.autograd.backward([x.reshape(1, 1), x.reshape(())])
    >>> x.grad
    tensor([2.])
    """
    ys = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    dys = as_list(grad_tensors, len(ys), isinstance(tensors, Tensor))
    if create_graph:
        accumulate(walk_recorded(seeds("backward", ys, dys), None))
        return
    roots = []
    leaves: dict[Any, Array] = {}
    for y, dy in zip(ys, dys, strict=True):
        start = seed_gradient("backward", y, dy)
        if y.node is None:
            leaves[y] = leaves[y] + start if y in leaves else start
        else:
            roots.append((y.node, start))
    walk(roots, bool(retain_graph), leaves=leaves)


def accumulate(leaves: dict[Any, Tensor]) -> None:
    """Add gradients that have a graph to those of leaves."""
    for leaf, g in leaves.items():
        with enable_grad():
            leaf._grad = g if leaf._grad is None else leaf._grad + g


Tensor._backward_recorded = staticmethod(backward)
