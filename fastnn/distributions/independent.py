"""Dimensions of a batch that become those of one draw."""

from __future__ import annotations

from collections.abc import Sequence

from ..tensor import Tensor, TensorLike
from .constraints import Constraint, independent
from .distribution import Distribution, summed


class Independent(Distribution):
    """A batch whose last dimensions are independent parts of one draw.

    Parameters
    ----------
    base_distribution
        A distribution.
    reinterpreted_batch_ndims
        How many of the last dimensions of its batch.

    Examples
    --------
    >>> normal = fastnn.distributions.Normal(fastnn.zeros(2, 3), 1.0)
    >>> several = fastnn.distributions.Independent(normal, 1)
    >>> several, several.log_prob(fastnn.zeros(3)).shape
    (Independent(batch_shape=(2,), event_shape=(3,)), (2,))
    """

    def __init__(
        self,
        base_distribution: Distribution,
        reinterpreted_batch_ndims: int,
        validate_args: bool | None = None,
    ) -> None:
        batch = base_distribution.batch_shape
        if not 0 <= reinterpreted_batch_ndims <= len(batch):
            raise ValueError(
                f"Independent: reinterpreted_batch_ndims must be from 0 to {len(batch)}, got "
                f"{reinterpreted_batch_ndims}"
            )
        split = len(batch) - reinterpreted_batch_ndims
        super().__init__(
            batch[:split], (*batch[split:], *base_distribution.event_shape), validate_args
        )
        self.base_dist = base_distribution
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        self.has_rsample = base_distribution.has_rsample
        self.has_enumerate_support = base_distribution.has_enumerate_support

    @property
    def support(self) -> Constraint:
        """The set whose parts are in that of the base."""
        return independent(self.base_dist.support, self.reinterpreted_batch_ndims)

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.base_dist.mean

    @property
    def mode(self) -> Tensor:
        """The most probable value."""
        return self.base_dist.mode

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self.base_dist.variance

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws without gradients."""
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws as functions of the parameters."""
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density: the sum over the parts."""
        return summed(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def entropy(self) -> Tensor:
        """The entropy in nats: the sum over the parts."""
        return summed(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values, where each draw is that of one distribution."""
        if self.reinterpreted_batch_ndims:
            raise NotImplementedError("Independent: combinations of several parts are too many")
        return self.base_dist.enumerate_support(expand)
