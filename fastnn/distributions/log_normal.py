"""Functions of normal numbers: their exponentials, and their shares by sticks that are broken."""

from __future__ import annotations

from ..tensor import Tensor, TensorLike
from .normal import Normal
from .transformed import TransformedDistribution
from .transforms import ExpTransform, StickBreakingTransform


class LogNormal(TransformedDistribution):
    """The distribution of ``exp(x)`` for normal x.

    Parameters
    ----------
    loc
        The mean of x, any shape.
    scale
        The standard deviation of x, above 0.

    Examples
    --------
    >>> fastnn.distributions.LogNormal(0.0, 1.0).mean
    tensor(1.6487)
    """

    base_dist: Normal

    def __init__(
        self, loc: TensorLike, scale: TensorLike, validate_args: bool | None = None
    ) -> None:
        super().__init__(Normal(loc, scale, validate_args), ExpTransform(), validate_args)

    @property
    def loc(self) -> Tensor:
        """The mean of the logarithm."""
        return self.base_dist.loc

    @property
    def scale(self) -> Tensor:
        """The standard deviation of the logarithm."""
        return self.base_dist.scale

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return (self.loc + self.scale**2 / 2).exp()

    @property
    def mode(self) -> Tensor:
        """The most probable value."""
        return (self.loc - self.scale**2).exp()

    @property
    def variance(self) -> Tensor:
        """The variance."""
        square = self.scale**2
        return square.expm1() * (2 * self.loc + square).exp()

    def entropy(self) -> Tensor:
        """The entropy in nats."""
        return self.base_dist.entropy() + self.loc


class LogisticNormal(TransformedDistribution):
    """The distribution of vectors of probabilities that `StickBreakingTransform` makes of normal x.

    Parameters
    ----------
    loc
        The mean of x, (..., K).
    scale
        The standard deviation of x, above 0.

    Examples
    --------
    >>> fastnn.distributions.LogisticNormal(fastnn.zeros(2), 1.0).sample().shape
    (3,)
    """

    def __init__(
        self, loc: TensorLike, scale: TensorLike, validate_args: bool | None = None
    ) -> None:
        normal = Normal(loc, scale, validate_args)
        if not normal.batch_shape:
            normal = normal.expand((1,))
        super().__init__(normal, StickBreakingTransform(), validate_args)

    @property
    def loc(self) -> Tensor:
        """The mean of x."""
        return self._normal.loc

    @property
    def scale(self) -> Tensor:
        """The standard deviation of x."""
        return self._normal.scale

    @property
    def _normal(self) -> Normal:
        normal: Normal = self.base_dist.base_dist  # type: ignore[attr-defined]
        return normal
