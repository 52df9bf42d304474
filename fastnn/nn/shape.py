"""Modules that reshape their input, and the identity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..ops.shape import flatten, unflatten
from ..tensor import Tensor
from .module import Module
from .module.inputs import Dimensions, Inputs

__all__ = ["Flatten", "Identity", "Unflatten"]


class Identity(Module):
    """Returns its input; arguments are accepted and ignored.

    Examples
    --------
    >>> fastnn.nn.Identity()(3)
    3
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        """The input."""
        return input


class Flatten(Module):
    """Merges the dimensions from `start_dim` to `end_dim` into one.

    Examples
    --------
    >>> fastnn.nn.Flatten()(fastnn.zeros(2, 3, 4)).shape
    (2, 12)
    """

    _shown = ("start_dim", "end_dim")

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def _expected(self) -> Inputs:
        return {"input": Dimensions("start_dim")}

    def forward(self, input: Tensor) -> Tensor:
        """The input with fewer dimensions."""
        return flatten(input, self.start_dim, self.end_dim)


class Unflatten(Module):
    """Splits one dimension into several.

    Examples
    --------
    >>> fastnn.nn.Unflatten(1, (3, 4))(fastnn.zeros(2, 12)).shape
    (2, 3, 4)
    """

    _shown = ("dim", "unflattened_size")

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        self.dim = dim
        self.unflattened_size = tuple(unflattened_size)

    def forward(self, input: Tensor) -> Tensor:
        """The input with more dimensions."""
        return unflatten(input, self.dim, self.unflattened_size)
