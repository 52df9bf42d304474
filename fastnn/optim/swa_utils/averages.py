"""How an averaged model follows a model: a mean of all, or one that forgets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from ...autograd.changes import changed
from ...autograd.grad_mode import no_grad
from ...dtypes import kind
from ...tensor import Tensor
from ..arithmetic import interpolate
from ..groups import number

Average: TypeAlias = "Callable[[Tensor, Tensor, Any], Tensor]"
MultiAverage: TypeAlias = "Callable[[Sequence[Tensor], Sequence[Tensor], Any], None]"


def get_ema_multi_avg_fn(decay: float = 0.999) -> MultiAverage:
    r"""A function that averages lists of tensors in place: :math:`a = d a + (1 - d) p`.

    Parameters
    ----------
    decay
        :math:`d`, from [0, 1].

    Examples
    --------
    >>> average = fastnn.optim.swa_utils.get_ema_multi_avg_fn(0.75)
    >>> a = fastnn.tensor([1.0])
    >>> average([a], [fastnn.tensor([2.0])], 1)
    >>> a.item()
    1.25
    """
    check_decay(decay)

    def update(averaged: Sequence[Tensor], current: Sequence[Tensor], _: Any) -> None:
        move(averaged, current, 1 - decay)

    return update


def get_swa_multi_avg_fn() -> MultiAverage:
    r"""A function that averages lists of tensors in place: :math:`a = a + (p - a) / (n + 1)`.

    Examples
    --------
    >>> average = fastnn.optim.swa_utils.get_swa_multi_avg_fn()
    >>> a = fastnn.tensor([1.0])
    >>> average([a], [fastnn.tensor([2.0])], 1)
    >>> a.item()
    1.5
    """

    def update(averaged: Sequence[Tensor], current: Sequence[Tensor], num_averaged: Any) -> None:
        move(averaged, current, 1 / (float(num_averaged) + 1))

    return update


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    r"""A function with the average of two tensors: :math:`d a + (1 - d) p`.

    Parameters
    ----------
    decay
        :math:`d`, from [0, 1].

    Examples
    --------
    >>> average = fastnn.optim.swa_utils.get_ema_avg_fn(0.75)
    >>> average(fastnn.tensor([1.0]), fastnn.tensor([2.0]), 1).item()
    1.25
    """
    check_decay(decay)

    def update(averaged: Tensor, current: Tensor, _: Any) -> Tensor:
        with no_grad():
            return decay * averaged + (1 - decay) * current

    return update


def get_swa_avg_fn() -> Average:
    r"""A function with the average of two tensors: :math:`a + (p - a) / (n + 1)`.

    Examples
    --------
    >>> average = fastnn.optim.swa_utils.get_swa_avg_fn()
    >>> average(fastnn.tensor([1.0]), fastnn.tensor([2.0]), 1).item()
    1.5
    """

    def update(averaged: Tensor, current: Tensor, num_averaged: Any) -> Tensor:
        with no_grad():
            mean: Tensor = averaged + (current - averaged) / (num_averaged + 1)
        return mean

    return update


def check_decay(decay: float) -> None:
    """Raise ValueError if a decay is not in [0, 1]."""
    if not 0 <= number("average", "decay", decay) <= 1:
        raise ValueError(f"average: decay must be in [0, 1], got {decay}")


def move(averaged: Sequence[Tensor], current: Sequence[Tensor], weight: float) -> None:
    """Move tensors in place by a part of their way to others: ``a += weight * (p - a)``.

    Floats move in one call of a kernel, but for bfloat16. Integers are rounded to zero.
    """
    pairs = list(zip(averaged, current, strict=True))
    floats = [pair for pair in pairs if pair[0]._array.dtype.kind == "f"]
    arrays = [a._array for a, _ in floats]
    interpolate(arrays, [p._array for _, p in floats], weight)
    changed(arrays)
    for a, p in pairs:
        if a._array.dtype.kind != "f":
            old, new = a._array.astype(np.float64), p._array.astype(np.float64)
            moved = old * (1 - weight) + new * weight
            a.copy_(moved if kind(a._array.dtype) == "f" else np.trunc(moved))
