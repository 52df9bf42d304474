"""Quantiles, reductions without NaN, covariances, running extremes, differences."""

import numpy as np

import fastnn
from tests.harness import Bad, Record, Sample, numbers, record_test
from tests.reference.elementwise import quiet

X, V, B = numbers(5, 7), numbers(7, seed=1), numbers(2, 3, 4, seed=2)
HOLES = np.where(numbers(5, 7, seed=3) > 1, np.nan, X)
TIES = np.round(X)
GONE = np.full((2, 3), np.nan)
LEVELS = np.array([0.0, 0.25, 0.77, 1.0])


def quantiles(f):
    def reference(x, q, dim=None, keepdim=False, interpolation="linear"):
        return f(x, q, dim, keepdims=keepdim, method=interpolation)

    return quiet(reference)


def running(better):
    """Element by element: the last of the best so far; NaN is better than all."""

    def reference(x, dim):
        rows = np.moveaxis(np.atleast_1d(x), dim, -1)
        places = np.zeros(rows.shape, np.int64)
        for index in np.ndindex(rows.shape[:-1]):
            best = 0
            for i, value in enumerate(rows[index]):
                kept = rows[index][best]
                if np.isnan(value) or (
                    not np.isnan(kept) and (better(value, kept) or value == kept)
                ):
                    best = i
                places[(*index, i)] = best
        values = np.take_along_axis(rows, places, -1)
        return [np.moveaxis(y, -1, dim).reshape(x.shape) for y in (values, places)]

    return reference


def accumulated(x, dim):
    return np.logaddexp.accumulate(x, dim)


def cumulative(y, x=None, dx=1.0, dim=-1):
    moved = np.moveaxis(y, dim, -1)
    steps = dx if x is None else np.diff(x if x.ndim == 1 else np.moveaxis(x, dim, -1))
    areas = (moved[..., 1:] + moved[..., :-1]) / 2 * steps
    return np.moveaxis(np.cumsum(areas, -1), -1, dim)


def differences(x, n=1, dim=-1, prepend=None, append=None):
    parts = [part for part in (prepend, x, append) if part is not None]
    return np.diff(np.concatenate(parts, dim), n, dim)


QUANTILES = [
    Bad(ValueError, r"q must be a number or a vector of them in \[0, 1\]", X, 1.5),
    Bad(ValueError, r"q must be a number or a vector of them in \[0, 1\]", X, float("nan")),
    Bad(ValueError, "interpolation must be one of", X, 0.5, interpolation="cubic"),
    Bad(ValueError, "input must not be empty", X[:0], 0.5),
    Bad(TypeError, "input must have dtype float32 or float64, got int64", np.arange(3), 0.5),
    Bad(IndexError, "dim must be from -2 to 1, got 2", X, 0.5, 2),
]
FLOATS = Bad(TypeError, "must (have|hold) .*float", np.arange(3), 0)

