"""Searches in sorted tensors, different elements, and counts by value."""

import numpy as np
import pytest

import fastnn
from fastnn import kernels
from tests.harness import Bad, Record, Sample, isa, isa_levels, numbers, record_test, threads
from tests.reference import search as reference

TABLE = np.sort(numbers(9))
TABLES = np.sort(numbers(2, 3, 7), -1)
X = numbers(4, 5, seed=1)
ROUND = np.trunc(numbers(40, seed=2))
IDS = np.random.default_rng(0).integers(0, 9, 50)
EDGES = np.array([-1.0, -0.5, 0.25, 0.5, 1.5])
ORDER = np.argsort(numbers(9))

RECORDS = [
    Record(
        "searchsorted",
        fastnn.searchsorted,
        reference.searchsorted,
        [
            Sample(TABLE, X),
            Sample(TABLE, X, right=True),
            Sample(TABLE, TABLE, side="right"),
            Sample(TABLE, TABLE, out_int32=True),
            Sample(TABLES, numbers(2, 3, 4)),
            Sample(TABLE[:0], X),
            Sample(TABLE, X[:0]),
            Sample(TABLE, numbers()),
            Sample(numbers(9), X, sorter=ORDER),
        ],
        [
            Bad(
                ValueError,
                "searchsorted: side must be 'left' or 'right', got 'x'",
                TABLE,
                X,
                side="x",
            ),
            Bad(
                ValueError,
                "searchsorted: side='left' contradicts right=True",
                TABLE,
                X,
                side="left",
                right=True,
            ),
            Bad(ValueError, "searchsorted: sorted_sequence must have one", TABLES, X),
            Bad(ValueError, "searchsorted: sorter must have the shape", TABLE, X, sorter=ORDER[1:]),
            Bad(IndexError, "searchsorted: sorter must hold", TABLE, X, sorter=ORDER + 1),
            Bad(TypeError, "searchsorted: sorter must have dtype int64", TABLE, X, sorter=TABLE),
        ],
        [Sample(np.sort(numbers(5000)), numbers(300, 100))],
        exact=True,
        gradient=False,
    ),
    Record(
        "bucketize",
        fastnn.bucketize,
        lambda x, table, **kwargs: reference.searchsorted(table, x, **kwargs),
        [Sample(X, TABLE), Sample(TABLE, TABLE, right=True), Sample(X, TABLE, out_int32=True)],
        [Bad(ValueError, "bucketize: boundaries must have one dimension", X, TABLES)],
        exact=True,
        gradient=False,
    ),
    Record(
        "isin",
        fastnn.isin,
        reference.isin,
        [
            Sample(ROUND, np.array([[1.0, -1.0]])),
            Sample(ROUND, ROUND[:1], invert=True),
            Sample(ROUND, ROUND[:0]),
            Sample(numbers(), X),
        ],
        exact=True,
        gradient=False,
    ),
    Record(
        "unique",
        lambda x, **kwargs: fastnn.unique(x, True, True, True, **kwargs),
        reference.different,
        [
            Sample(ROUND),
            Sample(np.trunc(X)),
            Sample(np.trunc(numbers(30, 2)), dim=0),
            Sample(np.trunc(numbers(2, 30, 1)), dim=1),
            Sample(numbers()),
            Sample(numbers(0)),
            Sample(numbers(0, 2), dim=0),
        ],
        [
            Bad(IndexError, "unique: dim must be from -2 to 1, got 2", X, dim=2),
            Bad(ValueError, "unique: another dimension than 1 has size 0", X[:0], dim=1),
        ],
        [Sample(np.trunc(100 * numbers(40_000)))],
        exact=True,
        gradient=False,
    ),
    Record(
        "unique_consecutive",
        lambda x, **kwargs: fastnn.unique_consecutive(x, True, True, **kwargs),
        lambda x, **kwargs: reference.different(x, True, **kwargs),
        [
            Sample(ROUND),
            Sample(np.trunc(X)),
            Sample(np.trunc(numbers(30, 1)), dim=0),
            Sample(np.trunc(numbers(2, 30)), dim=-1),
            Sample(numbers()),
            Sample(numbers(0)),
        ],
        [Bad(IndexError, "unique_consecutive: dim must be", X, dim=-3)],
        exact=True,
        gradient=False,
    ),
    Record(
        "bincount",
        fastnn.bincount,
        reference.bincount,
        [
            Sample(IDS),
            Sample(IDS, numbers(50)),
            Sample(IDS, minlength=20),
            Sample(IDS[:0]),
            Sample(IDS[:0], minlength=3),
        ],
        [
            Bad(TypeError, "bincount: input must have an integer type, got float", X),
            Bad(ValueError, "bincount: input must have one dimension", IDS.reshape(5, 10)),
            Bad(ValueError, "bincount: input must not be negative, got -1", IDS - 1),
            Bad(ValueError, "bincount: weights must have the shape of input", IDS, numbers(49)),
            Bad(ValueError, "bincount: minlength must not be negative, got -1", IDS, None, -1),
            Bad(TypeError, "bincount: minlength must be an int", IDS, None, 0.5),
        ],
        [Sample(np.arange(100_000) % 77, numbers(100_000))],
        depth=lambda x, *args, **kwargs: max(len(x), 1),
        gradient=False,
    ),
    Record(
        "histc",
        fastnn.histc,
        lambda x, bins=100, min=0, max=0: reference.histogram(
            x, np.linspace(*((min, max) if min < max else (x.min(), x.max())), bins + 1)
        ),
        [Sample(X), Sample(X, 4), Sample(X, 3, -1, 1), Sample(X, 1, 5, 6)],
        [
            Bad(ValueError, "histc: bins must be at least 1, got 0", X, 0),
            Bad(ValueError, "histc: the bins must begin before they end", X, 2, 3, 1),
            Bad(ValueError, "histc: the bins must begin and end at numbers", X * np.inf, 2),
            Bad(TypeError, "histc: input must have dtype float32 or float64, got int64", IDS),
            Bad(TypeError, "histc: bins must be an int", X, 2.0),
        ],
        [Sample(numbers(300, 400), 33, -1, 1)],
        exact=True,
        gradient=False,
    ),
    Record(
        "histogram",
        lambda x, edges, **kwargs: fastnn.histogram(x, edges, **kwargs).hist,
        reference.histogram,
        [Sample(X, EDGES), Sample(X, EDGES, weight=numbers(4, 5)), Sample(X, EDGES[:2])],
        [
            Bad(ValueError, "histogram: bins must be a number, or 2 edges", X, EDGES[:1]),
            Bad(ValueError, "histogram: bins must be a number, or 2 edges", X, EDGES[::-1].copy()),
            Bad(ValueError, "histogram: weights must have the shape", X, EDGES, weight=X[0]),
            Bad(TypeError, "histogram: range goes with a number", X, EDGES, range=(0, 1)),
        ],
        depth=20,
        gradient=False,
    ),
]

