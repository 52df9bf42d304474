"""Gradients of many parameters at once: their common norm, and clipping them in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .. import _core
from ..autograd.changes import changed
from ..autograd.record import Array
from ..autograd.row_gradient import stored_values
from ..tensor import Tensor

__all__: list[str] = []  # used through nn.utils


Blame = Callable[[], str]  # says which array is to blame for a norm that is not finite


def gradients_of(parameters: Iterable[Tensor]) -> list[Array]:
    """The gradients of those tensors that have one."""
    return [stored_values(p._grad) for p in parameters if p._grad is not None]


def total_norm(op: str, arrays: list[Array], norm_type: float, blame: Blame | None) -> Array:
    """One float64 number: the norm of all elements of all arrays; finite if there is a `blame`."""
    p = float(norm_type)
    if not p > 0:
        raise ValueError(f"{op}: norm_type must be positive, got {norm_type}")
    norm: Array = _core.grad_norm(arrays, p)
    if blame is not None and not np.isfinite(norm):
        raise RuntimeError(
            f"{op}: the total norm of order {norm_type} is {norm}, not finite: {blame()}"
        )
    return norm


def as_tensor(norm: Array, arrays: list[Array]) -> Tensor:
    """The norm in the widest type of the arrays."""
    wide = any(a.dtype == np.float64 for a in arrays)
    return Tensor(norm if wide else norm.astype(np.float32))


def clip_by_norm(
    op: str, arrays: list[Array], max_norm: Any, norm_type: Any, blame: Blame | None
) -> Tensor:
    """Scale all arrays so that their common norm is at most `max_norm`; what it was."""
    norm = total_norm(op, arrays, norm_type, blame)
    scale_by_norm(arrays, max_norm, norm)
    return as_tensor(norm, arrays)


def scale_by_norm(arrays: list[Array], max_norm: Any, norm: Array) -> None:
    """Scale all arrays as if this were their common norm."""
    _core.clip_grad_norm(arrays, norm, float(max_norm))
    changed(arrays)


def clip_by_value(arrays: list[Array], clip_value: float) -> None:
    """Bring every element into [-clip_value, clip_value]."""
    _core.clip_grad_value(arrays, float(clip_value))
    changed(arrays)
