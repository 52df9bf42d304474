"""Dropout of whole channels."""

from __future__ import annotations

import numpy as np

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record
from ...random import reserve
from ...tensor import Tensor, TensorLike
from ..inplace import written_to

__all__ = ["dropout1d", "dropout2d", "dropout3d", "feature_dropout"]


def dropout1d(
    input: TensorLike, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Set whole channels to zero at random and scale the others, so that the mean stays.

    As `dropout`, with one random number for each channel of each sample.

    Arguments, result and errors are those of `dropout2d`, for (N, C, L) with or without N.

    Examples
    --------
    >>> y = F.dropout1d(fastnn.ones(8, 10, 5), p=0.2).reshape(8, 10, -1)
    >>> sorted(set(y.tolist()[0][0])) in ([0.0], [1.25])
    True
    """
    return drop_channels("dropout1d", input, p, training, inplace, {2: 1, 3: 2})


def dropout2d(
    input: TensorLike, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Set whole channels to zero at random and scale the others, so that the mean stays.

    As `dropout`, with one random number for each channel of each sample.

    Arguments and result are those of `dropout`, for (N, C, H, W), or (N, C, L) and (N, C), where
    channels are numbers, as PyTorch has it.
    Any other number of dimensions is a ValueError.

    References
    ----------
    Tompson et al., Efficient Object Localization Using Convolutional Networks, CVPR 2015.

    Examples
    --------
    >>> y = F.dropout2d(fastnn.ones(8, 10, 5, 5), p=0.2).reshape(8, 10, -1)
    >>> sorted(set(y.tolist()[0][0])) in ([0.0], [1.25])
    True
    """
    return drop_channels("dropout2d", input, p, training, inplace, {2: 2, 3: 2, 4: 2})


def dropout3d(
    input: TensorLike, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Set whole channels to zero at random and scale the others, so that the mean stays.

    As `dropout`, with one random number for each channel of each sample.

    Arguments, result and errors are those of `dropout2d`, for (N, C, D, H, W) with or without N.

    Examples
    --------
    >>> y = F.dropout3d(fastnn.ones(8, 10, 2, 5, 5), p=0.2).reshape(8, 10, -1)
    >>> sorted(set(y.tolist()[0][0])) in ([0.0], [1.25])
    True
    """
    return drop_channels("dropout3d", input, p, training, inplace, {4: 1, 5: 2})


def feature_dropout(input: TensorLike, p: float, train: bool) -> Tensor:
    """`dropout2d` of samples with channels (N, C, ...) of any number of further dimensions.

    Examples
    --------
    >>> fastnn.feature_dropout(fastnn.ones(2, 3), 0.5, train=False).sum().item()
    6.0
    """
    ranks = {max(array(input).ndim, 2): 2}
    return drop_channels("feature_dropout", input, p, train, False, ranks)


def drop_channels(
    op: str, input: TensorLike, p: float, training: bool, inplace: bool, leading: dict[int, int]
) -> Tensor:
    """`leading`: by number of dimensions, how many of them have a random number each."""
    if not 0 <= p <= 1:
        raise ValueError(f"{op}: p must be a probability, from 0 to 1, got {p}")
    unchanged = not training or p == 0
    x = array(input)
    if x.ndim not in leading:
        ranks = " or ".join(map(str, leading))
        raise ValueError(f"{op}: input must have {ranks} dimensions, got shape {x.shape}")
    if unchanged:
        return input if isinstance(input, Tensor) else Tensor(x)
    mask = channel_mask(x, leading[x.ndim], p)
    y = record(_core.mul(x, mask), drop_channels_backward, (input,), mask)
    return written_to(op, input, y) if inplace else y


def channel_mask(x: Array, leading: int, p: float) -> Array:
    """0 or 1 / (1 - p) for each place of the leading axes, in a shape that broadcasts."""
    shape = x.shape[:leading] + (1,) * (x.ndim - leading)
    ones = np.ones(shape, x.dtype)
    return _core.dropout(ones, p, reserve(ones.size))


def drop_channels_backward(node: Node, dy: Array) -> Grads:
    (mask,) = node.saved
    return (_core.mul(dy, mask),)
