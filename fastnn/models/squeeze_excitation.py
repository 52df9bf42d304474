"""Squeeze-and-excitation: channels are rescaled by weights computed from the whole image."""

from __future__ import annotations

from collections.abc import Callable

from ..nn import AdaptiveAvgPool2d, AdaptiveMaxPool2d, Conv2d, Module, ReLU, Sigmoid
from ..tensor import Tensor

__all__ = ["SqueezeExcitation"]

SQUEEZES = {"avg": AdaptiveAvgPool2d, "max": AdaptiveMaxPool2d}


class SqueezeExcitation(Module):
    """y[n, c] = x[n, c] · s[n, c], ``s = sigmoid(fc2(relu(fc1(squeeze(x)))))``.

    Parameters
    ----------
    input_channels
        C.
    squeeze_channels
        Channels between fc1 and fc2; C / 16 by default, and at least 1.
    activation, scale_activation
        Modules to use in place of `ReLU` and `Sigmoid`.
    squeeze
        Reduction of each channel to one number: ``"avg"``, its mean, or ``"max"``.

    References
    ----------
    Hu, Shen and Sun, Squeeze-and-Excitation Networks, CVPR 2018.

    Examples
    --------
    >>> layer = fastnn.models.SqueezeExcitation(32, 4)
    >>> layer(fastnn.randn(2, 32, 7, 7)).shape
    (2, 32, 7, 7)
    """

    def __init__(
        self,
        input_channels: int,
        squeeze_channels: int | None = None,
        activation: Callable[[], Module] = ReLU,
        scale_activation: Callable[[], Module] = Sigmoid,
        *,
        squeeze: str = "avg",
    ) -> None:
        super().__init__()
        if squeeze not in SQUEEZES:
            raise ValueError(f"SqueezeExcitation: squeeze must be 'avg' or 'max', got {squeeze!r}")
        inner = max(1, input_channels // 16) if squeeze_channels is None else squeeze_channels
        self.avgpool = SQUEEZES[squeeze](1)
        self.fc1 = Conv2d(input_channels, inner, 1)
        self.fc2 = Conv2d(inner, input_channels, 1)
        self.activation = activation()
        self.scale_activation = scale_activation()

    def forward(self, input: Tensor) -> Tensor:
        """(N, C, H, W) to the same."""
        inner = self.activation(self.fc1(self.avgpool(input)))
        y: Tensor = input * self.scale_activation(self.fc2(inner))
        return y
