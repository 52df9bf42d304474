"""All distributions: draws beside moments and distribution functions, gradients, divergences."""

import itertools

import numpy as np
import pytest

import fastnn
from fastnn import distributions as D
from fastnn.distributions import constraints
from fastnn.distributions.kl import FORMULAS
from fastnn.ops.elementwise import incomplete
from fastnn.testing import gradcheck

MANY = 40_000


MATRIX = [[1.0, 0.3], [0.3, 0.5]]


# name: (parameters, values); parameters by name where a number comes first.
CASES = {
    "Bernoulli": ([[0.3, 0.5, 0.9]], [0.0, 1.0, 1.0]),
    "Beta": ([[0.4, 1.0, 5.0], [1.7, 3.0, 2.0]], [0.2, 0.6, 0.9]),
    "Binomial": ([[3.0, 3.0, 3.0], [0.3, 0.5, 0.9]], [0.0, 2.0, 3.0]),
    "Categorical": ([[[0.2, 0.3, 0.5], [1.0, 1.0, 2.0]]], [2, 0]),
    "Cauchy": ([[-1.0, 0.5, 2.0], [0.3, 1.0, 2.0]], [-0.5, 0.5, 4.0]),
    "Chi2": ([[0.7, 2.0, 9.0]], [0.2, 1.0, 8.0]),
    "ContinuousBernoulli": ([[0.2, 0.5, 0.9]], [0.1, 0.3, 0.8]),
    "Dirichlet": ([[[0.4, 1.0, 5.0], [2.0, 3.0, 0.9]]], [[0.2, 0.1, 0.7], [0.3, 0.3, 0.4]]),
    "Exponential": ([[0.3, 1.0, 4.0]], [0.2, 0.1, 3.0]),
    "FisherSnedecor": ([[2.5, 4.0, 3.0], [5.0, 8.0, 9.0]], [0.2, 1.0, 3.0]),
    "Gamma": ([[0.4, 1.0, 9.0], [0.3, 1.0, 4.0]], [0.2, 0.5, 3.0]),
    "GeneralizedPareto": ([[0.0, 0.5, 1.0], [0.3, 1.0, 2.0], [0.2, 0.0, -0.4]], [0.2, 0.9, 3.0]),
    "Geometric": ([[0.3, 0.5, 0.9]], [0.0, 1.0, 3.0]),
    "Gumbel": ([[-1.0, 0.5, 2.0], [0.3, 1.0, 2.0]], [-0.5, 0.5, 4.0]),
    "HalfCauchy": ([[0.3, 1.0, 2.0]], [0.5, 0.7, 4.0]),
    "HalfNormal": ([[0.3, 1.0, 2.0]], [0.5, 0.7, 4.0]),
    "InverseGamma": ([[0.6, 2.5, 9.0], [0.3, 1.0, 4.0]], [0.2, 0.5, 3.0]),
    "Kumaraswamy": ([[0.4, 1.0, 5.0], [0.7, 3.0, 2.0]], [0.2, 0.6, 0.9]),
    "Laplace": ([[-1.0, 0.5, 2.0], [0.3, 1.0, 2.0]], [-0.5, 0.7, 4.0]),
    "LogNormal": ([[-1.0, 0.5, 0.2], [0.3, 1.0, 0.4]], [0.5, 0.7, 4.0]),
    "LogisticNormal": ([[-1.0, 0.5], [0.3, 1.0]], [0.2, 0.7, 0.1]),
    "LowRankMultivariateNormal": (
        [[1.0, -1.0], [[0.3], [-0.4]], [0.5, 2.0]],
        [[0.3, 1.0], [2.0, 1.0]],
    ),
    "MultivariateNormal": ([[1.0, -1.0], MATRIX], [[0.3, 1.0], [2.0, 1.0]]),
    "NegativeBinomial": ([[1.0, 2.5, 4.0], [0.3, 0.5, 0.9]], [0.0, 1.0, 5.0]),
    "Normal": ([[-1.0, 0.5, 2.0], [0.3, 1.0, 2.0]], [-0.5, 0.7, 4.0]),
    "OneHotCategorical": ([[[0.2, 0.3, 0.5], [1.0, 1.0, 2.0]]], [[0.0, 0, 1], [1.0, 0, 0]]),
    "OneHotCategoricalStraightThrough": ([[[0.2, 0.3, 0.5]]], [[0.0, 0.0, 1.0]]),
    "Pareto": ([[0.3, 1.0, 2.0], [0.7, 2.5, 4.0]], [0.5, 1.5, 3.0]),
    "Poisson": ([[0.3, 1.0, 8.0]], [0.0, 1.0, 5.0]),
    "RelaxedBernoulli": ([0.7, [0.3, 0.5, 0.9]], [0.2, 0.6, 0.9]),
    "RelaxedOneHotCategorical": ([0.7, [[0.2, 0.3, 0.5]]], [[0.2, 0.1, 0.7]]),
    "StudentT": ([[0.7, 3.0, 5.0], [-1.0, 0.5, 2.0], [0.3, 1.0, 2.0]], [-0.5, 0.5, 4.0]),
    "Uniform": ([[-1.0, 0.5, 2.0], [0.3, 1.0, 2.5]], [-0.5, 0.7, 2.0]),
    "VonMises": ([[-1.0, 0.5, 2.0], [0.3, 1.0, 50.0]], [-0.5, 0.5, 1.9]),
    "Weibull": ([[0.3, 1.0, 2.0], [0.7, 1.0, 4.0]], [0.5, 1.5, 1.9]),
    "Wishart": ([4.0, MATRIX], [[1.0, 0.3], [0.3, 2.0]]),
    "LKJCholesky": ([[0.7, 2.0]], [[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.0, 0.6, 0.8]]),
    "Multinomial": ([[[0.2, 0.3, 0.5], [1.0, 1.0, 2.0]]], [[2.0, 0.0, 1.0], [1.0, 1.0, 1.0]]),
}


