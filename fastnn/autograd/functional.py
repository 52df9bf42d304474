"""Products with Jacobians and Hessians, and these matrices, of functions of tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from .. import _core
from ..names import offer
from ..tensor import Tensor
from .grad_mode import enable_grad
from .gradient import grad
from .record import Array, Grads, Node, record
from .recorded import rule

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Tensors: TypeAlias = "Tensor | Sequence[Tensor]"


def several(op: str, name: str, value: Any) -> tuple[Tensor, ...]:
    """One tensor, or a sequence of them, as a tuple."""
    found = (value,) if isinstance(value, Tensor) else value
    if not isinstance(found, (tuple, list)) or not all(isinstance(x, Tensor) for x in found):
        raise TypeError(f"{op}: {name} must be a tensor or a tuple of tensors, got {value!r:.60}")
    return tuple(found)


def sources(op: str, inputs: Tensors, create_graph: bool) -> tuple[Tensor, ...]:
    """Tensors to differentiate by: new leaves, or with a graph the inputs that have one."""
    return tuple(
        [
            x if create_graph and x.requires_grad else x.detach().requires_grad_()
            for x in several(op, "inputs", inputs)
        ]
    )


def evaluated(func: Callable[..., Any], xs: Sequence[Any]) -> Any:
    """The value of `func`, with its graph in any grad mode."""
    with enable_grad():
        return func(*xs)


def gradients(y: Tensor, xs: tuple[Tensor, ...], dy: Any, create_graph: bool) -> tuple[Tensor, ...]:
    """One gradient for each input, zeros for those that play no part."""
    if not y.requires_grad:
        return tuple([Tensor(np.zeros_like(x._array)) for x in xs])
    found = grad(y, xs, dy, True, create_graph, materialize_grads=True)
    return tuple([g for g in found if g is not None])


def like(results: Sequence[Any], given: Any) -> Any:
    """One result for one tensor, a tuple for a sequence."""
    return results[0] if isinstance(given, Tensor) else tuple(results)


def scalar(op: str, y: Any) -> Tensor:
    if not isinstance(y, Tensor) or y._array.size != 1:
        shape = y.shape if isinstance(y, Tensor) else type(y).__name__
        raise RuntimeError(f"{op}: func must return a tensor with one element, got {shape}")
    return y


def jacobian(func: Callable[..., Any], inputs: Tensors, create_graph: bool = False) -> Any:
    r"""All derivatives of a function, :math:`J_{ij} = \partial y_i / \partial x_j`.

    Parameters
    ----------
    func
        Takes the inputs, returns a tensor or a tuple of tensors.
    inputs
        A tensor or a tuple of tensors.
    create_graph
        Record the derivatives, so that they can be differentiated again.

    Returns
    -------
    Tensor, or tuple of them
        Of shape ``(*y.shape, *x.shape)``: a tuple over the inputs if several are given, in a tuple
        over the outputs if `func` returns several.

    Examples
    --------
    >>> fastnn.autograd.functional.jacobian(lambda x: x**2, fastnn.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    xs = sources("jacobian", inputs, create_graph)
    ys = evaluated(func, xs)
    rows = [like(blocks(y, xs, create_graph), inputs) for y in several("jacobian", "outputs", ys)]
    return like(rows, ys)


def blocks(y: Tensor, xs: tuple[Tensor, ...], create_graph: bool) -> list[Tensor]:
    """The Jacobian of one output by each input, a gradient for each element."""
    rows = []
    for i in range(y._array.size):
        one = np.zeros(y._array.size, y.dtype)
        one[i] = 1
        rows.append(gradients(y, xs, Tensor(one.reshape(y.shape)), create_graph))
    found = []
    for k, x in enumerate(xs):
        shape = (*y.shape, *x.shape)
        if not rows:
            found.append(Tensor(np.zeros(shape, x.dtype)))
        elif create_graph:
            found.append(stacked([row[k].reshape(-1) for row in rows]).reshape(shape))
        else:
            found.append(Tensor(np.stack([row[k]._array for row in rows]).reshape(shape)))
    return found


def stacked(rows: list[Tensor]) -> Tensor:
    """Rows, one below the other, in the graph."""
    arrays = [row._array for row in rows]
    return record(_core.stack(arrays, 0), stacked_backward, tuple(rows))


def stacked_backward(node: Node, dy: Array) -> Grads:
    return [dy[i] for i in range(len(node.inputs))]


@rule(stacked_backward)
def stacked_rule(node: Node, dy: Tensor) -> list[Tensor]:
    return [dy[i] for i in range(len(node.inputs))]


def hessian(func: Callable[..., Any], inputs: Tensors, create_graph: bool = False) -> Any:
    r"""Second derivatives, :math:`H_{ij} = \partial^2 y / \partial x_i \partial x_j`, of a scalar.

    Arguments are those of `jacobian`; RuntimeError if `func` returns more than one element.

    Examples
    --------
    >>> fastnn.autograd.functional.hessian(lambda x: (x**3).sum(), fastnn.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """

    def gradient(*xs: Tensor) -> Any:
        return like(gradients(scalar("hessian", evaluated(func, xs)), xs, None, True), inputs)

    return jacobian(gradient, inputs, create_graph)


def seed(op: str, v: Any, ys: tuple[Tensor, ...]) -> list[Tensor]:
    if v is None:
        for y in ys:
            scalar(op, y)
        return [Tensor(np.ones_like(y._array)) for y in ys]
    vs = several(op, "v", v)
    if [x.shape for x in vs] != [y.shape for y in ys]:
        raise RuntimeError(
            f"{op}: v must have the shapes {[tuple(y.shape) for y in ys]}, got "
            f"{[tuple(x.shape) for x in vs]}"
        )
    return list(vs)


def product(
    ys: tuple[Tensor, ...], xs: tuple[Tensor, ...], vs: Sequence[Tensor], create_graph: bool
) -> list[Tensor]:
    """``sum_k v_k dy_k/dx``."""
    used = [(y, v) for y, v in zip(ys, vs) if y.requires_grad]
    if not used:
        return [Tensor(np.zeros_like(x._array)) for x in xs]
    found = grad(
        [y for y, _ in used], xs, [v for _, v in used], True, create_graph, materialize_grads=True
    )
    return [g for g in found if g is not None]


def vjp(
    func: Callable[..., Any], inputs: Tensors, v: Tensors | None = None, create_graph: bool = False
) -> tuple[Any, Any]:
    """The value of a function, and ``v J``: one backward pass.

    `v` has the shape of the output; it may be left out for a scalar.

    Examples
    --------
    >>> x = fastnn.tensor([1.0, 2.0])
    >>> fastnn.autograd.functional.vjp(lambda x: x**2, x, fastnn.ones(2))[1]
    tensor([2., 4.])
    """
    xs = sources("vjp", inputs, create_graph)
    ys = evaluated(func, xs)
    outs = several("vjp", "outputs", ys)
    found = product(outs, xs, seed("vjp", v, outs), create_graph)
    return kept(ys, create_graph), like(found, inputs)


def kept(ys: Any, create_graph: bool) -> Any:
    """Outputs as they are returned: without their graph, if none was asked for."""
    return ys if create_graph else like([y.detach() for y in several("func", "outputs", ys)], ys)


def jvp(
    func: Callable[..., Any], inputs: Tensors, v: Tensors | None = None, create_graph: bool = False
) -> tuple[Any, Any]:
    """The value of a function, and ``J v``, from two backward passes.

    ``u J`` is linear in `u`, so its gradient by `u`, weighted with `v`, is ``J v``. `v` has the
    shape of the inputs; it may be left out for one element.

    Examples
    --------
    >>> x = fastnn.tensor([1.0, 2.0])
    >>> fastnn.autograd.functional.jvp(lambda x: x**2, x, fastnn.ones(2))[1]
    tensor([2., 4.])
    """
    xs = sources("jvp", inputs, create_graph)
    ys = evaluated(func, xs)
    outs = several("jvp", "outputs", ys)
    us = tuple([Tensor(np.zeros_like(y._array), requires_grad=True) for y in outs])
    pulled = product(outs, xs, us, True)
    found = product(tuple(pulled), us, seed("jvp", v, xs), create_graph)
    return kept(ys, create_graph), like(found, ys)


def vhp(
    func: Callable[..., Any], inputs: Tensors, v: Tensors | None = None, create_graph: bool = False
) -> tuple[Any, Any]:
    """The value of a scalar function, and ``v H`` with its Hessian.

    Examples
    --------
    >>> x = fastnn.tensor([1.0, 2.0])
    >>> fastnn.autograd.functional.vhp(lambda x: (x**3).sum(), x, fastnn.ones(2))[1]
    tensor([ 6., 12.])
    """
    xs = sources("vhp", inputs, create_graph)
    y = scalar("vhp", evaluated(func, xs))
    slopes = gradients(y, xs, None, True)
    found = product(slopes, xs, seed("vhp", v, xs), create_graph)
    return kept(y, create_graph), like(found, inputs)


def hvp(
    func: Callable[..., Any], inputs: Tensors, v: Tensors | None = None, create_graph: bool = False
) -> tuple[Any, Any]:
    """The value of a scalar function, and ``H v``; as Hessians are symmetric, that of `vhp`."""
    return vhp(func, inputs, v, create_graph)


offer(__name__)
