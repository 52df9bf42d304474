"""The Kullback-Leibler divergence between distributions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .. import ops
from ..tensor import Tensor
from .bernoulli import Bernoulli
from .categorical import Categorical
from .distribution import Distribution, xlogx
from .exponential import Exponential
from .independent import Independent
from .laplace import Laplace
from .multivariate_normal import MultivariateNormal, inverse_of, log_det, squared_distance
from .normal import Normal
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


@register_kl(Normal, Normal)
def normal_normal(p: Normal, q: Normal) -> Tensor:
    ratio = (p.scale / q.scale) ** 2
    distance = ((p.loc - q.loc) / q.scale) ** 2
    return 0.5 * (ratio + distance - 1 - ratio.log())


@register_kl(Bernoulli, Bernoulli)
def bernoulli_bernoulli(p: Bernoulli, q: Bernoulli) -> Tensor:
    ones = p.probs * (ops.softplus(-q.logits) - ops.softplus(-p.logits))
    return ones + (1 - p.probs) * (ops.softplus(q.logits) - ops.softplus(p.logits))


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


@register_kl(Laplace, Laplace)
def laplace_laplace(p: Laplace, q: Laplace) -> Tensor:
    distance = (p.loc - q.loc).abs()
    mixed = p.scale * (-distance / p.scale).exp() + distance
    return (q.scale / p.scale).log() + mixed / q.scale - 1


@register_kl(MultivariateNormal, MultivariateNormal)
def vectors_vectors(p: MultivariateNormal, q: MultivariateNormal) -> Tensor:
    ratio = ((inverse_of(q.scale_tril) @ p.scale_tril) ** 2).sum((-2, -1))
    distance = squared_distance(q.scale_tril, p.loc - q.loc)
    size = p.loc.shape[-1]
    return log_det(q.scale_tril) - log_det(p.scale_tril) + 0.5 * (ratio + distance - size)


@register_kl(Independent, Independent)
def independent_independent(p: Independent, q: Independent) -> Tensor:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError("kl_divergence: Independent with different numbers of dimensions")
    return p._sum(kl_divergence(p.base_dist, q.base_dist))
