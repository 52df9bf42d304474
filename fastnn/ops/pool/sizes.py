"""The arguments of poolings: one number for each axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

Sizes: TypeAlias = "int | Sequence[int]"


def sizes_of(op: str, argument: str, value: Any, axes: int) -> tuple[int, ...]:
    """`value` as a tuple, repeated for each axis where it is one number."""
    if hasattr(value, "__index__"):
        return (value.__index__(),) * axes
    if not isinstance(value, (tuple, list)):
        raise TypeError(
            f"{op}: {argument} must be an int or a tuple of {axes} ints, got {type(value).__name__}"
        )
    if len(value) not in (1, axes):
        raise ValueError(f"{op}: {argument} must hold {axes} ints, got {len(value)}")
    for item in value:
        if not hasattr(item, "__index__"):
            raise TypeError(f"{op}: {argument} must hold ints, got {type(item).__name__}")
    return tuple(value) * axes if len(value) == 1 else tuple(value)


def stride_of(op: str, stride: Any, kernel: tuple[int, ...]) -> tuple[int, ...]:
    """The stride, which is the kernel's size where none is given."""
    if stride is None or (isinstance(stride, (tuple, list)) and not stride):
        return kernel
    return sizes_of(op, "stride", stride, len(kernel))
