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


SCALED = np.array([-700.0, -40.0, -20.0, -3.0, -1e-8, 0.0, 1e-8, 0.4, 3.0, 29.9, 30.1, 700.0, 1e5])
ABOVE = np.array([1e-300, 1e-8, 0.4, 3.0, 29.9, 30.1, 650.0])


@pytest.mark.parametrize(
    ("name", "theirs", "x"),
    [
        ("i0", "i0", SCALED[:-1]),
        ("i1", "i1", SCALED[:-1]),
        ("i0e", "i0e", SCALED),
        ("i1e", "i1e", SCALED),
        ("modified_bessel_i0", "i0", SCALED[:-1]),
        ("modified_bessel_i1", "i1", SCALED[:-1]),
        ("modified_bessel_k0", "k0", ABOVE),
        ("modified_bessel_k1", "k1", ABOVE),
        ("scaled_modified_bessel_k0", "k0e", ABOVE),
        ("scaled_modified_bessel_k1", "k1e", ABOVE),
        ("erfcx", "erfcx", np.array([-25.0, -3.0, 0.0, 0.4, 3.0, 1e5])),
        ("log_ndtr", "log_ndtr", np.array([-1e4, -40.0, -3.0, 0.0, 0.4, 3.0, 30.0])),
    ],
)
def test_values_over_the_whole_range(name, theirs, x):
    got = getattr(fastnn.special, name)(fastnn.from_numpy(x)).numpy()
    np.testing.assert_allclose(
        got, getattr(special, theirs)(x), rtol=4e-15 if name != "log_ndtr" else 4e-14
    )
    single = getattr(fastnn.special, name)(fastnn.tensor(x, dtype=np.float32))
    assert single.dtype == np.float32


@pytest.mark.parametrize("name", ["j0", "j1", "y0", "y1"])
def test_oscillating_functions_to_an_absolute_error(name):
    x = np.concatenate([np.linspace(0.1, 60, 500), [1e3, 1e4]])
    got = getattr(fastnn.special, f"bessel_{name}")(fastnn.from_numpy(x)).numpy()
    np.testing.assert_allclose(got, getattr(special, name)(x), rtol=1e-13, atol=5e-15)
    if name[0] == "j":
        got = getattr(fastnn.special, f"bessel_{name}")(fastnn.from_numpy(-x)).numpy()
        np.testing.assert_allclose(got, getattr(special, name)(-x), rtol=1e-13, atol=5e-15)


def test_ends_of_bessel_functions():
    x = fastnn.tensor([0.0, -1.0])
    for name in ("bessel_y0", "bessel_y1"):
        values = getattr(fastnn.special, name)(x).numpy()
        assert values[0] == -np.inf
        assert np.isnan(values[1])
    for name in ("modified_bessel_k0", "scaled_modified_bessel_k1"):
        values = getattr(fastnn.special, name)(x).numpy()
        assert values[0] == np.inf
        assert np.isnan(values[1])
    assert fastnn.special.spherical_bessel_j0(fastnn.tensor([0.0, np.pi])).numpy() == pytest.approx(
        [1, 0], abs=1e-7
    )


BESSEL = [
    *("i0", "i1", "i0e", "i1e", "bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1"),
    *("modified_bessel_k0", "modified_bessel_k1", "scaled_modified_bessel_k0"),
    *("scaled_modified_bessel_k1", "spherical_bessel_j0", "erfcx", "log_ndtr"),
]


@pytest.mark.parametrize("name", BESSEL)
def test_gradients_of_bessel_functions(name):
    x = fastnn.tensor([0.2, 0.9, 3.1], dtype=fastnn.float64, requires_grad=True)
    assert gradcheck(getattr(fastnn.special, name), x)


@pytest.mark.parametrize("name", ["i1", "i1e", "bessel_j1", "i0", "spherical_bessel_j0"])
def test_slopes_at_zero(name):
    x = fastnn.tensor([0.0], dtype=fastnn.float64, requires_grad=True)
    getattr(fastnn.special, name)(x).backward(fastnn.ones(1, dtype=fastnn.float64))
    assert x.grad.item() == (0.5 if "1" in name else 0.0)


GAMMA_A = np.array([1e-4, 0.3, 1.0, 7.5, 150.0, 1e4])


