"""Reductions: values, gradients, levels and threads, by records."""

import numpy as np

import fastnn
from tests.harness import SIZES, Bad, Record, Sample, numbers, record_test
from tests.reference import reduce as reference

X = numbers(3, 4, 5, seed=3)
LARGE = [
    (numbers(300_001), None),  # one sum in segments
    (numbers(2000, 90), 0),  # columns, in segments of rows
    (numbers(90, 2000), 1),
    (numbers(40, 70, 60), 1),
    (numbers(40, 70, 60), (0, 2)),
    (numbers(7_000, 3), 1),
]


def distinct(*shape, seed=0):
    """Numbers whose magnitudes are neither close to each other nor to 0."""
    n = int(np.prod(shape))
    order = np.random.Generator(np.random.PCG64(seed)).permutation(n)
    return ((order + 1) * np.where(order % 2, 0.1, -0.1) + 0.03).reshape(shape)


def samples(make=numbers, empty=True):
    """Every size, every choice of dimensions of three, and corner cases."""
    sizes = SIZES if empty else [n for n in SIZES if n]
    found = [Sample(make(n, seed=n), 0) for n in sizes]
    for dim in [None, 0, 1, 2, -1, (0, 1), (0, 2), (1, 2), (-1, 0), (0, 1, 2), ()]:
        found.append(Sample(make(3, 4, 5), dim))
    found += [Sample(make(3, 4, 5), (0, 2), True), Sample(make(3, 4, 5), None, True)]
    found += [Sample(make(17, 2), 0), Sample(make(2, 17), 0), Sample(make(33, 3), 1)]
    found += [Sample(make(2, 3, 4, 2), (1, 3)), Sample(make(), None), Sample(make(1, 5), 0)]
    if empty:
        found += [Sample(make(0, 3), 0), Sample(make(3, 0), 0), Sample(make(0, 3), 1, True)]
    return found


def large(make=lambda x: x):
    return [Sample(make(x), dim) for x, dim in LARGE]


def sparse_like(x):
    """Mostly zeros, of both signs."""
    return np.trunc(x * 0.6)


def sparse(*shape, seed=0):
    return sparse_like(numbers(*shape, seed=seed))


BAD = [
    (IndexError, r"dim must be in \[-3, 2\], got 3", X, 3),
    (IndexError, r"dim must be in \[-3, 2\], got -4", X, (0, -4)),
    (ValueError, "dim -1 is given twice", X, (2, -1)),
    (TypeError, "dim must be an int, a tuple of int or None, got float", X, 1.5),
]


def bad(name, *more):
    return [Bad(error, f"{name}: {match}", *args) for error, match, *args in BAD] + list(more)


NOTHING = "cannot reduce no elements"
INTEGERS = np.arange(6).reshape(2, 3)
BOOLS = [Sample(INTEGERS % 2), Sample(INTEGERS, 0), Sample(INTEGERS > 9, 1, True)]


def magnitude(x, *args, **kwargs):
    """Bound on the intermediate sums."""
    return max(float(np.abs(x).sum()), 1.0) if x.size else 1.0


def count(x, dim, *keepdim):
    """Number of elements per output."""
    return x.size // reference.sum(x, dim).size


def values_and_indices(pick, where):
    return lambda x, dim, keepdim=False: (pick(x, dim, keepdim), where(x, dim, keepdim))


def one_dim(make=distinct):
    shapes = [((n,), 0) for n in SIZES if n] + [((3, 4, 5), d) for d in (0, 1, 2, -1)]
    found = [Sample(make(*shape), dim) for shape, dim in shapes]
    return [*found, Sample(make(17, 2), 0), Sample(make(5, 40), 0, True), Sample(make(), 0)]


