"""All distributions, transforms and divergences beside PyTorch's."""

import numpy as np
import pytest

import fastnn
from fastnn import distributions as D
from fastnn.distributions import constraints

from .test_distributions_draws import CASES, MANY, PAIRS, doubles, made

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

SHIFTED = {"Uniform", "Binomial", "Wishart", "MultivariateNormal", "GeneralizedPareto"}


def result(p, what, x):
    """An attribute of a distribution, or what its method returns; None where there is none."""
    given = {"log_prob": (x,), "cdf": (x,), "icdf": (0 * x.sum() + 0.25,), "entropy": ()}
    try:
        found = getattr(p, what)
        return found(*given[what]) if what in given else found
    except (NotImplementedError, AttributeError, RuntimeError):  # of types that PyTorch mixes
        return None


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(
    "what", ["log_prob", "entropy", "cdf", "icdf", "mean", "mode", "variance", "stddev"]
)
def test_values_and_gradients(name, what):
    p, ours = made(name, requires_grad=True)
    q, theirs = made(name, torch, requires_grad=True)
    want = result(q, what, torch.tensor(CASES[name][1], dtype=torch.float64))
    if want is None:
        pytest.skip("PyTorch has none")
    got = result(p, what, fastnn.tensor(np.array(CASES[name][1], np.float64)))
    values, wanted = got.detach().numpy(), want.detach().numpy()
    known = np.isfinite(wanted) | (what != "mode")  # some of PyTorch's modes are NaN without need
    # PyTorch has constants and Bessel functions of float32 in some places.
    rough = name == "VonMises" or (name, what) == ("ContinuousBernoulli", "variance")
    rtol = 1e-4 if rough else 1e-6 if what != "log_prob" else 1e-9
    np.testing.assert_allclose(values[known], wanted[known], rtol=rtol, atol=rtol / 10)
    if what in ("log_prob", "entropy", "mean") and want.requires_grad:
        if not np.isfinite(wanted).all():
            return
        got.sum().backward()
        want.sum().backward()
        for a, b in zip(ours, theirs):
            if b.grad is not None:
                np.testing.assert_allclose(a.grad, b.grad, rtol=rtol, atol=1e-8)


@pytest.mark.parametrize("name", CASES)
def test_shapes_and_kinds(name):
    p, q = made(name)[0], made(name, torch)[0]
    assert (tuple(p.batch_shape), tuple(p.event_shape)) == (q.batch_shape, q.event_shape)
    assert p.has_enumerate_support == q.has_enumerate_support
    assert p.has_rsample == q.has_rsample
    assert p.support.is_discrete == q.support.is_discrete
    assert p.support.event_dim == q.support.event_dim
    if p.has_enumerate_support:
        for expand in (True, False):
            np.testing.assert_array_equal(p.enumerate_support(expand), q.enumerate_support(expand))


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_divergences(first, second):

    def both(module):
        p, _ = made(first, module)
        arguments = doubles(CASES[second][0], module)
        if first == second and second not in SHIFTED:
            arguments = [v * 0.8 + 0.1 for v in arguments]
        if second == "Binomial" and first != "Binomial":
            return None
        return p, getattr(module.distributions, second)(*arguments)

    if (pair := both(fastnn)) is None:
        return
    got = D.kl_divergence(*pair)
    want = torch.distributions.kl_divergence(*both(torch))
    if (first, second) == ("Uniform", "ContinuousBernoulli"):
        return  # see the test below: PyTorch leaves out the entropy's sign
    np.testing.assert_allclose(got.numpy(), want.numpy(), rtol=1e-6, atol=1e-7)


