"""Transposed convolutions as layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...ops.activation.fused import Fused
from ...ops.conv.convolution import convolve
from ...ops.conv.transposed import CONV_TRANSPOSE
from ...tensor import Tensor, TensorLike
from .base import ConvBase, Ints

__all__ = ["ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]


class ConvTransposed(ConvBase):
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
        if isinstance(padding, str):
            raise TypeError(f"{type(self).__name__}: padding must be an int or a tuple of them")
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=padding,
            output_padding=output_padding,
            dilation=dilation,
            groups=groups,
            bias=bias,
            padding_mode=padding_mode,
            device=device,
            dtype=dtype,
            activation=activation,
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
        ndim, w, b = self.axes + 2, self.weight, self.bias
        return convolve(CONV_TRANSPOSE, ndim, input, w, b, options, activation, residual)

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


class ConvTranspose1d(ConvTransposed):
    """The transpose of `Conv1d`, from few steps to many. See `fastnn.nn.functional`.

    Arguments and parameters are those of `ConvTranspose2d`, for (N, C, L) with or without N.

    Examples
    --------
    >>> fastnn.nn.ConvTranspose1d(16, 33, 3, stride=2)(fastnn.randn(20, 16, 24)).shape
    (20, 33, 49)
    """

    axes = 1


class ConvTranspose2d(ConvTransposed):
    """The transpose of `Conv2d`, from small images to large ones. See `fastnn.nn.functional`.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, groups, bias, dilation, device, dtype, activation
        As of `Conv2d`.
    stride
        Steps between the places where elements of the input are put.
    padding
        Elements cut off on both sides of the output.
    output_padding
        Elements added behind each axis of the output. Smaller than the stride or the dilation.
    padding_mode
        ``"zeros"``.

    Attributes
    ----------
    weight
        w, (C, O / groups, K, K), uniform in ±1/√(O / groups · K · K) at first.
    bias
        b, (O,), uniform in the same at first; None without one.

    Examples
    --------
    >>> down = fastnn.nn.Conv2d(16, 16, 3, stride=2, padding=1)
    >>> up = fastnn.nn.ConvTranspose2d(16, 16, 3, stride=2, padding=1)
    >>> x = fastnn.randn(1, 16, 12, 12)
    >>> down(x).shape, up(down(x)).shape, up(down(x), output_size=x.shape).shape
    ((1, 16, 6, 6), (1, 16, 11, 11), (1, 16, 12, 12))
    """

    axes = 2


class ConvTranspose3d(ConvTransposed):
    """The transpose of `Conv3d`, from small volumes to large ones. See `fastnn.nn.functional`.

    Arguments and parameters are those of `ConvTranspose2d`, for (N, C, D, H, W) with or without N.

    Examples
    --------
    >>> fastnn.nn.ConvTranspose3d(4, 2, 2, stride=2)(fastnn.randn(1, 4, 2, 3, 4)).shape
    (1, 2, 4, 6, 8)
    """

    axes = 3
