"""How operations are recorded, and how users write their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..tensor import Tensor, TensorLike, as_array
from .changes import count
from .grad_mode import no_grad
from .tape import Array, Grads, Node, mode

__all__ = [
    "Array",
    "Context",
    "Function",
    "Grads",
    "Node",
    "array",
    "record",
    "record_many",
    "unbroadcast",
]

Backward = Callable[..., Grads]
new = object.__new__
ndarray = np.ndarray
ARRIVED = np.zeros(0)  # passed from one output to the node of all outputs: "my gradient is there"


def array(input: TensorLike) -> Array:
    """The NumPy array of a tensor, array, scalar or list (Python floats become float32)."""
    if isinstance(input, Tensor):
        return input._array
    if type(input) is np.ndarray:
        return input
    return as_array(input)


def record(y: Any, backward: Backward, inputs: tuple[Any, ...], *saved: Any) -> Tensor:
    """The output `y` of an operation as a tensor, with a node where a gradient is needed.

    Parameters
    ----------
    y
        The output array.
    backward
        ``backward(node, dy)`` returns one gradient, or None, for each input.
    inputs
        The operation's inputs as the user gave them; what is no tensor counts as a constant.
    saved
        What `backward` will find in ``node.saved``. Never the output tensor itself, only its array:
        a node must not point at its output.
    """
    out = new(Tensor)
    out._array = y if type(y) is ndarray else np.asarray(y)
    out.grad = out.hooks = out.node = None
    out.requires_grad = False
    if mode.enabled:
        sinks, needs = sinks_of(inputs)
        if True in needs:
            out.requires_grad = True
            out.node = node = new(Node)  # filled in here: this is the hottest path of all
            node.backward = backward
            node.inputs = sinks
            node.needs = needs
            node.saved = saved
            node.order = next(count)
            node.hooks = None
    return out


def sinks_of(inputs: tuple[Any, ...]) -> tuple[tuple[Node | Tensor | None, ...], tuple[bool, ...]]:
    """For each input where its gradient goes, or None for a constant; and whether it is wanted."""
    # One to three inputs are spelt out, which halves the time: they are nearly all operations.
    if len(inputs) == 1:
        (x,) = inputs
        if isinstance(x, Tensor) and x.requires_grad:
            return (x.node or x,), (True,)
        return (None,), (False,)
    if len(inputs) == 2:
        x, y = inputs
        p = (x.node or x) if isinstance(x, Tensor) and x.requires_grad else None
        q = (y.node or y) if isinstance(y, Tensor) and y.requires_grad else None
        return (p, q), (p is not None, q is not None)
    if len(inputs) == 3:
        x, y, z = inputs
        p = (x.node or x) if isinstance(x, Tensor) and x.requires_grad else None
        q = (y.node or y) if isinstance(y, Tensor) and y.requires_grad else None
        r = (z.node or z) if isinstance(z, Tensor) and z.requires_grad else None
        return (p, q, r), (p is not None, q is not None, r is not None)
    sinks: list[Node | Tensor | None] = []
    needs = []
    for x in inputs:
        if isinstance(x, Tensor) and x.requires_grad:
            sinks.append(x.node or x)
            needs.append(True)
        else:
            sinks.append(None)
            needs.append(False)
    return tuple(sinks), tuple(needs)


def record_many(
    ys: Sequence[Any], backward: Backward, inputs: tuple[Any, ...], *saved: Any
) -> tuple[Tensor, ...]:
    """As `record` for several outputs: ``backward(node, *dys)``, None where no gradient came."""
    outs = tuple([Tensor(y) for y in ys])
    if mode.enabled:
        sinks, needs = sinks_of(inputs)
        if True in needs:
            dys: list[Array | None] = [None] * len(outs)
            node = Node(partial(_join, backward, dys), sinks, needs, saved)
            for i, out in enumerate(outs):
                if out._array.dtype.kind in "fc":
                    out.node = Node(partial(_arrive, dys, i), (node,), (True,), ())
                    out.requires_grad = True
    return outs


def _arrive(dys: list[Array | None], i: int, node: Node, dy: Array) -> Grads:
    dys[i] = dy
    return (ARRIVED,)


def _join(backward: Backward, dys: list[Array | None], node: Node, arrived: Array) -> Grads:
    arguments = tuple(dys)
    dys[:] = [None] * len(dys)
    return backward(node, *arguments)


def unbroadcast(dy: Array, shape: tuple[int, ...]) -> Array:
    """Sum `dy` down to `shape`, from which it had been broadcast.

    Examples
    --------
    >>> unbroadcast(np.ones((4, 2, 3)), (2, 1)).tolist()
    [[12.0], [12.0]]
    """
    if dy.shape == shape:
        return dy
    lead = dy.ndim - len(shape)
    axes = tuple(range(lead)) + tuple(
        [lead + i for i, size in enumerate(shape) if size == 1 and dy.shape[lead + i] != 1]
    )
    dx: Array = dy.sum(axis=axes, keepdims=True)
    return dx.reshape(shape)


class Context:
    """What a user's `Function` keeps between its forward and its backward."""

    def __init__(self, needs: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs
        self.saved_tensors: tuple[Tensor | None, ...] = ()
        self.materialize_grads = True
        self.non_differentiable: tuple[Tensor, ...] = ()

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors, inputs or outputs, for `backward` to find in ``ctx.saved_tensors``."""
        # Detached: an output that kept its node would keep itself alive through this context.
        self.saved_tensors = tuple([None if t is None else t.detach() for t in tensors])

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Name outputs through which no gradient flows."""
        self.non_differentiable = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether outputs that got no gradient give `backward` zeros (the default) or None."""
        self.materialize_grads = value


class Function:
    """An operation written by the user: a forward and its backward, in terms of tensors.

    Subclass it with two static methods and call ``apply``. Nothing inside them is recorded, so
    they may use NumPy through ``.detach().numpy()`` as they like.

    Examples
    --------
    >>> import fastnn
    >>> class Cube(fastnn.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return fastnn.Tensor(x.detach().numpy() ** 3)
    ...     @staticmethod
    ...     def backward(ctx, dy):
    ...         (x,) = ctx.saved_tensors
    ...         return fastnn.Tensor(3 * x.detach().numpy() ** 2 * dy.numpy())
    >>> x = fastnn.tensor([1.0, 2.0], requires_grad=True)
    >>> Cube.apply(x).backward(fastnn.ones(2))
    >>> x.grad
    tensor([ 3., 12.])
    """

    @staticmethod
    def forward(ctx: Context, *args: Any) -> Any:
        """Compute the output, or a tuple of outputs."""
        raise NotImplementedError("Function: write a static method forward(ctx, *inputs)")

    @staticmethod
    def backward(ctx: Context, *grads: Any) -> Any:
        """One gradient, or None, for each argument of `forward`."""
        raise NotImplementedError("Function: write a static method backward(ctx, *grads)")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run `forward` on `args`, recorded as one operation."""
        context = Context(tuple([isinstance(x, Tensor) and x.requires_grad for x in args]))
        with no_grad():
            result = cls.forward(context, *args)
        many = isinstance(result, (tuple, list))
        results = tuple(result) if many else (result,)
        arrays = [array(y) for y in results]
        like = [(y.shape, y.dtype) for y in arrays]
        shapes = [np.shape(x) if isinstance(x, Tensor) else None for x in args]
        kept = [t._array for t in context.saved_tensors if t is not None]
        outs = record_many(arrays, _function_backward, args, cls, context, like, shapes, kept)
        constants = {id(t) for t in context.non_differentiable}
        for y, out in zip(results, outs):
            if id(y) in constants:
                out.node, out.requires_grad = None, False
        return outs if many else outs[0]


def _function_backward(node: Node, *dys: Array | None) -> Grads:
    """Wrap the gradients for the user's backward, and check what it returns."""
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
        result.append(g if g.base is None else g.copy())  # foreign memory never becomes a .grad
    return result