COUNT = {"LKJCholesky": (3,), "Multinomial": (3,)}  # what comes before the parameters


def doubles(values, module=fastnn, **kwargs):
    return [module.tensor(v, dtype=module.float64, **kwargs) for v in values]


def made(name, module=fastnn, **kwargs):
    """The distribution of a case, and its parameters."""
    arguments = doubles(CASES[name][0], module, **kwargs)
    return getattr(module.distributions, name)(*COUNT.get(name, ()), *arguments), arguments


def test_von_mises_beside_scipy():
    special = pytest.importorskip("scipy.special", reason="SciPy is not installed")
    k = np.array([0.3, 1.0, 50.0])
    p = D.VonMises(0.0, k)
    np.testing.assert_allclose(p.variance, 1 - special.i1e(k) / special.i0e(k), rtol=1e-12)
    want = k * (np.cos(0.5) - 1) - np.log(2 * np.pi * special.i0e(k))
    np.testing.assert_allclose(p.log_prob(np.array(0.5)), want, rtol=1e-12)


# Matrices are symmetric, and counts whole: test_distributions has tests of the former.
SYMMETRIC = {"MultivariateNormal", "Wishart", "Binomial", "GeneralizedPareto"}


@pytest.mark.parametrize("name", [n for n in CASES if n not in {*COUNT, *SYMMETRIC}])
def test_densities_have_gradients(name):
    _, arguments = made(name, requires_grad=True)
    x = fastnn.tensor(np.array(CASES[name][1], np.float64))
    assert gradcheck(lambda *a: getattr(D, name)(*a).log_prob(x), arguments)


@pytest.mark.parametrize("name", CASES)
def test_draws(name):
    """Shapes, types, support, and moments within five standard deviations."""
    p, _ = made(name)
    fastnn.manual_seed(3)
    x = p.sample((MANY,))
    assert x.shape == (MANY, *p.batch_shape, *p.event_shape)
    assert not x.requires_grad
    assert bool(p.support.check(x).all())
    assert p.sample((2, 0)).shape == (2, 0, *p.batch_shape, *p.event_shape)
    assert p.sample().shape == p.sample(()).shape == (*p.batch_shape, *p.event_shape)
    assert p.log_prob(p.sample((2, 4))).shape == (2, 4, *p.batch_shape)
    assert p.expand((5, *p.batch_shape)).sample((2,)).shape == (2, 5, *x.shape[1:])
    wide = p.expand((5, *p.batch_shape))
    np.testing.assert_allclose(
        wide.log_prob(x[0]), np.broadcast_to(p.log_prob(x[0]), wide.batch_shape)
    )
    if name in ("Categorical", "LKJCholesky", "VonMises", "LogisticNormal", "Cauchy", "HalfCauchy"):
        return
    if name.startswith("Relaxed"):
        return
    x, mean, variance = x.numpy(), p.mean.numpy(), p.variance.numpy()
    finite = np.isfinite(variance) & np.isfinite(mean)
    error = np.abs(x.mean(0) - mean)[finite]
    assert (error <= 5 * np.sqrt(variance[finite] / MANY) + 1e-9).all()
    heavy = name in ("Pareto", "StudentT", "InverseGamma", "FisherSnedecor", "GeneralizedPareto")
    if not heavy:
        np.testing.assert_allclose(x.var(0)[finite], variance[finite], rtol=0.15, atol=1e-9)


