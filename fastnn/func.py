"""Functions made of functions: their gradients, products with their Jacobians, and these.

Each takes a function of tensors and returns a function, as `torch.func` does; they can be nested,
and close over other tensors. Underneath are recorded backward passes (`create_graph`).
"""

from __future__ import annotations

import math
import re
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
from .nn.norm.batch import BatchNorm
from .nn.utils.stateless import functional_call, stack_module_state
from .ops import stack
from .random import get_state, set_state
from .tensor import Tensor

__all__ = [
    "debug_unwrap",
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "rearrange",
    "replace_all_batch_norm_modules_",
    "stack_module_state",
    "vjp",
    "vmap",
]


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


def linearize(func: Callable[..., Any], *primals: Tensor) -> tuple[Any, Callable[..., Any]]:
    """The value of `func`, and the function that pushes a vector through it: ``v -> J v``.

    Examples
    --------
    >>> y, push = fastnn.func.linearize(lambda x: x**2, fastnn.tensor([1.0, 2.0]))
    >>> push(fastnn.ones(2))
    tensor([2., 4.])
    """

    def push(*tangents: Tensor) -> Any:
        return jvp(func, primals, tangents)[1]

    return func(*primals), push


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """A function that calls `func` for each slice of its arguments, and stacks the results.

    It is a loop over slices: it saves dimensions in a program, but no time. Gradients flow through
    it, and it may be nested with the functions of this module.

    Parameters
    ----------
    func
        Takes and returns tensors, which may be in lists, tuples and dicts.
    in_dims
        The dimension of slices: one for all arguments, or a tuple with one for each, which may
        again be lists, tuples and dicts. None for what every call gets as it is.
    out_dims
        Where the new dimension of results is: one for all, or a tuple with one for each.
    randomness
        ``"same"``: every call draws the same random numbers. Else each draws others.
    chunk_size
        Accepted for compatibility with PyTorch: slices are taken one by one.

    Raises
    ------
    ValueError
        If there is no slice, or arguments have different numbers of them.

    Examples
    --------
    >>> batched_dot = fastnn.func.vmap(fastnn.dot, in_dims=(0, None))
    >>> batched_dot(fastnn.eye(2), fastnn.tensor([3.0, 4.0]))
    tensor([3., 4.])
    """
    if randomness not in ("error", "different", "same"):
        raise ValueError(
            f"vmap: randomness must be 'error', 'different' or 'same', got {randomness!r}"
        )

    def computed(*args: Any, **kwargs: Any) -> Any:
        dims = in_dims if isinstance(in_dims, (tuple, list)) else (in_dims,) * len(args)
        if len(dims) != len(args):
            raise ValueError(f"vmap: in_dims has {len(dims)} elements for {len(args)} arguments")
        sizes = {n for arg, dim in zip(args, dims) for n in slices_of(arg, dim)}
        sizes |= {n for value in kwargs.values() for n in slices_of(value, 0)}
        if len(sizes) != 1 or 0 in sizes:
            raise ValueError(
                f"vmap: arguments must have one number of slices, at least 1, got {sorted(sizes)}"
            )
        state = get_state() if randomness == "same" else None
        results = []
        for i in range(*sizes):
            if state is not None:
                set_state(state)
            given = [sliced(arg, dim, i) for arg, dim in zip(args, dims)]
            results.append(func(*given, **{k: sliced(v, 0, i) for k, v in kwargs.items()}))
        return stacked(results, out_dims)

    return computed


def slices_of(value: Any, dim: Any) -> list[int]:
    """The sizes of tensors along the dimension that is taken apart."""
    if dim is None:
        return []
    if isinstance(value, Tensor):
        if not -value.ndim <= dim < value.ndim:
            raise ValueError(f"vmap: in_dims {dim} is no dimension of shape {tuple(value.shape)}")
        return [value.shape[dim]]
    return [n for part, d in parted(value, dim) for n in slices_of(part, d)]


def sliced(value: Any, dim: Any, index: int) -> Any:
    """One slice of every tensor."""
    if dim is None:
        return value
    if isinstance(value, Tensor):
        return value.select(dim, index)
    parts = [sliced(part, d, index) for part, d in parted(value, dim)]
    return rebuilt(value, parts) if parts or isinstance(value, (dict, list, tuple)) else value


def parted(value: Any, dim: Any) -> list[tuple[Any, Any]]:
    """The parts of a list, tuple or dict, each with its dimension; nothing for other objects."""
    if isinstance(value, dict):
        return [(part, dim[key] if isinstance(dim, dict) else dim) for key, part in value.items()]
    if isinstance(value, (list, tuple)):
        dims = dim if isinstance(dim, (list, tuple)) else [dim] * len(value)
        return list(zip(value, dims))
    return []


def rebuilt(value: Any, parts: list[Any]) -> Any:
    """Parts in a list, tuple or dict of the same kind."""
    if isinstance(value, dict):
        return type(value)(zip(value, parts))
    if hasattr(value, "_fields"):  # a tuple with names
        return type(value)(*parts)
    return type(value)(parts)


