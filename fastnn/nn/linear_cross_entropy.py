"""The last layer of a classifier together with its loss."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..tensor import Tensor, TensorLike
from .linear import Linear
from .loss import WeightedLoss

__all__ = ["LinearCrossEntropyLoss"]


class LinearCrossEntropyLoss(WeightedLoss):
    """A linear layer to class scores, and their cross entropy. See `linear_cross_entropy`.

    Parameters
    ----------
    in_features
        D, the length of the last dimension of the input.
    num_classes
        V.
    bias
        Whether the layer has one.
    device, dtype
        As for `Linear`.
    reduction, weight, ignore_index, label_smoothing
        As for `linear_cross_entropy`.

    Attributes
    ----------
    linear
        The `Linear` from D to V.

    Examples
    --------
    >>> loss = fastnn.nn.LinearCrossEntropyLoss(8, 1000)
    >>> loss(fastnn.zeros(4, 8), fastnn.tensor([3, 7, 7, 9])).item()  # log 1000
    6.907755374908447
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        bias: bool = False,
        device: Any = None,
        dtype: Any = None,
        reduction: str = "mean",
        weight: Tensor | None = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, reduction)
        self.in_features = in_features
        self.num_classes = num_classes
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing
        self.linear = Linear(in_features, num_classes, bias, device, dtype)

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """The loss of features (N, D) against class ids (N,)."""
        return ops.linear_cross_entropy(
            input,
            self.linear.weight,
            target,
            linear_bias=self.linear.bias,
            weight=self.weight,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
        )