TRANSFORMS = {
    "AbsTransform": (lambda D, t: D.AbsTransform(), [0.5, 2.0]),
    "AffineTransform": (lambda D, t: D.AffineTransform(t([1.0, 2.0]), t([-2.0, 0.5])), [0.5, 2.0]),
    "AffineTransform1": (lambda D, t: D.AffineTransform(1.0, 3.0, event_dim=1), [[0.5, 2.0]]),
    "Compose": (
        lambda D, t: D.ComposeTransform([D.AffineTransform(0.0, -2.0), D.ExpTransform()]),
        [0.5, -1.0],
    ),
    "ComposeVector": (
        lambda D, t: D.ComposeTransform([D.AffineTransform(0.5, 2.0), D.StickBreakingTransform()]),
        [[0.5, -1.0]],
    ),
    "CorrCholesky": (lambda D, t: D.CorrCholeskyTransform(), [[0.5, -1.0, 0.3], [0.0, 0.2, 1.0]]),
    "CumulativeDistribution": (
        lambda D, t: D.CumulativeDistributionTransform(D.Normal(t(0.5), t(2.0))),
        [0.5, -1.0],
    ),
    "Exp": (lambda D, t: D.ExpTransform(), [0.5, -1.0]),
    "Independent": (lambda D, t: D.IndependentTransform(D.ExpTransform(), 1), [[0.5, -1.0]]),
    "LowerCholesky": (lambda D, t: D.LowerCholeskyTransform(), [[0.5, 0.0], [1.0, -1.0]]),
    "Power": (lambda D, t: D.PowerTransform(t(-1.5)), [0.5, 2.0]),
    "Reshape": (lambda D, t: D.ReshapeTransform((4,), (2, 2)), [[0.5, -1.0, 1.0, 2.0]]),
    "Sigmoid": (lambda D, t: D.SigmoidTransform(), [0.5, -1.0]),
    "Softmax": (lambda D, t: D.SoftmaxTransform(), [[0.5, -1.0]]),
    "Softplus": (lambda D, t: D.SoftplusTransform(), [0.5, -1.0]),
    "StickBreaking": (lambda D, t: D.StickBreakingTransform(), [[0.5, -1.0], [0.0, 3.0]]),
    "Tanh": (lambda D, t: D.TanhTransform(), [0.5, -1.0]),
    "Inverse": (lambda D, t: D.ExpTransform().inv, [0.5, 1.0]),
    "Cat": (
        lambda D, t: D.CatTransform([D.ExpTransform(), D.AffineTransform(1.0, 2.0)], -1, [2, 1]),
        [[0.5, -1.0, 3.0]],
    ),
    "Stack": (
        lambda D, t: D.StackTransform([D.ExpTransform(), D.AffineTransform(1.0, 2.0)], -1),
        [[0.5, -1.0]],
    ),
    "PositiveDefinite": (lambda D, t: D.PositiveDefiniteTransform(), [[0.5, 0.0], [1.0, -1.0]]),
    "Identity": (lambda D, t: D.identity_transform, [0.5, 2.0]),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms(name):
    make, values = TRANSFORMS[name]
    ours = make(D, lambda v: fastnn.tensor(v, dtype=fastnn.float64))
    theirs = make(torch.distributions, lambda v: torch.tensor(v, dtype=torch.float64))
    x, v = fastnn.tensor(np.array(values)), torch.tensor(values, dtype=torch.float64)
    y, w = ours(x), theirs(v)
    np.testing.assert_allclose(y.numpy(), w.numpy(), rtol=1e-7)
    assert ours.bijective == theirs.bijective
    assert ours.domain.event_dim == theirs.domain.event_dim
    assert ours.codomain.event_dim == theirs.codomain.event_dim
    assert ours.forward_shape(x.shape) == tuple(y.shape)
    if name != "Identity":  # PyTorch's answer is for the shape of a tensor alone
        assert ours.inverse_shape(y.shape) == tuple(x.shape)
    np.testing.assert_allclose(ours.inv(y).numpy(), theirs.inv(w).numpy(), rtol=1e-7, atol=1e-9)
    assert bool(ours.codomain.check(y).all())
    if name not in ("AbsTransform", "Softmax", "LowerCholesky", "PositiveDefinite"):
        want = theirs.log_abs_det_jacobian(v, w)
        got = ours.log_abs_det_jacobian(x, y)
        np.testing.assert_allclose(
            np.broadcast_to(got.numpy(), want.shape), want.numpy(), rtol=1e-7, atol=1e-9
        )
    assert make(D, fastnn.tensor) == make(D, fastnn.tensor) or name == "CumulativeDistribution"


def test_transformed_distributions():

    def logistic(module):
        d = module.distributions
        low = module.tensor([0.0, 0.0], dtype=module.float64)
        parts = [d.SigmoidTransform().inv, d.AffineTransform(module.tensor([1.0]).double(), 2.0)]
        return d.TransformedDistribution(d.Uniform(low, 1.0), parts)

    p, q = logistic(fastnn), logistic(torch)
    x = [0.5, -1.0]
    np.testing.assert_allclose(
        p.log_prob(fastnn.tensor(np.array(x))),
        q.log_prob(torch.tensor(x, dtype=torch.float64)),
        rtol=1e-6,
    )
    np.testing.assert_allclose(
        p.cdf(fastnn.tensor(np.array(x))), q.cdf(torch.tensor(x, dtype=torch.float64)), rtol=1e-6
    )
    u = fastnn.tensor([0.2, 0.7], dtype=fastnn.float64)
    np.testing.assert_allclose(p.cdf(p.icdf(u)), u, rtol=1e-6)
    falling = D.TransformedDistribution(D.Normal(0.0, 1.0), D.AffineTransform(0.0, -2.0))
    np.testing.assert_allclose(falling.cdf(falling.icdf(u.float())), u, rtol=1e-6)
    assert falling.cdf(10.0).item() > 0.99
    other = D.TransformedDistribution(D.Normal(1.0, 1.0), D.AffineTransform(0.0, -2.0))
    assert D.kl_divergence(falling, other).item() == 0.5
    with pytest.raises(NotImplementedError, match="with other transforms"):
        D.kl_divergence(
            falling, D.TransformedDistribution(D.Normal(0.0, 1.0), D.AffineTransform(0.0, 2.0))
        )
    with pytest.raises(ValueError, match="the base needs 1 dimensions or more, got shape"):
        D.TransformedDistribution(D.Normal(0.0, 1.0), D.StickBreakingTransform())


@pytest.mark.parametrize(
    "name",
    [
        *("boolean", "real", "positive", "nonnegative", "unit_interval", "nonnegative_integer"),
        *("positive_integer", "simplex", "one_hot", "real_vector", "lower_triangular"),
        *("lower_cholesky", "symmetric", "positive_definite", "positive_semidefinite", "square"),
        "corr_cholesky",
    ],
)
def test_constraints(name):
    vectors = np.array([[0.2, 0.8], [1.0, 0.0], [-1.0, 2.0], [np.nan, 1.0], [3.0, 2.0]])
    squares = np.array([np.eye(2), -np.eye(2), [[2.0, 0.5], [0.5, 1.0]]])
    if not name.startswith("positive"):  # of others PyTorch asks for symmetry alone
        squares = np.append(squares, [[[1.0, 0.0], [0.6, 0.8]]], 0)
    ours, theirs = getattr(constraints, name), getattr(torch.distributions.constraints, name)
    assert (ours.event_dim, ours.is_discrete) == (theirs.event_dim, theirs.is_discrete)
    x = squares if ours.event_dim == 2 else vectors
    np.testing.assert_array_equal(
        ours.check(fastnn.tensor(x)).numpy(), theirs.check(torch.tensor(x)).numpy()
    )


def test_mixtures():

    def mixture(module, components):
        d = module.distributions
        w = module.tensor([[0.2, 0.3, 0.5], [1.0, 1.0, 2.0]], dtype=module.float64)
        loc = module.tensor([[-1.0, 0.0, 3.0], [0.0, 1.0, 2.0]], dtype=module.float64)
        parts = d.Normal(loc, 0.5)
        if components == "vectors":
            parts = d.Independent(d.Normal(module.stack([loc, -loc], -1), 0.5), 1)
        return d.MixtureSameFamily(d.Categorical(w), parts)

    for components, x in (("numbers", [0.3, 1.5]), ("vectors", [[0.3, 1.0], [1.5, 0.0]])):
        p, q = mixture(fastnn, components), mixture(torch, components)
        value = fastnn.tensor(np.array(x)), torch.tensor(x, dtype=torch.float64)
        np.testing.assert_allclose(p.log_prob(value[0]), q.log_prob(value[1]), rtol=1e-9)
        np.testing.assert_allclose(p.mean, q.mean, rtol=1e-9)
        np.testing.assert_allclose(p.variance, q.variance, rtol=1e-9)
        if components == "numbers":
            np.testing.assert_allclose(p.cdf(value[0]), q.cdf(value[1]), rtol=1e-9)
        fastnn.manual_seed(0)
        drawn = p.sample((MANY,)).numpy()
        assert drawn.shape == (MANY, *p.batch_shape, *p.event_shape)
        bound = 5 * np.sqrt(p.variance.numpy() / MANY)
        assert (np.abs(drawn.mean(0) - p.mean.numpy()) < bound).all()
    with pytest.raises(ValueError, match="last batch dimension of the components must be 2"):
        D.MixtureSameFamily(D.Categorical(fastnn.ones(2)), D.Normal(fastnn.zeros(3), 1.0))
    with pytest.raises(ValueError, match="mixture_distribution must be a Categorical, got Norm"):
        D.MixtureSameFamily(D.Normal(fastnn.zeros(3), 1.0), D.Normal(fastnn.zeros(3), 1.0))
