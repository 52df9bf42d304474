"""Losses with a margin, and distances, as modules with PyTorch's names and arguments."""

from __future__ import annotations

from collections.abc import Callable

from .. import ops
from ..tensor import Tensor, TensorLike
from .loss import Loss, WeightedLoss
from .module import Module

__all__ = [
    "CosineEmbeddingLoss",
    "CosineSimilarity",
    "HingeEmbeddingLoss",
    "MarginRankingLoss",
    "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "PairwiseDistance",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
]


class CosineSimilarity(Module):
    """The cosine of the angle between vectors. See `cosine_similarity`.

    Parameters
    ----------
    dim, eps
        As for `cosine_similarity`.
    """

    _shown = ("dim", "eps")

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: TensorLike, x2: TensorLike) -> Tensor:
        """The cosine of each pair of vectors."""
        return ops.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """The norm of differences along the last dimension. See `pairwise_distance`.

    Parameters
    ----------
    p, eps, keepdim
        As for `pairwise_distance`.
    """

    _shown = ("p", "eps", "keepdim")

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.p = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: TensorLike, x2: TensorLike) -> Tensor:
        """The distance of each pair of vectors."""
        return ops.pairwise_distance(x1, x2, self.p, self.eps, self.keepdim)


class WithMargin(Loss):
    """Base of the losses whose only other argument is their margin."""

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin


class HingeEmbeddingLoss(WithMargin):
    """Distances of pairs that belong together, or do not. See `hinge_embedding_loss`.

    Parameters
    ----------
    margin
        How far others should be apart.
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.
    """

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(margin, reduction=reduction)

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """The loss of distances against 1 and -1."""
        return ops.hinge_embedding_loss(input, target, self.margin, reduction=self.reduction)


class MarginRankingLoss(WithMargin):
    """Pairs in their order. See `margin_ranking_loss`.

    Parameters
    ----------
    margin
        By how much one should be larger.
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.
    """

    def forward(self, input1: TensorLike, input2: TensorLike, target: TensorLike) -> Tensor:
        """The loss of two scores against 1 and -1."""
        return ops.margin_ranking_loss(
            input1, input2, target, self.margin, reduction=self.reduction
        )


class CosineEmbeddingLoss(WithMargin):
    """Angles of pairs that belong together, or do not. See `cosine_embedding_loss`.

    Parameters
    ----------
    margin
        The cosine that others may have.
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.
    """

    def forward(self, input1: TensorLike, input2: TensorLike, target: TensorLike) -> Tensor:
        """The loss of vectors (N, D) against 1 and -1."""
        return ops.cosine_embedding_loss(
            input1, input2, target, self.margin, reduction=self.reduction
        )


class MultiMarginLoss(WeightedLoss):
    """The true class above all others. See `multi_margin_loss`.

    Parameters
    ----------
    p, margin, weight
        As for `multi_margin_loss`.
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.
    """

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Tensor | None = None,
        *,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, reduction)
        if p not in (1, 2):
            raise ValueError(f"MultiMarginLoss: p must be 1 or 2, got {p!r}")
        self.p = p
        self.margin = margin

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """The loss of scores (N, C) against class ids (N,)."""
        return ops.multi_margin_loss(
            input, target, self.p, self.margin, self.weight, reduction=self.reduction
        )


class MultiLabelMarginLoss(Loss):
    """Each true class above all others. See `multilabel_margin_loss`.

    Parameters
    ----------
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.
    """

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """The loss of scores (N, C) against lists of class ids (N, C)."""
        return ops.multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(WeightedLoss):
    """Cross entropy of the sigmoid of each class. See `multilabel_soft_margin_loss`.

    Parameters
    ----------
    weight
        Weight of each class, broadcast to the input.
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.
    """

    def __init__(self, weight: Tensor | None = None, *, reduction: str = "mean") -> None:
        super().__init__(weight, reduction)

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """The loss of scores (N, C) against 0 and 1."""
        return ops.multilabel_soft_margin_loss(input, target, self.weight, reduction=self.reduction)


class TripletMarginLoss(Loss):
    """The positive nearer than the negative. See `triplet_margin_loss`.

    Parameters
    ----------
    margin, p, eps, swap
        As for `triplet_margin_loss`.
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        *,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: TensorLike, positive: TensorLike, negative: TensorLike) -> Tensor:
        """The loss of vectors (N, D)."""
        return ops.triplet_margin_loss(
            anchor,
            positive,
            negative,
            self.margin,
            self.p,
            self.eps,
            self.swap,
            reduction=self.reduction,
        )


class TripletMarginWithDistanceLoss(Loss):
    """`TripletMarginLoss` with a distance of one's own.

    Parameters
    ----------
    distance_function, margin, swap
        As for `triplet_margin_with_distance_loss`.
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.
    """

    def __init__(
        self,
        *,
        distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        self.distance_function = distance_function
        self.margin = margin
        self.swap = swap

    def forward(self, anchor: TensorLike, positive: TensorLike, negative: TensorLike) -> Tensor:
        """The loss of what the distance takes."""
        return ops.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )
