"""Distributions beside SciPy's and PyTorch's: densities, moments, draws, gradients, divergences."""

import numpy as np
import pytest

import fastnn
from fastnn import distributions as D
from fastnn.testing import gradcheck

MANY = 40_000


def doubles(*values):
    return [fastnn.tensor(np.array(v, np.float64)) for v in values]


# name: (parameters, values)
CASES = {
    "Normal": ([[-1.0, 0.5, 2.0], [0.3, 1.0, 2.0]], [-0.5, 0.5, 4.0]),
    "Uniform": ([[-1.0, 0.5, 2.0], [0.3, 1.0, 2.5]], [-0.5, 0.7, 2.0]),
    "Exponential": ([[0.3, 1.0, 4.0]], [0.2, 0.0, 3.0]),
    "Laplace": ([[-1.0, 0.5, 2.0], [0.3, 1.0, 2.0]], [-0.5, 0.5, 4.0]),
    "Bernoulli": ([[0.3, 0.5, 0.9]], [0.0, 1.0, 1.0]),
    "Categorical": ([[[0.2, 0.3, 0.5], [1.0, 1.0, 2.0], [0.0, 3.0, 1.0]]], [2, 0, 1]),
    "OneHotCategorical": (
        [[[0.2, 0.3, 0.5], [1.0, 1.0, 2.0], [0.0, 3.0, 1.0]]],
        [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
    ),
}
CONTINUOUS = ("Normal", "Uniform", "Exponential", "Laplace")


def made(name):
    arguments, values = CASES[name]
    return getattr(D, name)(*doubles(*arguments)), *doubles(values)


def of_scipy(name):
    stats = pytest.importorskip("scipy.stats", reason="SciPy is not installed")
    a = [np.array(v) for v in CASES[name][0]]
    return {
        "Normal": lambda: stats.norm(*a),
        "Uniform": lambda: stats.uniform(a[0], a[1] - a[0]),
        "Exponential": lambda: stats.expon(scale=1 / a[0]),
        "Laplace": lambda: stats.laplace(*a),
        "Bernoulli": lambda: stats.bernoulli(*a),
    }[name]()


@pytest.mark.parametrize("name", [*CONTINUOUS, "Bernoulli"])
def test_values_beside_scipy(name):
    ours, x = made(name)
    theirs = of_scipy(name)
    density = theirs.logpmf(x) if name == "Bernoulli" else theirs.logpdf(x)
    np.testing.assert_allclose(ours.log_prob(x), density, rtol=1e-13)
    np.testing.assert_allclose(ours.mean, theirs.mean(), rtol=1e-14)
    np.testing.assert_allclose(ours.variance, theirs.var(), rtol=1e-13)
    np.testing.assert_allclose(ours.stddev, theirs.std(), rtol=1e-13)
    np.testing.assert_allclose(ours.entropy(), theirs.entropy(), rtol=1e-13)
    np.testing.assert_allclose(ours.perplexity(), np.exp(theirs.entropy()), rtol=1e-13)
    if name != "Bernoulli":
        np.testing.assert_allclose(ours.cdf(x), theirs.cdf(x), rtol=1e-13)


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients_beside_torch(name):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    arguments, values = CASES[name]
    ours = [x.requires_grad_() for x in doubles(*arguments)]
    theirs = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in arguments]
    p, q = getattr(D, name)(*ours), getattr(torch.distributions, name)(*theirs)
    x = torch.tensor(values, dtype=torch.float64)
    for got, want in (
        (p.log_prob(*doubles(values)), q.log_prob(x)),
        (p.entropy(), q.entropy()),
        (
            D.kl_divergence(p, p.__class__(*[v * 0.8 + 0.1 for v in ours])),
            torch.distributions.kl_divergence(q, q.__class__(*[v * 0.8 + 0.1 for v in theirs])),
        )
        if name != "Uniform"
        else (p.mean, q.mean),
    ):
        np.testing.assert_allclose(got.detach(), want.detach(), rtol=1e-12, atol=1e-14)
        got.sum().backward(retain_graph=True)
        want.sum().backward(retain_graph=True)
    for a, b in zip(ours, theirs):
        np.testing.assert_allclose(a.grad, b.grad, rtol=1e-10, atol=1e-12)
    assert tuple(p.batch_shape) == tuple(q.batch_shape)
    assert tuple(p.event_shape) == tuple(q.event_shape)
    np.testing.assert_allclose(p.variance.detach(), q.variance.detach(), rtol=1e-12)
    if p.has_enumerate_support:
        for expand in (True, False):
            np.testing.assert_array_equal(p.enumerate_support(expand), q.enumerate_support(expand))


