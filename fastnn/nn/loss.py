"""Losses as modules, with PyTorch's names and arguments."""

from __future__ import annotations

from typing import ClassVar

from .. import ops
from ..ops.loss.legacy import legacy_reduction
from ..tensor import Tensor, TensorLike
from .module import Module

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "HuberLoss",
    "L1Loss",
    "MSELoss",
    "NLLLoss",
    "SmoothL1Loss",
    "SoftMarginLoss",
]


class Loss(Module):
    """Base of the losses: how values are reduced.

    Parameters
    ----------
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.
    """

    reductions: ClassVar[tuple[str, ...]] = ("none", "mean", "sum")

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "__init__" in vars(cls):
            cls.__init__ = legacy_reduction(cls.__init__)  # type: ignore[method-assign]

    @legacy_reduction
    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        if reduction not in self.reductions:
            *some, last = map(repr, self.reductions)
            raise ValueError(
                f"{type(self).__name__}: reduction must be {', '.join(some)} or {last}, "
                f"got {reduction!r}"
            )
        self.reduction = reduction

    def extra_repr(self) -> str:
        """The reduction, if it is not the default."""
        return "" if self.reduction == "mean" else f"reduction={self.reduction!r}"


class WeightedLoss(Loss):
    """Base of losses with a weight, which is a buffer of the module."""

    weight: Tensor | None

    def __init__(self, weight: Tensor | None = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight)


class CrossEntropyLoss(WeightedLoss):
    """Cross entropy between the softmax of scores and the true classes. See `cross_entropy`.

    Parameters
    ----------
    weight
        Weight of each class, (C,).
    ignore_index
        Rows with this class id are ignored.
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.
    label_smoothing
        Share of the target that is distributed evenly over all classes.

    Examples
    --------
    >>> loss = fastnn.nn.CrossEntropyLoss()
    >>> loss(fastnn.zeros(3, 4), fastnn.tensor([0, 3, 1])).item()  # log 4
    1.3862943649291992
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """The loss of scores (N, C, ...) against class ids (N, ...) or probabilities."""
        return ops.cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(WeightedLoss):
    """Negative log likelihood of the true classes. See `nll_loss`.

    Parameters
    ----------
    weight, ignore_index, reduction
        As for `CrossEntropyLoss`.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """The loss of log probabilities (N, C, ...) against class ids (N, ...)."""
        return ops.nll_loss(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
        )


class MSELoss(Loss):
    """Squared error. See `mse_loss`.

    Examples
    --------
    >>> fastnn.nn.MSELoss()(fastnn.tensor([1.0, 3.0]), fastnn.tensor([0.0, 1.0])).item()
    2.5
    """

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """The loss of `input` against a `target` of the same shape."""
        return ops.mse_loss(input, target, self.reduction)


class L1Loss(Loss):
    """Absolute error. See `l1_loss`."""

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """The loss of `input` against a `target` of the same shape."""
        return ops.l1_loss(input, target, self.reduction)


class SmoothL1Loss(Loss):
    """Absolute error, quadratic near zero. See `smooth_l1_loss`.

    Parameters
    ----------
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.
    beta
        Where the parabola ends.
    """

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        self.beta = beta

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """The loss of `input` against a `target` of the same shape."""
        return ops.smooth_l1_loss(input, target, self.reduction, self.beta)


class HuberLoss(Loss):
    """Squared error near zero, absolute error beyond. See `huber_loss`.

    Parameters
    ----------
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.
    delta
        Where the parabola ends.
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self.delta = delta

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """The loss of `input` against a `target` of the same shape."""
        return ops.huber_loss(input, target, self.reduction, self.delta)


class SoftMarginLoss(Loss):
    """Logistic loss of scores against the classes -1 and 1. See `soft_margin_loss`.

    Parameters
    ----------
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.
    """

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """The loss of `input` against a `target` of the same shape."""
        return ops.soft_margin_loss(input, target, self.reduction)


class BCELoss(WeightedLoss):
    """Binary cross entropy of probabilities. See `binary_cross_entropy`.

    Parameters
    ----------
    weight
        Weight of each element, broadcast to the input.
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.
    """

    def __init__(self, weight: Tensor | None = None, *, reduction: str = "mean") -> None:
        super().__init__(weight, reduction)

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """The loss of probabilities against a `target` of the same shape."""
        return ops.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(WeightedLoss):
    """Binary cross entropy of the sigmoid of scores. See `binary_cross_entropy_with_logits`.

    Parameters
    ----------
    weight, reduction
        As for `BCELoss`.
    pos_weight
        Weight of positive targets, broadcast to the input.
    """

    pos_weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        *,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(weight, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """The loss of scores against a `target` of the same shape."""
        return ops.binary_cross_entropy_with_logits(
            input,
            target,
            self.weight,
            reduction=self.reduction,
            pos_weight=self.pos_weight,
        )
