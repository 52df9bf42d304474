"""Reductions of any layout, with NaN, ties and integers; accuracy; same bits; bad calls."""

import itertools

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastnn
from fastnn import Tensor, _core, kernels
from tests.harness import isa, isa_levels, numbers, threads

X = numbers(3, 4, 5, seed=3)
LAYOUTS = st.sampled_from(["dense", "gaps", "reversed", "broadcast"])


@st.composite
def strided_arrays(draw):
    """An array of up to four axes in any order of memory, and axes to reduce."""
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=7))
    x = np.random.Generator(np.random.PCG64(draw(st.integers(0, 99)))).uniform(-2, 2, shape)
    x = x.astype(draw(st.sampled_from(["float32", "float64"])))
    order = draw(st.permutations(range(x.ndim)))
    if x.ndim:
        x = np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))
        axis = draw(st.integers(0, x.ndim - 1))
        layout = draw(LAYOUTS)
        cut = [slice(None)] * x.ndim
        if layout == "gaps":
            cut[axis] = slice(1, None, 2)
            x = np.repeat(x, 2, axis)[tuple(cut)]
        elif layout == "reversed":
            cut[axis] = slice(None, None, -1)
            x = x[tuple(cut)]
        elif layout == "broadcast" and x.shape[axis]:
            x = np.broadcast_to(x.take([0], axis), x.shape)
    dim = draw(st.one_of(st.none(), st.sets(st.integers(0, max(x.ndim - 1, 0)), min_size=1)))
    return x, None if dim is None or x.ndim == 0 else tuple(dim), draw(st.booleans())


@given(strided_arrays(), st.sampled_from(isa_levels()))
@settings(max_examples=400, deadline=None)
def test_any_layout(case, level):
    x, dim, keepdim = case
    wide = np.array(x, np.float64)
    eps = np.finfo(x.dtype).eps
    n = wide.size / max(wide.sum(dim).size, 1)
    with isa(level):
        y = _core.sum(x, dim, keepdim)
        top = _core.amax(x, dim, keepdim) if n else None
        variance = _core.var(x, dim, 0.0, keepdim)[0]
    want = wide.sum(dim, keepdims=keepdim)
    assert y.shape == want.shape
    assert y.dtype == x.dtype
    bound = 8 * eps * np.abs(wide).sum(dim, keepdims=keepdim)
    assert (np.abs(y - want) <= bound).all()
    if n:
        np.testing.assert_array_equal(top, wide.max(dim, keepdims=keepdim))
        want = wide.var(dim, keepdims=keepdim)
        np.testing.assert_allclose(variance, want, rtol=0, atol=60 * eps)
    dy = np.array(y)
    dx = _core.sum_backward(dy, x.shape, dim)
    kept = dy if keepdim or dim is None else np.expand_dims(dy, dim)
    np.testing.assert_array_equal(dx, np.broadcast_to(kept, x.shape))
    assert not dx.flags.writeable


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize(
    ("shape", "dim"), [((1 << 22,), None), ((1 << 20, 4), 0), ((4, 1 << 20), 1)]
)
def test_float32_sums_are_accurate(shape, dim, level):
    x = np.random.Generator(np.random.PCG64(0)).uniform(0, 1, shape).astype(np.float32)
    want = x.sum(dim, dtype=np.float64)
    with isa(level):
        got = _core.sum(x, dim)
    # All numbers are positive: two roundings of the result, whatever its length.
    assert (np.abs(got - want) <= 2 * np.finfo(np.float32).eps * want).all()


