"""Clipping gradients, between `backward` and the optimizer's step."""

from __future__ import annotations

from collections.abc import Iterable

from ..ops.clip_grad import as_tensor, clip_by_norm, clip_by_value, gradients_of, total_norm
from ..tensor import Tensor

__all__ = ["clip_grad_norm_", "clip_grad_value_", "get_total_norm"]


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    r"""Scale gradients in place so that their common norm is at most `max_norm`.

    With :math:`n` the norm of all gradients taken as one vector, each is multiplied by
    :math:`\min(1, \text{max\_norm} / (n + 10^{-6}))`.

    Parameters
    ----------
    parameters
        A tensor or several; those without a gradient are skipped.
    max_norm
        The largest norm allowed.
    norm_type
        Its order, a positive number or infinity.
    error_if_nonfinite
        Raise if the norm is infinite or NaN, and change nothing.
    foreach
        Accepted for compatibility with PyTorch; one call always scales all gradients.

    Returns
    -------
    Tensor
        The norm before clipping, of shape ().

    Raises
    ------
    RuntimeError
        If `error_if_nonfinite` and the norm is not finite.

    References
    ----------
    Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, ICML 2013.

    Examples
    --------
    >>> p = fastnn.zeros(2, requires_grad=True)
    >>> p.grad = fastnn.tensor([3.0, 4.0])
    >>> fastnn.nn.utils.clip_grad_norm_([p], max_norm=1.0).item()
    5.0
    >>> p.grad.numpy().round(3)
    array([0.6, 0.8], dtype=float32)
    """
    arrays = gradients_of(parameters)
    return clip_by_norm("clip_grad_norm_", arrays, max_norm, norm_type, error_if_nonfinite)


def clip_grad_value_(
    parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None
) -> None:
    """Clip every element of every gradient to ``[-clip_value, clip_value]``, in place.

    Parameters
    ----------
    parameters, foreach
        As for `clip_grad_norm_`.
    clip_value
        The largest magnitude allowed.

    Examples
    --------
    >>> p = fastnn.zeros(3, requires_grad=True)
    >>> p.grad = fastnn.tensor([-3.0, 0.5, 2.0])
    >>> fastnn.nn.utils.clip_grad_value_([p], 1.0)
    >>> p.grad.tolist()
    [-1.0, 0.5, 1.0]
    """
    clip_by_value(gradients_of(parameters), clip_value)


def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Norm of all elements of all tensors, taken as one vector.

    Parameters
    ----------
    tensors
        A tensor or several (gradients, usually).
    norm_type, error_if_nonfinite, foreach
        As for `clip_grad_norm_`.

    Examples
    --------
    >>> fastnn.nn.utils.get_total_norm([fastnn.tensor([3.0]), fastnn.tensor([4.0])]).item()
    5.0
    """
    several = [tensors] if isinstance(tensors, Tensor) else tensors
    arrays = [t._array for t in several]
    norm = total_norm("get_total_norm", arrays, norm_type, error_if_nonfinite)
    return as_tensor(norm, arrays)