MODES = ["Kumaraswamy", "Beta", "Gamma", "InverseGamma", "Weibull", "LogNormal", "FisherSnedecor"]


@pytest.mark.parametrize("name", [*MODES, "Gumbel", "StudentT", "VonMises"])
def test_modes_have_the_highest_density(name):
    p, _ = made(name)
    mode = p.mode
    inner = np.isfinite(mode.numpy()) & (mode.numpy() != 0)
    assert inner.any()
    p._validate_args = False
    for step in (-1e-3, 1e-3):
        lower = p.log_prob(mode + step) < p.log_prob(mode)
        assert lower.numpy()[inner].all()


CDF = [
    *("Beta", "Cauchy", "Chi2", "ContinuousBernoulli", "Exponential", "Gamma", "Gumbel"),
    *("GeneralizedPareto", "HalfCauchy", "HalfNormal", "InverseGamma", "Kumaraswamy", "Laplace"),
    *("LogNormal", "Normal", "Pareto", "StudentT", "Uniform", "Weibull", "FisherSnedecor"),
    *("VonMises",),
]


@pytest.mark.parametrize("name", CDF)
def test_draws_have_the_distribution(name):
    """By Kolmogorov and Smirnov, at each of the parameters."""
    stats = pytest.importorskip("scipy.stats", reason="SciPy is not installed")
    p, arguments = made(name)
    p._validate_args = False
    fastnn.manual_seed(4)
    x = p.sample((5000,)).numpy()
    a = [v.numpy() for v in arguments]
    known = {
        "Beta": lambda i: stats.beta(a[0][i], a[1][i]),
        "StudentT": lambda i: stats.t(a[0][i], a[1][i], a[2][i]),
        "FisherSnedecor": lambda i: stats.f(a[0][i], a[1][i]),
        "Gamma": lambda i: stats.gamma(a[0][i], scale=1 / a[1][i]),
        "VonMises": lambda i: stats.vonmises(a[1][i], a[0][i]),
    }
    for i in range(3):
        if name in known:
            cdf = known[name](i).cdf
        else:

            def cdf(v, i=i):
                return p.cdf(fastnn.tensor(np.stack([v] * 3, -1))).numpy()[..., i]

        if name == "VonMises":
            values = (x[:, i] - a[0][i] + np.pi) % (2 * np.pi) - np.pi
            assert stats.kstest(values, stats.vonmises(a[1][i]).cdf).pvalue > 1e-4
        else:
            assert stats.kstest(x[:, i], cdf).pvalue > 1e-4


@pytest.mark.parametrize("name", [n for n in CASES if n != "OneHotCategoricalStraightThrough"])
def test_which_draws_have_gradients(name):
    p, arguments = made(name, requires_grad=True)
    if not p.has_rsample:
        with pytest.raises(NotImplementedError, match="has no reparametrized draws; use sample"):
            p.rsample()
        return
    fastnn.manual_seed(1)
    p.rsample((3,)).sum().backward()
    assert all(np.isfinite(a.grad.numpy()).all() for a in arguments)


SMOOTH = [
    *("Cauchy", "ContinuousBernoulli", "Exponential", "Gumbel", "HalfCauchy", "HalfNormal"),
    *("Kumaraswamy", "Laplace", "LogNormal", "Normal", "Pareto", "Uniform", "Weibull"),
    *("LogisticNormal", "LowRankMultivariateNormal", "RelaxedBernoulli"),
    "RelaxedOneHotCategorical",
]


