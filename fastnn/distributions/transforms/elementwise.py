"""Functions of each number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import ops
from ...tensor import Tensor
from .. import constraints
from ..constraints import independent
from ..distribution import Distribution, summed
from .transform import Increasing, Transform


class AffineTransform(Transform):
    """``y = loc + scale * x``.

    Parameters
    ----------
    loc, scale
        Numbers or tensors that broadcast with x.
    event_dim
        How many of the last dimensions make one value.
    cache_size
        As for `Transform`.

    Examples
    --------
    >>> fastnn.distributions.AffineTransform(1.0, 2.0)(fastnn.tensor([0.0, 1.0]))
    tensor([1., 3.])
    """

    def __init__(self, loc: Any, scale: Any, event_dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.loc, self.scale = loc, scale
        self.domain = self.codomain = independent(constraints.real, event_dim)

    def _settings(self) -> dict[str, Any]:
        return {"loc": self.loc, "scale": self.scale, "event_dim": self.event_dim}

    @property
    def sign(self) -> Any:
        """That of `scale`."""
        scale = self.scale
        return scale.sign() if isinstance(scale, Tensor) else (scale > 0) - (scale < 0)

    def _call(self, x: Tensor) -> Tensor:
        found: Tensor = self.loc + self.scale * x
        return found

    def _inverse(self, y: Tensor) -> Tensor:
        found: Tensor = (y - self.loc) / self.scale
        return found

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """``log(abs(scale))``, once for each number of a value."""
        scale = self.scale
        log_scale = scale.abs().log() if isinstance(scale, Tensor) else math.log(abs(scale))
        return summed(ops.zeros_like(x) + log_scale, self.event_dim)

    def forward_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The shape of x broadcast with those of the parameters."""
        return np.broadcast_shapes(tuple(shape), np.shape(self.loc), np.shape(self.scale))

    inverse_shape = forward_shape


class ExpTransform(Increasing):
    """``y = exp(x)``.

    Examples
    --------
    >>> fastnn.distributions.ExpTransform()(fastnn.zeros(1))
    tensor([1.])
    """

    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return x.exp()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """x."""
        return x


class PowerTransform(Transform):
    """``y = x**exponent`` of numbers above 0.

    Parameters
    ----------
    exponent
        A number or a tensor that broadcasts with x.
    cache_size
        As for `Transform`.

    Examples
    --------
    >>> fastnn.distributions.PowerTransform(2.0).inv(fastnn.tensor([9.0]))
    tensor([3.])
    """

    domain = codomain = constraints.positive

    def __init__(self, exponent: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.exponent = exponent

    @property
    def sign(self) -> Any:
        """That of the exponent."""
        e = self.exponent
        return e.sign() if isinstance(e, Tensor) else (e > 0) - (e < 0)

    def _call(self, x: Tensor) -> Tensor:
        found: Tensor = x**self.exponent
        return found

    def _inverse(self, y: Tensor) -> Tensor:
        found: Tensor = y ** (1 / self.exponent)
        return found

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """``log(abs(exponent * y / x))``."""
        found: Tensor = (self.exponent * y / x).abs().log()
        return found

    def forward_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The shape of x broadcast with that of the exponent."""
        return np.broadcast_shapes(tuple(shape), np.shape(self.exponent))

    inverse_shape = forward_shape


class SigmoidTransform(Increasing):
    """``y = 1 / (1 + exp(-x))``.

    Examples
    --------
    >>> fastnn.distributions.SigmoidTransform()(fastnn.zeros(1))
    tensor([0.5])
    """

    codomain = constraints.unit_interval

    def _call(self, x: Tensor) -> Tensor:
        info = np.finfo(x.dtype)
        return ops.sigmoid(x).clamp(float(info.tiny), 1 - float(info.eps))

    def _inverse(self, y: Tensor) -> Tensor:
        info = np.finfo(y.dtype)
        y = y.clamp(float(info.tiny), 1 - float(info.eps))
        return y.log() - (-y).log1p()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """``-softplus(x) - softplus(-x)``."""
        return -ops.softplus(-x) - ops.softplus(x)


class SoftplusTransform(Increasing):
    """``y = log(1 + exp(x))``.

    Examples
    --------
    >>> fastnn.distributions.SoftplusTransform()(fastnn.zeros(1))
    tensor([0.6931])
    """

    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return ops.softplus(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return (-(-y).expm1()).log() + y

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """``-softplus(-x)``."""
        return -ops.softplus(-x)


class TanhTransform(Increasing):
    """``y = tanh(x)``.

    Examples
    --------
    >>> fastnn.distributions.TanhTransform()(fastnn.zeros(1))
    tensor([0.])
    """

    codomain = constraints.interval(-1.0, 1.0)

    def _call(self, x: Tensor) -> Tensor:
        return x.tanh()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.atanh()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """``log(1 - y**2)``, as ``2 * (log(2) - x - softplus(-2 * x))``."""
        return 2.0 * (math.log(2.0) - x - ops.softplus(-2.0 * x))


class AbsTransform(Transform):
    """``y = abs(x)``, which is no bijection: the inverse takes the positive one.

    Examples
    --------
    >>> fastnn.distributions.AbsTransform()(fastnn.tensor([-1.0]))
    tensor([1.])
    """

    bijective = False
    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return x.abs()

    def _inverse(self, y: Tensor) -> Tensor:
        return y


class CumulativeDistributionTransform(Increasing):
    """``y = distribution.cdf(x)``.

    Parameters
    ----------
    distribution
        One with `cdf` and `icdf`.
    cache_size
        As for `Transform`.

    Examples
    --------
    >>> D = fastnn.distributions
    >>> D.CumulativeDistributionTransform(D.Normal(0.0, 1.0))(fastnn.zeros(1))
    tensor([0.5])
    """

    codomain = constraints.unit_interval

    def __init__(self, distribution: Distribution, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.distribution = distribution
        self.domain = distribution.support

    def _call(self, x: Tensor) -> Tensor:
        return self.distribution.cdf(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return self.distribution.icdf(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The logarithm of the density."""
        return self.distribution.log_prob(x)
