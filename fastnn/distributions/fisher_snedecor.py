"""The Fisher-Snedecor distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from .. import ops
from ..tensor import Tensor, TensorLike
from .constraints import Constraint, nonnegative, positive
from .distribution import Distribution, parameters
from .gamma import standard_gamma


class FisherSnedecor(Distribution):
    """The F distribution: of the ratio of two `Chi2` numbers, each divided by its `df`.

    With ``r = df1 / df2``: ``log p(x) = log(r**(df1/2) * x**(df1/2 - 1) / beta(df1/2, df2/2)) -
    (df1 + df2) / 2 * log(1 + r * x)``

    Parameters
    ----------
    df1, df2
        Degrees of freedom, above 0, any shape.

    Examples
    --------
    >>> fastnn.distributions.FisherSnedecor(2.0, 4.0).mean.item()
    2.0
    """

    has_rsample = True
    arg_constraints: ClassVar[dict[str, Constraint]] = {"df1": positive, "df2": positive}
    support = nonnegative

    def __init__(self, df1: TensorLike, df2: TensorLike, validate_args: bool | None = None) -> None:
        self.df1, self.df2 = parameters(df1, df2)
        super().__init__(self.df1.shape, (), validate_args)

    @property
    def mean(self) -> Tensor:
        """The mean; NaN where `df2` is at most 2."""
        n = self.df2
        return ops.where(n > 2, n / ops.where(n > 2, n - 2, 1.0), math.nan)

    @property
    def mode(self) -> Tensor:
        """The most probable value; NaN where `df1` is at most 2."""
        found = (self.df1 - 2) / self.df1 * self.df2 / (self.df2 + 2)
        return ops.where(self.df1 > 2, found, math.nan)

    @property
    def variance(self) -> Tensor:
        """The variance; NaN where `df2` is at most 4."""
        m, n = self.df1, self.df2
        below = ops.where(n > 4, m * (n - 2) ** 2 * (n - 4), 1.0)
        return ops.where(n > 4, 2 * n**2 * (m + n - 2) / below, math.nan)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws as functions of the parameters."""
        first, second = (
            standard_gamma(self._extended(df, sample_shape) / 2) / df for df in (self.df1, self.df2)
        )
        return first / second

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density of values of at least 0."""
        x, a, b = self._value(value), self.df1 / 2, self.df2 / 2
        ratio = self.df1 / self.df2
        norm = (a + b).lgamma() - a.lgamma() - b.lgamma() + a * ratio.log()
        return norm + ops.xlogy(a - 1, x) - (a + b) * (ratio * x).log1p()