@pytest.mark.parametrize("name", SMOOTH)
def test_gradients_of_draws(name):
    """Of those whose random numbers do not depend on parameters: by differences."""
    _, arguments = made(name, requires_grad=True)

    def draw(*a):
        fastnn.manual_seed(1)
        return getattr(D, name)(*a).rsample((4,))

    assert gradcheck(draw, arguments)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("Gamma", lambda x: x * x),
        ("Chi2", lambda x: x * x),
        ("Beta", lambda x: x * x),
        ("Dirichlet", lambda x: x * x),
        ("InverseGamma", lambda x: 1 / (1 + x)),
        ("FisherSnedecor", lambda x: 1 / (1 + x)),
        ("StudentT", lambda x: (x + 0.5).atan()),
        ("Wishart", lambda x: x * x),
    ],
)
def test_gradients_of_gamma_draws_are_those_of_expectations(name, function):
    """Mean gradients beside the differences of means over the same number of fresh draws.

    The score function gives the same expectation: ``f(x) d log p(x)``, less a constant.
    """
    _, arguments = made(name, requires_grad=True)
    fastnn.manual_seed(5)
    many = 60_000
    wide = [a.detach().expand(many, *a.shape).clone().requires_grad_() for a in arguments]
    x = getattr(D, name)(*wide).rsample()
    function(x).sum().backward()
    again = [a.detach().expand(many, *a.shape).clone().requires_grad_() for a in arguments]
    q = getattr(D, name)(*again)
    value = function(x.detach())
    dims = tuple(range(-len(q.event_shape), 0))
    value = value - value.mean(0)
    total = value.sum(dims) if dims else value
    (q.log_prob(x.detach()) * total).sum().backward()
    for a, b in zip(wide, again):
        first, second = a.grad.numpy(), b.grad.numpy()
        error = np.sqrt((first.var(0) + second.var(0)) / many)
        assert (np.abs(first.mean(0) - second.mean(0)) <= 5 * error + 1e-6).all()


def test_implicit_gradients_of_gamma_draws():
    """``x(a)`` with the same ``P(a, x)``, by SciPy."""
    special = pytest.importorskip("scipy.special", reason="SciPy is not installed")
    rng = np.random.default_rng(0)
    a = 1 + 10 ** rng.uniform(-3, 4, 500)
    x = rng.gamma(a)
    p = special.gammainc(a, x)
    h = 1e-4 * np.sqrt(a)
    want = (special.gammaincinv(a + h, p) - special.gammaincinv(a - h, p)) / (2 * h)
    got = -incomplete.slope(a, x) * x / incomplete.scale(a, x)
    inner = (p > 1e-6) & (p < 1 - 1e-6)
    np.testing.assert_allclose(got[inner], want[inner], rtol=1e-5)


PAIRS = [(a.__name__, b.__name__) for a, b in FORMULAS if {a.__name__, b.__name__} <= set(CASES)]


EXPECTED = [
    pair
    for pair in PAIRS
    if not {"Pareto", "LowRankMultivariateNormal", "MultivariateNormal"} & set(pair)
]


@pytest.mark.parametrize(("first", "second"), EXPECTED)
def test_divergences_are_expectations(first, second):
    p, _ = made(first)
    arguments = [v * 0.9 + 0.05 for v in doubles(CASES[second][0])]
    if second in ("Binomial", "Uniform"):
        arguments = doubles(CASES[second][0])
    q = getattr(D, second)(*arguments)
    found = D.kl_divergence(p, q).numpy()
    fastnn.manual_seed(0)
    x = p.sample((MANY,))
    q._validate_args = False
    log_q = q.log_prob(x).numpy()
    finite = np.isfinite(found)
    differences = (p.log_prob(x).numpy() - log_q)[:, finite]
    spread = 5 * differences.std(0) / np.sqrt(MANY) + 1e-9
    assert (np.abs(found[finite] - differences.mean(0)) <= spread).all()
    outside = ~np.asarray(q.support.check(x).numpy())
    outside = outside.reshape(MANY, len(found), -1).any(-1).any(0)
    assert (outside[~finite]).all()


def test_transforms_remember_their_last_values():
    transform = D.TanhTransform(cache_size=1)
    x = fastnn.tensor([20.0])
    assert transform.inv(transform(x)) is x
    assert D.TanhTransform().inv(D.TanhTransform()(x)).item() == np.inf
    assert transform.with_cache(0)._cache_size == 0
    with pytest.raises(ValueError, match="cache_size must be 0 or 1, got 2"):
        D.TanhTransform(cache_size=2)


