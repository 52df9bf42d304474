"""Tensors that a module learns."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor

__all__ = ["Parameter"]


class Parameter(Tensor):
    """A tensor that a module finds among its attributes and an optimizer changes.

    Parameters
    ----------
    data
        A tensor or array, which is shared, or numbers.
    requires_grad
        False for a parameter that is to stay as it is.

    Examples
    --------
    >>> fastnn.nn.Parameter(fastnn.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(data._array if isinstance(data, Tensor) else data, requires_grad)
        if requires_grad and self._array.dtype.kind != "f":
            raise TypeError(f"Parameter: data must be floating point, got {self._array.dtype}")

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"
