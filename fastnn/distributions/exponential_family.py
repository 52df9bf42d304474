"""Distributions whose density is the exponential of a product."""

from __future__ import annotations

from ..autograd import enable_grad, grad
from ..tensor import Tensor
from .distribution import Distribution


class ExponentialFamily(Distribution):
    """Base of distributions with ``log p(x) = sum(eta * t(x)) - F(eta) + k(x)``.

    A subclass has the natural parameters eta as ``_natural_params``, a tuple of tensors of the
    batch shape, F as ``_log_normalizer``, a function of these, and the mean of k(x) as
    ``_mean_carrier_measure``. Then it has an entropy.

    Examples
    --------
    >>> class Rate(fastnn.distributions.ExponentialFamily):
    ...     _natural_params = (fastnn.tensor(-2.0),)
    ...     _mean_carrier_measure = 0.0
    ...     def _log_normalizer(self, eta):
    ...         return -(-eta).log()
    >>> Rate().entropy(), fastnn.distributions.Exponential(2.0).entropy()
    (tensor(0.3069), tensor(0.3069))
    """

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        raise NotImplementedError(f"{type(self).__name__} has no _natural_params")

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} has no _log_normalizer")

    @property
    def _mean_carrier_measure(self) -> Tensor | float:
        raise NotImplementedError(f"{type(self).__name__} has no _mean_carrier_measure")

    def entropy(self) -> Tensor:
        """The entropy in nats: ``F(eta) - sum(eta * F'(eta)) - mean(k)``, a constant."""
        given = [p.detach().clone() for p in self._natural_params]
        for p in given:
            p.requires_grad = True
        with enable_grad():
            normalizer = self._log_normalizer(*given)
            slopes = grad(normalizer.sum(), given)
        total = normalizer.detach() - self._mean_carrier_measure
        for p, slope in zip(given, slopes):
            if slope is not None:
                total = total - p.detach() * slope
        return total