@pytest.mark.parametrize("name", CASES)
def test_draws_have_the_mean_and_variance(name):
    p, _ = made(name)
    fastnn.manual_seed(3)
    x = p.sample((MANY,))
    assert x.shape == (MANY, *p.batch_shape, *p.event_shape)
    assert not x.requires_grad
    if name == "Categorical":
        x = np.eye(3)[x.numpy()]
        mean, var = p.probs.numpy(), (p.probs * (1 - p.probs)).numpy()
    else:
        x, mean, var = x.numpy(), p.mean.numpy(), p.variance.numpy()
    assert (np.abs(x.mean(0) - mean) <= 5 * np.sqrt(var / MANY)).all()
    np.testing.assert_allclose(x.var(0), var, rtol=0.1)
    assert p.sample().shape == p.sample(()).shape == (*p.batch_shape, *p.event_shape)
    assert p.sample((2, 0)).shape == (2, 0, *p.batch_shape, *p.event_shape)
    assert p.log_prob(p.sample((2, 4))).shape == (2, 4, *p.batch_shape)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_gradients_flow_through_reparametrized_draws(name):
    _, x = made(name)

    def draw(*arguments):
        fastnn.manual_seed(1)
        return getattr(D, name)(*arguments).rsample((4,))

    arguments = doubles(*CASES[name][0])
    assert gradcheck(draw, [a.requires_grad_() for a in arguments])
    assert gradcheck(lambda *a: getattr(D, name)(*a).log_prob(x + 0.01), arguments)
    assert not getattr(D, name)(*arguments).sample().requires_grad


@pytest.mark.parametrize("name", ["Bernoulli", "Categorical", "OneHotCategorical"])
def test_discrete_draws_have_no_gradient(name):
    p, _ = made(name)
    with pytest.raises(NotImplementedError, match=f"{name} has no reparametrized draws; use samp"):
        p.rsample()
    assert not p.has_rsample


def test_logits_and_probabilities():
    probs = fastnn.tensor([0.2, 0.8])
    for p in (D.Bernoulli(probs), D.Bernoulli(logits=(probs / (1 - probs)).log())):
        np.testing.assert_allclose(p.probs, probs, rtol=1e-6)
        np.testing.assert_allclose(p.logits, (probs / (1 - probs)).log(), rtol=1e-6)
    assert D.Bernoulli([0.0, 1.0]).log_prob([0.0, 1.0]).abs().max().item() < 1e-6
    p = D.Bernoulli(logits=fastnn.tensor([-200.0, 200.0]))
    assert p.log_prob([1.0, 0.0]).tolist() == [-200, -200]
    assert p.entropy().tolist() == [0, 0]
    p = D.Categorical(logits=fastnn.tensor([1000.0, 0.0, -1000.0]))
    assert p.log_prob([0, 1, 2]).tolist() == [0, -1000, -2000]
    assert p.entropy().item() == 0
    assert np.isnan(D.Categorical(fastnn.ones(2)).mean.item())
    assert np.isnan(D.Bernoulli(0.5).mode.item())
    assert D.Bernoulli(fastnn.tensor([0.2, 0.7])).mode.tolist() == [0, 1]
    assert D.Categorical(fastnn.tensor([1.0, 5.0, 2.0])).mode.item() == 1


def test_broadcasting():
    p = D.Normal(fastnn.zeros(3, 1), fastnn.ones(4))
    assert p.batch_shape == (3, 4)
    assert p.sample((2,)).shape == (2, 3, 4)
    assert p.log_prob(fastnn.zeros(5, 1, 4)).shape == (5, 3, 4)
    assert D.Normal(0, 1).batch_shape == ()
    assert D.Normal(0.0, np.ones(2)).mean.dtype == np.float64
    assert D.Categorical(fastnn.ones(2, 3)).log_prob(fastnn.zeros(4, 1, dtype=np.int64)).shape == (
        4,
        2,
    )


def test_independent_dimensions():
    base = D.Normal(*doubles(np.zeros((2, 3)), np.arange(1.0, 7).reshape(2, 3)))
    p = D.Independent(base, 1)
    assert (p.batch_shape, p.event_shape) == ((2,), (3,))
    x = p.rsample((4,))
    np.testing.assert_allclose(p.log_prob(x), base.log_prob(x).sum(-1))
    np.testing.assert_allclose(p.entropy(), base.entropy().sum(-1))
    q = D.Independent(D.Normal(base.loc + 1, base.scale), 1)
    np.testing.assert_allclose(D.kl_divergence(p, q), D.kl_divergence(base, q.base_dist).sum(-1))
    assert D.Independent(base, 0).log_prob(x).shape == (4, 2, 3)
    assert p.mean is base.mean
    assert p.mode is base.mode
    assert (p.variance == base.variance).all()
    assert repr(p) == "Independent(batch_shape=(2,), event_shape=(3,))"
    with pytest.raises(ValueError, match="must be from 0 to 2, got 3"):
        D.Independent(base, 3)
    with pytest.raises(NotImplementedError, match="different numbers of dimensions"):
        D.kl_divergence(p, D.Independent(base, 2))


