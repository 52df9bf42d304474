"""The gradient of products that leave the range of their type, or have zeros, infinities or NaN."""

import math
from fractions import Fraction

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastnn
from fastnn import Tensor, _core
from tests.harness import isa, isa_levels, threads

SPECIAL = {
    "float32": [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-30, -1e30, 1e-45, 3e38],
    "float64": [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-250, -1e250, 5e-324, 1.7e308],
}


def product(numbers):
    """The product as a Fraction, which has no bounds; or a float: 0, infinite or NaN."""
    negative = sum(math.copysign(1, v) < 0 for v in numbers) % 2
    zero, infinite = any(v == 0 for v in numbers), any(math.isinf(v) for v in numbers)
    if any(math.isnan(v) for v in numbers) or (zero and infinite):
        return math.nan
    if zero or infinite:
        return math.copysign(0 if zero else math.inf, -1 if negative else 1)
    return math.prod([Fraction(v) for v in numbers], start=Fraction(1))


def times(a, b):
    """The product of a Fraction or float and a float, as a float."""
    if isinstance(a, float) or not math.isfinite(b) or b == 0:
        return (a if isinstance(a, float) else 1 if a > 0 else -1) * b
    exact = a * Fraction(b)
    try:
        return float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def gradient(x, dy):
    """Of one output: dy times the product of all elements but one."""
    x = [float(v) for v in x]
    return [times(product(x[:i] + x[i + 1 :]), float(dy)) for i in range(len(x))]


def parts(x, dim, shape):
    """The outputs of a shape with size 1 along the axes, and which elements go into each."""
    axes = range(x.ndim) if dim is None else dim
    for k in np.ndindex(shape):
        yield k, tuple([slice(None) if i in axes else at for i, at in enumerate(k)])


def gradients(x, dim, dy):
    dx = np.zeros(x.shape)
    for k, part in parts(x, dim, dy.shape):
        dx[part] = np.reshape(gradient(np.ravel(x[part]), dy[k]), np.shape(x[part]))
    return dx


def check(x, dim, dy, level):
    """The kernel beside the definition; dy has size 1 along the axes."""
    y, count = np.ones(dy.shape), x.size // max(dy.size, 1)
    for k, part in parts(x, dim, dy.shape):
        y[k] = times(product([float(v) for v in np.ravel(x[part])]), 1.0)
    with np.errstate(over="ignore"):
        want = gradients(x, dim, dy).astype(x.dtype)
        y = y.astype(x.dtype)
    with isa(level):
        dx = _core.prod_backward(dy, x, y, dim)
    info = np.finfo(x.dtype)
    np.testing.assert_allclose(
        dx, want, rtol=(count + 4) * info.eps, atol=2 * info.smallest_subnormal
    )


@st.composite
def factors(draw):
    """An array near 1 with some special factors, in any layout, and axes to multiply over."""
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    dtype = draw(st.sampled_from(sorted(SPECIAL)))
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5))
    x = np.array(rng.uniform(0.8, 1.25, shape) * rng.choice([-1, 1], shape), dtype)
    for value in rng.choice(SPECIAL[dtype], draw(st.integers(0, 3))):
        if x.size:
            x[tuple([rng.integers(n) for n in shape])] = value
    if not x.ndim:
        return x, None
    x = x.transpose(draw(st.permutations(range(x.ndim))))
    x = x[tuple([slice(None, None, draw(st.sampled_from([1, 2, -1]))) for _ in shape])]
    if draw(st.booleans()):
        x = np.broadcast_to(x, (draw(st.integers(1, 3)), *x.shape))
    dim = draw(st.one_of(st.none(), st.sets(st.integers(0, x.ndim - 1), min_size=1)))
    return x, None if dim is None else tuple(dim)


