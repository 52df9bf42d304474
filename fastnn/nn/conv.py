"""Convolution layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar, TypeAlias

from ..devices import check_device
from ..ops._sections import shared
from ..ops.activation.fused import Fused, check_fused
from ..ops.conv import convolve, convolve_transposed
from ..ops.create import empty
from ..ops.rearrange import pad
from ..tensor import Tensor, TensorLike
from . import init
from .module import Module
from .parameter import Parameter

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]

Ints: TypeAlias = "int | Sequence[int]"

# How `padding_mode` is called by `pad`.
MODES = {
    "zeros": "constant",
    "reflect": "reflect",
    "replicate": "replicate",
    "circular": "circular",
}


def each_axis(op: str, name: str, value: Ints, axes: int, least: int) -> tuple[int, ...]:
    """A tuple of one int for each axis, also of one for all."""
    numbers = tuple(value) if isinstance(value, Sequence) else (value,) * axes
    if len(numbers) != axes:
        raise ValueError(f"{op}: {name} must be an int or a tuple of {axes}, got {value!r}")
    for n in numbers:
        if isinstance(n, bool) or not hasattr(n, "__index__"):
            raise TypeError(f"{op}: {name} must be an int or a tuple of {axes}, got {value!r}")
        if n < least:
            raise ValueError(f"{op}: {name} must be at least {least}, got {value!r}")
    return tuple([n.__index__() for n in numbers])


FORWARD = """\
Parameters
----------
in_channels
    C, channels of the input.
out_channels
    O, channels of the output.
kernel_size
    The size of a window: an int, or one for each axis, as all that follows.
stride
    Steps between windows.
padding
    Elements added on both sides; ``"valid"`` for none, ``"same"`` for as many as keep the size.
dilation
    Steps between the elements of a window.
groups
    How many groups the channels fall into, which do not see one another.
bias
    Whether there is a b.
padding_mode
    What is added: ``"zeros"``, ``"reflect"``, ``"replicate"`` or ``"circular"``.
device, dtype
    ``"cpu"`` or None, and the element type, float32 by default.
activation
    None, the name of a pointwise activation, or a tuple of its name and parameters; computed with
    the sums.

Attributes
----------
weight
    w, (O, C / groups, {kernel}), uniform in ±1/√(C / groups · {product}) at first.
bias
    b, (O,), uniform in the same at first; None without one.
"""
TRANSPOSED = """\
Parameters
----------
in_channels
    C, channels of the input.
out_channels
    O, channels of the output.
kernel_size
    The size of a window: an int, or one for each axis, as all that follows.
stride
    Steps between the places where elements of the input are put.
padding
    Elements cut off on both sides of the output.
output_padding
    Elements added behind each axis of the output. Smaller than the stride or the dilation.
groups
    How many groups the channels fall into, which do not see one another.
bias
    Whether there is a b.
dilation
    Steps between the elements of a window.
padding_mode
    ``"zeros"``.
device, dtype
    ``"cpu"`` or None, and the element type, float32 by default.
activation
    None, the name of a pointwise activation, or a tuple of its name and parameters; computed with
    the sums.

Attributes
----------
weight
    w, (C, O / groups, {kernel}), uniform in ±1/√(O / groups · {product}) at first.
bias
    b, (O,), uniform in the same at first; None without one.
