"""What convolution layers and their transposes share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar, TypeAlias

from ...ops.activation.fused import Fused, check_fused
from ...ops.create import empty
from .. import init
from ..module import Module
from ..module.inputs import Inputs, images
from ..parameter import Parameter

Ints: TypeAlias = "int | Sequence[int]"

# How `padding_mode` is called by `pad`.
MODES = {
    "zeros": "constant",
    "reflect": "reflect",
    "replicate": "replicate",
    "circular": "circular",
}


def each_axis(op: str, name: str, value: Ints, axes: int, least: int) -> tuple[int, ...]:
    """A tuple of one int for each axis, also of one for all, in a sequence or by itself."""
    numbers = tuple(value) if isinstance(value, Sequence) else (value,) * axes
    if len(numbers) == 1 and name != "kernel_size":  # whose length says what is convolved
        numbers *= axes
    if len(numbers) != axes:
        raise ValueError(f"{op}: {name} must be an int or a tuple of {axes}, got {value!r}")
    for n in numbers:
        if isinstance(n, bool) or not hasattr(n, "__index__"):
            raise TypeError(f"{op}: {name} must be an int or a tuple of {axes}, got {value!r}")
        if n < least:
            raise ValueError(f"{op}: {name} must be at least {least}, got {value!r}")
    return tuple([n.__index__() for n in numbers])


class ConvBase(Module):
    """Arguments, checks and parameters."""

    weight: Parameter
    bias: Parameter | None
    padding: tuple[int, ...] | str

    axes: ClassVar[int]
    transposed: ClassVar[bool] = False
    adds_residual = True  # `forward_with` takes one

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Ints,
        *,
        stride: Ints,
        padding: Ints | str,
        output_padding: Ints,
        dilation: Ints,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
        activation: Fused,
    ) -> None:
        super().__init__(device)
        op, axes = type(self).__name__, self.axes
        if groups < 1:
            raise ValueError(f"{op}: groups must be at least 1, got {groups}")
        for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
            if channels % groups:
                raise ValueError(
                    f"{op}: groups must divide {name}, got {groups} groups and {channels}"
                )
        if padding_mode not in MODES or (self.transposed and padding_mode != "zeros"):
            known = "'zeros'" if self.transposed else ", ".join(map(repr, MODES))
            raise ValueError(f"{op}: padding_mode must be one of {known}, got {padding_mode!r}")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = each_axis(op, "kernel_size", kernel_size, axes, 1)
        self.stride = each_axis(op, "stride", stride, axes, 1)
        self.dilation = each_axis(op, "dilation", dilation, axes, 1)
        self.output_padding = each_axis(op, "output_padding", output_padding, axes, 0)
        self.groups = groups
        self.padding_mode = padding_mode
        self.activation = activation
        check_fused(op, activation)
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise ValueError(
                    f"{op}: padding must be 'same', 'valid', an int or a tuple, got {padding!r}"
                )
            if padding == "same" and any(s != 1 for s in self.stride):
                raise ValueError(f"{op}: padding='same' needs a stride of 1, got {self.stride}")
            self.padding = padding
        else:
            self.padding = each_axis(op, "padding", padding, axes, 0)
        ends = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        self.weight = Parameter(empty(ends[0], ends[1] // groups, *self.kernel_size, dtype=dtype))
        b = Parameter(empty(out_channels, dtype=dtype)) if bias else None
        self.register_parameter("bias", b)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new parameters."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))  # which is 1/sqrt(fan_in)
        if self.bias is not None:
            fan_in = self.weight.shape[1] * math.prod(self.kernel_size)
            bound = 1 / math.sqrt(fan_in) if fan_in > 0 else 0.0
            init.uniform_(self.bias, -bound, bound)

    def _expected(self) -> Inputs:
        return {"input": images("in_channels", self.axes)}

    def extra_repr(self) -> str:
        """The arguments that are not the default."""
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"
        text += f", stride={self.stride}"
        none, ones = (0,) * self.axes, (1,) * self.axes
        for name, usual in (("padding", none), ("dilation", ones), ("output_padding", none)):
            if getattr(self, name) != usual:
                text += f", {name}={getattr(self, name)}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text if self.activation is None else f"{text}, activation={self.activation!r}"
