"""Activations in place, under PyTorch's names: ``relu_`` and its kin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import _core
from ...tensor import Tensor
from .operands import rrelu
from .overwrite import overwrite
from .piecewise import celu, elu, hardtanh, leaky_relu, relu, selu
from .shrink import threshold
from .smooth import sigmoid_backward, tanh_backward

__all__ = [
    "celu_",
    "elu_",
    "hardtanh_",
    "leaky_relu_",
    "relu_",
    "rrelu_",
    "selu_",
    "sigmoid_",
    "tanh_",
    "threshold_",
]


def in_place(operation: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """``operation(..., inplace=True)``."""

    def method(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return operation(input, *args, inplace=True, **kwargs)

    method.__name__ = method.__qualname__ = f"{operation.__name__}_"
    method.__doc__ = f"As `fastnn.{operation.__name__}`, in place."
    return method


celu_ = in_place(celu)
elu_ = in_place(elu)
hardtanh_ = in_place(hardtanh)
leaky_relu_ = in_place(leaky_relu)
relu_ = in_place(relu)
rrelu_ = in_place(rrelu)
selu_ = in_place(selu)
threshold_ = in_place(threshold)


def sigmoid_(input: Tensor) -> Tensor:
    """As `fastnn.sigmoid`, in place."""
    return overwrite("sigmoid_", _core.sigmoid, sigmoid_backward, input, by_output=True)


def tanh_(input: Tensor) -> Tensor:
    """As `fastnn.tanh`, in place."""
    return overwrite("tanh_", _core.tanh, tanh_backward, input, by_output=True)
