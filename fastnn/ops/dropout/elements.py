"""Dropout on counter-based random numbers."""

from __future__ import annotations

from ... import _core
from ...autograd.record import array, record
from ...random import reserve
from ...tensor import Tensor, TensorLike
from ..backward import from_kernel
from ..inplace import written_to

__all__ = ["dropout"]


def dropout(
    input: TensorLike, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Set elements to zero at random and scale the others, so that the mean stays.

    ``y = x m / (1 - p)`` with every ``m`` 0 with probability `p`, else 1. The numbers behind m are
    a function of the seed, the calls before and the position of the element; so the result does not
    depend on threads, and the backward pass draws them again instead of keeping a mask.

    Parameters
    ----------
    input
        ``x``, of any shape, float.
    p
        Probability of a zero, from 0 to 1.
    training
        Without it the input is returned as it is.
    inplace
        Change `input` itself.

    Returns
    -------
    Tensor
        ``y``, of the shape of the input.

    Raises
    ------
    ValueError
        If `p` is no probability.

    References
    ----------
    N. Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, JMLR 15
    (2014).

    Examples
    --------
    >>> x = fastnn.ones(1000)
    >>> y = fastnn.dropout(x, p=0.2)
    >>> sorted(set(y.tolist()))
    [0.0, 1.25]
    >>> fastnn.dropout(x, training=False) is x
    True
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: p must be a probability, from 0 to 1, got {p}")
    if not training or p == 0:
        return input if isinstance(input, Tensor) else Tensor(array(input))
    x = array(input)
    stream = reserve(x.size)
    y = record(_core.dropout(x, p, stream), dropout_backward, (input,), p, stream)
    return written_to("dropout", input, y) if inplace else y


dropout_backward = from_kernel(_core.dropout_backward)
