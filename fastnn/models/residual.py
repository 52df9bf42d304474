"""Residual blocks: two or three convolutions whose output is added to the block's input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..nn import BatchNorm2d, Conv2d, Module, ReLU
from ..tensor import Tensor
from .conv_norm import conv_norm

__all__ = ["BasicBlock", "Bottleneck"]

Norm = Callable[[int], Module]


class Block(Module):
    """Base of residual blocks: shortcut, squeeze-and-excitation, sum and ReLU."""

    expansion = 1  # output channels as a multiple of `planes`
    downsample: Module | None
    se: Module | None
    relu: Module

    def _finish(self, x: Tensor, inner: Tensor, conv: Module, norm: Module) -> Tensor:
        """The last convolution and norm on `inner`, plus the shortcut of the block's input x."""
        shortcut = x if self.downsample is None else self.downsample(x)
        if self.se is None:
            return conv_norm(inner, conv, norm, self.relu, shortcut)
        scaled = self.se(conv_norm(inner, conv, norm))
        y: Tensor = self.relu(scaled + shortcut)
        return y


class BasicBlock(Block):
    """Two 3×3 convolutions: y = relu(x + bn2(conv2(relu(bn1(conv1(x)))))).

    Parameters
    ----------
    inplanes
        C, channels of the input.
    planes
        O, channels of the output.
    stride
        s of the first convolution.
    downsample
        A module for the shortcut if x and y differ in shape; None for the identity.
    groups, base_width, dilation
        Accepted for `ResNet`; they must be 1, 64 and 1.
    norm_layer
        Creates a norm for a number of channels; `BatchNorm2d` by default.
    se_layer
        Creates a module, such as `SqueezeExcitation`, for a number of channels, which is applied
        before the sum; none by default.

    References
    ----------
    He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, CVPR 2016.

    Examples
    --------
    >>> block = fastnn.models.BasicBlock(16, 16)
    >>> block(fastnn.randn(2, 16, 8, 8)).shape
    (2, 16, 8, 8)
    """

    folds = (("conv1", "bn1"), ("conv2", "bn2"))

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: Module | None = None,
        groups: int = 1,
        base_width: int = 64,
        dilation: int = 1,
        norm_layer: Norm | None = None,
        *,
        se_layer: Callable[[int], Module] | None = None,
    ) -> None:
        super().__init__()
        if (groups, base_width, dilation) != (1, 64, 1):
            raise ValueError(
                "BasicBlock: groups, base_width and dilation must be 1, 64 and 1, got "
                f"{groups}, {base_width} and {dilation}; Bottleneck supports others"
            )
        norm = norm_layer or BatchNorm2d
        self.conv1 = Conv2d(inplanes, planes, 3, stride, padding=1, bias=False)
        self.bn1 = norm(planes)
        self.relu = ReLU()
        self.conv2 = Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = norm(planes)
        self.se = None if se_layer is None else se_layer(planes)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, O, H/s, W/s), rounded up."""
        inner = conv_norm(x, self.conv1, self.bn1, self.relu)
        return self._finish(x, inner, self.conv2, self.bn2)


class Bottleneck(Block):
    """A 3×3 convolution between two 1×1 ones, with four times as many channels outside.

    y = relu(x + bn3(conv3(relu(bn2(conv2(relu(bn1(conv1(x)))))))). The stride is that of the 3×3
    convolution, as in PyTorch.

    Parameters
    ----------
    inplanes, downsample, norm_layer, se_layer
        As for `BasicBlock`.
    planes
        A quarter of O, the channels of the output.
    stride, dilation
        s and d of the 3×3 convolution.
    groups, base_width
        Groups of the 3×3 convolution, which has ``planes * base_width / 64 * groups`` channels.

    References
    ----------
    He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, CVPR 2016; Xie et al.,
    Aggregated Residual Transformations for Deep Neural Networks, CVPR 2017.

    Examples
    --------
    >>> block = fastnn.models.Bottleneck(64, 16)
    >>> block(fastnn.randn(2, 64, 8, 8)).shape
    (2, 64, 8, 8)
    """

    expansion = 4
    folds = (("conv1", "bn1"), ("conv2", "bn2"), ("conv3", "bn3"))

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: Module | None = None,
        groups: int = 1,
        base_width: int = 64,
        dilation: int = 1,
        norm_layer: Norm | None = None,
        *,
        se_layer: Callable[[int], Module] | None = None,
    ) -> None:
        super().__init__()
        norm = norm_layer or BatchNorm2d
        width, out = planes * base_width // 64 * groups, planes * self.expansion
        self.conv1 = Conv2d(inplanes, width, 1, bias=False)
        self.bn1 = norm(width)
        options: dict[str, Any] = {"padding": dilation, "dilation": dilation, "groups": groups}
        self.conv2 = Conv2d(width, width, 3, stride, bias=False, **options)
        self.bn2 = norm(width)
        self.conv3 = Conv2d(width, out, 1, bias=False)
        self.bn3 = norm(out)
        self.relu = ReLU()
        self.se = None if se_layer is None else se_layer(out)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, O, H/s, W/s), rounded up."""
        inner = conv_norm(x, self.conv1, self.bn1, self.relu)
        inner = conv_norm(inner, self.conv2, self.bn2, self.relu)
        return self._finish(x, inner, self.conv3, self.bn3)
