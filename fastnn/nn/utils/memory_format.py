"""Orders of weights in memory, for programs written for PyTorch."""

from __future__ import annotations

from typing import Any, TypeVar

from ..module import Module

M = TypeVar("M", bound=Module)


def convert_conv2d_weight_memory_format(module: M, memory_format: Any) -> M:
    """The module as it is: convolutions order their weights for their kernels themselves.

    Examples
    --------
    >>> conv = fastnn.nn.Conv2d(3, 8, 3)
    >>> fastnn.nn.utils.convert_conv2d_weight_memory_format(conv, fastnn.channels_last) is conv
    True
    """
    return module


def convert_conv3d_weight_memory_format(module: M, memory_format: Any) -> M:
    """The module as it is, see `convert_conv2d_weight_memory_format`."""
    return module
