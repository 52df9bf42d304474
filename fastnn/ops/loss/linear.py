"""The loss of a classifier's last layer, with that layer."""

from __future__ import annotations

import numpy as np

from ... import _core
from ...autograd.contract import Reuses
from ...autograd.record import Array, Grads, Node, array, record
from ...autograd.tape import mode
from ...dtypes import check_same
from ...tensor import Tensor, TensorLike
from ..linear import linear
from .classes import class_weight, cross_entropy

__all__ = ["linear_cross_entropy"]


def linear_cross_entropy(
    input: TensorLike,
    linear_weight: TensorLike,
    target: TensorLike,
    *,
    linear_bias: TensorLike | None = None,
    weight: TensorLike | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
) -> Tensor:
    """`cross_entropy` of ``linear(input, linear_weight, linear_bias)``, in less memory.

    The scores are computed for a block of rows at a time and are never in memory as a whole: with
    many classes they, and their gradient, are the largest arrays of a model.

    Parameters
    ----------
    input
        x, (N, D), or (D,).
    linear_weight
        W, (V, D): the layer's weight, a row for each of V classes.
    target
        Class ids, integers from 0 to V - 1, (N,), or (); or probabilities, for which the two
        operations are called one after the other.
    linear_bias
        b, (V,), or None.
    weight, reduction, label_smoothing
        As for `cross_entropy`.
    ignore_index
        Rows with this class id count for nothing; None is -100.

    Returns
    -------
    Tensor
        A scalar, or the shape of the class ids for ``reduction="none"``.

    Raises
    ------
    IndexError
        A class id is out of range.
    TypeError
        Where types differ: layers do not promote them.
    ValueError
        Shapes do not fit, or an option is out of range.

    Notes
    -----
    Where the loss is reduced, gradients are computed with it, and no product is computed twice.
    With ``reduction="none"`` backward computes the scores again. PyTorch's `options` do not exist.

    Examples
    --------
    >>> x, w = fastnn.zeros(4, 8), fastnn.zeros(1000, 8)
    >>> round(F.linear_cross_entropy(x, w, fastnn.tensor([3, 7, 7, 9])).item(), 4)  # log 1000
    6.9078
    """
    op = "linear_cross_entropy"
    x, w, t = array(input), array(linear_weight), array(target)
    b = None if linear_bias is None else array(linear_bias)
    ignored = -100 if ignore_index is None else ignore_index
    if t.dtype.kind == "f":
        return cross_entropy(
            linear(input, linear_weight, linear_bias),
            target,
            weight,
            ignore_index=ignored,
            reduction=reduction,
            label_smoothing=label_smoothing,
        )
    check_same(op, input=x, linear_weight=w, linear_bias=b)
    factors = class_weight(op, weight, x)
    alone = x.ndim == 1
    if alone:
        x, t = x[None], t[None] if t.ndim == 0 else t
    inputs = (input, linear_weight, linear_bias)
    now = mode.enabled and reduction != "none"
    needs = tuple([now and isinstance(a, Tensor) and a.requires_grad for a in inputs])
    options = (factors, ignored, reduction, label_smoothing)
    loss, *gradients = _core.linear_cross_entropy(x, w, t, b, *options, needs=needs)
    if reduction == "none":
        y = loss.reshape(()) if alone else loss
        return record(y, unreduced_backward, inputs, x, w, t, b, options, alone)
    return record(loss, linear_cross_entropy_backward, inputs, gradients, alone)


@Reuses
def linear_cross_entropy_backward(node: Node, dy: Array, _: bool, reuse_saved: bool) -> Grads:
    gradients, alone = node.saved
    if dy != 1:
        gradients = [None if g is None else _core.mul(g, dy) for g in gradients]
    elif not reuse_saved:
        gradients = [None if g is None else g.view() for g in gradients]
    dx, *others = gradients
    return (dx[0] if alone and dx is not None else dx, *others)


def unreduced_backward(node: Node, dy: Array) -> Grads:
    x, w, t, b, (factors, ignored, reduction, smoothing), alone = node.saved
    rows = np.atleast_1d(dy)
    _, dx, *others = _core.linear_cross_entropy(
        x, w, t, b, factors, ignored, reduction, smoothing, node.needs, rows
    )
    return (dx[0] if alone and dx is not None else dx, *others)