@pytest.mark.parametrize("name", [n for n in CASES if n != "Uniform"])
def test_divergences_are_expectations(name):
    p, _ = made(name)
    q = getattr(D, name)(*[v * 0.8 + 0.1 for v in doubles(*CASES[name][0])])
    fastnn.manual_seed(0)
    x = p.sample((MANY,))
    differences = (p.log_prob(x) - q.log_prob(x)).numpy()
    spread = 5 * differences.std(0) / np.sqrt(MANY) + 1e-12
    assert (np.abs(D.kl_divergence(p, q).numpy() - differences.mean(0)) <= spread).all()
    np.testing.assert_allclose(D.kl_divergence(p, p), 0, atol=1e-15)


def test_infinite_and_unknown_divergences():
    narrow, wide = D.Uniform(0.0, 1.0), D.Uniform(-1.0, 1.0)
    assert D.kl_divergence(narrow, wide).item() == pytest.approx(np.log(2))
    assert D.kl_divergence(wide, narrow).item() == np.inf
    p, q = D.Categorical([0.5, 0.5]), D.Categorical([1.0, 0.0])
    assert D.kl_divergence(p, q).item() == np.inf
    assert np.isfinite(D.kl_divergence(q, p).item())
    with pytest.raises(NotImplementedError, match="no formula for Normal and Cauchy"):
        D.kl_divergence(D.Normal(0.0, 1.0), D.Cauchy(0.0, 1.0))


def test_the_nearest_formula_is_taken():
    class Special(D.Normal):
        pass

    @D.register_kl(Special, D.Normal)
    def special(p, q):
        return fastnn.tensor(7.0)

    p, q = Special(0.0, 1.0), D.Normal(0.0, 1.0)
    assert D.kl_divergence(p, q).item() == D.kl_divergence(p, p).item() == 7
    assert D.kl_divergence(q, p).item() == 0


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: D.Normal(0.0, 0.0), "Normal: scale must be above 0"),
        (lambda: D.Normal(0.0, float("nan")), "Normal: scale must be above 0"),
        (lambda: D.Laplace(0.0, -1.0), "Laplace: scale must be above 0"),
        (lambda: D.Uniform(1.0, 1.0), "Uniform: high must be above low"),
        (lambda: D.Exponential(-1.0), "Exponential: rate must be above 0"),
        (lambda: D.Bernoulli(1.5), "Bernoulli: probs must be from 0 to 1"),
        (lambda: D.Bernoulli(), "Bernoulli: expected either probs or logits"),
        (lambda: D.Bernoulli(0.5, 0.5), "Bernoulli: expected either probs or logits"),
        (lambda: D.Bernoulli(0.5).log_prob(0.5), "Bernoulli: value must be 0 or 1"),
        (lambda: D.Categorical([-1.0, 2.0]), "Categorical: probs must be finite and at least 0"),
        (lambda: D.Categorical([0.0, 0.0]), "Categorical: the sum of probs must be above 0"),
        (lambda: D.Categorical(1.0), r"Categorical: expected weights \(..., C\), got shape \(\)"),
        (lambda: D.Categorical([1.0]).log_prob(1), "Categorical: value must be an index of probs"),
        (
            lambda: D.OneHotCategorical([1.0, 1.0]).log_prob([1.0, 1.0]),
            "OneHotCategorical: value must be a one-hot vector",
        ),
        (
            lambda: D.Normal(fastnn.zeros(2), 1.0).log_prob(fastnn.zeros(3)),
            r"Normal: a value must be broadcastable to \(2,\), got shape \(3,\)",
        ),
        (
            lambda: D.OneHotCategorical([1.0, 1.0]).log_prob([1.0, 0.0, 0.0]),
            "OneHotCategorical: a value must be broadcastable to",
        ),
    ],
)
def test_invalid_arguments(call, match):
    with pytest.raises(ValueError, match=f"^{match}"):
        call()


def test_checks_can_be_left_out():
    assert D.Normal(0.0, -1.0, validate_args=False).scale.item() == -1
    assert D.Bernoulli(0.5, validate_args=False).log_prob(0.5).item() == pytest.approx(np.log(0.5))


