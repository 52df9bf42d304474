"""User-defined operations: a forward and a backward on tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import Tensor
from .changes import owner
from .grad_mode import no_grad
from .record import Array, Grads, Node, array, record_many

__all__ = ["Context", "Function"]


class Context:
    """State that a `Function` passes from its forward to its backward."""

    def __init__(self, needs: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs
        self.saved_tensors: tuple[Tensor | None, ...] = ()
        self.materialize_grads = True
        self.non_differentiable: tuple[Tensor, ...] = ()

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Save tensors; `backward` reads them, detached, from ``ctx.saved_tensors``."""
        # Detached: an output with its node would keep itself alive through this context.
        self.saved_tensors = tuple([None if t is None else t.detach() for t in tensors])

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Declare outputs that have no gradient."""
        self.non_differentiable = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Choose what `backward` gets for outputs without a gradient: zeros (default) or None."""
        self.materialize_grads = value


class Function:
    """Base of user-defined operations: a forward and a backward on tensors.

    Define two static methods in a subclass and call ``apply`` with positional arguments. Operations
    inside them are not recorded. The inputs of `forward` still say whether they require a gradient,
    so NumPy gets those that do through ``.detach().numpy()``. What `backward` gets, gradients and
    saved tensors, requires none: there ``.numpy()`` is enough. Both may return NumPy arrays.

    Examples
    --------
    >>> class Cube(fastnn.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x.detach().numpy() ** 3
    ...     @staticmethod
    ...     def backward(ctx, dy):
    ...         (x,) = ctx.saved_tensors
    ...         return 3 * x.numpy() ** 2 * dy.numpy()
    >>> x = fastnn.tensor([1.0, 2.0], requires_grad=True)
    >>> Cube.apply(x).backward(fastnn.ones(2))
    >>> x.grad
    tensor([ 3., 12.])
    """

    @staticmethod
    def forward(ctx: Context, *args: Any) -> Any:
        """Compute the output, or a tuple of outputs."""
        raise NotImplementedError("Function: define a static method forward(ctx, *inputs)")

    @staticmethod
    def backward(ctx: Context, *grads: Any) -> Any:
        """Compute one gradient, or None, for each argument of `forward`."""
        raise NotImplementedError("Function: define a static method backward(ctx, *grads)")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run `forward` on `args` and record it as one operation."""
        context = Context(tuple([isinstance(x, Tensor) and x.requires_grad for x in args]))
        with no_grad():
            result = cls.forward(context, *args)
        many = isinstance(result, (tuple, list))
        results = tuple(result) if many else (result,)
        arrays = own_memory([array(y) for y in results], args)
        like = [(y.shape, y.dtype) for y in arrays]
        shapes = [np.shape(x) if isinstance(x, Tensor) else None for x in args]
        kept = [t._array for t in context.saved_tensors if t is not None]
        outs = record_many(arrays, _function_backward, args, cls, context, like, shapes, kept)
        constants = {id(t) for t in context.non_differentiable}
        for y, out in zip(results, outs):
            if id(y) in constants:
                out.node, out._requires_grad = None, False
        return outs if many else outs[0]


def own_memory(outputs: list[Array], args: tuple[Any, ...]) -> list[Array]:
    """The outputs, copied where they share memory with an argument or each other.

    A change in place of one of them would have to run the user's backward for the others.
    """
    taken = {id(owner(x._array)) for x in args if isinstance(x, Tensor)}
    result = []
    for y in outputs:
        if id(owner(y)) in taken:
            y = y.copy("K")
        taken.add(id(owner(y)))
        result.append(y)
    return result


def _function_backward(node: Node, *dys: Array | None) -> Grads:
    """Call the user's backward with tensors and check its results."""
    function, context, like, shapes, _ = node.saved
    if context.materialize_grads:
        dys = tuple([np.zeros(*y) if dy is None else dy for dy, y in zip(dys, like)])
    with no_grad():
        grads = function.backward(context, *[None if dy is None else Tensor(dy) for dy in dys])
    if not isinstance(grads, (tuple, list)):
        grads = (grads,)
    if len(grads) < len(shapes) or any(g is not None for g in grads[len(shapes) :]):
        raise RuntimeError(
            f"{function.__name__}.backward: expected {len(shapes)} gradients, one for each "
            f"argument of forward, got {len(grads)}"
        )
    result: list[Array | None] = []
    for i, (g, shape, needed) in enumerate(zip(grads, shapes, node.needs)):
        if g is None or not needed:
            result.append(None)
            continue
        g = array(g)
        if g.shape != shape:
            raise RuntimeError(
                f"{function.__name__}.backward: gradient {i} must have shape {shape}, got {g.shape}"
            )
        result.append(g.view())  # a view: the user may keep the array
    return result