RECORDS = [
    Record(
        "quantile",
        fastnn.quantile,
        quantiles(np.quantile),
        [
            *[Sample(X, q, dim) for q in (0.3, 1, LEVELS) for dim in (None, 0, -1)],
            *[Sample(X, 0.3, 1, True, interpolation=i) for i in ("lower", "higher", "midpoint")],
            Sample(X, 0.6, interpolation="nearest"),
            Sample(np.array(1.5), 0.3),
        ],
        bad=QUANTILES,
        constants=("q", 1),
        depth=8,
    ),
    Record(
        "nanquantile",
        fastnn.nanquantile,
        quantiles(np.nanquantile),
        [Sample(HOLES, 0.3), Sample(HOLES, LEVELS, 1), Sample(HOLES, 0.3, 0, True)],
        bad=QUANTILES,
        constants=("q", 1),
        depth=8,
    ),
    Record(
        "nansum",
        fastnn.nansum,
        lambda x, dim=None, keepdim=False: np.nansum(x, dim, keepdims=keepdim),
        [Sample(HOLES), Sample(HOLES, 0), Sample(HOLES, 1, True), Sample(GONE, 0), Sample(X[:0])],
        depth=16,
    ),
    Record(
        "nanmean",
        fastnn.nanmean,
        lambda x, dim=None, keepdim=False: np.nanmean(x, dim, keepdims=keepdim),
        [Sample(HOLES), Sample(HOLES, 0), Sample(HOLES, 1, True)],
        bad=[FLOATS],
        depth=16,
    ),
    Record(
        "cov",
        fastnn.cov,
        lambda x, correction=1, fweights=None, aweights=None: np.cov(
            x, ddof=correction, fweights=fweights, aweights=aweights
        ),
        [
            *[Sample(X), Sample(V), Sample(X, correction=0)],
            Sample(X, fweights=np.arange(1, 8), aweights=np.linspace(0.5, 1.5, 7)),
        ],
        bad=[
            Bad(ValueError, "cov: input must have at most two dimensions", B),
            Bad(TypeError, "cov: input must have dtype", np.arange(3)),
            Bad(TypeError, "cov: fweights must hold integers", X, fweights=V),
            Bad(ValueError, r"cov: aweights must have shape \(7,\)", X, aweights=V[:3]),
            Bad(ValueError, "cov: fweights must not be negative", X, fweights=-np.ones(7, "i8")),
        ],
        constants=("fweights", "aweights", "correction"),
        depth=64,
    ),
    Record(
        "nan in quantile",
        fastnn.quantile,
        quantiles(np.quantile),
        [Sample(HOLES, 0.3, 0), Sample(GONE, 0.5)],
        constants=("q", 1),
        gradient=False,
        depth=8,
    ),
    *[
        Record(
            f"nan in {name}", getattr(fastnn, name), running(b), [Sample(HOLES, 1)], gradient=False
        )
        for name, b in (("cummax", np.greater), ("cummin", np.less))
    ],
    Record("corrcoef", fastnn.corrcoef, np.corrcoef, [Sample(X)], depth=64),
    *[
        Record(
            name,
            getattr(fastnn, name),
            running(better),
            [
                *[Sample(X, 0), Sample(X, -1), Sample(B, 1), Sample(V, 0)],
                *[Sample(np.arange(5)[::-1].copy(), 0), Sample(V[:0], 0)],
            ],
            bad=[Bad(IndexError, f"{name}: dim must be from -2 to 1, got 2", X, 2)],
            exact=True,
            covers=("trapz",),
        )
        for name, better in (("cummax", np.greater), ("cummin", np.less))
    ],
    Record(
        "logcumsumexp",
        fastnn.logcumsumexp,
        accumulated,
        [Sample(X, 0), Sample(X, -1), Sample(30 * B, 1), Sample(V, 0)],
        bad=[
            Bad(TypeError, "logcumsumexp: input must have dtype float32", np.arange(3), 0),
            Bad(IndexError, "logcumsumexp: dim must be from -2 to 1, got 2", X, 2),
        ],
        depth=16,
    ),
    Record(
        "diff",
        fastnn.diff,
        lambda x, n=1, dim=-1, prepend=None, append=None: np.diff(
            x,
            n,
            dim,
            **{k: v for k, v in (("prepend", prepend), ("append", append)) if v is not None},
        ),
        [
            *[Sample(X), Sample(X, 2, 0), Sample(X, 0), Sample(X, 9), Sample(X > 0)],
            *[Sample(X, 1, 0, X[:1] + 1, X[:2] + 2), Sample(np.arange(5))],
        ],
        bad=[
            Bad(ValueError, "diff: n must not be negative, got -1", X, -1),
            Bad(ValueError, "diff: input must have at least one dimension", np.array(1.0)),
        ],
    ),
    *[
        Record(
            name,
            getattr(fastnn, name),
            f,
            [
                *[Sample(X), Sample(X, V), Sample(X, X + 1), Sample(X, dx=0.5)],
                *[Sample(X, V[:5].copy(), dim=0), Sample(B, dim=1)],
            ],
            bad=[
                Bad(TypeError, f"{name}: give x or dx, not both", X, V, dx=1.0),
                Bad(ValueError, f"{name}: x must have 7 elements in dim -1", X, V[:3]),
                Bad(ValueError, f"{name}: x must be a vector or have as many", X, B),
            ],
            constants=("dx",),
            depth=32,
        )
        for name, f in (
            ("trapezoid", lambda y, x=None, dx=1.0, dim=-1: np.trapezoid(*aligned(y, x, dim), dx)),
            ("cumulative_trapezoid", cumulative),
        )
    ],
]


def aligned(y, x, dim):
    """Both with the dimension at the end."""
    y = np.moveaxis(y, dim, -1)
    return y, x if x is None or x.ndim == 1 else np.moveaxis(x, dim, -1)


test_record = record_test(RECORDS)