def test_incomplete_gamma_functions():
    a, ratio = np.meshgrid(GAMMA_A, [1e-3, 0.5, 0.97, 1.0, 1.03, 2.0, 40.0])
    x = a * ratio
    for name in ("gammainc", "gammaincc"):
        want = getattr(special, name)(a, x)
        got = getattr(fastnn.special, name)(fastnn.tensor(a), fastnn.tensor(x)).numpy()
        there = want > 1e-290
        np.testing.assert_allclose(got[there], want[there], rtol=2e-11)
    edges = [(0.0, 1.0), (1.0, 0.0), (1.0, np.inf), (-1.0, 1.0), (1.0, -1.0), (0.0, 0.0)]
    a, x = np.array(edges).T
    got = fastnn.special.gammainc(fastnn.tensor(a), fastnn.tensor(x)).numpy()
    np.testing.assert_array_equal(got, [1, 0, 1, np.nan, np.nan, np.nan])


POLYNOMIALS = {
    "chebyshev_polynomial_t": special.eval_chebyt,
    "chebyshev_polynomial_u": special.eval_chebyu,
    "shifted_chebyshev_polynomial_t": special.eval_sh_chebyt,
    "shifted_chebyshev_polynomial_u": special.eval_sh_chebyu,
    "hermite_polynomial_h": special.eval_hermite,
    "hermite_polynomial_he": special.eval_hermitenorm,
    "laguerre_polynomial_l": special.eval_laguerre,
    "legendre_polynomial_p": special.eval_legendre,
}


@pytest.mark.parametrize("name", POLYNOMIALS)
@pytest.mark.parametrize("n", [-1, 0, 1, 2, 7])
def test_polynomials(name, n):
    x = np.linspace(-1, 1, 9)
    got = getattr(fastnn.special, name)(fastnn.tensor(x), n).numpy()
    want = POLYNOMIALS[name](n, x) if n >= 0 else np.zeros(9)
    np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-13)
    assert gradcheck(
        lambda x: getattr(fastnn.special, name)(x, n) + 0 * x, fastnn.tensor(x, requires_grad=True)
    )


def test_other_chebyshev_polynomials_are_ratios():
    angle = np.linspace(0.1, 3.0, 7)
    x = fastnn.tensor(np.cos(angle))
    n = 3
    v = np.cos((n + 0.5) * angle) / np.cos(angle / 2)
    w = np.sin((n + 0.5) * angle) / np.sin(angle / 2)
    S = fastnn.special
    np.testing.assert_allclose(S.chebyshev_polynomial_v(x, n), v, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(S.chebyshev_polynomial_w(x, n), w, rtol=1e-12, atol=1e-13)
    half = (x + 1) / 2
    np.testing.assert_allclose(S.shifted_chebyshev_polynomial_v(half, n), v, atol=1e-12)
    np.testing.assert_allclose(S.shifted_chebyshev_polynomial_w(half, n), w, atol=1e-12)
    with pytest.raises(TypeError, match="legendre_polynomial_p: n must be one integer, got "):
        S.legendre_polynomial_p(x, 1.5)


def test_functions_of_two_arguments():
    S = fastnn.special
    x, y = np.array([0.0, 0.0, 2.0]), np.array([-1.0, np.nan, 1e-20])
    np.testing.assert_array_equal(S.xlog1py(x, fastnn.tensor(y)), special.xlog1py(x, y))
    s, q = np.array([1.5, 2.0, 4.0]), np.array([0.3, 1.0, 9.0])
    ours = fastnn.tensor(q, requires_grad=True)
    np.testing.assert_allclose(S.zeta(s, ours).detach(), special.zeta(s, q), rtol=1e-14)
    assert gradcheck(lambda q: S.zeta(s, q), ours)
    with pytest.raises(RuntimeError, match="zeta: the exponent has no gradient"):
        S.zeta(fastnn.tensor(s, requires_grad=True), q).sum().backward()
    a = fastnn.tensor([1.2, 4.0], dtype=fastnn.float64, requires_grad=True)
    np.testing.assert_allclose(
        S.multigammaln(a, 3).detach(), [special.multigammaln(v, 3) for v in (1.2, 4.0)], rtol=1e-13
    )
    assert gradcheck(lambda a: S.multigammaln(a, 3), a)
    with pytest.raises(ValueError, match=r"mvlgamma: input must be above \(p - 1\) / 2 = 1.0"):
        S.multigammaln(fastnn.tensor([1.0]), 3)


def test_airy():
    x = np.concatenate([np.linspace(-40, 0, 301), np.linspace(1e-3, 40, 100)])
    ours = fastnn.tensor(x, requires_grad=True)
    y = fastnn.special.airy_ai(ours)
    y.sum().backward()
    value, slope, _, _ = special.airy(x)
    for got, want in ((y.detach(), value), (ours.grad, slope)):
        np.testing.assert_allclose(got.numpy()[:301], want[:301], atol=1e-12)
        np.testing.assert_allclose(got.numpy()[301:], want[301:], rtol=1e-12)
