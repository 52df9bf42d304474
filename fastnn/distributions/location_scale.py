"""What distributions share that one of them gives by a shift and a scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ..tensor import Tensor, TensorLike
from .constraints import Constraint, positive, real, unit_interval
from .distribution import Distribution, parameters


class LocationScale(Distribution):
    """Base of the distributions of ``loc + scale * z``, where z has one without parameters.

    A subclass describes z: its draws, the logarithm of its density, and what else it has.

    Parameters
    ----------
    loc
        What is added, any shape.
    scale
        The factor, above 0.
    """

    has_rsample = True
    arg_constraints: ClassVar[dict[str, Constraint]] = {"loc": real, "scale": positive}
    support = real

    def __init__(
        self, loc: TensorLike, scale: TensorLike, validate_args: bool | None = None
    ) -> None:
        self.loc, self.scale = parameters(loc, scale)
        super().__init__(self.loc.shape, (), validate_args)

    def _draws(self, shape: Sequence[int]) -> Tensor:
        """Draws of z."""
        raise NotImplementedError

    def _log_density(self, z: Tensor) -> Tensor:
        raise NotImplementedError

    def _cdf(self, z: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} has no cdf")

    def _icdf(self, p: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} has no icdf")

    def _entropy(self) -> Tensor | float:
        raise NotImplementedError

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """The most probable value."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self.stddev**2

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws as functions of the parameters."""
        return self.loc + self.scale * self._draws(self._extended_shape(sample_shape))

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density of values."""
        return self._log_density((self._value(value) - self.loc) / self.scale) - self.scale.log()

    def cdf(self, value: TensorLike) -> Tensor:
        """The probability of at most `value`."""
        return self._cdf((self._value(value) - self.loc) / self.scale)

    def icdf(self, value: TensorLike) -> Tensor:
        """The inverse of `cdf`."""
        p = self._fitting(value)
        self._check("a probability", unit_interval.check(p.detach()), unit_interval.meaning)
        return self.loc + self.scale * self._icdf(p)

    def entropy(self) -> Tensor:
        """The entropy in nats: that of z and ``log(scale)``."""
        return self.scale.log() + self._entropy()