test_record = record_test(RECORDS)

DTYPES = ["f4", "f8", "i8", "i4", "u1", "?", "f2", "i1", "i2", "u2", "u4", "u8"]


def elements(dtype, *shape, seed=0):
    rng, dtype = np.random.default_rng(seed), np.dtype(dtype)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        x = rng.integers(info.min, info.max, shape, dtype, endpoint=True)
        x[rng.random(shape) < 0.5] = 7
        return x
    return rng.integers(0, 2 if dtype == "?" else 50, shape).astype(dtype)


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("dtype", DTYPES)
def test_elements_of_any_type(dtype, level):
    x, table = elements(dtype, 2001), np.sort(elements(dtype, 333, seed=1))
    t = fastnn.tensor(x)
    with isa(level):
        for right in (False, True):
            got = fastnn.searchsorted(fastnn.tensor(table), t, right=right)
            want = np.searchsorted(table, x, "right" if right else "left")
            np.testing.assert_array_equal(got._array, want)
        np.testing.assert_array_equal(fastnn.isin(t, table)._array, np.isin(x, table))
        values, inverse, counts = fastnn.unique(t, True, True, True)
        want = np.unique(x, return_inverse=True, return_counts=True)
        for a, b in zip((values, inverse, counts), want, strict=True):
            np.testing.assert_array_equal(a._array, b)
        assert values.dtype == x.dtype
        if np.dtype(dtype).kind in "iu" and np.dtype(dtype).itemsize == 1:
            ids = x.astype("u1")
            np.testing.assert_array_equal(fastnn.bincount(ids)._array, np.bincount(ids))


@pytest.mark.parametrize("dtype", ["f4", "f8", "i8"])
def test_many_elements(dtype):
    """In chunks, with groups across their borders."""
    rng = np.random.default_rng(0)
    for most in (3, 1000, 1 << 40):
        x = rng.integers(0, most, 150_000).astype(dtype)
        for n in (1, 2, 3):
            with threads(n):
                got = fastnn.unique(fastnn.tensor(x), True, True, True)
                want = np.unique(x, return_inverse=True, return_counts=True)
                for a, b in zip(got, want, strict=True):
                    np.testing.assert_array_equal(a._array, b)
                y = np.sort(x)
                got = fastnn.unique_consecutive(fastnn.tensor(y), True, True)
                want = np.unique(y, return_inverse=True, return_counts=True)
                for a, b in zip(got, want, strict=True):
                    np.testing.assert_array_equal(a._array, b)


def test_rows():
    rng = np.random.default_rng(0)
    for n, m, most in [(50, 3, 2), (5000, 2, 3), (70_000, 3, 5), (300, 4, 1 << 30)]:
        x = rng.integers(0, most, (n, m))
        for dim, a in ((0, x), (1, np.ascontiguousarray(x.T))):
            got = fastnn.unique(fastnn.tensor(a), True, True, True, dim)
            want = np.unique(a, return_inverse=True, return_counts=True, axis=dim)
            for p, q in zip(got, want, strict=True):
                np.testing.assert_array_equal(p._array, q.reshape(p.shape))