@pytest.mark.parametrize("registry", ["biject_to", "transform_to"])
@pytest.mark.parametrize(
    "constraint",
    [
        constraints.real,
        constraints.positive,
        constraints.unit_interval,
        constraints.greater_than(2.0),
        constraints.less_than(-1.0),
        constraints.interval(-2.0, 5.0),
        constraints.simplex,
        constraints.lower_cholesky,
        constraints.positive_definite,
        constraints.corr_cholesky,
        constraints.independent(constraints.positive, 1),
    ],
    ids=repr,
)
def test_transforms_to_constraints(registry, constraint):
    transform = getattr(D, registry)(constraint)
    rng = np.random.default_rng(0)
    shape = {0: (4,), 1: (4, 3), 2: (4, 3, 3)}[transform.domain.event_dim]
    y = transform(fastnn.tensor(rng.normal(size=shape)))
    assert bool(constraint.check(y).all())
    np.testing.assert_allclose(transform(transform.inv(y)), y, rtol=1e-6, atol=1e-9)


def test_values_without_a_transform():
    with pytest.raises(NotImplementedError, match="biject_to: no transform for values that are 0"):
        D.biject_to(constraints.boolean)

    class Odd(constraints.Constraint):
        pass

    odd = Odd("odd", lambda x: x % 2 == 1)
    D.biject_to.register(odd, lambda _: D.ExpTransform())
    assert D.biject_to(odd) == D.ExpTransform()


def test_correlations_of_lkj_factors():
    """All correlations have the distribution of ``2 b - 1`` for beta b, whatever their place."""
    stats = pytest.importorskip("scipy.stats", reason="SciPy is not installed")
    fastnn.manual_seed(0)
    size, eta = 4, 1.5
    factor = D.LKJCholesky(size, fastnn.tensor(eta, dtype=fastnn.float64)).sample((4000,))
    correlations = (factor @ factor.mT).numpy()
    alpha = eta - 1 + size / 2
    for i, j in itertools.combinations(range(size), 2):
        half = (correlations[:, i, j] + 1) / 2
        assert stats.kstest(half, stats.beta(alpha, alpha).cdf).pvalue > 1e-4


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: D.Gamma(-1.0, 1.0), "Gamma: concentration must be above 0"),
        (lambda: D.Gamma(1.0, 1.0).log_prob(-1.0), "Gamma: value must be at least 0"),
        (lambda: D.Beta(1.0, 1.0).log_prob(1.5), "Beta: value must be from 0 to 1"),
        (lambda: D.Dirichlet([1.0, 0.0]), "Dirichlet: concentration must be above 0 in each part"),
        (lambda: D.Dirichlet(1.0), "Dirichlet: expected concentrations"),
        (
            lambda: D.Dirichlet([1.0, 2.0]).log_prob([0.5, 0.6]),
            "Dirichlet: value must be at least 0 with the sum 1",
        ),
        (lambda: D.Geometric(0.0), "Geometric: probs must be above 0 and at most 1"),
        (lambda: D.Poisson(-1.0), "Poisson: rate must be at least 0"),
        (lambda: D.Poisson(1.0).log_prob(0.5), "Poisson: value must be a whole number of at lea"),
        (lambda: D.Binomial(2.5, 0.5), "Binomial: total_count must be a whole number of at least"),
        (lambda: D.Binomial(2, 0.5).log_prob(3.0), "Binomial: value must be a whole number from 0"),
        (lambda: D.Binomial(2), "Binomial: expected either probs or logits"),
        (lambda: D.NegativeBinomial(2, 1.0), "NegativeBinomial: probs must be from 0 to below 1"),
        (lambda: D.Multinomial(-1, [1.0]), "Multinomial: total_count must be an integer of at le"),
        (
            lambda: D.Multinomial(2, [0.5, 0.5]).log_prob([2.0, 1.0]),
            "Multinomial: value must be counts whose sum is at most 2",
        ),
        (lambda: D.LKJCholesky(1), "LKJCholesky: dim must be at least 2, got 1"),
        (lambda: D.Wishart(0.5, fastnn.eye(2)), "Wishart: df must be above 1"),
        (lambda: D.Wishart(3.0), "Wishart: expected one of covariance_matrix, .* got 0"),
        (lambda: D.RelaxedBernoulli(0.0, 0.5), "RelaxedBernoulli: temperature must be above 0"),
        (lambda: D.Normal(0.0, 1.0).icdf(1.5), "Normal: a probability must be from 0 to 1"),
        (
            lambda: D.LowRankMultivariateNormal([0.0], [[1.0]], [1.0, 2.0]),
            "LowRankMultivariateNormal: expected loc",
        ),
        (
            lambda: D.ReshapeTransform((2,), (3,)),
            "ReshapeTransform: shapes must have the same number",
        ),
        (
            lambda: D.CorrCholeskyTransform()(fastnn.zeros(2)),
            "CorrCholeskyTransform: no matrix has 2 elements",
        ),
    ],
)
def test_invalid_arguments(call, match):
    with pytest.raises(ValueError, match=f"^{match}"):
        call()


