"""Special functions beside SciPy's."""

import numpy as np
import pytest
from scipy import special

import fastnn
from fastnn.testing import gradcheck

pytestmark = pytest.mark.any_threading

X = np.array([-30.0, -5.0, -1.0, -0.2, 0.0, 0.3, 1.0, 4.0, 12.0])


@pytest.mark.parametrize(
    ("name", "x"),
    [
        ("entr", X),
        ("ndtr", X[1:]),  # beyond, a rounding of x is a large part of the result
        ("ndtri", np.linspace(0.001, 0.999, 31)),
        ("expit", X),
        ("gammaln", X[5:]),
        ("psi", X[5:]),
    ],
)
def test_values(name, x):
    got = getattr(fastnn.special, name)(fastnn.from_numpy(x)).numpy()
    np.testing.assert_allclose(got, getattr(special, name)(x), rtol=2e-14, atol=1e-300)


@pytest.mark.parametrize("name", ["entr", "ndtr", "ndtri"])
def test_gradients(name):
    x = fastnn.tensor([0.2, 0.5, 0.7], dtype=fastnn.float64, requires_grad=True)
    assert gradcheck(getattr(fastnn.special, name), x)


def test_entropies_of_zero_have_finite_gradients_elsewhere():
    x = fastnn.tensor([0.0, 0.5], requires_grad=True)
    fastnn.special.entr(x).sum().backward()
    assert x.grad[1].item() == pytest.approx(-np.log(0.5) - 1)
