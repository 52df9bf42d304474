"""Residual networks of 18 to 152 layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..nn import AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Linear, MaxPool2d, Module, ReLU, Sequential
from ..nn.init import kaiming_normal_, zeros_
from ..tensor import Tensor
from .conv_norm import conv_norm
from .residual import BasicBlock, Bottleneck

__all__ = ["ResNet", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]


class ResNet(Module):
    """A 7×7 convolution and four stages of residual blocks; parameters have PyTorch's names.

    Parameters
    ----------
    block
        `BasicBlock`, `Bottleneck`, or a class with the same arguments.
    layers
        Blocks of each of the four stages, of 64, 128, 256 and 512 planes.
    num_classes
        K.
    zero_init_residual
        Initialize the last norm of each block to zero, so that blocks begin as identities (Goyal
        et al., Accurate, Large Minibatch SGD, 2017).
    groups, width_per_group
        See `Bottleneck`: 32 and 4 give a ResNeXt, 1 and 128 a wide network.
    replace_stride_with_dilation
        For each of the last three stages, whether to use dilation instead of a stride.
    norm_layer
        Creates a norm for a number of channels; `BatchNorm2d` by default.
    in_channels
        C of the images.
    se_layer
        See `BasicBlock`: with `SqueezeExcitation` the network is a SENet.

    References
    ----------
    He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, CVPR 2016.

    Examples
    --------
    >>> from fastnn.models import BasicBlock, ResNet
    >>> model = ResNet(BasicBlock, [1, 1, 1, 1], num_classes=10, in_channels=1)
    >>> model(fastnn.randn(2, 1, 28, 28)).shape
    (2, 10)
    """

    folds = (("conv1", "bn1"),)

    def __init__(
        self,
        block: type[BasicBlock | Bottleneck],
        layers: Sequence[int],
        num_classes: int = 1000,
        zero_init_residual: bool = False,
        groups: int = 1,
        width_per_group: int = 64,
        replace_stride_with_dilation: Sequence[bool] | None = None,
        norm_layer: Callable[[int], Module] | None = None,
        *,
        in_channels: int = 3,
        se_layer: Callable[[int], Module] | None = None,
    ) -> None:
        super().__init__()
        dilate = replace_stride_with_dilation or (False, False, False)
        if len(layers) != 4 or len(dilate) != 3:
            raise ValueError(
                "ResNet: expected 4 layers and 3 replace_stride_with_dilation, got "
                f"{len(layers)} and {len(dilate)}"
            )
        norm = norm_layer or BatchNorm2d
        self.conv1 = Conv2d(in_channels, 64, 7, 2, 3, bias=False)
        self.bn1 = norm(64)
        self.relu = ReLU()
        self.maxpool = MaxPool2d(3, 2, 1)
        options = {
            "groups": groups,
            "base_width": width_per_group,
            "norm_layer": norm,
            "se_layer": se_layer,
        }
        fan_in, dilation = 64, 1
        for i, (count, dilated) in enumerate(zip(layers, (False, *dilate))):
            stride = 1 if i == 0 or dilated else 2
            planes, before = 64 << i, dilation
            dilation *= 2 if dilated else 1
            blocks = stage(block, fan_in, planes, count, stride, (before, dilation), options)
            setattr(self, f"layer{i + 1}", blocks)
            fan_in = planes * block.expansion
        self.avgpool = AdaptiveAvgPool2d((1, 1))
        self.fc = Linear(fan_in, num_classes)
        self._reset(zero_init_residual)

    def _reset(self, zero_init_residual: bool) -> None:
        """Initialize the weights of convolutions; norms are already ones and zeros."""
        for module in self.modules():
            if isinstance(module, Conv2d):
                kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if zero_init_residual and isinstance(module, (BasicBlock, Bottleneck)):
                last: Any = module.bn3 if isinstance(module, Bottleneck) else module.bn2
                if getattr(last, "weight", None) is not None:
                    zeros_(last.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Images (N, C, H, W) of any size to scores (N, K)."""
        own: Any = self
        x = self.maxpool(conv_norm(x, self.conv1, self.bn1, self.relu))
        x = own.layer4(own.layer3(own.layer2(own.layer1(x))))
        y: Tensor = self.fc(self.avgpool(x).flatten(1))
        return y


def stage(
    block: type[BasicBlock | Bottleneck],
    fan_in: int,
    planes: int,
    count: int,
    stride: int,
    dilations: tuple[int, int],
    options: dict[str, Any],
) -> Sequential:
    """One stage of blocks; the first has the stride, and a convolution as shortcut if needed."""
    fan_out = planes * block.expansion
    downsample = None
    if stride != 1 or fan_in != fan_out:
        conv = Conv2d(fan_in, fan_out, 1, stride, bias=False)
        downsample = Sequential(conv, options["norm_layer"](fan_out))
    first, others = dilations
    blocks = [block(fan_in, planes, stride, downsample, dilation=first, **options)]
    blocks += [block(fan_out, planes, dilation=others, **options) for _ in range(1, count)]
    return Sequential(*blocks)


def resnet18(**options: Any) -> ResNet:
    """A residual network of 18 layers: 11,689,512 parameters for 1,000 classes.

    Parameters
    ----------
    options
        Those of `ResNet`: num_classes, in_channels, zero_init_residual, …

    Examples
    --------
    >>> model = fastnn.models.resnet18()
    >>> sum(p.numel() for p in model.parameters())
    11689512
    """
    return ResNet(BasicBlock, (2, 2, 2, 2), **options)


def resnet34(**options: Any) -> ResNet:
    """A residual network of 34 layers: 21,797,672 parameters for 1,000 classes. See `resnet18`."""
    return ResNet(BasicBlock, (3, 4, 6, 3), **options)


def resnet50(**options: Any) -> ResNet:
    """A residual network of 50 layers: 25,557,032 parameters for 1,000 classes. See `resnet18`."""
    return ResNet(Bottleneck, (3, 4, 6, 3), **options)


def resnet101(**options: Any) -> ResNet:
    """A residual network of 101 layers: 44,549,160 parameters for 1,000 classes. See `resnet18`."""
    return ResNet(Bottleneck, (3, 4, 23, 3), **options)


def resnet152(**options: Any) -> ResNet:
    """A residual network of 152 layers: 60,192,808 parameters for 1,000 classes. See `resnet18`."""
    return ResNet(Bottleneck, (3, 8, 36, 3), **options)
