"""What functions of matrices take, and how they call NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...autograd.record import Array, array
from ...dtypes import no_floats
from ...tensor import TensorLike

__all__: list[str] = []


class LinAlgError(RuntimeError):
    """Raised where a function of matrices has no value, as the inverse of a singular one."""


def matrices(op: str, input: TensorLike, name: str = "input", square: bool = False) -> Array:
    """The array of floats (..., M, N) or, where `square`, (..., N, N)."""
    x = array(input)
    if x.dtype not in (np.float32, np.float64):
        raise no_floats(op, name, x.dtype)
    if x.ndim < 2 or (square and x.shape[-1] != x.shape[-2]):
        layout = "(..., N, N)" if square else "(..., M, N)"
        raise ValueError(f"{op}: {name} must have shape {layout}, got {x.shape}")
    return x


def lapack(op: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """A function of NumPy, whose errors become those of the operation."""
    try:
        with np.errstate(all="ignore"):
            return function(*args, **kwargs)
    except np.linalg.LinAlgError as error:
        raise LinAlgError(f"{op}: {str(error)[:1].lower()}{str(error)[1:]}") from None


def t(x: Array) -> Array:
    """Transposed."""
    y: Array = x.swapaxes(-1, -2)
    return y
