"""Cumulative sums and products: values, gradients, layouts; long rows; zeros; NaN and infinity."""

import numpy as np
import pytest

import fastnn
from fastnn import Tensor, _core, kernels
from tests.harness import SIZES, Bad, Record, Sample, isa, isa_levels, numbers, record_test, threads
from tests.reference import scan as reference

X = numbers(3, 4, 5, seed=3)
LARGE = [(numbers(40_000), 0), (numbers(3, 20_001), 1), (numbers(90, 400), 1)]
LARGE += [(numbers(400, 90), 0), (numbers(7, 60, 70), 1)]


def samples(make=numbers):
    found = [Sample(make(n, seed=n), 0) for n in SIZES]
    found += [Sample(make(3, 4, 5), dim) for dim in (0, 1, 2, -1)]
    found += [Sample(make(n, 3), 1) for n in (7, 8, 9)] + [Sample(make(3, n), 0) for n in (1, 17)]
    return [*found, Sample(make(0, 2), 0), Sample(make(2, 0), 0), Sample(make(), -1)]


def near_one(*shape, seed=0):
    return numbers(*shape, low=0.8, high=1.2, seed=seed)


def magnitude(x, *args, **kwargs):
    return max(float(np.abs(x).sum()), 1.0) if x.size else 1.0


def bad(name):
    return [
        Bad(IndexError, f"{name}: dim must lie between -3 and 2 for shape", X, 3),
        Bad(IndexError, f"{name}: dim must lie between -3 and 2 for shape", X, -4),
        Bad(TypeError, "incompatible function arguments", X, 1.5),
    ]


RECORDS = [
    Record(
        "cumsum",
        fastnn.cumsum,
        reference.cumsum,
        samples(),
        bad("cumsum"),
        [Sample(x, dim) for x, dim in LARGE],
        magnitude=magnitude,
    ),
    Record(
        "cumprod",
        fastnn.cumprod,
        reference.cumprod,
        [*samples(near_one), Sample(np.array([1.0, 0.0, 2.0, 0.0, 3.0]), 0)],
        bad("cumprod"),
        [Sample(1 + x / 1000, dim) for x, dim in LARGE],
        depth=20,
        magnitude=64,
    ),
]


test_record = record_test(RECORDS)


@pytest.mark.parametrize("level", isa_levels())
def test_long_rows(level):
    """Rows in segments, with every length of the last segment."""
    for n in [8191, 8192, 8193, 12_288, 40_000, 65_537]:
        x = numbers(2, n).astype(np.float32)
        want = np.cumsum(x, 1, np.float64)
        with isa(level):
            got, back = _core.cumsum(x, 1), _core.cumsum_backward(x, 1)
        np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-6)
        want = np.cumsum(x[:, ::-1], 1, np.float64)[:, ::-1]
        np.testing.assert_allclose(back, want, rtol=1e-6, atol=1e-6)


def test_zeros_have_gradients():
    for x in ([0.0, 2.0, 3.0], [2.0, 0.0, 3.0], [2.0, 3.0, 0.0], [0.0, 0.0, 3.0], [0.0] * 3):
        t = Tensor(np.array(x), requires_grad=True)
        weights = np.array([1.0, 10.0, 100.0])
        fastnn.cumprod(t, 0).backward(weights)
        a, b, c = x
        want = [1 + 10 * b + 100 * b * c, 10 * a + 100 * a * c, 100 * a * b]
        np.testing.assert_allclose(t.grad._array, want, rtol=1e-15)


@pytest.mark.parametrize("level", isa_levels())
def test_nan_and_infinity_propagate(level):
    x = np.ones((9, 20_000))
    x[2, 50] = np.nan
    x[3, 7_000] = np.inf
    x[4, [7_000, 9_000]] = np.inf, -np.inf
    with isa(level):
        y = fastnn.cumsum(x, 1)._array
        p = fastnn.cumprod(x, 1)._array
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(y, np.cumsum(x, 1))
        np.testing.assert_array_equal(p, np.cumprod(x, 1))


def test_a_product_stays_zero():
    x = np.full((1, 20_000), 3.0)
    x[0, 0] = 0
    assert not fastnn.cumprod(x, 1)._array.any()


def test_integers_and_dtype():
    x = np.array([[1, 2, 3], [4, 5, 6]], np.int32)
    assert fastnn.cumsum(x > 2, 1).dtype == np.int64
    assert fastnn.cumsum(x, 0).tolist() == [[1, 2, 3], [5, 7, 9]]
    assert fastnn.cumprod(x, 1).tolist() == [[1, 2, 6], [4, 20, 120]]
    assert fastnn.cumsum(np.int64(3), 0).shape == ()
    assert fastnn.cumsum(x, 1, dtype=fastnn.float32).dtype == np.float32


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: kernels.cumsum([1.0], 0), TypeError, "cumsum: input must be a NumPy array"),
        (lambda: kernels.cumsum(np.ones(2, int), 0), TypeError, "cumsum: input must have dtype"),
        (lambda: kernels.cumsum_backward(X, 3), IndexError, "cumsum_backward: dim must lie"),
        (lambda: kernels.cumprod_backward(X, X, X[0], 0), ValueError, "cumprod_backward: y must"),
        (lambda: kernels.cumprod_backward(X[0], X, X, 0), ValueError, "cumprod_backward: dy must"),
        (
            lambda: kernels.cumprod_backward(X, X, X.astype("f4"), 0),
            TypeError,
            "cumprod_backward: y must have dtype float64",
        ),
    ],
)
def test_bad_kernel_calls(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_threads_do_not_change_bits_of_kernels():
    x = numbers(1_000_000).astype(np.float32)
    results = set()
    for n in (1, 2, 3, 7):
        with threads(n):
            results.add(_core.cumsum(x, 0).tobytes())
    assert len(results) == 1


def test_matches_torch():
    torch = pytest.importorskip("torch", reason="PyTorch, the second reference, is not installed")
    x = numbers(4, 6, 5)
    x[1, 2] = 0
    for call in [
        lambda m, t: m.cumsum(t, 1),
        lambda m, t: m.cumsum(t, -1),
        lambda m, t: m.cumprod(t, 1),
        lambda m, t: m.cumprod(t, 2),
    ]:
        theirs = torch.tensor(x, requires_grad=True)
        ours = Tensor(x.copy(), requires_grad=True)
        want, got = call(torch, theirs), call(fastnn, ours)
        np.testing.assert_allclose(got._array, want.detach().numpy(), rtol=1e-12, atol=1e-12)
        weights = numbers(*got.shape, low=0.5, high=2)
        want.backward(torch.tensor(weights))
        got.backward(weights)
        np.testing.assert_allclose(ours.grad._array, theirs.grad.numpy(), rtol=1e-11, atol=1e-12)
