"""The Inception block: parallel convolutions of several sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..nn import BatchNorm2d, Conv2d, Identity, MaxPool2d, Module, ReLU, Sequential
from ..nn.functional import cat
from ..tensor import Tensor
from .conv_norm import conv_norm

__all__ = ["BasicConv2d", "Inception"]


def small_norm(channels: int) -> Module:
    """Batch norm with the eps of GoogLeNet and its successors."""
    return BatchNorm2d(channels, eps=0.001)


class BasicConv2d(Module):
    """y = relu(bn(conv(x))).

    Parameters
    ----------
    in_channels, out_channels
        C and O.
    norm_layer
        Creates a norm for a number of channels, `BatchNorm2d` with an eps of 0.001 by default. With
        None there is no norm, and the convolution has a bias.
    options
        Those of `Conv2d`: kernel_size, stride, padding, …

    Examples
    --------
    >>> fastnn.models.BasicConv2d(3, 8, kernel_size=3)(fastnn.randn(2, 3, 9, 9)).shape
    (2, 8, 7, 7)
    """

    folds = (("conv", "bn"),)

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        norm_layer: Callable[[int], Module] | None = small_norm,
        **options: Any,
    ) -> None:
        super().__init__()
        self.conv = Conv2d(in_channels, out_channels, bias=norm_layer is None, **options)
        self.bn = Identity() if norm_layer is None else norm_layer(out_channels)
        self.relu = ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, O, J, I)."""
        return conv_norm(x, self.conv, self.bn, self.relu)


class Inception(Module):
    """Four parallel branches on one input, concatenated along the channels.

    1×1 convolution; 1×1 and 3×3; 1×1 and 5×5; 3×3 max pooling and 1×1 convolution.

    Parameters
    ----------
    in_channels
        C.
    ch1x1
        Channels of the first branch.
    ch3x3red, ch3x3
        Of the second: after its 1×1 and after its 3×3 convolution.
    ch5x5red, ch5x5
        Of the third.
    pool_proj
        Of the fourth.
    kernel_size
        Of the third branch: 5 as in the paper; PyTorch's GoogLeNet uses 3.
    norm_layer
        See `BasicConv2d`; None as in the paper.

    References
    ----------
    Szegedy et al., Going Deeper with Convolutions, CVPR 2015.

    Examples
    --------
    >>> block = fastnn.models.Inception(192, 64, 96, 128, 16, 32, 32)
    >>> block(fastnn.randn(1, 192, 7, 7)).shape
    (1, 256, 7, 7)
    """

    def __init__(
        self,
        in_channels: int,
        ch1x1: int,
        ch3x3red: int,
        ch3x3: int,
        ch5x5red: int,
        ch5x5: int,
        pool_proj: int,
        *,
        kernel_size: int = 5,
        norm_layer: Callable[[int], Module] | None = small_norm,
    ) -> None:
        super().__init__()

        def conv(fan_in: int, fan_out: int, size: int = 1) -> BasicConv2d:
            padding = size // 2
            return BasicConv2d(fan_in, fan_out, norm_layer, kernel_size=size, padding=padding)

        self.branch1 = conv(in_channels, ch1x1)
        self.branch2 = Sequential(conv(in_channels, ch3x3red), conv(ch3x3red, ch3x3, 3))
        self.branch3 = Sequential(conv(in_channels, ch5x5red), conv(ch5x5red, ch5x5, kernel_size))
        pool = MaxPool2d(3, stride=1, padding=1, ceil_mode=True)
        self.branch4 = Sequential(pool, conv(in_channels, pool_proj))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, ch1x1 + ch3x3 + ch5x5 + pool_proj, H, W)."""
        branches = (self.branch1, self.branch2, self.branch3, self.branch4)
        return cat([branch(x) for branch in branches], 1)
