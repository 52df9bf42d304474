"""Normalization over the last dimensions: layer norm and RMS norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from ... import _core
from ...autograd.changes import read_for
from ...autograd.record import Array, Grads, Node, array, record
from ...autograd.tape import mode
from ...tensor import Tensor, TensorLike
from ..activation.fused import Fused

__all__ = ["layer_norm", "rms_norm"]

Shape: TypeAlias = "int | Sequence[int]"


def layer_norm(
    input: TensorLike,
    normalized_shape: Shape,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    eps: float = 1e-5,
    *,
    activation: Fused = None,
) -> Tensor:
    """Mean 0 and variance 1 over the last dimensions: y = (x - E[x]) / √(Var[x] + eps) · w + b.

    The variance is divided by the number of elements.

    Parameters
    ----------
    input
        x, (*, *normalized_shape).
    normalized_shape
        Sizes of the last dimensions, over which each sample is normalized; an int for the last.
    weight, bias
        w and b, of the normalized shape; None for 1 and 0.
    eps
        Keeps the root away from zero.
    activation
        None, the name of a pointwise activation, or a tuple of its name and parameters, such as
        ("leaky_relu", 0.2); computed in the same pass.

    Returns
    -------
    Tensor
        y, of the shape of `input`.

    Raises
    ------
    ValueError
        The last dimensions of `input`, `weight` or `bias` are not the normalized shape.

    References
    ----------
    Ba, Kiros and Hinton, Layer Normalization, 2016.

    Examples
    --------
    >>> F.layer_norm(fastnn.tensor([[1.0, 2.0, 3.0]]), 3)
    tensor([[-1.2247,  0.    ,  1.2247]])
    """
    x = array(input)
    w = None if weight is None else array(weight)
    b = None if bias is None else array(bias)
    if not mode.enabled:
        return Tensor(_core.layer_norm(x, normalized_shape, w, b, eps, activation)[0])
    y, mean, rstd, saved = _core.layer_norm(x, normalized_shape, w, b, eps, activation, True)
    kept = (x, w, normalized_shape, mean, rstd, saved, activation)
    return record(y, layer_norm_backward, (input, weight, bias), *kept)


@read_for((0, 1), (0,))
def layer_norm_backward(node: Node, dy: Array) -> Grads:
    x, w, shape, mean, rstd, saved, activation = node.saved
    return _core.layer_norm_backward(dy, x, shape, mean, rstd, w, node.needs, saved, activation)


def rms_norm(
    input: TensorLike,
    normalized_shape: Shape,
    weight: TensorLike | None = None,
    eps: float | None = None,
    *,
    activation: Fused = None,
) -> Tensor:
    """Mean square 1 over the last dimensions: y = x / √(E[x²] + eps) · w.

    Parameters
    ----------
    input, normalized_shape, activation
        As for `layer_norm`, and so is the result.
    weight
        w, of the normalized shape; None for 1.
    eps
        Keeps the root away from zero; None for the spacing of numbers at 1, ``finfo(dtype).eps``.

    Raises
    ------
    ValueError
        The last dimensions of `input` or `weight` are not the normalized shape.

    References
    ----------
    Zhang and Sennrich, Root Mean Square Layer Normalization, NeurIPS 2019.

    Examples
    --------
    >>> F.rms_norm(fastnn.tensor([[3.0, 4.0, 0.0, 0.0]]), 4)
    tensor([[1.2, 1.6, 0. , 0. ]])
    """
    x = array(input)
    w = None if weight is None else array(weight)
    if not mode.enabled:
        return Tensor(_core.rms_norm(x, normalized_shape, w, eps, activation)[0])
    y, rstd, saved = _core.rms_norm(x, normalized_shape, w, eps, activation, True)
    kept = (x, w, normalized_shape, rstd, saved, activation)
    return record(y, rms_norm_backward, (input, weight), *kept)


@read_for((0, 1), (0,))
def rms_norm_backward(node: Node, dy: Array) -> Grads:
    x, w, shape, rstd, saved, activation = node.saved
    return _core.rms_norm_backward(dy, x, shape, rstd, w, node.needs, saved, activation)
