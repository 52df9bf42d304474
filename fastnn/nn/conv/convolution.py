"""Convolutions as layers."""

from __future__ import annotations

from typing import Any

from ...ops.activation.fused import Fused
from ...ops.conv.convolution import CONV, convolve
from ...ops.rearrange import pad
from ...tensor import Tensor, TensorLike
from .base import MODES, ConvBase, Ints

__all__ = ["Conv1d", "Conv2d", "Conv3d"]


class Convolution(ConvBase):
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
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=padding,
            output_padding=0,
            dilation=dilation,
            groups=groups,
            bias=bias,
            padding_mode=padding_mode,
            device=device,
            dtype=dtype,
            activation=activation,
        )

    def forward(self, input: TensorLike) -> Tensor:
        """(N, C, ...) to (N, O, ...)."""
        return self.forward_with(input, self.activation)

    def forward_with(
        self, input: TensorLike, activation: Fused, residual: TensorLike | None = None
    ) -> Tensor:
        """`forward` with something added and an activation, as one operation."""
        x, padding = input, self.padding  # errors show the input without the padding
        if self.padding_mode != "zeros":
            x, padding = pad(input, self.widths(), MODES[self.padding_mode]), (0,) * self.axes
        options = (self.stride, padding, self.dilation, self.groups)
        ndim, w, b = self.axes + 2, self.weight, self.bias
        return convolve(CONV, ndim, x, w, b, options, activation, residual)

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


class Conv1d(Convolution):
    """Sums over windows of sequences. See `fastnn.nn.functional.conv1d`.

    Arguments and parameters are those of `Conv2d`, for (N, C, L) with or without N.

    Examples
    --------
    >>> layer = fastnn.nn.Conv1d(16, 33, 3, stride=2)
    >>> layer(fastnn.randn(20, 16, 50)).shape
    (20, 33, 24)
    >>> layer
    Conv1d(16, 33, kernel_size=(3,), stride=(2,))
    """

    axes = 1


class Conv2d(Convolution):
    """Sums over windows of images. See `fastnn.nn.functional.conv2d`.

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
        None, the name of a pointwise activation, or a tuple of its name and parameters; computed
        with the sums.

    Attributes
    ----------
    weight
        w, (O, C / groups, K, K), uniform in ±1/√(C / groups · K · K) at first.
    bias
        b, (O,), uniform in the same at first; None without one.

    Examples
    --------
    >>> layer = fastnn.nn.Conv2d(3, 16, 3, padding=1)
    >>> layer(fastnn.randn(20, 3, 32, 32)).shape
    (20, 16, 32, 32)
    >>> layer
    Conv2d(3, 16, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
    """

    axes = 2


class Conv3d(Convolution):
    """Sums over windows of volumes. See `fastnn.nn.functional.conv3d`.

    Arguments and parameters are those of `Conv2d`, for (N, C, D, H, W) with or without N.

    Examples
    --------
    >>> fastnn.nn.Conv3d(16, 33, (3, 5, 2), padding=(1, 2, 0))(fastnn.randn(2, 16, 4, 9, 8)).shape
    (2, 33, 4, 9, 7)
    """

    axes = 3
