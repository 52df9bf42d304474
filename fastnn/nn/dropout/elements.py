"""Dropout as a layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from ...ops.dropout.elements import dropout
from ...tensor import Tensor, TensorLike
from ..module import Module

__all__ = ["Dropout"]


class Dropout(Module):
    """Sets elements to zero at random while training; see `fastnn.dropout`.

    Parameters
    ----------
    p
        Probability of a zero, from 0 to 1.
    inplace
        Change the input itself.

    Examples
    --------
    >>> layer = fastnn.nn.Dropout(0.5)
    >>> sorted(set(layer(fastnn.ones(1000)).tolist()))
    [0.0, 2.0]
    >>> _ = layer.eval()
    >>> set(layer(fastnn.ones(1000)).tolist())
    {1.0}
    """

    _shown = ("p", "inplace")

    _drop: ClassVar[Callable[..., Tensor]] = staticmethod(dropout)

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(
                f"{type(self).__name__}: p must be a probability, from 0 to 1, got {p}"
            )
        self.p = p
        self.inplace = inplace

    def forward(self, input: TensorLike) -> Tensor:
        """To the same shape; the input itself in evaluation."""
        return type(self)._drop(input, self.p, self.training, self.inplace)
