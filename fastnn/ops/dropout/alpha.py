"""Dropout that keeps the mean and the variance of SELU's outputs."""

from __future__ import annotations

import numpy as np

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record
from ...tensor import Tensor, TensorLike
from ..inplace import written_to
from .channels import channel_mask

__all__ = ["alpha_dropout", "feature_alpha_dropout"]

LOWEST = -1.7580993408473766  # what SELU tends to for x towards minus infinity


def alpha_dropout(
    input: TensorLike, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Set elements to SELU's lowest value at random, and keep mean 0 and variance 1.

    ``y = a (x m + α (1 - m)) + b`` with every m 0 with probability `p`, else 1; α = -1.758, and a
    and b such that inputs of mean 0 and variance 1 have such outputs.

    Arguments and result are those of `dropout`; ``p=1`` gives zeros.

    References
    ----------
    Klambauer et al., Self-Normalizing Neural Networks, NIPS 2017.

    Examples
    --------
    >>> y = F.alpha_dropout(fastnn.randn(100_000), 0.3, training=True)
    >>> abs(y.mean().item()) < 0.05, abs(y.std().item() - 1) < 0.05
    (True, True)
    """
    return drop_to_lowest("alpha_dropout", input, p, training, inplace, None)


def feature_alpha_dropout(
    input: TensorLike, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """`alpha_dropout` of whole channels.

    Arguments and result are those of `dropout`, for (N, C, *); ``p=1`` gives zeros.

    Examples
    --------
    >>> y = F.feature_alpha_dropout(fastnn.ones(4, 3, 5), training=True)
    >>> len(set(y.flatten().tolist())) <= 2
    True
    """
    return drop_to_lowest("feature_alpha_dropout", input, p, training, inplace, 2)


def drop_to_lowest(
    op: str, input: TensorLike, p: float, training: bool, inplace: bool, leading: int | None
) -> Tensor:
    """`leading`: how many axes have a random number for each of their places; None for all."""
    if not 0 <= p <= 1:
        raise ValueError(f"{op}: p must be a probability, from 0 to 1, got {p}")
    x = array(input)
    if leading is not None and x.ndim < leading:
        raise ValueError(f"{op}: input must have shape (N, C, *), got {x.shape}")
    if not training or p == 0:
        return input if isinstance(input, Tensor) else Tensor(x)
    mask = channel_mask(x, x.ndim if leading is None else leading, p)
    if p == 1:
        a, shift = 0.0, mask
    else:
        a = ((1 - p) * (1 + p * LOWEST**2)) ** -0.5
        b = -a * LOWEST * p
        shift = np.where(mask == 0, a * LOWEST + b, b).astype(x.dtype, copy=False)
    slope = _core.mul(mask, a * (1 - p))
    y = record(_core.add(_core.mul(x, slope), shift), drop_to_lowest_backward, (input,), slope)
    return written_to(op, input, y) if inplace else y


def drop_to_lowest_backward(node: Node, dy: Array) -> Grads:
    (slope,) = node.saved
    return (_core.mul(dy, slope),)
