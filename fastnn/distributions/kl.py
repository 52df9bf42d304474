"""The Kullback-Leibler divergence between distributions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from .. import ops
from ..tensor import Tensor
from .bernoulli import Bernoulli
from .binomial import Binomial
from .categorical import Categorical
from .cauchy import Cauchy
from .continuous_bernoulli import ContinuousBernoulli
from .dirichlet import Beta, Dirichlet
from .distribution import Distribution, summed, xlogx
from .exponential import Exponential, Pareto
from .gamma import Gamma
from .geometric import Geometric
from .gumbel import EULER, Gumbel
from .half import HalfNormal
from .independent import Independent
from .laplace import Laplace
from .low_rank_multivariate_normal import LowRankMultivariateNormal
from .multivariate_normal import MultivariateNormal, inverse_of, log_det, squared_distance
from .normal import HALF_LOG_2PI, Normal
from .poisson import Poisson
from .transformed import TransformedDistribution
from .uniform import Uniform

Formula = Callable[[Any, Any], Tensor]
F = TypeVar("F", bound=Formula)
FORMULAS: dict[tuple[type, type], Formula] = {}


def register_kl(type_p: type, type_q: type) -> Callable[[F], F]:
    """Decorate the function that computes ``kl_divergence(p, q)`` for two classes.

    Examples
    --------
    >>> class Point(fastnn.distributions.Distribution):
    ...     pass
    >>> @fastnn.distributions.register_kl(Point, Point)
    ... def between_points(p, q):
    ...     return fastnn.zeros(())
    >>> fastnn.distributions.kl_divergence(Point(), Point())
    tensor(0.)
    """

    def decorate(formula: F) -> F:
        FORMULAS[type_p, type_q] = formula
        return formula

    return decorate


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """The Kullback-Leibler divergence ``sum(p * log(p / q))`` of two distributions.

    Of the registered pairs of classes the one nearest to those of `p` and `q` is taken.

    Raises
    ------
    NotImplementedError
        If no formula is registered for the classes.

    Examples
    --------
    >>> normal = fastnn.distributions.Normal
    >>> fastnn.distributions.kl_divergence(normal(1.0, 1.0), normal(0.0, 1.0))
    tensor(0.5)
    """
    ways = [
        (type(p).__mro__.index(a) + type(q).__mro__.index(b), formula)
        for (a, b), formula in FORMULAS.items()
        if isinstance(p, a) and isinstance(q, b)
    ]
    if not ways:
        raise NotImplementedError(
            f"kl_divergence: no formula for {type(p).__name__} and {type(q).__name__}; see "
            "register_kl"
        )
    return min(ways, key=lambda way: way[0])[1](p, q)


# Of one family.


@register_kl(Normal, Normal)
def normal_normal(p: Normal, q: Normal) -> Tensor:
    ratio = (p.scale / q.scale) ** 2
    distance = ((p.loc - q.loc) / q.scale) ** 2
    return 0.5 * (ratio + distance - 1 - ratio.log())


@register_kl(HalfNormal, HalfNormal)
def half_half(p: HalfNormal, q: HalfNormal) -> Tensor:
    return normal_normal(p.base_dist, q.base_dist)  # type: ignore[arg-type]


@register_kl(Bernoulli, Bernoulli)
def bernoulli_bernoulli(p: Bernoulli, q: Bernoulli) -> Tensor:
    ones = p.probs * (ops.softplus(-q.logits) - ops.softplus(-p.logits))
    return ones + (1 - p.probs) * (ops.softplus(q.logits) - ops.softplus(p.logits))


@register_kl(Binomial, Binomial)
def binomial_binomial(p: Binomial, q: Binomial) -> Tensor:
    """Of as many trials; infinite for less of them in q, and unknown for more."""
    n, m = p.total_count, q.total_count
    if bool((n < m).any()):
        raise NotImplementedError("kl_divergence: Binomial with more trials in the second")
    one = n * bernoulli_bernoulli(p, q)  # type: ignore[arg-type]
    return ops.where(n > m, math.inf, one)


@register_kl(Geometric, Geometric)
def geometric_geometric(p: Geometric, q: Geometric) -> Tensor:
    return bernoulli_bernoulli(p, q) / p.probs  # type: ignore[arg-type]


@register_kl(Poisson, Poisson)
def poisson_poisson(p: Poisson, q: Poisson) -> Tensor:
    return ops.xlogy(p.rate, p.rate / q.rate) - (p.rate - q.rate)


@register_kl(Categorical, Categorical)
def categorical_categorical(p: Categorical, q: Categorical) -> Tensor:
    parts = xlogx(p.probs, p.logits - q.logits)
    parts = ops.where(q.probs == 0, float("inf"), parts)
    return ops.where(p.probs == 0, 0.0, parts).sum(-1)


@register_kl(Uniform, Uniform)
def uniform_uniform(p: Uniform, q: Uniform) -> Tensor:
    out = ((q.high - q.low) / (p.high - p.low)).log()
    return ops.where((q.low > p.low) | (q.high < p.high), float("inf"), out)


@register_kl(Exponential, Exponential)
def exponential_exponential(p: Exponential, q: Exponential) -> Tensor:
    ratio = q.rate / p.rate
    return ratio - ratio.log() - 1


@register_kl(Gamma, Gamma)
def gamma_gamma(p: Gamma, q: Gamma) -> Tensor:
    a, b = p.concentration, q.concentration
    ratio = q.rate / p.rate
    return b.lgamma() - a.lgamma() - b * ratio.log() + (a - b) * a.digamma() + a * (ratio - 1)


@register_kl(Dirichlet, Dirichlet)
def dirichlet_dirichlet(p: Dirichlet, q: Dirichlet) -> Tensor:
    a, b = p.concentration, q.concentration
    slopes = a.digamma() - a.sum(-1, keepdim=True).digamma()
    return q._log_beta() - p._log_beta() + ((a - b) * slopes).sum(-1)


@register_kl(Beta, Beta)
def beta_beta(p: Beta, q: Beta) -> Tensor:
    return dirichlet_dirichlet(p._parts, q._parts)


@register_kl(Laplace, Laplace)
def laplace_laplace(p: Laplace, q: Laplace) -> Tensor:
    distance = (p.loc - q.loc).abs()
    mixed = p.scale * (-distance / p.scale).exp() + distance
    return (q.scale / p.scale).log() + mixed / q.scale - 1


@register_kl(Cauchy, Cauchy)
def cauchy_cauchy(p: Cauchy, q: Cauchy) -> Tensor:
    outer = (p.scale + q.scale) ** 2 + (p.loc - q.loc) ** 2
    return (outer / (4 * p.scale * q.scale)).log()


@register_kl(Gumbel, Gumbel)
def gumbel_gumbel(p: Gumbel, q: Gumbel) -> Tensor:
    ratio = p.scale / q.scale
    ahead = (p.loc - q.loc) / q.scale
    return ahead - ratio.log() + EULER * (ratio - 1) - 1 + ((1 + ratio).lgamma() - ahead).exp()


@register_kl(Pareto, Pareto)
def pareto_pareto(p: Pareto, q: Pareto) -> Tensor:
    ratio = q.alpha / p.alpha
    out = q.alpha * (p.scale / q.scale).log() - ratio.log() + ratio - 1
    return ops.where(p.scale < q.scale, math.inf, out)


Vectors = MultivariateNormal | LowRankMultivariateNormal


@register_kl(MultivariateNormal, MultivariateNormal)
@register_kl(MultivariateNormal, LowRankMultivariateNormal)
@register_kl(LowRankMultivariateNormal, MultivariateNormal)
@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
def vectors_vectors(p: Vectors, q: Vectors) -> Tensor:
    first, second = p.scale_tril, q.scale_tril
    ratio = ((inverse_of(second) @ first) ** 2).sum((-2, -1))
    distance = squared_distance(second, p.loc - q.loc)
    size = p.loc.shape[-1]
    return log_det(second) - log_det(first) + 0.5 * (ratio + distance - size)


@register_kl(Independent, Independent)
def independent_independent(p: Independent, q: Independent) -> Tensor:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError("kl_divergence: Independent with different numbers of dimensions")
    return summed(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


@register_kl(TransformedDistribution, TransformedDistribution)
def transformed_transformed(p: TransformedDistribution, q: TransformedDistribution) -> Tensor:
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError("kl_divergence: TransformedDistribution with other transforms")
    more = len(p.event_shape) - len(p.base_dist.event_shape)
    return summed(kl_divergence(p.base_dist, q.base_dist), max(more, 0))


# Of two families: by the entropy of p and the mean of -log q, whose moments p has.


@register_kl(Beta, Normal)
@register_kl(ContinuousBernoulli, Normal)
@register_kl(Exponential, Normal)
@register_kl(Gamma, Normal)
@register_kl(Gumbel, Normal)
@register_kl(Laplace, Normal)
@register_kl(Pareto, Normal)
@register_kl(Uniform, Normal)
def beside_normal(p: Distribution, q: Normal) -> Tensor:
    square = p.variance + (p.mean - q.loc) ** 2
    return square / (2 * q.scale**2) + q.scale.log() + HALF_LOG_2PI - p.entropy()


@register_kl(Beta, Exponential)
@register_kl(ContinuousBernoulli, Exponential)
@register_kl(Gamma, Exponential)
@register_kl(Pareto, Exponential)
@register_kl(Uniform, Exponential)
def beside_exponential(p: Distribution, q: Exponential) -> Tensor:
    return within(p, 0.0, math.inf, q.rate * p.mean - q.rate.log() - p.entropy())


@register_kl(Beta, Gamma)
@register_kl(Exponential, Gamma)
@register_kl(Pareto, Gamma)
@register_kl(Uniform, Gamma)
def beside_gamma(p: Distribution, q: Gamma) -> Tensor:
    a = q.concentration
    norm = a.lgamma() - a * q.rate.log()
    return within(p, 0.0, math.inf, norm + (1 - a) * mean_log(p) + q.rate * p.mean - p.entropy())


@register_kl(Beta, ContinuousBernoulli)
@register_kl(ContinuousBernoulli, ContinuousBernoulli)
@register_kl(Uniform, ContinuousBernoulli)
def beside_continuous(p: Distribution, q: ContinuousBernoulli) -> Tensor:
    z = q.logits
    return within(p, 0.0, 1.0, ops.softplus(z) - q._log_norm() - z * p.mean - p.entropy())


@register_kl(Exponential, Gumbel)
@register_kl(Gamma, Gumbel)
@register_kl(Normal, Gumbel)
@register_kl(Uniform, Gumbel)
def beside_gumbel(p: Distribution, q: Gumbel) -> Tensor:
    ahead = (p.mean - q.loc) / q.scale
    return ahead + mean_exp(p, q) + q.scale.log() - p.entropy()


@register_kl(Normal, Laplace)
def normal_laplace(p: Normal, q: Laplace) -> Tensor:
    z = (p.loc - q.loc) / p.scale
    distance = p.scale * (math.sqrt(2 / math.pi) * (-0.5 * z * z).exp() + z * ops.erf(z * 0.5**0.5))
    return distance / q.scale + (2 * q.scale).log() - p.entropy()


@register_kl(Bernoulli, Poisson)
def bernoulli_poisson(p: Bernoulli, q: Poisson) -> Tensor:
    return q.rate - ops.xlogy(p.probs, q.rate) - p.entropy()


@register_kl(Beta, Uniform)
@register_kl(ContinuousBernoulli, Uniform)
def beside_uniform(p: Distribution, q: Uniform) -> Tensor:
    out = (q.high - q.low).log() - p.entropy()
    return ops.where((q.low > 0) | (q.high < 1), math.inf, out)


@register_kl(Uniform, Pareto)
def uniform_pareto(p: Uniform, q: Pareto) -> Tensor:
    spread = (q.alpha + 1) * mean_log(p) - q.alpha.log() - q.alpha * q.scale.log()
    return ops.where(p.low < q.scale, math.inf, spread - p.entropy())


def within(p: Distribution, low: float, high: float, finite: Tensor) -> Tensor:
    """A divergence, infinite where p is uniform and has values beyond these bounds."""
    if not isinstance(p, Uniform):
        return finite
    return ops.where((p.low < low) | (p.high > high), math.inf, finite)


def mean_log(p: Any) -> Tensor:
    """The mean of log(x)."""
    if isinstance(p, Beta):
        return p.concentration1.digamma() - (p.concentration1 + p.concentration0).digamma()
    if isinstance(p, Exponential):
        return -p.rate.log() - EULER
    if isinstance(p, Pareto):
        return p.scale.log() + 1 / p.alpha
    low = p.low.clamp(min=0)
    found: Tensor = (ops.xlogy(p.high, p.high) - ops.xlogy(low, low)) / (p.high - low) - 1
    return found


def mean_exp(p: Any, q: Gumbel) -> Tensor:
    """The mean of exp(-(x - loc) / scale)."""
    if isinstance(p, Normal):
        z = p.scale / q.scale
        return (0.5 * z * z - (p.loc - q.loc) / q.scale).exp()
    if isinstance(p, Uniform):
        ends = [(-(x - q.loc) / q.scale).exp() for x in (p.low, p.high)]
        return q.scale * (ends[0] - ends[1]) / (p.high - p.low)
    power = p.concentration if isinstance(p, Gamma) else 1.0
    found: Tensor = (q.loc / q.scale).exp() * (1 + 1 / (p.rate * q.scale)) ** -power
    return found


# Where p has values that q has not.
for first, others in {
    Beta: (Pareto,),
    ContinuousBernoulli: (Pareto,),
    Exponential: (Beta, ContinuousBernoulli, Pareto, Uniform),
    Gamma: (Beta, ContinuousBernoulli, Pareto, Uniform),
    Gumbel: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Laplace: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Normal: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Pareto: (Beta, ContinuousBernoulli, Uniform),
    Poisson: (Bernoulli, Binomial),
}.items():
    for second in others:

        @register_kl(first, second)
        def infinite(p: Distribution, q: Distribution) -> Tensor:
            return ops.full(np.broadcast_shapes(p.batch_shape, q.batch_shape), math.inf)