@pytest.mark.parametrize("op", ["sum", "norm", "logsumexp", "amax", "argmax", "prod"])
def test_same_bits_for_any_alignment(op):
    raw = np.zeros(70_016, np.float32)
    x = numbers(70_000).astype(np.float32)
    results = set()
    for offset in range(16):
        view = raw[offset : offset + x.size]
        view[...] = x
        y = getattr(_core, op)(view)
        results.add(y[0].tobytes() if isinstance(y, tuple) else y.tobytes())
    assert len(results) == 1


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("n", [1, 5, 16, 40, 3000])
def test_nan_and_infinity(n, level):
    for at in {0, n // 2, n - 1}:
        for dim in (0, 1):
            x = numbers(n, 3) if dim == 0 else numbers(3, n)
            column = x[:, 1] if dim == 0 else x[1]
            column[at] = np.nan
            with isa(level):
                for op in ("sum", "mean", "prod", "amax", "amin", "logsumexp", "norm"):
                    y = getattr(fastnn, op)(x, dim=dim)
                    np.testing.assert_array_equal(np.isnan(y._array), [False, True, False], op)
                for op in ("max", "min"):
                    values, indices = getattr(fastnn, op)(x, dim)
                    assert np.isnan(values._array[1])
                    assert indices._array[1] == at
                assert fastnn.median(x, dim).indices._array[1] == at
            column[at] = np.inf
            with isa(level):
                assert fastnn.logsumexp(x, dim)._array[1] == np.inf
                assert fastnn.max(x, dim).indices._array[1] == at
    with isa(level):
        lowest = np.full((2, n), -np.inf)
        np.testing.assert_array_equal(fastnn.logsumexp(lowest, 1)._array, [-np.inf, -np.inf])
        np.testing.assert_array_equal(fastnn.argmax(lowest, 1)._array, [0, 0])
        np.testing.assert_array_equal(fastnn.argmin(-lowest, 0)._array, np.zeros(n))
        assert fastnn.logsumexp(np.full(n, 800.0), 0).item() == pytest.approx(800 + np.log(n))


@pytest.mark.parametrize("level", isa_levels())
def test_ties(level):
    x = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [-3.0, 3.0, 0.0]])
    with isa(level):
        np.testing.assert_array_equal(fastnn.argmax(x, 1)._array, [1, 0, 1])
        np.testing.assert_array_equal(fastnn.argmax(np.tile(x, (1, 9)).T, 0)._array, [1, 0, 1])
        for op, want in [
            (lambda t: t.amax(1), [[0, 0.5, 0.5], [1 / 3] * 3, [0, 1, 0]]),
            (lambda t: t.max(1).values, [[0, 1, 0], [1, 0, 0], [0, 1, 0]]),
            (lambda t: t.max(), np.array([[0, 1, 1], [0, 0, 0], [0, 1, 0]]) / 3),
            (lambda t: t.amin(0), [[0, 0, 0], [0, 1, 0], [1, 0, 1]]),
            (lambda t: t.norm(np.inf, 1), [[0, 0.5, 0.5], [1 / 3] * 3, [-0.5, 0.5, 0]]),
        ]:
            t = Tensor(x, requires_grad=True)
            op(t).sum().backward()
            np.testing.assert_allclose(t.grad._array, want, rtol=1e-15)


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_median_of_any_numbers(dtype, level):
    """Ties, sorted and infinite values, wide ranges; odd and even counts."""
    rng = np.random.Generator(np.random.PCG64(0))
    tiny = np.finfo(dtype).smallest_subnormal
    for n in [1, 2, 23, 24, 25, 26, 63, 64, 300, 5000, 30_001]:
        wild = rng.uniform(-1, 1, n) * 10.0 ** rng.uniform(-38, 38, n)
        for x in [
            rng.normal(size=n),
            rng.integers(0, 3, n),
            np.sort(rng.normal(size=n)),
            -np.sort(rng.normal(size=n)),
            np.zeros(n),
            np.where(rng.uniform(size=n) < 0.5, -np.inf, np.inf),
            np.where(rng.uniform(size=n) < 0.5, -0.0, 0.0),
            np.where(rng.uniform(size=n) < 0.9, tiny, wild),
            wild,
            np.where(np.arange(n) % 7 == 0, 1e30, np.arange(n) % 5),
        ]:
            x = x.astype(dtype)
            with isa(level):
                value, index = fastnn.median(x, 0)
            want = np.sort(x)[(n - 1) // 2]
            assert value.item() == want
            assert index.item() == np.flatnonzero(x == want)[0]
            assert x[index.item()] == want


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("columns", [1, 3])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ties_and_nan_in_several_segments(dtype, columns, level):
    """The first of equal extremes and the first NaN are found wherever their segments are."""
    n = 250_001
    places = (0, 1, 17, 4_097, 65_535, 65_536, 131_072, 200_003, n - 1)
    x = np.tile((np.arange(n) % 7 - 3.0)[:, None], columns).astype(dtype)
    column = x[:, columns // 2]
    before = column.copy()
    for first, second in itertools.pairwise(places):
        for value, arg, pick in ((9, fastnn.argmax, fastnn.max), (-9, fastnn.argmin, fastnn.min)):
            for other in (value, np.nan):  # equal extremes; then a NaN after an extreme
                column[first], column[second] = value, other
                want = second if np.isnan(other) else first
                with isa(level):
                    assert arg(x, 0)._array[columns // 2] == want
                    chosen = pick(x, 0)
                    if columns == 1:
                        assert arg(x).item() == want
                assert chosen.indices._array[columns // 2] == want
                np.testing.assert_array_equal(chosen.values._array[columns // 2], column[want])
                column[:] = before
        column[first] = column[second] = np.nan
        with isa(level):
            assert fastnn.argmax(x, 0)._array[columns // 2] == first
            assert fastnn.argmin(x, 0)._array[columns // 2] == first
        column[:] = before


def test_median_of_rows_that_defeat_sampling():
    """If the sampled elements are useless, ranges are halved and the search still ends."""
    n = 1 << 16
    x = np.zeros(n, np.float32)
    for step in range(2, 4000):  # every step-th element, for all steps, is far above the rest
        x[:: (n - 1) // (step - 1)] = 1e30
    x[x == 0] = np.arange((x == 0).sum())
    assert fastnn.median(x).item() == np.sort(x)[(n - 1) // 2]


def test_nan_is_not_zero():
    x = np.array([[0.0, np.nan], [-0.0, 0.0]])
    assert fastnn.any(x, 1).tolist() == [True, False]
    assert fastnn.all(x, 0).tolist() == [False, False]
    assert fastnn.all(x[0, 1:]).item() is True
    assert fastnn.count_nonzero(x, 0).tolist() == [0, 1]


def test_variance_far_from_zero():
    x = (1e4 + numbers(5000)).astype(np.float32)
    want = x.astype(np.float64).var(ddof=1)
    assert fastnn.var(x).item() == pytest.approx(want, rel=1e-5)
    columns = np.tile(x[:, None], (1, 3))
    np.testing.assert_allclose(fastnn.var(columns, 0)._array, [want] * 3, rtol=1e-5)
    big = np.concatenate([x] * 100)
    assert fastnn.var(big, correction=0).item() == pytest.approx(
        big.astype(np.float64).var(), rel=1e-5
    )


def test_moments_of_one_number():
    """The mean's gradient is that of the number; the variance has none."""
    for op in (fastnn.var_mean, fastnn.std_mean):
        x = Tensor(np.array([3.0]), requires_grad=True)
        spread, mean = op(x, correction=0)
        assert (spread.item(), mean.item()) == (0, 3)
        mean.backward(retain_graph=True)
        assert x.grad.tolist() == [1]
    x = Tensor(np.array([3.0]), requires_grad=True)
    fastnn.var(x, correction=0).backward()
    assert x.grad.tolist() == [0]


def test_nothing_to_reduce():
    x = np.zeros((3, 0), np.float32)
    assert fastnn.sum(x).item() == 0
    np.testing.assert_array_equal(fastnn.prod(x, 1)._array, [1, 1, 1])
    np.testing.assert_array_equal(fastnn.mean(x, 1)._array, [np.nan] * 3)
    np.testing.assert_array_equal(fastnn.var(x, 1)._array, [np.nan] * 3)
    np.testing.assert_array_equal(fastnn.logsumexp(x, 1)._array, [-np.inf] * 3)
    np.testing.assert_array_equal(fastnn.norm(x, dim=1)._array, [0, 0, 0])
    assert fastnn.sum(x, 0).shape == (0,)
    assert fastnn.argmax(x, 0).shape == (0,)
    np.testing.assert_array_equal(fastnn.var(np.ones(1))._array, np.nan)


def test_integers_and_truth_values():
    x = np.array([[1, 2, 3], [4, 5, 6]], np.int32)
    assert fastnn.sum(x).dtype == np.int64
    assert fastnn.sum(x, 1).tolist() == [6, 15]
    assert fastnn.sum(x > 2).item() == 4
    assert fastnn.prod(x, [0, 1]).item() == 720
    assert fastnn.max(x, 1).values.tolist() == [3, 6]
    assert fastnn.max(x).item() == 6
    assert fastnn.amin(x, (0, 1)).item() == 1
    assert fastnn.argmin(x, 1).tolist() == [0, 0]
    assert fastnn.sum(x, dtype=fastnn.float64).dtype == np.float64
    assert fastnn.median(x, 1).indices.tolist() == [1, 1]


def test_dtype_casts_before_and_back():
    t = Tensor(numbers(5).astype(np.float32), requires_grad=True)
    y = t.sum(dtype=fastnn.float64)
    assert y.dtype == np.float64
    y.backward()
    assert t.grad.dtype == np.float32


def test_maximum_of_two():
    a, b = np.array([1.0, 5.0]), np.array([2.0, 3.0])
    assert fastnn.max(Tensor(a), Tensor(b)).tolist() == [2.0, 5.0]
    assert fastnn.min(Tensor(a), Tensor(b)).tolist() == [1.0, 3.0]


def test_unbiased():
    x = numbers(7)
    assert fastnn.var(x, False).item() == fastnn.var(x, correction=0).item()
    assert fastnn.std(x, 0, True).item() == fastnn.std(x).item()
    with pytest.raises(TypeError, match="var: give correction or unbiased, not both"):
        fastnn.var(x, unbiased=True, correction=1)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: kernels.sum([1.0]), TypeError, "sum: input must be a NumPy array, got list"),
        (lambda: kernels.sum(np.ones(2, int)), TypeError, "sum: input must have dtype float32 or"),
        (lambda: kernels.sum(X, "a"), TypeError, "sum: dim must be an int"),
        (lambda: kernels.sum(X, 1 << 70), IndexError, "sum: dim must be in"),
        (lambda: kernels.any(np.ones(2, int)), TypeError, "any: input must have dtype float32 or"),
        (lambda: kernels.median([1.0], 0), TypeError, "median: input must be a NumPy array"),
        (lambda: kernels.median(X[:, :0], 1), ValueError, "median: cannot reduce no elements"),
        (lambda: kernels.norm(X, -1.0), ValueError, "norm: p must be 0, positive or inf, got -1"),
        (lambda: kernels.norm(X, np.nan), ValueError, "norm: p must be 0, positive or inf, got na"),
        (lambda: kernels.norm_backward(X, X, X, 0.0), ValueError, "p must not be 0"),
        (lambda: kernels.sum_backward(X, (2, 2), 0), ValueError, r"dy must have shape \(2,\)"),
        (lambda: kernels.sum_backward(X, (-2,), 0), ValueError, "shape must not be negative"),
        (lambda: kernels.sum_backward(X, ("a",), 0), TypeError, "int"),
        (lambda: kernels.amax_backward(X, X, X, 0), ValueError, "y must have 20 elements"),
        (lambda: kernels.amax_backward(X, X, X[0], 0), ValueError, "dy must have 20 elements"),
        (lambda: kernels.var_backward(X[0], X, X[0], X, 0), ValueError, "mean must have 20"),
        (
            lambda: kernels.logsumexp_backward(X[0].astype("f4"), X, X[0], 0),
            TypeError,
            "logsumexp_backward: dy must have dtype float64, got float32",
        ),
    ],
)
def test_bad_kernel_calls(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_matches_torch():
    torch = pytest.importorskip("torch", reason="PyTorch, the second reference, is not installed")
    x = numbers(4, 6, 5)
    x[0, :3, 0] = x[0, 0, 0]
    x[1, 2] = 0
    calls = [
        lambda m, t: m.sum(t, (0, 2), keepdim=True),
        lambda m, t: m.mean(t, 1),
        lambda m, t: m.prod(t, 1),
        lambda m, t: m.amax(t, (0, 1)),
        lambda m, t: m.amin(t, 2),
        lambda m, t: m.max(t),
        lambda m, t: m.max(t, 1)[0],
        lambda m, t: m.min(t, -1, True).values,
        lambda m, t: m.median(t, 1).values,
        lambda m, t: m.median(t),
        lambda m, t: m.logsumexp(t, (0, 1)),
        lambda m, t: m.var(t, 1),
        lambda m, t: m.std(t, (0, 2), correction=0),
        lambda m, t: m.var(t, False),
        lambda m, t: m.norm(t),
        lambda m, t: m.norm(t, 1, 2),
        lambda m, t: m.norm(t, 3.0, (0, 1)),
        lambda m, t: m.norm(t, float("inf"), 1),
        lambda m, t: m.std_mean(t, 1)[1],
    ]
    for i, call in enumerate(calls):
        theirs = torch.tensor(x, requires_grad=True)
        ours = Tensor(x.copy(), requires_grad=True)
        want, got = call(torch, theirs), call(fastnn, ours)
        np.testing.assert_allclose(got._array, want.detach().numpy(), rtol=1e-12, atol=1e-12)
        weights = numbers(*got.shape, low=0.5, high=2)
        want.backward(torch.tensor(weights))
        got.backward(weights)
        np.testing.assert_allclose(
            ours.grad._array, theirs.grad.numpy(), rtol=1e-11, atol=1e-12, err_msg=f"call {i}"
        )


def test_threads_do_not_change_bits_of_kernels():
    x = numbers(3_000_000).astype(np.float32)
    results = set()
    for n in (1, 2, 3, 7):
        with threads(n):
            results.add((_core.sum(x).tobytes(), _core.var(x)[0].tobytes()))
    assert len(results) == 1


def test_x87_registers_are_not_changed():
    """Code that used MMX registers would turn NumPy's longdouble into NaN."""
    x = np.arange(500.0, dtype=np.float32).reshape(100, 5)
    for level in isa_levels():
        with isa(level):
            for i in range(1, 9):
                _core.argmax(np.ascontiguousarray(np.tile(x, 2)[:, :i]), 0)
    assert np.ones(9, np.longdouble).sum() == 9


# -- near the ends of the range of float32, and far from zero -------------------------------------

RANGE_SHAPES = [
    ((8, 33), 1),
    ((8, 33), 0),
    ((2, 100_003), 1),
    ((70_001, 3), 0),
    ((4, 7, 9), (0, 2)),
]


def scaled_numbers(shape, scale, offset=0.0):
    x = np.random.default_rng(7).uniform(0.5, 1.5, shape) * np.where(numbers(*shape) > 0, 1, -1)
    return (offset + x * scale).astype(np.float32)


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize(("shape", "dim"), RANGE_SHAPES)
@pytest.mark.parametrize("scale", [1e-36, 1e-25, 1.0, 1e20, 1e30])
def test_norms_of_huge_and_tiny_numbers(shape, dim, scale, level):
    x = scaled_numbers(shape, scale)
    exact = x.astype(np.float64) / scale
    t = Tensor(x, requires_grad=True)
    with isa(level):
        for p in (0.5, 1, 2, 3):
            size = (np.abs(exact) ** p).sum(dim, keepdims=True) ** (1 / p)
            if size.max() * scale > 3e38:
                continue
            y = fastnn.norm(t, p, dim, keepdim=True)
            np.testing.assert_allclose(y._array / np.float64(scale), size, rtol=2e-5)
            if p > 1:
                t.grad = None
                y.sum().backward()
                expected = np.sign(exact) * (np.abs(exact) / size) ** (p - 1)
                np.testing.assert_allclose(t.grad.numpy(), expected, rtol=2e-5)


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize(("shape", "dim"), RANGE_SHAPES)
@pytest.mark.parametrize(
    ("offset", "scale"),
    [(0, 1e-30), (0, 1e20), (0, 1e30), (1e5, 1e-2), (-1e7, 1), (1e20, 1e14), (1e30, 1e24)],
)
def test_spread_of_numbers_that_are_huge_or_far_from_zero(shape, dim, offset, scale, level):
    x = scaled_numbers(shape, scale, offset)
    exact = x.astype(np.float64)
    with isa(level):
        std, mean = fastnn.std_mean(Tensor(x), dim)
        var = fastnn.var(Tensor(x), dim)
        t = Tensor(x, requires_grad=True)
        fastnn.std(t, dim).sum().backward()
    np.testing.assert_allclose(std.numpy(), exact.std(dim, ddof=1), rtol=2e-6)
    np.testing.assert_allclose(mean.numpy(), exact.mean(dim), rtol=1e-6, atol=1e-6 * scale)
    if 1e-15 < scale < 1e15:
        np.testing.assert_allclose(var.numpy(), exact.var(dim, ddof=1), rtol=4e-6)
    assert np.isfinite(t.grad.numpy()).all()
    assert np.abs(t.grad.numpy()).max() > 0


def test_spread_of_one_unit_in_the_last_place():
    x = np.full((3, 1000), 1e5, np.float32)
    x[1, 17] = np.nextafter(x[1, 17], np.float32(np.inf))
    x[2, ::2] = np.nextafter(x[2, 0], np.float32(np.inf))
    std = fastnn.std(Tensor(x), 1, correction=0).numpy()
    assert std[0] == 0
    np.testing.assert_allclose(std, x.astype(np.float64).std(1), rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("op", ["var", "std", "norm", "sum", "mean"])
def test_nan_and_infinity_stay_in_their_row(op, bad):
    x = numbers(4, 50).astype(np.float32)
    expected = getattr(fastnn, op)(Tensor(x), dim=1).numpy()
    x[1, 20] = bad
    y = getattr(fastnn, op)(Tensor(x), dim=1).numpy()
    assert not np.isfinite(y[1])
    assert np.isnan(y[1]) == (op in ("var", "std") or np.isnan(bad))
    assert np.array_equal(np.delete(y, 1), np.delete(expected, 1))


def test_sums_that_leave_the_range_on_the_way():
    x = np.array([[3e38] * 40 + [-3e38] * 39, [1e38] * 79], np.float32)
    assert fastnn.sum(Tensor(x), 1)[0].item() == pytest.approx(3e38, rel=1e-6)
    np.testing.assert_allclose(
        fastnn.mean(Tensor(x), 1).numpy(), x.astype(float).mean(1), rtol=1e-6
    )
    assert fastnn.sum(Tensor(x), 1)[1].item() == np.inf


def test_a_common_norm_of_huge_and_tiny_gradients():
    for scale in (1e-30, 1e30):
        p = [fastnn.zeros(50, requires_grad=True), fastnn.zeros(70, requires_grad=True)]
        for i, x in enumerate(p):
            x.grad = Tensor(scaled_numbers((x.numel(),), scale) * (i + 1))
        exact = np.concatenate([x.grad.numpy() for x in p]).astype(np.float64)
        norm = np.linalg.norm(exact)
        got = fastnn.nn.utils.clip_grad_norm_(p, scale)
        assert got.item() == pytest.approx(norm, rel=1e-6)
        if scale > 1:  # a tiny one is divided by 1e-6, as in PyTorch
            clipped = np.concatenate([x.grad.numpy() for x in p])
            np.testing.assert_allclose(clipped, exact * (scale / norm), rtol=1e-5)


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_expanded_elements_are_reduced_once(dtype, level):
    """As of a copy: along an expanded axis, with others, and of elements that are not finite."""
    row = numbers(3, 37).astype(dtype)
    row[:, 5] = np.inf, -np.inf, np.nan
    row[:, 6] = 0
    row[:, 7] = 1
    calls = {
        **{op: getattr(fastnn, op) for op in ("sum", "mean", "amax", "amin", "logsumexp")},
        "prod": fastnn.prod,
        "norm": lambda x, dim: fastnn.norm(x, 2, dim),
        "norm0": lambda x, dim: fastnn.norm(x, 0, dim),
        "norm inf": lambda x, dim: fastnn.norm(x, np.inf, dim),
        "count_nonzero": fastnn.count_nonzero,
        "any": lambda x, dim: Tensor(kernels.any(x, dim)),
        "all": lambda x, dim: Tensor(kernels.all(x, dim)),
    }
    x = np.broadcast_to(row, (5, 3, 37))
    eps = np.finfo(dtype).eps
    for dim in (0, (0, 2), (0, 1), None):
        for name, call in calls.items():
            with isa(level):
                got, want = call(x, dim)._array, call(np.array(x), dim)._array
            np.testing.assert_allclose(got, want, rtol=600 * eps, atol=600 * eps, err_msg=name)
    with isa(level):
        assert fastnn.argmax(x[:, 1, :5], 0).tolist() == [0] * 5
        y = kernels.amax(x[:, :, :5], 0)
        dx = kernels.amax_backward(np.ones_like(y), x[:, :, :5], y, 0)
    np.testing.assert_array_equal(dx, np.full((5, 3, 5), 0.2, dtype))
