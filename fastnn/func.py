"""Functions made of functions: their gradients, products with their Jacobians, and these.

Each takes a function of tensors and returns a function, as `torch.func` does; they can be nested,
and close over other tensors. Underneath are recorded backward passes (`create_graph`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .autograd import enable_grad
from .autograd.functional import (
    evaluated,
    gradients,
    jacobian,
    like,
    product,
    scalar,
    several,
    sources,
)
from .autograd.functional import jvp as jvp_of
from .names import offer
from .tensor import Tensor

__all__ = ["grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "vjp"]


def parts(args: tuple[Any, ...], argnums: int | tuple[int, ...]) -> list[Any]:
    numbers = (argnums,) if isinstance(argnums, int) else argnums
    return [args[i] for i in numbers]


def filled(args: tuple[Any, ...], argnums: int | tuple[int, ...], xs: tuple[Any, ...]) -> list[Any]:
    numbers = (argnums,) if isinstance(argnums, int) else argnums
    new = list(args)
    for i, x in zip(numbers, xs):
        new[i] = x
    return new


def grad_and_value(
    func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns the gradient of a scalar `func` and its value.

    Parameters
    ----------
    func
        Returns a tensor with one element; with `has_aux` and anything else beside it.
    argnums
        The arguments to differentiate by; a tuple gives a tuple of gradients.
    has_aux
        Whether `func` returns a pair, of which the second is passed on: ``(value, aux)``.

    Examples
    --------
    >>> fastnn.func.grad_and_value(lambda x: x**2)(fastnn.tensor(3.0))
    (tensor(6.), tensor(9.))
    """

    def computed(*args: Any, **kwargs: Any) -> Any:
        chosen = parts(args, argnums)
        xs = sources("grad", chosen, True)
        with enable_grad():
            result = func(*filled(args, argnums, xs), **kwargs)
        y, aux = result if has_aux else (result, None)
        nested = any(x.requires_grad for x in several("grad", "arguments", chosen))
        found = gradients(scalar("grad", y), xs, None, nested)
        slope = found[0] if isinstance(argnums, int) else found
        value = y if nested else y.detach()
        return slope, (value, aux) if has_aux else value

    return computed


def grad(
    func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns the gradient of a scalar `func`; as `grad_and_value`.

    Examples
    --------
    >>> fastnn.func.grad(fastnn.func.grad(lambda x: x**3))(fastnn.tensor(2.0))
    tensor(12.)
    """
    both = grad_and_value(func, argnums, has_aux)

    def computed(*args: Any, **kwargs: Any) -> Any:
        slope, value = both(*args, **kwargs)
        return (slope, value[1]) if has_aux else slope

    return computed


def vjp(func: Callable[..., Any], *primals: Tensor) -> tuple[Any, Callable[..., Any]]:
    """The value of `func`, and the function that pulls a vector back through it: ``v -> v J``.

    Examples
    --------
    >>> y, pull = fastnn.func.vjp(lambda x: x**2, fastnn.tensor([1.0, 2.0]))
    >>> pull(fastnn.ones(2))
    (tensor([2., 4.]),)
    """
    nested = any(x.requires_grad for x in several("vjp", "primals", primals))
    xs = sources("vjp", primals, True)
    ys = evaluated(func, xs)

    def pull(*v: Any) -> tuple[Tensor, ...]:
        given = v[0] if len(v) == 1 else v
        return tuple(product(several("vjp", "outputs", ys), xs, several("vjp", "v", given), nested))

    outputs = ys if nested else like([y.detach() for y in several("vjp", "outputs", ys)], ys)
    return outputs, pull


def jvp(
    func: Callable[..., Any], primals: tuple[Tensor, ...], tangents: tuple[Tensor, ...]
) -> tuple[Any, Any]:
    """The value of `func`, and ``J v`` for tangents v, from two backward passes.

    Examples
    --------
    >>> fastnn.func.jvp(lambda x: x**2, (fastnn.tensor([1.0, 2.0]),), (fastnn.ones(2),))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    nested = any(x.requires_grad for x in (*primals, *tangents))
    return jvp_of(func, tuple(primals), tuple(tangents), nested)


def jacrev(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """A function that returns the Jacobian of `func`, row by row: a backward pass for each output.

    Examples
    --------
    >>> fastnn.func.jacrev(lambda x: x**2)(fastnn.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """

    def computed(*args: Any) -> Any:
        chosen = parts(args, argnums)
        nested = any(x.requires_grad for x in several("jacrev", "arguments", chosen))

        def of_chosen(*xs: Tensor) -> Any:
            return func(*filled(args, argnums, xs))

        inputs = chosen[0] if isinstance(argnums, int) else tuple(chosen)
        return jacobian(of_chosen, inputs, nested)

    return computed


jacfwd = jacrev  # the same matrix; there is no forward mode


def hessian(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """A function that returns the second derivatives of `func`.

    Examples
    --------
    >>> fastnn.func.hessian(lambda x: (x**3).sum())(fastnn.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacrev(jacrev(func, argnums), argnums)


offer(__name__)
