"""VGG: stages of 3×3 convolutions with max pooling, and three linear layers."""

from __future__ import annotations

from typing import Any

from ..nn import (
    AdaptiveAvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Linear,
    MaxPool2d,
    Module,
    ReLU,
    Sequential,
)
from ..nn.init import kaiming_normal_, normal_, zeros_
from ..tensor import Tensor

__all__ = [
    "VGG",
    "vgg11",
    "vgg11_bn",
    "vgg13",
    "vgg13_bn",
    "vgg16",
    "vgg16_bn",
    "vgg19",
    "vgg19_bn",
]

# Convolutions of the five stages, which have 64, 128, 256, 512 and 512 channels.
STAGES = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
CHANNELS = (64, 128, 256, 512, 512)


class VGG(Module):
    """Convolutions, average pooling to 7×7, and three linear layers, named as in PyTorch.

    Parameters
    ----------
    features
        A module from images to (N, 512, I, J): see `features`.
    num_classes
        K.
    init_weights
        Initialize weights as in PyTorch (He et al., 2015, for convolutions, standard deviation 0.01
        for linear layers) instead of keeping those of the layers.
    dropout
        Probability of a zero between the linear layers, while training.

    References
    ----------
    Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition,
    ICLR 2015.

    Examples
    --------
    >>> from fastnn.models.vgg import features
    >>> features(11, batch_norm=True, in_channels=1)(fastnn.randn(2, 1, 64, 96)).shape
    (2, 512, 2, 3)
    """

    def __init__(
        self,
        features: Module,
        num_classes: int = 1000,
        init_weights: bool = True,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.features = features
        self.avgpool = AdaptiveAvgPool2d((7, 7))
        self.classifier = Sequential(
            Linear(512 * 7 * 7, 4096),
            ReLU(),
            Dropout(dropout),
            Linear(4096, 4096),
            ReLU(),
            Dropout(dropout),
            Linear(4096, num_classes),
        )
        if init_weights:
            self.apply(reset)

    def forward(self, x: Tensor) -> Tensor:
        """Images (N, C, H, W) of at least 32×32 to scores (N, K)."""
        y: Tensor = self.classifier(self.avgpool(self.features(x)).flatten(1))
        return y


def reset(module: Module) -> None:
    """Initialize the weights of one layer; norms are already ones and zeros."""
    if isinstance(module, Conv2d):
        kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    elif isinstance(module, Linear):
        normal_(module.weight, 0, 0.01)
    else:
        return
    if module.bias is not None:
        zeros_(module.bias)


def features(depth: int, batch_norm: bool = False, in_channels: int = 3) -> Sequential:
    """The convolutions of a VGG of 11, 13, 16 or 19 layers, which reduce images 32-fold.

    Parameters
    ----------
    depth
        Layers with weights, the three linear ones included.
    batch_norm
        Whether there is a batch norm between a convolution and its relu.
    in_channels
        C of the images.
    """
    layers: list[Module] = []
    for count, channels in zip(STAGES[depth], CHANNELS):
        for _ in range(count):
            layers.append(Conv2d(in_channels, channels, 3, padding=1))
            if batch_norm:
                layers.append(BatchNorm2d(channels))
            layers.append(ReLU())
            in_channels = channels
        layers.append(MaxPool2d(2, 2))
    return Sequential(*layers)


def vgg(depth: int, batch_norm: bool, in_channels: int = 3, **options: Any) -> VGG:
    """Create a VGG of a given depth."""
    return VGG(features(depth, batch_norm, in_channels), **options)


def vgg11(**options: Any) -> VGG:
    """A VGG of 11 layers: 132,863,336 parameters for 1,000 classes.

    Parameters
    ----------
    options
        Those of `VGG`, num_classes, init_weights and dropout, and in_channels, 3 by default.
    """
    return vgg(11, False, **options)


def vgg11_bn(**options: Any) -> VGG:
    """A VGG of 11 layers with batch norms: 132,868,840 parameters. See `vgg11`."""
    return vgg(11, True, **options)


def vgg13(**options: Any) -> VGG:
    """A VGG of 13 layers: 133,047,848 parameters. See `vgg11`."""
    return vgg(13, False, **options)


def vgg13_bn(**options: Any) -> VGG:
    """A VGG of 13 layers with batch norms: 133,053,736 parameters. See `vgg11`."""
    return vgg(13, True, **options)


def vgg16(**options: Any) -> VGG:
    """A VGG of 16 layers: 138,357,544 parameters. See `vgg11`."""
    return vgg(16, False, **options)


def vgg16_bn(**options: Any) -> VGG:
    """A VGG of 16 layers with batch norms: 138,365,992 parameters. See `vgg11`."""
    return vgg(16, True, **options)


def vgg19(**options: Any) -> VGG:
    """A VGG of 19 layers: 143,667,240 parameters. See `vgg11`."""
    return vgg(19, False, **options)


def vgg19_bn(**options: Any) -> VGG:
    """A VGG of 19 layers with batch norms: 143,678,248 parameters. See `vgg11`."""
    return vgg(19, True, **options)
