"""Normalization of each element over neighbouring channels."""

from __future__ import annotations

from ... import _core
from ...autograd.record import array, record
from ...autograd.tape import mode
from ...tensor import Tensor, TensorLike
from ..backward import from_kernel

__all__ = ["local_response_norm"]


def local_response_norm(
    input: TensorLike, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Each element by its neighbours across channels: y = x / (k + alpha · mean of x²)^beta.

    The mean is over `size` channels, from size // 2 before, and counts 0 for those beyond the first
    and the last.

    Parameters
    ----------
    input
        x, (N, C, L) or with more dimensions, in any memory order; y has the same shape.
    size
        Number of channels to take the mean of.
    alpha, beta, k
        As in the formula.

    Raises
    ------
    ValueError
        Fewer than three dimensions; a size below 1.

    References
    ----------
    Krizhevsky, Sutskever and Hinton, ImageNet Classification with Deep Convolutional Neural
    Networks, NIPS 2012.

    Examples
    --------
    >>> F.local_response_norm(fastnn.ones(1, 3, 1), 3, alpha=3.0, beta=1.0).flatten()
    tensor([0.3333, 0.25  , 0.3333])
    """
    x = array(input)
    if not mode.enabled:
        return Tensor(_core.local_response_norm(x, size, alpha, beta, k))
    y, d = _core.local_response_norm(x, size, alpha, beta, k, True)
    return record(y, local_response_norm_backward, (input,), x, d, size, alpha, beta, k)


local_response_norm_backward = from_kernel(_core.local_response_norm_backward)
