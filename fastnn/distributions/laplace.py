"""The Laplace distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .. import ops
from ..tensor import Tensor, TensorLike
from .distribution import Distribution, parameters


class Laplace(Distribution):
    """The Laplace distribution: ``log p(x) = -abs(x - loc) / scale - log(2 * scale)``.

    Parameters
    ----------
    loc
        The mean, any shape.
    scale
        The mean distance from it, above 0.

    Examples
    --------
    >>> fastnn.distributions.Laplace(0.0, 1.0).log_prob([0.0, 1.0])
    tensor([-0.6931, -1.6931])
    """

    has_rsample = True

    def __init__(
        self, loc: TensorLike, scale: TensorLike, validate_args: bool | None = None
    ) -> None:
        self.loc, self.scale = parameters(loc, scale)
        super().__init__(self.loc.shape, (), validate_args)
        self._check("scale", self.scale.detach() > 0, "above 0")

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """The most probable value, which is the mean."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return 2 * self.scale**2

    @property
    def stddev(self) -> Tensor:
        """The standard deviation."""
        return math.sqrt(2) * self.scale

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws as functions of the parameters."""
        shape, dtype = self._extended_shape(sample_shape), self.loc.dtype
        e = ops.empty(shape, dtype=dtype).exponential_()
        sign = ops.rand(shape, dtype=dtype).round() * 2 - 1
        return self.loc + self.scale * e * sign

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density of values."""
        return -(self._value(value) - self.loc).abs() / self.scale - (2 * self.scale).log()

    def cdf(self, value: TensorLike) -> Tensor:
        """The probability of at most `value`."""
        z = (self._value(value) - self.loc) / self.scale
        return 0.5 - 0.5 * z.sign() * ((-z.abs()).exp() - 1)

    def entropy(self) -> Tensor:
        """The entropy in nats: ``1 + log(2 * scale)``."""
        return 1 + (2 * self.scale).log()