def test_float32_draws_of_small_concentrations():
    """They have no logarithm of 0, and shares that add up to 1."""
    fastnn.manual_seed(0)
    a = fastnn.full((1000, 3), 1e-3)
    x = D.Dirichlet(a).sample()
    assert x.dtype == np.float32
    np.testing.assert_allclose(x.sum(-1), 1, rtol=1e-5)
    assert (D.Gamma(a, 1.0).sample() > 0).all()


def test_entropy_of_an_exponential_family():
    class OfGamma(D.ExponentialFamily):
        _mean_carrier_measure = 0.0

        def __init__(self, a, b):
            self.parts = (a - 1, -b)
            super().__init__(a.shape)

        @property
        def _natural_params(self):
            return self.parts

        def _log_normalizer(self, x, y):
            return (x + 1).lgamma() - (x + 1) * (-y).log()

    a, b = doubles([[0.4, 1.0, 9.0], [0.3, 1.0, 4.0]])
    np.testing.assert_allclose(OfGamma(a, b).entropy(), D.Gamma(a, b).entropy(), rtol=1e-12)
    for name in ("_natural_params", "_mean_carrier_measure"):
        with pytest.raises(NotImplementedError, match=f"ExponentialFamily has no {name}"):
            getattr(D.ExponentialFamily(), name)
    with pytest.raises(NotImplementedError, match="ExponentialFamily has no _natural_params"):
        D.ExponentialFamily().entropy()


class Odd(constraints.Constraint):
    def __init__(self):
        pass

    def check(self, value):
        return value % 2 == 1


class Ones(D.Distribution):
    """As a program for PyTorch defines one."""

    arg_constraints = {"rate": constraints.positive}  # noqa: RUF012

    def __init__(self, rate, validate_args=None):
        self.rate = rate
        super().__init__(rate.shape, fastnn.Size(), validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self):
        return Odd()

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        return -self.rate * value


def test_distributions_of_ones_own():
    p = Ones(fastnn.ones(2))
    assert p.log_prob(fastnn.tensor([1.0, 3.0])).tolist() == [-1, -3]
    with pytest.raises(ValueError, match="Ones: value must be in the set of its constraint"):
        p.log_prob(fastnn.tensor([1.0, 2.0]))
    with pytest.raises(ValueError, match="Ones: rate must be above 0"):
        Ones(-fastnn.ones(2))
    assert constraints.is_dependent(Ones.support)
    assert constraints.is_dependent(constraints.dependent)
    assert not constraints.is_dependent(p.support)
    with pytest.raises(NotImplementedError, match="dependent: whether a value is in this set"):
        constraints.dependent.check(fastnn.ones(2))


def test_checks_can_be_left_out_of_all():
    D.Distribution.set_default_validate_args(False)
    try:
        assert D.Normal(0.0, -1.0).scale.item() == -1
        with pytest.raises(ValueError, match="Normal: scale must be above 0"):
            D.Normal(0.0, -1.0, validate_args=True)
    finally:
        D.Distribution.set_default_validate_args(True)
    with pytest.raises(ValueError, match="Normal: scale must be above 0"):
        D.Normal(0.0, -1.0)
    with pytest.raises(ValueError, match="set_default_validate_args: value must be a bool, got 2"):
        D.Distribution.set_default_validate_args(2)
