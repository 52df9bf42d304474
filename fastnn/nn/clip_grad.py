"""Clipping gradients, between `backward` and the optimizer's step."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from ..autograd.row_gradient import stored_values
from ..ops.clip_grad import (
    as_tensor,
    clip_by_norm,
    clip_by_value,
    gradients_of,
    scale_by_norm,
    total_norm,
)
from ..tensor import Tensor, TensorLike, as_array
from .module import Module

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "get_total_norm",
]

Tensors: TypeAlias = "Tensor | Iterable[Tensor] | Iterable[tuple[str, Tensor]]"


def clip_grad_norm_(
    parameters: Tensors,
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
        A tensor or several, or pairs of names and tensors as `Module.named_parameters` gives
        them, so that errors have the names. Those without a gradient are skipped.
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
        If `error_if_nonfinite` and the norm is not finite; it names the first parameter whose
        gradient is not.

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
    op = "clip_grad_norm_"
    given = listed(op, parameters)
    blame = partial(not_finite, given, True) if error_if_nonfinite else None
    return clip_by_norm(op, gradients_of(values_of(given)), max_norm, norm_type, blame)


def clip_grads_with_norm_(
    parameters: Tensors, max_norm: float, total_norm: TensorLike, foreach: bool | None = None
) -> None:
    """Scale gradients in place by ``min(1, max_norm / (total_norm + 1e-6))``: a norm that is known.

    Parameters
    ----------
    parameters, max_norm, foreach
        As for `clip_grad_norm_`.
    total_norm
        What `get_total_norm` has returned, perhaps of more parameters than these.

    Examples
    --------
    >>> p = fastnn.zeros(2, requires_grad=True)
    >>> p.grad = fastnn.tensor([3.0, 4.0])
    >>> fastnn.nn.utils.clip_grads_with_norm_([p], 1.0, fastnn.tensor(10.0))
    >>> p.grad
    tensor([0.3, 0.4])
    """
    given = values_of(listed("clip_grads_with_norm_", parameters))
    scale_by_norm(gradients_of(given), max_norm, np.asarray(as_array(total_norm), np.float64))


def clip_grad_value_(parameters: Tensors, clip_value: float, foreach: bool | None = None) -> None:
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
    clip_by_value(gradients_of(values_of(listed("clip_grad_value_", parameters))), clip_value)


def get_total_norm(
    tensors: Tensors,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Norm of all elements of all tensors, taken as one vector.

    Parameters
    ----------
    tensors
        A tensor or several (gradients, usually), or pairs of names and tensors.
    norm_type, error_if_nonfinite, foreach
        As for `clip_grad_norm_`.

    Examples
    --------
    >>> fastnn.nn.utils.get_total_norm([fastnn.tensor([3.0]), fastnn.tensor([4.0])]).item()
    5.0
    """
    given = listed("get_total_norm", tensors)
    arrays = [t._array for t in values_of(given)]
    blame = partial(not_finite, given, False) if error_if_nonfinite else None
    return as_tensor(total_norm("get_total_norm", arrays, norm_type, blame), arrays)


def listed(op: str, tensors: Any) -> list[Any]:
    """Tensors, or pairs of a name and a tensor, as a list."""
    if isinstance(tensors, Tensor):
        return [tensors]
    if isinstance(tensors, Module):
        raise TypeError(f"{op}: pass the parameters of the {type(tensors).__name__}: .parameters()")
    return list(tensors)


def values_of(given: list[Any]) -> list[Tensor]:
    """The tensors, without names."""
    return [t for _, t in given] if given and isinstance(given[0], tuple) else given


def not_finite(given: list[Any], gradients: bool) -> str:
    """Which tensor, or which one's gradient, has NaN or infinity."""
    found = []
    for i, item in enumerate(given):
        name, t = item if isinstance(item, tuple) else (None, item)
        part = t.grad if gradients else t
        values = np.zeros(0) if part is None else stored_values(part)
        nan, infinite = np.isnan(values).sum(), np.isinf(values).sum()
        if nan or infinite:
            kind = "parameter" if gradients else "tensor"
            which = f"{kind} {i}" if name is None else f"`{name}`"
            counts = [f"{n} {what}" for n, what in ((nan, "NaN"), (infinite, "infinite")) if n]
            found.append(f"{which} of shape {t.shape} has {' and '.join(counts)} of {values.size}")
    if not found:
        return "each element is finite, and the norm is too large"
    more = f", and {len(found) - 1} more are not finite" if len(found) > 1 else ""
    return f"{'the gradient of ' if gradients else ''}{found[0]}{more}"
