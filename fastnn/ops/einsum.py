"""Sums of products in Einstein's notation.

Two operands at a time are brought into the shape of a batched matrix product; more are taken in
the order that `numpy.einsum_path` finds cheapest. The gradient by an operand is such a sum again:
of the output's gradient and the other operands, over the indices the operand does not have.

What is read from an equation and shapes alone is found once, and kept for the calls that follow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from .. import _core
from ..autograd.record import Array, Grads, Node, array, record
from ..dtypes import check_same
from ..tensor import Tensor, TensorLike
from .gemm import product
from .shape import diagonal
from .widen import narrowed, widened

__all__ = ["einsum"]

KEPT = 512  # equations and shapes of which a program's last ones are kept
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
    inputs: tuple[TensorLike, ...] = tuple(operands)
    xs = [array(x) for x in inputs]
    terms, output = parse(equation, tuple([x.shape for x in xs]))
    if any(len(set(term)) < len(term) for term in terms):
        pairs = [without_repeats(x, term) for x, term in zip(inputs, terms)]
        inputs, terms = tuple([x for x, _ in pairs]), tuple([term for _, term in pairs])
        xs = [array(x) for x in inputs]
    if len({x.dtype for x in xs}) > 1:
        check_same("einsum", **{f"operand {i}": x for i, x in enumerate(xs)})
    check_sizes(equation, terms, tuple([x.shape for x in xs]))
    y = contract(terms, xs, output)
    return record(y, einsum_backward, inputs, terms, xs, output)


def einsum_backward(node: Node, dy: Array) -> Grads:
    terms, xs, output = node.saved
    return [
        gradient(i, terms, xs, output, dy) if needed else None
        for i, needed in enumerate(node.needs)
    ]


def gradient(i: int, terms: tuple[str, ...], xs: list[Array], output: str, dy: Array) -> Array:
    """The gradient of one operand."""
    x = xs[i]
    inner, kept, lost = adjoint(i, terms, output, x.shape)
    g = contract(inner, [dy, *xs[:i], *xs[i + 1 :]], kept)
    for axis in lost:
        g = np.expand_dims(g, axis)
    if g.shape != x.shape:
        g = _core.broadcast_to(g, x.shape)
    return g.astype(x.dtype, copy=False)


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


@lru_cache(KEPT)
def parse(equation: str, shapes: tuple[tuple[int, ...], ...]) -> tuple[tuple[str, ...], str]:
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
    return tuple(terms), output


@lru_cache(KEPT)
def adjoint(
    i: int, terms: tuple[str, ...], output: str, shape: tuple[int, ...]
) -> tuple[tuple[str, ...], str, tuple[int, ...]]:
    """The gradient of operand `i` of some shape as a sum: terms, output, and the axes it lacks.

    Letters of the operand alone were summed over: their gradient is the same everywhere. Over those
    in which it was broadcast, its gradient is summed.
    """
    inner = (output, *terms[:i], *terms[i + 1 :])
    known = "".join(inner)
    lost = tuple([a for a, (c, n) in enumerate(zip(terms[i], shape)) if n == 1 or c not in known])
    return inner, "".join([c for a, c in enumerate(terms[i]) if a not in lost]), lost


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


@lru_cache(KEPT)
def check_sizes(equation: str, terms: tuple[str, ...], shapes: tuple[tuple[int, ...], ...]) -> None:
    """Every letter has one size, or 1."""
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes):
        for letter, n in zip(term, shape):
            if sizes.setdefault(letter, n) == 1:
                sizes[letter] = n
            elif n not in (1, sizes[letter]):
                raise ValueError(
                    f"einsum: index {letter!r} of {equation!r} has sizes {sizes[letter]} and {n}"
                )


# -- the sum ---------------------------------------------------------------------------------


class Side(NamedTuple):
    """How an operand becomes a factor.

    Attributes
    ----------
    dropped
        Axes of size 1 in which it would be broadcast: the product is that without them.
    summed
        Of the others, the axes over which it is summed.
    order
        The order of the rest.
    shape
        Of the factor, whose axes are groups of these.
    """

    dropped: tuple[int, ...]
    summed: tuple[int, ...]
    order: tuple[int, ...]
    shape: tuple[int, ...]

    def of(self, x: Array) -> Array:
        """The factor."""
        if self.dropped:
            x = x.squeeze(self.dropped)
        if self.summed:
            x = total(x, self.summed)
        factor: Array = x.transpose(self.order).reshape(self.shape)
        return factor


class Pair(NamedTuple):
    """The product of two operands.

    Attributes
    ----------
    left, right
        The factors.
    summed
        None for a batched matrix product. Where that had no rows, columns or sums of its own it is
        slow: the product of the elements is summed over these axes instead.
    shape
        Of the result, with an axis for each letter.
    """

    left: Side
    right: Side
    summed: tuple[int, ...] | None
    shape: tuple[int, ...]

    def of(self, a: Array, b: Array) -> Array:
        """The product."""
        left, right = self.left.of(a), self.right.of(b)
        if self.summed is None:
            return product(left, right).reshape(self.shape)
        y = _core.mul(left, right)
        return total(y, self.summed, y.dtype) if self.summed else y


class Plan(NamedTuple):
    """How a sum is computed from its operands.

    Attributes
    ----------
    steps
        Each makes one operand, put behind the others, of two of those there are.
    summed
        The axes over which a single operand is summed.
    order
        The order of axes in the output.
    """

    steps: tuple[tuple[int, int, Pair], ...]
    summed: tuple[int, ...]
    order: tuple[int, ...]


def contract(terms: tuple[str, ...], xs: Sequence[Array], output: str) -> Array:
    """The sum over all letters that `output` does not name."""
    steps, summed, order = plan(terms, tuple([x.shape for x in xs]), output)
    work: list[Any] = list(xs)
    for i, j, pair in steps:
        work.append(pair.of(work[i], work[j]))
        work[i] = work[j] = None  # results in between are freed
    y = work[-1]
    if not steps:
        y = total(y, summed) if summed else _core.clone(y)
    result: Array = y.transpose(order)
    return result


def total(x: Array, axes: tuple[int, ...], dtype: Any = np.int64) -> Array:
    """The sum over some axes, of integers in some type."""
    if x.dtype.kind in "iub":
        return np.asarray(x.sum(axes, dtype))
    return narrowed(_core.sum(widened(x), axes), x.dtype)


@lru_cache(KEPT)
def plan(terms: tuple[str, ...], shapes: tuple[tuple[int, ...], ...], output: str) -> Plan:
    """The products of two operands at a time, in the order that NumPy finds cheapest."""
    count = len(terms)
    path: Any = [tuple(range(count))]
    if count > 2:
        equation = ",".join(terms) + "->" + output
        zeros = [np.broadcast_to(0.0, shape) for shape in shapes]
        path = np.einsum_path(equation, *zeros, optimize="greedy")[0][1:]
    made = list(zip(terms, shapes))  # operands, and what becomes of them
    left = list(range(count))  # the places in it of those not used yet
    steps = []
    for step in path:
        picked = [left.pop(k) for k in sorted(step, reverse=True)][::-1]
        while len(picked) > 1:
            i, j, *others = picked
            wanted = set(output).union(*[made[k][0] for k in (*left, *others)])
            term, pair = pairing(*made[i], *made[j], wanted)
            steps.append((i, j, pair))
            made.append((term, pair.shape))
            picked = [len(made) - 1, *others]
        left.append(picked[0])
    term = made[left[0]][0]
    kept = [c for c in term if c in output]
    summed = tuple([k for k, c in enumerate(term) if c not in output])
    return Plan(tuple(steps), summed, tuple([kept.index(c) for c in output]))


def pairing(
    ta: str, a: tuple[int, ...], tb: str, b: tuple[int, ...], wanted: set[str]
) -> tuple[str, Pair]:
    """The product of two operands of some letters and shapes, and the letters it has."""
    sizes = dict(zip(ta, a)), dict(zip(tb, b))
    for own, other in (sizes, sizes[::-1]):
        for c in [c for c, n in own.items() if n == 1 != other.get(c, 1)]:
            del own[c]
    left, right = sizes
    size = {**left, **right}
    batch = [c for c in left if c in right and c in wanted]
    inner = [c for c in left if c in right and c not in wanted]
    rows = [c for c in left if c not in right and c in wanted]
    columns = [c for c in right if c not in left and c in wanted]
    if not inner or (batch and not rows and not columns):
        every = [c for c in left if c in right or c in wanted] + columns
        x, y = [
            factor(t, own, [[c] if c in own else [] for c in every])
            for t, own in zip((ta, tb), sizes)
        ]
        summed = tuple([k for k, c in enumerate(every) if c in inner])
        term = "".join([c for c in every if c not in inner])
    else:
        groups = [batch] if batch else []
        x = factor(ta, left, [*groups, rows, inner])
        y = factor(tb, right, [*groups, inner, columns])
        summed, term = None, "".join([*batch, *rows, *columns])
    return term, Pair(x, y, summed, tuple([size[c] for c in term]))


def factor(term: str, size: dict[str, int], groups: list[list[str]]) -> Side:
    """An operand with its letters in groups, each of which becomes one axis."""
    order = [c for group in groups for c in group]
    rest = [c for c in size if c in order]
    return Side(
        tuple([k for k, c in enumerate(term) if c not in size]),
        tuple([k for k, c in enumerate(size) if c not in order]),
        tuple([rest.index(c) for c in order]),
        tuple([math.prod([size[c] for c in group]) for group in groups]),
    )