RECORDS = [
    Record(
        "sum",
        fastnn.sum,
        reference.sum,
        samples(),
        bad("sum"),
        large(),
        magnitude=magnitude,
    ),
    Record(
        "mean",
        fastnn.mean,
        reference.mean,
        samples(),
        bad("mean", Bad(TypeError, "mean: input must have dtype float32 or", INTEGERS)),
        large(),
        magnitude=2,
    ),
    Record(
        "prod",
        fastnn.prod,
        reference.prod,
        samples(lambda *shape, seed=0: numbers(*shape, low=0.9, high=1.1, seed=seed)),
        bad("prod"),
        large(lambda x: 1 + x / 100_000),
        depth=lambda x, *args: 4 + x.size,
    ),
    Record(
        "logsumexp",
        fastnn.logsumexp,
        reference.logsumexp,
        samples(),
        bad("logsumexp"),
        large(),
        depth=8,
        magnitude=lambda x, *args: 3 + np.log(max(x.size, 1)),
    ),
    *[
        Record(
            "norm",
            lambda x, dim=None, keepdim=False, p=p: fastnn.norm(x, p, dim, keepdim),
            lambda x, dim=None, keepdim=False, p=p: reference.norm(x, p, dim, keepdim),
            samples(distinct, empty=p != np.inf),
            bad("norm", Bad(ValueError, f"norm: {NOTHING}", numbers(0)) if p == np.inf else BAD_P)
            if p != "fro"
            else [],
            large(),
            depth=10 if p in (0, 1, 2, "fro", np.inf) else 40,
            gradient=p != 0,
        )
        for p, BAD_P in [
            (p, Bad(IndexError, "norm: dim must be", numbers(2), 1))
            for p in ("fro", 0, 1, 2, 3, 1.5, np.inf)
        ]
    ],
    *[
        Record(
            name,
            lambda *args, op=name, c=c: getattr(fastnn, op)(
                args[0], *args[1:2], keepdim=len(args) > 2, correction=c
            ),
            lambda *args, op=name, c=c: getattr(reference, op)(*args, correction=c),
            [s for s in samples() if s.args[0].size == 0 or count(*s.args) > 1],
            bad(name),
            large(),
            depth=12,
            magnitude=4,
            gradient=True,
            gradient_size=70,
        )
        for name in ("var", "std")
        for c in (0, 1)
    ],
    *[
        Record(
            name,
            getattr(fastnn, name),
            getattr(reference, name),
            samples(distinct, empty=False),
            bad(
                name,
                Bad(ValueError, f"{name}: {NOTHING}", numbers(0)),
                Bad(ValueError, f"{name}: {NOTHING}", numbers(3, 0), 1),
            ),
            large(),
            depth=0,
        )
        for name in ("amax", "amin")
    ],
    *[
        Record(
            name,
            getattr(fastnn, name),
            values_and_indices(getattr(reference, "a" + name), getattr(reference, "arg" + name)),
            one_dim(),
            [
                Bad(ValueError, f"{name}: {NOTHING}", numbers(0)),
                Bad(ValueError, f"arg{name}: {NOTHING}", numbers(0, 3), 0),
                Bad(IndexError, f"arg{name}: dim must be in", X, 3),
                Bad(ValueError, "dim must be one int", X, (0, 1)),
            ],
            [Sample(x, dim) for x, dim in LARGE if isinstance(dim, int)],
            exact=True,
        )
        for name in ("max", "min")
    ],
    *[
        Record(
            name,
            getattr(fastnn, name),
            getattr(reference, name),
            [*one_dim(), Sample(distinct(3, 4, 5)), Sample(distinct(3, 4), None, True)],
            [Bad(ValueError, f"{name}: {NOTHING}", numbers(0))],
            [Sample(x, dim) for x, dim in LARGE if not isinstance(dim, tuple)],
            exact=True,
            gradient=False,
        )
        for name in ("argmax", "argmin")
    ],
    Record(
        "median",
        fastnn.median,
        lambda x, dim=None, keepdim=False: (
            (reference.reduction(reference.middle)(x),)
            if dim is None
            else (
                reference.over(x, dim, keepdim, reference.middle),
                reference.position(reference.middle)(x, dim, keepdim),
            )
        ),
        [*one_dim(), Sample(distinct(3, 4)), Sample(distinct(6), 0)],
        [
            Bad(ValueError, f"median: {NOTHING}", numbers(0)),
            Bad(IndexError, "median: dim must be from -3 to 2", X, 3),
            Bad(IndexError, "median: dim must be from -3 to 2", X, -4),
        ],
        [Sample(x, dim) for x, dim in LARGE if not isinstance(dim, tuple)],
        exact=True,
    ),
    *[
        Record(
            name,
            getattr(fastnn, name),
            getattr(reference, name),
            [*samples(sparse), *BOOLS],
            bad(name),
            large(sparse_like),
            gradient=False,
        )
        for name in ("any", "all")
    ],
    Record(
        "count_nonzero",
        fastnn.count_nonzero,
        lambda x, dim=None: np.asarray(reference.norm(x, 0, dim)).astype(np.int64),
        [s for s in samples(sparse) if len(s.args) < 3] + [Sample(INTEGERS, (0, 1))],
        bad("count_nonzero"),
        large(sparse_like),
        gradient=False,
    ),
    Record(
        "aminmax",
        lambda x, dim=None: fastnn.aminmax(x, dim=dim),
        lambda x, dim=None: (reference.amin(x, dim), reference.amax(x, dim)),
        [Sample(distinct(3, 4)), Sample(distinct(3, 4), 1)],
        exact=True,
    ),
    *[
        Record(
            f"{name}_mean",
            getattr(fastnn, f"{name}_mean"),
            lambda x, dim=None, name=name: (
                getattr(reference, name)(x, dim),
                reference.mean(x, dim),
            ),
            [Sample(X), Sample(X, 1), Sample(X, (0, 2))],
            depth=12,
            magnitude=4,
        )
        for name in ("var", "std")
    ],
]


test_record = record_test(RECORDS)