def stacked(results: list[Any], dim: Any) -> Any:
    """The results of all slices, stacked tensor by tensor."""
    first = results[0]
    if isinstance(first, Tensor):
        return first if dim is None else stack(results, dim)
    if not isinstance(first, (dict, list, tuple)):
        raise TypeError(f"vmap: func must return tensors, got {type(first).__name__}")
    keys = list(first) if isinstance(first, dict) else list(range(len(first)))
    dims = dim if isinstance(dim, (tuple, list)) else [dim] * len(keys)
    return rebuilt(first, [stacked([r[key] for r in results], d) for key, d in zip(keys, dims)])


def rearrange(tensor: Any, pattern: str, **axes_lengths: int) -> Tensor:
    """Dimensions taken apart, exchanged and put together, as a pattern of names says.

    Parameters
    ----------
    tensor
        A tensor, or several of one shape, which are stacked first.
    pattern
        Names of the dimensions before and after an arrow; those in brackets are one dimension, of
        which the last name is the innermost. ``...`` stands for any number, 1 for one of size 1.
    axes_lengths
        Sizes of names, as far as brackets on the left leave them open.

    Examples
    --------
    >>> x = fastnn.zeros(2, 12, 5)
    >>> fastnn.func.rearrange(x, "n (c k) l -> n c l k", k=3).shape
    (2, 4, 5, 3)
    """
    x = stack(list(tensor)) if isinstance(tensor, (list, tuple)) else tensor
    sides = [groups_of(pattern, side) for side in pattern.split("->")]
    if len(sides) != 2:
        raise ValueError(f"rearrange: expected a pattern 'names -> names', got {pattern!r}")
    dots = [f"...{i}" for i in range(x.ndim - len(sides[0]) + 1)]
    before, after = [spread(side, dots) for side in sides]
    if len(before) != x.ndim:
        raise ValueError(f"rearrange: {pattern!r} does not fit shape {tuple(x.shape)}")
    sizes: dict[str, int] = dict(axes_lengths)
    for group, size in zip(before, x.shape):
        open_names = [name for name in group if name not in sizes]
        known = math.prod([sizes[name] for name in group if name in sizes])
        if len(open_names) > 1 or (known and size % known):
            raise ValueError(
                f"rearrange: {pattern!r} does not say how to divide {size} into {' '.join(group)}"
            )
        for name in open_names:
            sizes[name] = size // known if known else 0
        if math.prod([sizes[name] for name in group]) != size:
            raise ValueError(f"rearrange: {' '.join(group) or '1'} is not {size} in {pattern!r}")
    flat = [name for group in before for name in group]
    names = [name for group in after for name in group]
    if sorted(flat) != sorted(names) or len(set(flat)) != len(flat):
        raise ValueError(f"rearrange: both sides of {pattern!r} must have the same names, once")
    apart = x.reshape([sizes[name] for name in flat])
    moved = apart.permute([flat.index(name) for name in names]) if flat else apart
    return moved.reshape([math.prod([sizes[name] for name in group]) for group in after])


def spread(side: list[list[str]], dots: list[str]) -> list[list[str]]:
    """The dimensions of a side, with names for those that dots stand for."""
    found: list[list[str]] = []
    for group in side:
        if group is BARE:
            found += [[name] for name in dots]
        else:
            found.append([n for name in group for n in (dots if name == "..." else [name])])
    return found


BARE = ["..."]  # outside of brackets


def groups_of(pattern: str, side: str) -> list[list[str]]:
    """The dimensions of one side of a pattern, each a list of names."""
    found: list[list[str]] = []
    inside: list[str] | None = None
    for token in re.findall(r"\w+|\.\.\.|\S", side):
        if token == "(" and inside is None:
            inside = []
        elif token == ")" and inside is not None:
            found.append(inside)
            inside = None
        elif token == "..." or token.isidentifier() or token == "1":
            names = [] if token == "1" else [token]
            if inside is None:
                found.append(BARE if token == "..." else names)
            else:
                inside += names
        else:
            raise ValueError(f"rearrange: cannot read {token!r} in {pattern!r}")
    if inside is not None:
        raise ValueError(f"rearrange: a bracket is open in {pattern!r}")
    return found


def debug_unwrap(tensor: Tensor, *, recurse: bool = True) -> Tensor:
    """The tensor itself: functions of this module see plain tensors.

    Examples
    --------
    >>> x = fastnn.ones(2)
    >>> fastnn.func.debug_unwrap(x) is x
    True
    """
    return tensor


def replace_all_batch_norm_modules_(root: Any) -> Any:
    """Let all batch norms below a module use statistics of the batch, and keep none; return it.

    Examples
    --------
    >>> net = fastnn.nn.Sequential(fastnn.nn.Linear(2, 3), fastnn.nn.BatchNorm1d(3))
    >>> fastnn.func.replace_all_batch_norm_modules_(net)[1].running_mean is None
    True
    """
    for module in root.modules():
        if isinstance(module, BatchNorm):
            module.track_running_stats = False
            module.running_mean = module.running_var = module.num_batches_tracked = None
    return root


offer(__name__)