def test_what_a_distribution_does_not_have():
    p = D.Distribution((2,), (3,))
    for call in (
        p.rsample,
        p.entropy,
        p.enumerate_support,
        lambda: p.log_prob(0),
        lambda: p.cdf(0),
    ):
        with pytest.raises(NotImplementedError, match="Distribution has no"):
            call()
    for name in ("mean", "mode", "variance", "stddev"):
        with pytest.raises(NotImplementedError, match="Distribution has no"):
            getattr(p, name)


COVARIANCE = np.array([[2.0, 0.3, -0.2], [0.3, 1.0, 0.4], [-0.2, 0.4, 0.8]])


def given_as(form, covariance):
    """A covariance in one of the forms that the distribution takes."""
    return {
        "covariance_matrix": covariance,
        "precision_matrix": np.linalg.inv(covariance),
        "scale_tril": np.linalg.cholesky(covariance),
    }[form]


@pytest.mark.parametrize("form", ["covariance_matrix", "precision_matrix", "scale_tril"])
def test_normal_vectors(form):
    stats = pytest.importorskip("scipy.stats", reason="SciPy is not installed")
    loc = np.array([1.0, -1.0, 0.5])
    p = D.MultivariateNormal(*doubles(loc), **{form: doubles(given_as(form, COVARIANCE))[0]})
    theirs = stats.multivariate_normal(loc, COVARIANCE)
    x = np.random.default_rng(0).normal(size=(5, 3))
    np.testing.assert_allclose(p.log_prob(x), theirs.logpdf(x), rtol=1e-12)
    np.testing.assert_allclose(p.entropy(), theirs.entropy(), rtol=1e-12)
    np.testing.assert_allclose(p.covariance_matrix, COVARIANCE, rtol=1e-12)
    np.testing.assert_allclose(p.precision_matrix, np.linalg.inv(COVARIANCE), rtol=1e-12)
    np.testing.assert_allclose(p.variance, np.diag(COVARIANCE), rtol=1e-12)
    fastnn.manual_seed(2)
    drawn = p.sample((MANY,)).numpy()
    np.testing.assert_allclose(np.cov(drawn.T), COVARIANCE, atol=0.06)
    np.testing.assert_allclose(drawn.mean(0), loc, atol=0.04)
    assert p.mean is p.mode
    q = D.MultivariateNormal(*doubles(np.zeros(3), 2 * COVARIANCE))
    inside = np.trace(np.linalg.solve(2 * COVARIANCE, COVARIANCE)) - 3
    inside += loc @ np.linalg.solve(2 * COVARIANCE, loc) + 3 * np.log(2)
    np.testing.assert_allclose(D.kl_divergence(p, q), inside / 2, rtol=1e-12)
    np.testing.assert_allclose(D.kl_divergence(p, p), 0, atol=1e-13)


@pytest.mark.parametrize("form", ["covariance_matrix", "precision_matrix", "scale_tril"])
def test_gradients_of_normal_vectors(form):
    loc, x = doubles([1.0, -1.0, 0.5], [[0.1, 0.2, 0.3], [1.0, 0.0, -1.0]])
    given = doubles(given_as(form, COVARIANCE))[0]
    lower = form == "scale_tril"

    def made_of(loc, matrix):  # a factor has no gradient above its diagonal
        matrix = matrix.tril() if lower else (matrix + matrix.mT) / 2
        return D.MultivariateNormal(loc, **{form: matrix})

    def draw(loc, matrix):
        fastnn.manual_seed(1)
        return made_of(loc, matrix).rsample((2,))

    arguments = [loc.requires_grad_(), given.requires_grad_()]
    assert gradcheck(lambda *a: made_of(*a).log_prob(x), arguments)
    assert gradcheck(lambda *a: made_of(*a).entropy(), arguments)
    assert gradcheck(draw, arguments)


def test_batches_of_normal_vectors():
    p = D.MultivariateNormal(fastnn.zeros(4, 1, 3), fastnn.eye(3).expand(2, 3, 3))
    assert (p.batch_shape, p.event_shape) == ((4, 2), (3,))
    x = p.rsample((5,))
    assert x.shape == (5, 4, 2, 3)
    assert p.log_prob(x).shape == (5, 4, 2)
    assert p.entropy().shape == (4, 2)
    assert p.covariance_matrix.shape == (4, 2, 3, 3)
    with pytest.raises(ValueError, match=r"expected one of covariance_matrix, .* got 0"):
        D.MultivariateNormal(fastnn.zeros(3))
    with pytest.raises(ValueError, match=r"got shapes \(3,\) and \(2, 2\)"):
        D.MultivariateNormal(fastnn.zeros(3), fastnn.eye(2))
    with pytest.raises(ValueError, match="scale_tril must be a lower triangle with a diagonal abo"):
        D.MultivariateNormal(fastnn.zeros(2), scale_tril=-fastnn.eye(2))