def test_nan_is_equal_to_nothing():
    x = fastnn.tensor([np.nan, 1.0, np.nan, -0.0, 0.0])
    values, inverse, counts = fastnn.unique(x, return_inverse=True, return_counts=True)
    np.testing.assert_array_equal(values._array, [0, 1, np.nan, np.nan])
    assert (inverse.tolist(), counts.tolist()) == ([2, 1, 3, 0, 0], [2, 1, 1, 1])
    assert fastnn.isin(x, x).tolist() == [False, True, False, True, True]
    rows = fastnn.tensor([[1.0, np.nan], [1.0, np.nan], [0.0, 2.0]])
    assert fastnn.unique(rows, dim=0).shape == (3, 2)
    assert fastnn.searchsorted(fastnn.tensor([1.0, 2.0]), x).tolist() == [2, 0, 2, 0, 0]


def test_weights_and_types_of_counts():
    x = fastnn.tensor([1, 2, 2])
    assert fastnn.bincount(x).dtype == np.int64
    w = np.array([0.5, 1.0, 2.0])
    for dtype, want in (("f4", "f4"), ("f8", "f8"), ("i8", "f8"), ("?", "f8")):
        y = fastnn.bincount(x, w.astype(dtype))
        assert y.dtype == np.dtype(want)
        np.testing.assert_array_equal(y._array, np.bincount([1, 2, 2], w.astype(dtype)))


def test_bins():
    x = fastnn.tensor([1.0, 2.0, 1.0, np.nan])
    assert fastnn.histc(x, 4, 0, 3).tolist() == [0, 2, 1, 0]
    assert fastnn.histc(fastnn.ones(2), 4).tolist() == [0, 0, 2, 0]
    hist, edges = fastnn.histogram(fastnn.ones(3), 3)
    assert (hist.tolist(), edges.tolist()) == (
        [0, 3, 0],
        [0.5, np.float32(5 / 6), np.float32(7 / 6), 1.5],
    )
    weight = fastnn.tensor([1.0, 2.0, 4.0, 8.0])
    hist, edges = fastnn.histogram(x, 4, range=(0.0, 3.0), weight=weight, density=True)
    np.testing.assert_allclose(hist._array, [0, 5 / 7 / 0.75, 2 / 7 / 0.75, 0], rtol=1e-6)


@pytest.mark.parametrize("name", ["unique", "unique_consecutive", "histc"])
def test_what_has_no_gradient_is_refused(name):
    x = fastnn.ones(3, requires_grad=True)
    with pytest.raises(RuntimeError, match=f"{name}: no gradient flows to input"):
        getattr(fastnn, name)(x)
    with fastnn.no_grad():
        getattr(x, name)()


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: kernels.searchsorted(TABLE, X.astype("f4")), TypeError, "values must have dtype"),
        (lambda: kernels.searchsorted(np.ones(()), X), ValueError, "values must have as many"),
        (lambda: kernels.searchsorted(TABLES, X), ValueError, "values must have as many"),
        (lambda: kernels.isin(TABLES, X), ValueError, "table must have 1 dimensions"),
        (lambda: kernels.unique(TABLE), ValueError, r"input must have 2 dimensions \(N, M\)"),
        (lambda: kernels.unique(X[:0]), ValueError, "there must be rows with elements"),
        (lambda: kernels.bincount(X[0]), TypeError, "input must have an integer dtype"),
        (lambda: kernels.bincount(IDS, IDS), TypeError, "weights must have dtype float32"),
        (lambda: kernels.histogram(X, EDGES[:1]), ValueError, "there must be 2 edges at least"),
        (lambda: kernels.histogram(X, EDGES.astype("f4")), TypeError, "edges must have dtype"),
    ],
)
def test_bad_kernel_calls(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_matches_torch():
    torch = pytest.importorskip("torch", reason="PyTorch, the second reference, is not installed")
    rng = np.random.default_rng(0)
    for dtype in ("f4", "f8"):
        x = (rng.integers(-40, 40, (300, 7)) / 8).astype(dtype)
        t = torch.from_numpy(x)
        for bins, low, high in [(10, 0, 0), (7, -2, 3), (33, -5, 5), (3, -0.3, 0.7)]:
            want = torch.histc(t, bins, low, high)
            np.testing.assert_array_equal(fastnn.histc(x, bins, low, high)._array, want.numpy())
            bounds = None if low == high else (float(low), float(high))
            for density in (False, True):
                want = torch.histogram(t, bins, range=bounds, weight=t.abs(), density=density)
                got = fastnn.histogram(x, bins, range=bounds, weight=abs(x), density=density)
                np.testing.assert_allclose(got[0]._array, want[0].numpy(), rtol=1e-5, atol=1e-6)
                np.testing.assert_allclose(got[1]._array, want[1].numpy(), rtol=1e-6)
        for dim in (None, 0, 1):
            for a, b in [
                (fastnn.unique(x, True, True, True, dim), torch.unique(t, True, True, True, dim)),
                (
                    fastnn.unique_consecutive(x, True, True, dim),
                    torch.unique_consecutive(t, True, True, dim),
                ),
            ]:
                for p, q in zip(a, b, strict=True):
                    np.testing.assert_array_equal(p._array, q.numpy())
