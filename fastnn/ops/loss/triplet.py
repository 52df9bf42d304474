"""Losses of triplets: an anchor, one that is like it, and one that is not."""

from __future__ import annotations

from collections.abc import Callable

from ...tensor import Tensor, TensorLike
from ..elementwise.arithmetic import add
from ..elementwise.choose import clamp, minimum
from ..similarity import as_tensor, pairwise_distance
from .legacy import legacy_reduction
from .margin import reduced

__all__ = ["triplet_margin_loss", "triplet_margin_with_distance_loss"]


@legacy_reduction
def triplet_margin_loss(
    anchor: TensorLike,
    positive: TensorLike,
    negative: TensorLike,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: str = "mean",
) -> Tensor:
    """The positive nearer than the negative: ``l = max(d(a, p) - d(a, n) + margin, 0)``.

    d is `pairwise_distance`.

    Parameters
    ----------
    anchor, positive, negative
        a, p and n, (N, D) or (D,).
    margin
        By how much nearer, greater than 0.
    p, eps
        Those of `pairwise_distance`.
    swap
        Whether d(a, n) is replaced by d(p, n) where that is smaller.
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``, over the triplets.

    Raises
    ------
    ValueError
        `margin` is not positive, or numbers of dimensions differ.

    References
    ----------
    Balntas, Riba, Ponsa, Mikolajczyk, Learning local feature descriptors with triplets and shallow
    convolutional neural networks, BMVC 2016.

    Examples
    --------
    >>> a, p, n = (fastnn.tensor([[x]]) for x in (0.0, 1.0, 1.5))
    >>> round(fastnn.triplet_margin_loss(a, p, n).item(), 4)
    0.5
    """

    def distance(x: Tensor, y: Tensor) -> Tensor:
        return pairwise_distance(x, y, p, eps)

    op = "triplet_margin_loss"
    return triplet(op, (anchor, positive, negative), distance, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: TensorLike,
    positive: TensorLike,
    negative: TensorLike,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """`triplet_margin_loss` with a distance of one's own.

    Parameters
    ----------
    anchor, positive, negative, margin, swap, reduction
        As for `triplet_margin_loss`, and so are result and errors.
    distance_function
        Gets two of the inputs; `pairwise_distance` if not given.

    Examples
    --------
    >>> a, p, n = (fastnn.tensor([[x]]) for x in (0.0, 1.0, 1.5))
    >>> squared = lambda x, y: ((x - y) ** 2).sum(-1)
    >>> F.triplet_margin_with_distance_loss(a, p, n, distance_function=squared, margin=2.0).item()
    0.75
    """
    op = "triplet_margin_with_distance_loss"
    distance = pairwise_distance if distance_function is None else distance_function
    return triplet(op, (anchor, positive, negative), distance, margin, swap, reduction)


def triplet(
    op: str,
    inputs: tuple[TensorLike, TensorLike, TensorLike],
    distance: Callable[[Tensor, Tensor], Tensor],
    margin: float,
    swap: bool,
    reduction: str,
) -> Tensor:
    if not margin > 0:
        raise ValueError(f"{op}: margin must be greater than 0, got {margin}")
    a, p, n = (as_tensor(x) for x in inputs)
    if not a.ndim == p.ndim == n.ndim:
        raise ValueError(
            f"{op}: anchor, positive and negative must have as many dimensions as each other, got "
            f"shapes {a.shape}, {p.shape} and {n.shape}"
        )
    far = distance(a, n)
    if swap:
        far = minimum(far, distance(p, n))
    return reduced(op, clamp(add(distance(a, p) - far, margin), min=0.0), reduction)