"""


class _Conv(Module):
    """What convolutions and their transposes share: arguments, checks and parameters."""

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
        stride: Ints,
        padding: Ints | str,
        output_padding: Ints,
        dilation: Ints,
        groups: int,
        bias: bool,
        padding_mode: str,
        dtype: Any,
        activation: Fused,
    ) -> None:
        super().__init__()
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
        if bias:
            self.bias = Parameter(empty(out_channels, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new parameters."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))  # which is 1/sqrt(fan_in)
        if self.bias is not None:
            fan_in = self.weight.shape[1] * math.prod(self.kernel_size)
            bound = 1 / math.sqrt(fan_in) if fan_in > 0 else 0.0
            init.uniform_(self.bias, -bound, bound)

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


class _Forward(_Conv):
    """A convolution; its subclasses say over how many axes."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Ints,
        stride: Ints = 1,
        padding: Ints | str = 0,
        dilation: Ints = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
        *,
        activation: Fused = None,
    ) -> None:
        check_device(type(self).__name__, device)
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            0,
            dilation,
            groups,
            bias,
            padding_mode,
            dtype,
            activation,
        )

    def forward(self, input: TensorLike) -> Tensor:
        """(N, C, ...) to (N, O, ...)."""
        return self.forward_with(input, self.activation)

    def forward_with(
        self, input: TensorLike, activation: Fused, residual: TensorLike | None = None
    ) -> Tensor:
        """`forward` with something added and an activation, as one operation."""
        padding: Ints | str = self.padding
        if self.padding_mode != "zeros":
            input = pad(input, self.widths(), MODES[self.padding_mode])
            padding = 0
        return convolve(
            self.axes + 2,
            input,
            self.weight,
            self.bias,
            self.stride,
            padding,
            self.dilation,
            self.groups,
            activation,
            residual,
        )

    def widths(self) -> list[int]:
        """The padding as `pad` takes it: pairs, the last axis first."""
        if self.padding == "valid":
            return [0, 0] * self.axes
        if self.padding == "same":
            reach = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size)]
            pairs = [(r // 2, r - r // 2) for r in reach]
        else:
            pairs = [(int(p), int(p)) for p in self.padding]
        return [width for pair in reversed(pairs) for width in pair]


class _Transposed(_Conv):
    """A transposed convolution; its subclasses say over how many axes."""

    transposed = True
    padding: tuple[int, ...]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Ints,
        stride: Ints = 1,
        padding: Ints | str = 0,  # a string is refused
        output_padding: Ints = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Ints = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
        *,
        activation: Fused = None,
    ) -> None:
        check_device(type(self).__name__, device)
        if isinstance(padding, str):
            raise TypeError(f"{type(self).__name__}: padding must be an int or a tuple of them")
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            output_padding,
            dilation,
            groups,
            bias,
            padding_mode,
            dtype,
            activation,
        )

    def forward(self, input: TensorLike, output_size: Sequence[int] | None = None) -> Tensor:
        """(N, C, ...) to (N, O, ...); `output_size` in place of the layer's output padding."""
        return self.forward_with(input, self.activation, None, output_size)

    def forward_with(
        self,
        input: TensorLike,
        activation: Fused,
        residual: TensorLike | None = None,
        output_size: Sequence[int] | None = None,
    ) -> Tensor:
        """`forward` with something added and an activation, as one operation."""
        extra = self.output_padding if output_size is None else self.extra_for(input, output_size)
        options = (self.stride, self.padding, extra, self.groups, self.dilation)
        ndim = self.axes + 2
        return convolve_transposed(
            ndim, input, self.weight, self.bias, options, activation, residual
        )

    def extra_for(self, input: TensorLike, output_size: Sequence[int]) -> tuple[int, ...]:
        """The output padding that gives an output of this size."""
        op = type(self).__name__
        shape: tuple[int, ...] = getattr(input, "shape", ())
        wanted = tuple(output_size)
        if len(wanted) == len(shape) != self.axes:
            wanted = wanted[-self.axes :]
        if len(wanted) != self.axes:
            raise ValueError(
                f"{op}: output_size must have {self.axes} numbers, or as many as the input has "
                f"dimensions, got {tuple(output_size)}"
            )
        extra = []
        for i, size in enumerate(wanted):
            n, s, k = shape[i - self.axes], self.stride[i], self.kernel_size[i]
            least = (n - 1) * s - 2 * self.padding[i] + self.dilation[i] * (k - 1) + 1
            if not least <= size < least + s:
                raise ValueError(
                    f"{op}: output_size must lie between {least} and {least + s - 1} along axis "
                    f"{i}, got {tuple(output_size)} for an input of shape {shape}"
                )
            extra.append(size - least)
        return tuple(extra)


@shared(FORWARD.format(kernel="K", product="K"))
class Conv1d(_Forward):
    """Sums over windows of sequences. See `fastnn.nn.functional.conv1d`.

    Examples
    --------
    >>> import fastnn
    >>> layer = fastnn.nn.Conv1d(16, 33, 3, stride=2)
    >>> layer(fastnn.randn(20, 16, 50)).shape
    (20, 33, 24)
    >>> layer
    Conv1d(16, 33, kernel_size=(3,), stride=(2,))
    """

    axes = 1


@shared(FORWARD.format(kernel="K, K", product="K · K"))
class Conv2d(_Forward):
    """Sums over windows of images. See `fastnn.nn.functional.conv2d`.

    Examples
    --------
    >>> import fastnn
    >>> layer = fastnn.nn.Conv2d(3, 16, 3, padding=1)
    >>> layer(fastnn.randn(20, 3, 32, 32)).shape
    (20, 16, 32, 32)
    >>> layer
    Conv2d(3, 16, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
    """

    axes = 2


@shared(FORWARD.format(kernel="K, K, K", product="K³"))
class Conv3d(_Forward):
    """Sums over windows of volumes. See `fastnn.nn.functional.conv3d`.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.nn.Conv3d(16, 33, (3, 5, 2), padding=(1, 2, 0))(fastnn.randn(2, 16, 4, 9, 8)).shape
    (2, 33, 4, 9, 7)
    """

    axes = 3


@shared(TRANSPOSED.format(kernel="K", product="K"))
class ConvTranspose1d(_Transposed):
    """The transpose of `Conv1d`, from few steps to many. See `fastnn.nn.functional`.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.nn.ConvTranspose1d(16, 33, 3, stride=2)(fastnn.randn(20, 16, 24)).shape
    (20, 33, 49)
    """

    axes = 1


@shared(TRANSPOSED.format(kernel="K, K", product="K · K"))
class ConvTranspose2d(_Transposed):
    """The transpose of `Conv2d`, from small images to large ones. See `fastnn.nn.functional`.

    Examples
    --------
    >>> import fastnn
    >>> down = fastnn.nn.Conv2d(16, 16, 3, stride=2, padding=1)
    >>> up = fastnn.nn.ConvTranspose2d(16, 16, 3, stride=2, padding=1)
    >>> x = fastnn.randn(1, 16, 12, 12)
    >>> down(x).shape, up(down(x)).shape, up(down(x), output_size=x.shape).shape
    ((1, 16, 6, 6), (1, 16, 11, 11), (1, 16, 12, 12))
    """

    axes = 2


@shared(TRANSPOSED.format(kernel="K, K, K", product="K³"))
class ConvTranspose3d(_Transposed):
    """The transpose of `Conv3d`, from small volumes to large ones. See `fastnn.nn.functional`.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.nn.ConvTranspose3d(4, 2, 2, stride=2)(fastnn.randn(1, 4, 2, 3, 4)).shape
    (1, 2, 4, 6, 8)
    """

    axes = 3
