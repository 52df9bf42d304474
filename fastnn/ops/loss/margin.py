"""Losses that are zero beyond a margin."""

from __future__ import annotations

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record
from ...tensor import Tensor, TensorLike, check_constant
from ..elementwise.algebraic import rsqrt
from ..elementwise.choose import clamp, where
from ..elementwise.compare import eq
from ..reduce.sums import mean, sum
from .classes import class_weight
from .legacy import legacy_reduction
from .operands import pair, triple

__all__ = [
    "cosine_embedding_loss",
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
]

REDUCTIONS = {"none": lambda x: x, "mean": mean, "sum": sum}


def reduced(op: str, losses: Tensor, reduction: str) -> Tensor:
    """The losses, their mean or their sum."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"{op}: reduction must be 'none', 'mean' or 'sum', got {reduction!r}")
    y: Tensor = REDUCTIONS[reduction](losses)
    return y


@legacy_reduction
def hinge_embedding_loss(
    input: TensorLike, target: TensorLike, margin: float = 1.0, *, reduction: str = "mean"
) -> Tensor:
    """Distances of pairs: ``l = x`` where t is 1, ``max(margin - x, 0)`` where it is -1.

    Parameters
    ----------
    input
        x, how far the two of a pair are apart, any shape.
    target
        t, 1 for pairs that belong together and -1 for others, the shape of `input`. It gets no
        gradient.
    margin
        How far others should be apart.
    reduction
        As for `mse_loss`, and so is the result.

    Examples
    --------
    >>> fastnn.hinge_embedding_loss([0.25, 0.25], [1.0, -1.0], reduction="none")
    tensor([0.25, 0.75])
    """
    check_constant("hinge_embedding_loss", "target", target)
    input, target, x, t = pair("hinge_embedding_loss", input, target)
    y = _core.hinge_embedding_loss(x, t, reduction, margin)
    return record(y, hinge_embedding_loss_backward, (input,), x, t, reduction, margin)


def hinge_embedding_loss_backward(node: Node, dy: Array) -> Grads:
    return (_core.hinge_embedding_loss_backward(dy, *node.saved),)


@legacy_reduction
def margin_ranking_loss(
    input1: TensorLike,
    input2: TensorLike,
    target: TensorLike,
    margin: float = 0.0,
    *,
    reduction: str = "mean",
) -> Tensor:
    """Pairs in their order: ``l = max(margin - t * (x1 - x2), 0)``.

    Parameters
    ----------
    input1, input2
        x1 and x2, the scores of the two of a pair.
    target
        t, 1 where x1 should be the larger and -1 where x2 should. Shapes are broadcast.
    margin
        By how much it should.
    reduction
        As for `mse_loss`, and so is the result.

    Examples
    --------
    >>> fastnn.margin_ranking_loss([2.0, 2.0], [1.0, 1.0], [1.0, -1.0], reduction="none")
    tensor([0., 1.])
    """
    op = "margin_ranking_loss"
    operands, arrays = triple(op, input1=input1, input2=input2, target=target)
    y = _core.margin_ranking_loss(*arrays, reduction, margin)
    return record(y, margin_ranking_loss_backward, operands, *arrays, reduction, margin)


def margin_ranking_loss_backward(node: Node, dy: Array) -> Grads:
    x, y, t, reduction, margin = node.saved
    return _core.margin_ranking_loss_backward(dy, x, y, t, reduction, margin, node.needs)


@legacy_reduction
def cosine_embedding_loss(
    input1: TensorLike,
    input2: TensorLike,
    target: TensorLike,
    margin: float = 0.0,
    *,
    reduction: str = "mean",
) -> Tensor:
    """Angles of pairs: ``l = 1 - cos(x1, x2)`` for t = 1, ``max(cos(x1, x2) - margin, 0)`` for -1.

    Parameters
    ----------
    input1, input2
        x1 and x2, (N, D) or (D,).
    target
        t, 1 for pairs that belong together and -1 for others, (N,) or (). It gets no gradient.
    margin
        The cosine that others may have.
    reduction
        As for `mse_loss`, over the pairs.

    Raises
    ------
    ValueError
        Shapes do not fit.

    Notes
    -----
    1e-12 is added to both squared lengths, so the loss of a zero vector is finite.

    Examples
    --------
    >>> x, y = fastnn.tensor([[1.0, 0.0]]), fastnn.tensor([[1.0, 1.0]])
    >>> round(fastnn.cosine_embedding_loss(x, y, fastnn.tensor([1])).item(), 4)
    0.2929
    """
    op = "cosine_embedding_loss"
    check_constant(op, "target", target)
    a, b = (x if isinstance(x, Tensor) else Tensor(array(x)) for x in (input1, input2))
    t = array(target)
    if t.ndim not in (0, 1) or a.ndim != t.ndim + 1 or a.shape != b.shape:
        raise ValueError(
            f"{op}: inputs and target must have shapes (N, D), (N, D) and (N,), or (D,), (D,) and "
            f"(), got {a.shape}, {b.shape} and {t.shape}"
        )
    if t.shape != a.shape[:-1]:
        raise ValueError(f"{op}: target must have shape {a.shape[:-1]}, got {t.shape}")
    squares = (sum(a * a, -1) + 1e-12) * (sum(b * b, -1) + 1e-12)
    cosine = sum(a * b, -1) * rsqrt(squares)
    apart = where(eq(t, -1), clamp(cosine - margin, min=0.0), 0.0)
    return reduced(op, where(eq(t, 1), 1.0 - cosine, apart), reduction)


@legacy_reduction
def multi_margin_loss(
    input: TensorLike,
    target: TensorLike,
    p: int = 1,
    margin: float = 1.0,
    weight: TensorLike | None = None,
    *,
    reduction: str = "mean",
) -> Tensor:
    """The true class above all others: ``l = w[t] / C * Σ_c max(margin - x[t] + x[c], 0) ** p``.

    The sum is over the classes c other than t.

    Parameters
    ----------
    input
        x, scores, (N, C) or (C,).
    target
        t, class ids from 0 to C - 1, (N,) or ().
    p
        1 or 2.
    margin
        By how much the true class should lead.
    weight
        w, the weight of each class, (C,); all 1 if not given.
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``, over the rows.

    Returns
    -------
    Tensor
        A scalar, or the shape of `target` for ``reduction="none"``.

    Raises
    ------
    IndexError
        A class id is out of range.
    ValueError
        Shapes do not fit, or `p` is neither 1 nor 2.

    Notes
    -----
    Crammer and Singer, On the algorithmic implementation of multiclass kernel-based vector
    machines, 2001, with all rivals in place of the worst.

    Examples
    --------
    >>> fastnn.multi_margin_loss([[0.0, 0.5, 2.0, 0.0]], [2]).item()
    0.0
    >>> fastnn.multi_margin_loss([[1.0, 0.5, 0.0, 0.0]], [1]).item()
    0.625
    """
    x = array(input)
    w = class_weight("multi_margin_loss", weight, x)
    options = (p, margin, w, reduction)
    y = _core.multi_margin_loss(x, array(target), *options)
    return record(y, multi_margin_loss_backward, (input,), x, array(target), *options)


def multi_margin_loss_backward(node: Node, dy: Array) -> Grads:
    return (_core.multi_margin_loss_backward(dy, *node.saved),)


@legacy_reduction
def multilabel_margin_loss(
    input: TensorLike, target: TensorLike, *, reduction: str = "mean"
) -> Tensor:
    """Each true class above all others: ``l = 1 / C * Σ_t Σ_c max(1 - x[t] + x[c], 0)``.

    t runs over the true classes, c over all that are not.

    Parameters
    ----------
    input
        x, scores, (N, C) or (C,).
    target
        The ids of the true classes of each row, the shape of `input`; the first -1 ends them.
    reduction
        As for `multi_margin_loss`, and so is the result.

    Raises
    ------
    IndexError
        A class id before the first -1 is out of range.
    ValueError
        Shapes differ.

    Examples
    --------
    >>> x, y = fastnn.tensor([[0.1, 0.2, 0.4, 0.8]]), fastnn.tensor([[3, 0, -1, 1]])
    >>> round(fastnn.multilabel_margin_loss(x, y).item(), 4)
    0.85
    """
    x, t = array(input), array(target)
    y = _core.multilabel_margin_loss(x, t, reduction)
    return record(y, multilabel_margin_loss_backward, (input,), x, t, reduction)


def multilabel_margin_loss_backward(node: Node, dy: Array) -> Grads:
    return (_core.multilabel_margin_loss_backward(dy, *node.saved),)
