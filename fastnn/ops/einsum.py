"""Sums of products in Einstein's notation.

Two operands at a time are brought into the shape of a batched matrix product; more are taken in
the order that `numpy.einsum_path` finds cheapest. The gradient by an operand is such a sum again:
of the output's gradient and the other operands, over the indices the operand does not have.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd.record import Array, Grads, Node, array, record, unbroadcast
from ..dtypes import check_same
from ..tensor import Tensor, TensorLike
from .gemm import product
from .shape import diagonal

__all__ = ["einsum"]

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def einsum(equation: Any, *operands: Any) -> Tensor:
    """Multiply operands, and sum over the indices that the output does not name.

    Parameters
    ----------
    equation
        Letters for the dimensions of each operand, separated by commas, and after ``->`` those of
        the output; without an arrow those that occur once, in alphabetical order. ``...`` stands
        for dimensions that are broadcast.
    operands
        Tensors of one type. Instead of an equation, each may be followed by a list of numbers below
        52 for its dimensions, and the last by that of the output: ``einsum(x, [0, 1], y, [1])``.

    Returns
    -------
    Tensor
        The output, in the order of dimensions that the equation names.

    Examples
    --------
    >>> x = fastnn.arange(6.0).reshape(2, 3)
    >>> fastnn.einsum("ij,kj->ik", x, x)
    tensor([[ 5., 14.],
            [14., 50.]])
    """
    if not isinstance(equation, str):
        equation, operands = from_sublists((equation, *operands))
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    terms, output = parse(equation, [array(x).shape for x in operands])
    inputs: list[TensorLike] = []
    for i, x in enumerate(operands):
        x, terms[i] = without_repeats(x, terms[i])
        inputs.append(x)
    xs = [array(x) for x in inputs]
    check_same("einsum", **{f"operand {i}": x for i, x in enumerate(xs)})
    check_sizes(equation, terms, xs)
    y = contract(terms, xs, output)
    return record(y, einsum_backward, tuple(inputs), terms, xs, output)


def einsum_backward(node: Node, dy: Array) -> Grads:
    terms, xs, output = node.saved
    grads: list[Array | None] = []
    for i, (term, x) in enumerate(zip(terms, xs)):
        if not node.needs[i]:
            grads.append(None)
            continue
        others = [j for j in range(len(xs)) if j != i]
        known = set(output).union(*[terms[j] for j in others])
        kept = "".join(letter for letter in term if letter in known)
        g = contract([output, *[terms[j] for j in others]], [dy, *[xs[j] for j in others]], kept)
        # Letters of this operand alone were summed over: their gradient is the same everywhere.
        for axis, letter in enumerate(term):
            if letter not in known:
                g = np.expand_dims(g, axis)
        size = {letter: g.shape[axis] for axis, letter in enumerate(term)}
        wide = tuple([max(size[letter], n) for letter, n in zip(term, x.shape)])
        g = unbroadcast(np.broadcast_to(g, wide), x.shape)
        grads.append(g.astype(x.dtype, copy=False))
    return grads


# -- the equation ----------------------------------------------------------------------------


def from_sublists(given: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """The equation and the operands of ``(x, [0, 1], y, [1, 2], [0, 2])``."""
    lists = [*given[1::2], *(given[-1:] if len(given) % 2 else ())]
    terms = []
    for places in lists:
        if not isinstance(places, (list, tuple)):
            raise TypeError(
                f"einsum: expected an equation, or tensors each followed by a list, got {places!r}"
            )
        for i in places:
            if i is not ... and not (hasattr(i, "__index__") and 0 <= i < len(LETTERS)):
                raise ValueError(f"einsum: indices must lie in [0, {len(LETTERS)}), got {i!r}")
        terms.append("".join(["..." if i is ... else LETTERS[i] for i in places]))
    count = len(given) // 2
    output = f"->{terms[-1]}" if len(given) % 2 else ""
    return ",".join(terms[:count]) + output, given[: 2 * count : 2]


def parse(equation: str, shapes: Sequence[tuple[int, ...]]) -> tuple[list[str], str]:
    """The letters of each operand and of the output, ``...`` replaced by letters of its own."""
    text = equation.replace(" ", "")
    left, arrow, output = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(shapes):
        raise ValueError(
            f"einsum: {equation!r} names {len(terms)} operands, but there are {len(shapes)}"
        )
    free = [letter for letter in LETTERS if letter not in text]
    depth = 0
    for term, shape in zip(terms, shapes):
        named = len(term.replace("...", "", 1))
        if named > len(shape) or ("..." not in term and named < len(shape)):
            raise ValueError(f"einsum: {term!r} does not fit an operand of shape {shape}")
        depth = max(depth, len(shape) - named)
    dots = "".join(free[:depth])
    for i, (term, shape) in enumerate(zip(terms, shapes)):
        size = len(shape) - len(term.replace("...", "", 1))
        terms[i] = term.replace("...", dots[depth - size :], 1)
    every = "".join(terms)
    if not arrow:
        once = sorted(c for c in set(every) if every.count(c) == 1 and c not in dots)
        output = dots + "".join(once)
    else:
        output = output.replace("...", dots, 1)
    for letter in every + output:
        if letter not in LETTERS:
            raise ValueError(f"einsum: {letter!r} in {equation!r} is no letter")
    if len(set(output)) < len(output) or not set(output) <= set(every):
        raise ValueError(f"einsum: the output of {equation!r} repeats or invents an index")
    return terms, output


def without_repeats(x: TensorLike, term: str) -> tuple[TensorLike, str]:
    """The diagonal over dimensions with the same letter."""
    for letter in sorted(set(term)):
        while term.count(letter) > 1:
            a = term.index(letter)
            b = term.index(letter, a + 1)
            sizes = array(x).shape[a], array(x).shape[b]
            if sizes[0] != sizes[1]:
                raise ValueError(f"einsum: index {letter!r} has sizes {sizes[0]} and {sizes[1]}")
            x = diagonal(x, 0, a, b)
            term = term[:a] + term[a + 1 : b] + term[b + 1 :] + letter
    return x, term


def check_sizes(equation: str, terms: Sequence[str], xs: Sequence[Array]) -> None:
    """Every letter has one size, or 1."""
    sizes: dict[str, int] = {}
    for term, x in zip(terms, xs):
        for letter, n in zip(term, x.shape):
            if sizes.setdefault(letter, n) == 1:
                sizes[letter] = n
            elif n not in (1, sizes[letter]):
                raise ValueError(
                    f"einsum: index {letter!r} of {equation!r} has sizes {sizes[letter]} and {n}"
                )


# -- the sum ---------------------------------------------------------------------------------


def contract(terms: Sequence[str], xs: Sequence[Array], output: str) -> Array:
    """The sum over all letters that `output` does not name."""
    work = list(zip(terms, xs))
    if len(work) > 2:
        equation = ",".join(terms) + "->" + output
        path = np.einsum_path(equation, *xs, optimize="greedy")[0][1:]
    else:
        path = [tuple(range(len(work)))]
    for step in path:
        picked = [work.pop(i) for i in sorted(step, reverse=True)][::-1]
        rest = set(output).union(*[term for term, _ in work])
        while len(picked) > 1:
            (ta, a), (tb, b), *others = picked
            wanted = rest.union(*[term for term, _ in others])
            picked = [pair(ta, a, tb, b, wanted), *others]
        work.append(picked[0])
    term, y = work[0]
    y = y.sum(axis=tuple([i for i, c in enumerate(term) if c not in output]))
    kept = [c for c in term if c in output]
    result: Array = np.asarray(y).transpose([kept.index(c) for c in output])
    return result


def pair(ta: str, a: Array, tb: str, b: Array, wanted: set[str]) -> tuple[str, Array]:
    """Two operands as one batched matrix product (batch, M, K) x (batch, K, N)."""
    ta, a = summed(ta, a, wanted | set(tb))
    tb, b = summed(tb, b, wanted | set(ta))
    batch = [c for c in ta if c in tb and c in wanted]
    inner = [c for c in ta if c in tb and c not in wanted]
    rows, columns = [c for c in ta if c not in tb], [c for c in tb if c not in ta]
    size = {c: a.shape[i] for i, c in enumerate(ta)}
    for i, c in enumerate(tb):
        size[c] = b.shape[i] if size.get(c, 1) == 1 else size[c]
    left = arranged(ta, a, [batch, rows, inner], size)
    right = arranged(tb, b, [batch, inner, columns], size)
    y = product(left, right) if batch else product(left[0], right[0])
    term = "".join([*batch, *rows, *columns])
    return term, y.reshape([size[c] for c in term])


def summed(term: str, x: Array, wanted: set[str]) -> tuple[str, Array]:
    """`x` summed over the letters that occur nowhere else."""
    axes = tuple([i for i, c in enumerate(term) if c not in wanted])
    if not axes:
        return term, x
    return "".join(c for c in term if c in wanted), np.asarray(x.sum(axis=axes))


def arranged(term: str, x: Array, groups: list[list[str]], size: dict[str, int]) -> Array:
    """`x` with its dimensions in the order of `groups`, each group as one dimension."""
    order = [c for group in groups for c in group]
    y = x.transpose([term.index(c) for c in order])
    y = np.broadcast_to(y, [size[c] for c in order])
    shape = [1, 1, 1]
    for i, group in enumerate(groups):
        for c in group:
            shape[i] *= size[c]
    return y.reshape(shape)
