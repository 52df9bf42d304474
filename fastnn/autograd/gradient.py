"""Gradients as return values, and `backward` for several tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..tensor import Tensor, TensorLike, seed_gradient
from .contract import Array
from .tape import walk


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: TensorLike | Sequence[TensorLike | None] | None = None,
    retain_graph: bool = False,
    allow_unused: bool = False,
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
        Keep the saved arrays for another backward pass.
    allow_unused
        Return None for inputs that no output depends on, instead of raising an error.

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
    capture: dict[Any, Array | None] = {x if x.node is None else x.node: None for x in xs}
    roots = []
    leaves: dict[Any, Array] = {}
    for y, dy in zip(ys, dys):
        start = seed_gradient("grad", y, dy)
        if y.node is not None:
            roots.append((y.node, start))
        elif y in capture:
            leaves[y] = leaves[y] + start if y in leaves else start
    walk(roots, retain_graph, capture, leaves)
    found = [capture[x if x.node is None else x.node] for x in xs]
    for i, g in enumerate(found):
        if g is None and not allow_unused:
            raise RuntimeError(
                f"grad: the outputs do not depend on input {i}; pass allow_unused=True for None"
            )
    return tuple([None if g is None else Tensor(g.copy()) for g in found])


def as_list(grads: Any, size: int, single: bool) -> list[Any]:
    """The initial gradients, one for each output."""
    if grads is None:
        return [None] * size
    return [grads] if single and not isinstance(grads, (list, tuple)) else list(grads)


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: TensorLike | Sequence[TensorLike | None] | None = None,
    retain_graph: bool = False,
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
    roots = []
    leaves: dict[Any, Array] = {}
    for y, dy in zip(ys, dys, strict=True):
        start = seed_gradient("backward", y, dy)
        if y.node is None:
            leaves[y] = leaves[y] + start if y in leaves else start
        else:
            roots.append((y.node, start))
    walk(roots, retain_graph, leaves=leaves)
