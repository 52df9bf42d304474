"""The von Mises distribution of angles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from ..random import default_generator
from ..special import i0e, i1e
from ..tensor import Tensor, TensorLike
from .constraints import Constraint, positive, real
from .distribution import Distribution, parameters


class VonMises(Distribution):
    """The von Mises distribution of angles: ``p(x) = exp(k * cos(x - loc)) / (2 * pi * i0(k))``.

    Parameters
    ----------
    loc
        The most probable angle, any shape.
    concentration
        k, above 0.

    Examples
    --------
    >>> fastnn.distributions.VonMises(0.0, 1.0).log_prob([0.0, 3.0])
    tensor([-1.0738, -3.0638])
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {"loc": real, "concentration": positive}
    support = real

    def __init__(
        self, loc: TensorLike, concentration: TensorLike, validate_args: bool | None = None
    ) -> None:
        self.loc, self.concentration = parameters(loc, concentration)
        super().__init__(self.loc.shape, (), validate_args)

    @property
    def mean(self) -> Tensor:
        """The direction of the mean of unit vectors."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """The most probable angle."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """The circular variance: ``1 - i1(k) / i0(k)``."""
        return 1 - i1e(self.concentration) / i0e(self.concentration)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws without gradients, from -pi to pi."""
        mu, k = (
            self._extended(v, sample_shape).numpy()
            for v in (self.loc.detach(), self.concentration.detach())
        )
        drawn = np.asarray(default_generator.numpy.vonmises(0.0, k.astype(np.float64))) + mu
        return Tensor(((drawn + math.pi) % (2 * math.pi) - math.pi).astype(mu.dtype))

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density of angles."""
        k = self.concentration
        below = (self._value(value) - self.loc).cos() - 1
        return k * below - math.log(2 * math.pi) - i0e(k).log()

    def entropy(self) -> Tensor:
        """The entropy in nats."""
        k = self.concentration
        return k * self.variance + math.log(2 * math.pi) + i0e(k).log()
