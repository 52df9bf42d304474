"""What layers expect of their inputs, declared as data, and what is wrong with one that came.

A layer says what it expects in `Module._expected`, for example
``{"input": Floats("*, in_features")}``. Nothing asks before a call has failed: the checks of a call
are those of its operation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from ...tensor import Tensor, as_array
from ...tensor.spelling import spelled

if TYPE_CHECKING:
    from .contents import Contents

__all__: list[str] = []

Sizes: TypeAlias = "tuple[int | str, ...]"
AXES = {0: (), 1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}


class Expected(Protocol):
    """What an input should be."""

    def arguments(self) -> list[str]:
        """The attributes of the layer, named as its arguments, that it follows from."""

    def fault(self, module: Contents, name: str, value: Any, error: Exception) -> str | None:
        """What is wrong with an input, where that can have raised the error."""


Inputs: TypeAlias = Mapping[str, Expected]


class Floats:
    """An input of floating point numbers, with one of several layouts.

    In a layout a lower-case word is an attribute of the layer, an upper-case one any size, and `*`
    any number of dimensions: ``"N, in_channels, H, W"``, ``"*, in_features"``.
    """

    def __init__(self, *layouts: str) -> None:
        self.layouts = [layout.split(", ") for layout in layouts]

    def arguments(self) -> list[str]:
        """The lower-case words."""
        return [word for word in self.layouts[0] if word.islower()]

    def fault(self, module: Contents, name: str, value: Any, error: Exception) -> str | None:
        """A wrong type for a TypeError, a wrong shape for a ValueError."""
        if not isinstance(error, (TypeError, ValueError)):
            return None
        other = not_an_array(name, value)
        if other is not None:
            return other
        if isinstance(error, TypeError):
            return wrong_dtype(module, name, value) if "dtype" in str(error) else None
        shape = as_array(value).shape
        layouts = [sizes_of(module, layout) for layout in self.layouts]
        if any(fits(shape, sizes) for sizes in layouts):
            return None
        fix = spelled(likely_fix(name, shape, layouts), value)
        return f"{name}{wanted(layouts)}, got {shape}{fix}"


class Pair:
    """A tuple of two such inputs."""

    def __init__(self, *layouts: str) -> None:
        self.each = Floats(*layouts)

    def arguments(self) -> list[str]:
        """The lower-case words."""
        return self.each.arguments()

    def fault(self, module: Contents, name: str, value: Any, error: Exception) -> str | None:
        """The fault of the first of the two that has one."""
        if not isinstance(value, (tuple, list)):
            return None
        found = [self.each.fault(module, f"{name}[{i}]", v, error) for i, v in enumerate(value)]
        return next((fault for fault in found if fault is not None), None)


class Ids:
    """An input of integers from 0 to below an attribute of the layer."""

    def __init__(self, end: str) -> None:
        self.end = end

    def arguments(self) -> list[str]:
        """The attribute."""
        return [self.end]

    def fault(self, module: Contents, name: str, value: Any, error: Exception) -> str | None:
        """A wrong type for a TypeError, an id out of range for an IndexError."""
        if not isinstance(error, (TypeError, IndexError)):
            return None
        other = not_an_array(name, value)
        if other is not None:
            return other
        ids = as_array(value)
        if ids.dtype.kind not in "iu":
            fix = cast_to(value, name, "int64")
            return f"{name} must have an integer type, for ids, got {ids.dtype}; {fix} converts it"
        end = getattr(module, self.end)
        wrong = np.argwhere((ids < 0) | (ids >= end))
        if not len(wrong):
            return None
        at = tuple(wrong[0].tolist())
        place = f"[{', '.join(map(str, at))}]" if at else ""
        return f"{name}{place} is {ids[at]}, but ids must lie between 0 and {end - 1}"


class Dimensions:
    """An input with more dimensions than an attribute of the layer says, the batch being first."""

    def __init__(self, least: str) -> None:
        self.least = least

    def arguments(self) -> list[str]:
        """The attribute."""
        return [self.least]

    def fault(self, module: Contents, name: str, value: Any, error: Exception) -> str | None:
        """Too few dimensions for an IndexError."""
        if not isinstance(error, IndexError) or not isinstance(value, Tensor):
            return None
        least = getattr(module, self.least)
        if value.ndim > least:
            return None
        fix = f"; {name}.unsqueeze(0) adds the batch dimension" if value.ndim == least else ""
        return f"{name} must have more than {least} dimensions, got shape {value.shape}{fix}"


def images(channels: str, axes: int) -> Floats:
    """Images of so many axes, with or without a batch dimension."""
    rest = ", ".join((channels, *AXES[axes]))
    return Floats(f"N, {rest}", rest)


def not_an_array(name: str, value: Any) -> str | None:
    """A sentence about a value that is no array of numbers; None where it is one."""
    if type(value) in (tuple, list) and any(isinstance(v, (Tensor, tuple)) for v in value):
        return (
            f"{name} must be one tensor, got a {type(value).__name__} of {len(value)}; recurrent "
            "layers and attention return a tuple, of which the first is the output"
        )
    if value is None:
        return (
            f"{name} must be a tensor or an array, got NoneType; does the forward() or the "
            "function that makes it lack its return?"
        )
    try:
        as_array(value)
    except (TypeError, ValueError):
        return f"{name} must be a tensor or an array, got {type(value).__name__}"
    return None


def wrong_dtype(module: Contents, name: str, value: Any) -> str | None:
    """A sentence about an element type that is not that of the parameters."""
    dtype = as_array(value).dtype
    own = next((p.dtype for p in module.parameters()), None)
    if dtype == own or (own is None and dtype.kind == "f"):
        return None
    fix = cast_to(value, name, str(own or "float32"))
    if own is None:
        return f"{name} must have a floating point type, got {dtype}; {fix} converts it"
    text = f"{name} must have dtype {own}, as the parameters, got {dtype}; {fix} converts it"
    layer = {"float32": "float()", "float64": "double()"}.get(str(dtype))
    return text if layer is None else f"{text}, and {layer} of the layer its parameters"


def cast_to(value: Any, name: str, dtype: str) -> str:
    """The expression that converts an input."""
    methods = {"float32": "float()", "float64": "double()", "int64": "long()"}
    return spelled(f"{name}.{methods.get(dtype, f'to(fastnn.{dtype})')}", value)


def sizes_of(module: Contents, layout: list[str]) -> Sizes:
    """``("N", 3, "H", "W")`` for ``["N", "in_channels", "H", "W"]`` and a layer of 3 channels."""
    sizes: list[int | str] = []
    for word in layout:
        value = getattr(module, word) if word.islower() else word
        sizes.extend(value if isinstance(value, tuple) else (value,))
    return tuple(sizes)


def fits(shape: tuple[int, ...], sizes: Sizes) -> bool:
    """Whether a shape has a layout."""
    if "*" in sizes:
        fixed = len(sizes) - 1
        if len(shape) < fixed:
            return False
        if sizes[0] == "*":
            shape, sizes = shape[len(shape) - fixed :], sizes[1:]
        else:
            shape, sizes = shape[:fixed], sizes[:-1]
    return len(shape) == len(sizes) and all(
        isinstance(size, str) or n == size for n, size in zip(shape, sizes)
    )


def wanted(layouts: list[Sizes]) -> str:
    """What the shape should be: the words between the name of the input and what came."""
    first, *last = layouts[0]
    if first != "*":
        return " must have shape " + " or ".join(written(sizes) for sizes in layouts)
    if len(last) == 1:
        return f"'s last dimension must be {last[0]}"
    return f"'s last dimensions must be {written(tuple(last))}"


def written(sizes: Sizes) -> str:
    """A layout as users write a shape."""
    return f"({', '.join(map(str, sizes))}{',' if len(sizes) == 1 else ''})"


def likely_fix(name: str, shape: tuple[int, ...], layouts: list[Sizes]) -> str:
    """What probably has to be done, after a semicolon; empty where that is not clear."""
    if layouts[0][0] == "*":
        features = layouts[0][1:]
        if len(shape) > 2 and (math.prod(shape[1:]),) == features:
            return f"; {name}.flatten(1) makes one dimension of all but the first"
        if len(shape) == 2 and (math.prod(shape),) == features:
            return "; if that is one sample, the input of the model lacks a batch dimension"
        return ""
    last = len(shape) - 1
    for sizes in layouts:
        axis = next((i for i, size in enumerate(sizes) if isinstance(size, int)), last)
        order = [*range(axis), last, *range(axis, last)]
        if len(shape) == len(sizes) > 2 and fits(tuple([shape[i] for i in order]), sizes):
            return (
                f"; its channels come last: {name}.permute({', '.join(map(str, order))}) puts "
                "them first"
            )
    for axis, meaning in ((0, "batch"), (1, "channel")):
        longer = (*shape[:axis], 1, *shape[axis:])
        if any(s[0] == "N" and isinstance(s[1], int) and fits(longer, s) for s in layouts):
            return f"; {name}.unsqueeze({axis}) adds the {meaning} dimension"
    return ""