@given(factors(), st.sampled_from(isa_levels()))
@settings(max_examples=400, deadline=None)
def test_any_layout(case, level):
    x, dim = case
    shape = _core.prod(x, dim, True).shape
    dy = np.linspace(-2, 1.5, math.prod(shape)).reshape(shape).astype(x.dtype)
    check(x, dim, dy, level)


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("dtype", SPECIAL)
def test_pairs_of_special_factors(dtype, level):
    """Each pair of them alone, and among numbers; rows, columns and expanded rows."""
    ones = [1.5] * 45
    pairs = [(a, b) for a in SPECIAL[dtype] for b in SPECIAL[dtype]]
    rows = np.array([[a, *ones, b] for a, b in pairs], dtype)
    dy = np.linspace(-1, 2, len(rows)).astype(dtype)[:, None]
    for x in (rows, rows[:, [0, -1]], rows[:, :5]):
        check(x, (1,), dy, level)
        check(np.ascontiguousarray(x.T), (0,), dy.T, level)
    for x in rows[:, [0, 1]]:
        check(np.broadcast_to(x, (3, 2)), None, np.full((1, 1), 2, dtype), level)
    for d in (0.0, np.inf, np.nan, -np.inf):
        check(np.array([[0.0, 2.0, 3.0]], dtype), None, np.full((1, 1), d, dtype), level)


@pytest.mark.parametrize("level", isa_levels())
def test_powers_of_two_are_exact(level):
    """Factors at both ends of the range, whose products are powers of two far beyond it."""
    for dtype, low, high in (("float32", -149, 127), ("float64", -1074, 1023)):
        for n in (3, 40, 300):
            exponents = np.resize([low, high, 0, low + 30, high, 1, -1, high], n)
            for cut in range(3):
                e = exponents[: n - cut]
                x = np.ldexp(1.0, e).astype(dtype)
                with isa(level):
                    y = _core.prod(x)
                    dx = _core.prod_backward(np.ones_like(y), x, y)
                with np.errstate(over="ignore"):
                    want = np.ldexp(1.0, np.sum(e) - e).astype(dtype)
                np.testing.assert_array_equal(dx, want)


@pytest.mark.parametrize(("shape", "dim"), [((300_000,), 0), ((700, 2100), 0), ((700, 2100), 1)])
def test_same_bits_for_any_number_of_threads(shape, dim):
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    x.reshape(-1)[::100_003] = 0
    y = _core.prod(x, dim)
    results = set()
    for count in (1, 2, 3, 7):
        with threads(count):
            results.add(_core.prod_backward(np.ones_like(y), x, y, dim).tobytes())
    assert len(results) == 1


def test_expanded_factors_have_one_gradient():
    x = Tensor(np.array([[2.0, -1.0, 0.5]]), requires_grad=True)
    fastnn.prod(x.expand(4, 3)).backward()
    np.testing.assert_allclose(x.grad._array, [[4 / 2.0, 4 / -1.0, 4 / 0.5]])
    leaf = Tensor(np.broadcast_to(np.array([2.0, 3.0]), (3, 2)), requires_grad=True)
    fastnn.prod(leaf, 0).sum().backward()
    leaf.grad.add_(1)  # its memory is its own
    np.testing.assert_array_equal(leaf.grad._array, [[5, 10]] * 3)


def test_gradients_match_torch():
    torch = pytest.importorskip("torch", reason="PyTorch, the second reference, is not installed")
    rng = np.random.default_rng(1)
    for n, zeros in ((6, 0), (6, 1), (6, 2), (3000, 0), (3000, 2)):
        x = rng.standard_normal((4, n))
        x[1, rng.permutation(n)[:zeros]] = 0
        for dim in (None, 0, 1):
            ours, theirs = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
            for lib, t in ((fastnn, ours), (torch, theirs)):
                y = lib.prod(t) if dim is None else lib.prod(t, dim)
                y.sum().backward()
            np.testing.assert_allclose(ours.grad._array, theirs.grad.numpy(), rtol=1e-11)
