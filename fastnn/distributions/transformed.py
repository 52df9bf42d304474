"""Distributions of functions of random numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..autograd import no_grad
from ..tensor import Tensor, TensorLike
from .constraints import Constraint
from .distribution import Distribution, summed
from .independent import Independent
from .transforms import ComposeTransform, Transform
from .transforms.composed import widened


class TransformedDistribution(Distribution):
    """The distribution of what transforms make of draws of another one.

    ``log p(y) = log p_base(x) - log(abs(det(dy/dx)))``

    Parameters
    ----------
    base_distribution
        A distribution.
    transforms
        A `Transform`, or several that are applied one after the other.

    Examples
    --------
    >>> D = fastnn.distributions
    >>> logistic = D.TransformedDistribution(
    ...     D.Uniform(0.0, 1.0), [D.SigmoidTransform().inv, D.AffineTransform(1.0, 2.0)]
    ... )
    >>> logistic.cdf(1.0).item()
    0.5
    """

    def __init__(
        self,
        base_distribution: Distribution,
        transforms: Transform | Sequence[Transform],
        validate_args: bool | None = None,
    ) -> None:
        self.transforms = [transforms] if isinstance(transforms, Transform) else list(transforms)
        whole = ComposeTransform(self.transforms)
        shape = base_distribution.batch_shape + base_distribution.event_shape
        dims, size = whole.domain.event_dim, len(base_distribution.event_shape)
        if len(shape) < dims:
            raise ValueError(
                f"{type(self).__name__}: the base needs {dims} dimensions or more, got shape "
                f"{tuple(shape)}"
            )
        forward = whole.forward_shape(shape)
        if (wider := whole.inverse_shape(forward)) != shape:
            batch = wider[: len(wider) - size]
            base_distribution = base_distribution.expand(batch)
        if dims > size:
            base_distribution = Independent(base_distribution, dims - size)
        self.base_dist = base_distribution
        self.has_rsample = base_distribution.has_rsample
        event = whole.codomain.event_dim + max(size - dims, 0)
        split = len(forward) - event
        super().__init__(forward[:split], forward[split:], validate_args)

    @property
    def support(self) -> Constraint:
        """The set of what the last transform returns."""
        if not self.transforms:
            return self.base_dist.support
        return widened(self.transforms[-1].codomain, len(self.event_shape))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws without gradients."""
        with no_grad():
            return self._forward(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws as functions of the parameters."""
        return self._forward(self.base_dist.rsample(sample_shape))

    def _forward(self, x: Tensor) -> Tensor:
        for transform in self.transforms:
            x = transform(x)
        return x

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density of values."""
        y, dims = self._value(value), len(self.event_shape)
        total: Any = 0.0
        for transform in reversed(self.transforms):
            x = transform.inv(y)
            log_det = transform.log_abs_det_jacobian(x, y)
            dims += transform.domain.event_dim - transform.codomain.event_dim
            total = total + summed(log_det, dims - transform.domain.event_dim)
            y = x
        log_prob = self.base_dist.log_prob(y)
        found: Tensor = summed(log_prob, dims - len(self.base_dist.event_shape)) - total
        return found

    def cdf(self, value: TensorLike) -> Tensor:
        """The probability of at most `value`, for transforms that increase or decrease."""
        y = self._value(value)
        for transform in reversed(self.transforms):
            y = transform.inv(y)
        return self._turned(self.base_dist.cdf(y))

    def icdf(self, value: TensorLike) -> Tensor:
        """The inverse of `cdf`."""
        return self._forward(self.base_dist.icdf(self._turned(self._fitting(value))))

    def _turned(self, p: Tensor) -> Tensor:
        """A probability, or where the transforms decrease its complement."""
        sign = ComposeTransform(self.transforms).sign
        if isinstance(sign, int) and sign == 1:
            return p
        found: Tensor = sign * (p - 0.5) + 0.5
        return found
