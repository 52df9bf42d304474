"""The Poisson distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from .. import ops
from ..autograd import no_grad
from ..tensor import Tensor, TensorLike
from .constraints import Constraint, nonnegative, nonnegative_integer
from .distribution import Distribution, parameters


class Poisson(Distribution):
    """The Poisson distribution of counts: ``log p(k) = k * log(rate) - rate - log(k!)``.

    Parameters
    ----------
    rate
        The mean, at least 0, any shape.

    Examples
    --------
    >>> fastnn.distributions.Poisson(1.0).log_prob([0.0, 1.0]).exp()
    tensor([0.3679, 0.3679])
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {"rate": nonnegative}
    support = nonnegative_integer

    def __init__(self, rate: TensorLike, validate_args: bool | None = None) -> None:
        (self.rate,) = parameters(rate)
        super().__init__(self.rate.shape, (), validate_args)

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.rate

    @property
    def mode(self) -> Tensor:
        """The most probable count."""
        return self.rate.floor()

    @property
    def variance(self) -> Tensor:
        """The variance, which is the mean."""
        return self.rate

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws without gradients."""
        with no_grad():
            return ops.poisson(self._extended(self.rate, sample_shape))

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the probability of counts."""
        k = self._value(value)
        return ops.xlogy(k, self.rate) - self.rate - (k + 1).lgamma()
