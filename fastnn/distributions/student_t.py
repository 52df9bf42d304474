"""Student's t distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from .. import ops
from ..tensor import Tensor, TensorLike
from .constraints import Constraint, positive
from .distribution import parameters
from .gamma import standard_gamma
from .location_scale import LocationScale


class StudentT(LocationScale):
    """Student's t distribution.

    ``log p(x) = -(df + 1) / 2 * log(1 + z**2 / df) + constant, z = (x - loc) / scale``

    Parameters
    ----------
    df
        Degrees of freedom, above 0, any shape.
    loc
        The middle.
    scale
        The scale, above 0.

    Examples
    --------
    >>> fastnn.distributions.StudentT(4.0).variance.item()
    2.0
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {
        "df": positive,
        **LocationScale.arg_constraints,
    }

    def __init__(
        self,
        df: TensorLike,
        loc: TensorLike = 0.0,
        scale: TensorLike = 1.0,
        validate_args: bool | None = None,
    ) -> None:
        self.df, location, factor = parameters(df, loc, scale)
        super().__init__(location, factor, validate_args)

    @property
    def mean(self) -> Tensor:
        """The mean; NaN where `df` is at most 1."""
        return ops.where(self.df > 1, self.loc, float("nan"))

    @property
    def variance(self) -> Tensor:
        """The variance; infinite where `df` is at most 2, NaN where at most 1."""
        finite = self.scale**2 * self.df / ops.where(self.df > 2, self.df - 2, 1.0)
        found = ops.where(self.df > 2, finite, float("inf"))
        return ops.where(self.df > 1, found, float("nan"))

    @property
    def stddev(self) -> Tensor:
        """The standard deviation."""
        return self.variance.sqrt()

    def _draws(self, shape: Sequence[int]) -> Tensor:
        df = ops.expand(self.df, *shape)
        chi = 2 * standard_gamma(df / 2)
        return ops.randn(shape, dtype=self.loc.dtype) * (df / chi).sqrt()

    def _log_norm(self) -> Tensor:
        """Of ``gamma((df + 1) / 2) / (gamma(df / 2) * sqrt(pi * df))``."""
        half = self.df / 2
        return (half + 0.5).lgamma() - half.lgamma() - 0.5 * (math.pi * self.df).log()

    def _log_density(self, z: Tensor) -> Tensor:
        return self._log_norm() - (self.df + 1) / 2 * (z * z / self.df).log1p()

    def _entropy(self) -> Tensor:
        half = self.df / 2
        slope = (half + 0.5).digamma() - half.digamma()
        return (half + 0.5) * slope - self._log_norm()
