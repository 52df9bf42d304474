"""Arithmetic, functions of one tensor and comparisons, with and without broadcasting."""

import numpy as np

import fastnn
from tests.harness import SIZES, Bad, Record, Sample, away_from, numbers, record_test
from tests.reference import elementwise as reference

LARGE = 70_000  # several chunks, and an odd tail


SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 0.5, -2.0, 1e-40, -1e-40, 3e38])


# Pairs of shapes for every kind of broadcasting: equal, rows, columns, both, scalars, four axes,
# and inner axes too short for a separate loop.
SHAPES = [
    ((7, 5), (5,)),
    ((7, 5), (7, 1)),
    ((3, 1, 5), (4, 1)),
    ((), (3,)),
    ((1,), ()),
    ((2, 3, 4, 5), (3, 1, 1)),
    ((2, 3, 2, 2), (2, 3, 2, 2)),
    ((4, 0), (1, 1)),
    ((9, 2), (9, 1)),
]


def one(low, high, *kinks):
    """Samples of one array, of every size."""
    xs = [numbers(n, low=low, high=high, seed=n) for n in SIZES]
    xs.append(numbers(2, 3, 4, 5, low=low, high=high))
    return [Sample(away_from(x, *kinks)) for x in xs]


def two(low, high, low2=None, high2=None, apart=False):
    """Samples of two arrays: every size, every kind of broadcasting, and scalars."""
    low2, high2 = (low, high) if low2 is None else (low2, high2)
    shapes = [((n,), (n,)) for n in SIZES] + SHAPES
    pairs = [
        (numbers(*s, low=low, high=high, seed=i), numbers(*t, low=low2, high=high2, seed=99 + i))
        for i, (s, t) in enumerate(shapes)
    ]
    if apart:  # avoid ties, where the gradient is discontinuous
        pairs = [(a, np.where(np.abs(a - b) < 1e-3, b + 0.01, b)) for a, b in pairs]
    x = numbers(17, low=low, high=high)
    y = numbers(17, low=low2, high=high2)
    middle = (low + high) / 2 + 0.01
    return [*[Sample(*p) for p in pairs], Sample(x, (low2 + high2) / 2 + 0.01), Sample(middle, y)]


def unary(name, low, high, ref=None, kinks=(), **options):
    ref = reference.quiet(getattr(np, name) if ref is None else ref)
    op = getattr(fastnn, name)
    large = [Sample(numbers(LARGE, low=low, high=high))]
    return Record(name, op, ref, one(low, high, *kinks), large=large, **options)


def binary(name, ref, samples, **options):
    bad = [
        Bad(
            ValueError,
            rf"{name}: shapes \(2, 3\), \(4,\) do not broadcast",
            np.ones((2, 3)),
            np.ones(4),
        ),
        Bad(TypeError, f"{name}: ", np.ones(3), np.ones(3, "S1")),
        Bad(TypeError, f"{name}: ", np.ones(3), None),
        Bad(TypeError, f"{name}: at least one", 1.0, 2.0),
    ]
    x, y = (numbers(300, 301, low=0.5, high=2.0, seed=i) for i in (1, 2))
    large = [
        Sample(x, y),
        Sample(x, y[0]),
        Sample(x, y[:, :1]),
        Sample(x, numbers(301, 300, low=0.5, high=2.0).T),
    ]
    return Record(
        name, getattr(fastnn, name), reference.quiet(ref), samples, large=large, bad=bad, **options
    )


COMPARED = [
    *two(-2, 2),
    Sample(
        np.array([1.0, 2.0, np.nan, np.inf, 0.0, -0.0]),
        np.array([1.0, 1.0, np.nan, np.inf, -0.0, 0.0]),
    ),
    Sample(np.arange(5), np.arange(5)[::-1].copy()),
    Sample(np.arange(5), 2),
    Sample(np.array([1.0, 0.0, 3.0]), np.array([1, 2, 3])),
]


MASK = np.arange(35).reshape(5, 7) % 3 == 0


ARRAYS = (numbers(5, 7), numbers(5, 7, seed=1), numbers(5, 7, low=0.5, high=2, seed=2))


RECORDS = [
    unary("neg", -2, 2, np.negative, covers=("negative",)),
    unary("abs", -2, 2, kinks=(0,), covers=("absolute",)),
    unary("sign", -2, 2, kinks=(0,), covers=("sgn",)),
    unary("square", -2, 2),
    unary("reciprocal", 0.3, 2),
    unary("sqrt", 0.1, 4),
    unary("rsqrt", 0.1, 4, reference.rsqrt),
    unary("exp", -3, 3),
    unary("expm1", -3, 3),
    unary("log", 0.1, 4),
    unary("log1p", -0.8, 4),
    unary("log2", 0.1, 4),
    unary("log10", 0.1, 4),
    unary("sin", -10, 10),
    unary("cos", -10, 10),
    unary("tan", -1.2, 1.2),
    unary("asin", -0.9, 0.9, np.arcsin, covers=("arcsin",)),
    unary("acos", -0.9, 0.9, np.arccos, covers=("arccos",)),
    unary("atan", -4, 4, np.arctan, covers=("arctan",)),
    unary("sinh", -3, 3),
    unary("cosh", -3, 3),
    unary("erf", -3, 3, reference.erf),
    unary("floor", -3, 3, kinks=range(-3, 4)),
    unary("ceil", -3, 3, kinks=range(-3, 4)),
    unary("trunc", -3, 3, kinks=range(-3, 4), covers=("fix",)),
    unary("frac", -3, 3, reference.frac, kinks=range(-3, 4), magnitude=3.0),
    Record(
        "round",
        fastnn.round,
        reference.round,
        [
            *one(-3, 3, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5),
            Sample(numbers(9, low=-9, high=9), decimals=1),
            Sample(numbers(9, low=-900, high=900), decimals=-2),
        ],
    ),
    Record(
        "nan_to_num",
        fastnn.nan_to_num,
        np.nan_to_num,
        [*one(-3, 3), Sample(numbers(9), 0.5, 2.0, -2.0)],
        exact=True,
    ),
    binary("add", reference.add, two(-2, 2)),
    binary("sub", reference.sub, two(-2, 2), covers=("subtract",)),
    Record("add alpha", fastnn.add, reference.add, [Sample(*ARRAYS[:2], alpha=0.3)], magnitude=4.0),
    Record("sub alpha", fastnn.sub, reference.sub, [Sample(*ARRAYS[:2], alpha=0.3)], magnitude=4.0),
    binary("mul", np.multiply, two(-2, 2), covers=("multiply",)),
    binary("div", reference.div, two(-2, 2, 0.5, 2), covers=("divide", "true_divide")),
    Record(
        "div rounded",
        fastnn.div,
        reference.div,
        [Sample(*ARRAYS[::2], rounding_mode=mode) for mode in ("trunc", "floor")],
        bad=[Bad(ValueError, "div: rounding_mode must be", *ARRAYS[:2], rounding_mode="up")],
        gradient=False,
    ),
    binary("pow", np.power, two(0.3, 2, -2, 2)),
    Record(
        "pow number",
        fastnn.pow,
        reference.quiet(np.power),
        [Sample(numbers(17, low=0.3, high=2), e) for e in (0, 1, 2, 3, 0.5, -0.5, -1, 2.5, -2)],
        depth=8,
    ),
    binary("maximum", np.maximum, two(-2, 2, apart=True)),
    binary("minimum", np.minimum, two(-2, 2, apart=True)),
    binary("atan2", np.arctan2, two(0.2, 2, -2, -0.2), covers=("arctan2",)),
    binary("remainder", np.remainder, two(2.1, 2.9, 0.77, 0.95), backward_depth=16),
    binary("fmod", np.fmod, two(-2.9, -2.1, 0.77, 0.95), backward_depth=16),
    binary("floor_divide", np.floor_divide, two(-9, 9, 0.5, 2), gradient=False),
    Record(
        "where",
        fastnn.where,
        np.where,
        [
            Sample(MASK, *ARRAYS[:2]),
            Sample(MASK[0], ARRAYS[0], 0.5),
            Sample(MASK[:, :1], 0.5, ARRAYS[0]),
            Sample(MASK, ARRAYS[0][:1], ARRAYS[1][:, :1]),
            Sample(MASK[:0], ARRAYS[0][:0], 1.0),
        ],
        bad=[
            Bad(TypeError, "where: condition must be", *ARRAYS),
            Bad(ValueError, "where: shapes", MASK, np.ones(3), 1.0),
        ],
        large=[Sample(numbers(LARGE) > 0, numbers(LARGE), numbers(LARGE, seed=1))],
        exact=True,
    ),
    Record(
        "clamp",
        fastnn.clamp,
        reference.clamp,
        [
            *[Sample(away_from(numbers(n), -0.5, 0.5), -0.5, 0.5) for n in SIZES],
            Sample(away_from(ARRAYS[0], 0.5), min=0.5),
            Sample(away_from(ARRAYS[0], 0.5), max=0.5),
            Sample(*ARRAYS),
            Sample(ARRAYS[0], ARRAYS[1][0], ARRAYS[2][:, :1]),
        ],
        bad=[Bad(ValueError, "clamp: at least one of min and max", np.ones(3))],
        large=[Sample(numbers(LARGE), -0.5, 0.5)],
        exact=True,
        covers=("clip",),
    ),
    Record(
        "lerp",
        fastnn.lerp,
        reference.lerp,
        [
            Sample(*ARRAYS),
            Sample(*ARRAYS[:2], 0.2),
            Sample(*ARRAYS[:2], 0.8),
            Sample(ARRAYS[0][0], ARRAYS[1], 0.8),
        ],
        large=[Sample(numbers(LARGE), numbers(LARGE, seed=1), 0.3)],
        magnitude=10.0,
    ),
    *[
        Record(
            op.__name__,
            op,
            exact,
            [
                Sample(*ARRAYS),
                Sample(*ARRAYS, value=-0.5),
                Sample(ARRAYS[0], ARRAYS[1][0], ARRAYS[2]),
            ],
            magnitude=10.0,
        )
        for op, exact in ((fastnn.addcmul, reference.addcmul), (fastnn.addcdiv, reference.addcdiv))
    ],
    *[
        binary(name, f, COMPARED, gradient=False, exact=True, covers=covers)
        for name, f, covers in (
            ("eq", np.equal, ()),
            ("ne", np.not_equal, ("not_equal",)),
            ("lt", np.less, ("less",)),
            ("le", np.less_equal, ("less_equal",)),
            ("gt", np.greater, ("greater",)),
            ("ge", np.greater_equal, ("greater_equal",)),
        )
    ],
    *[
        Record(
            name,
            getattr(fastnn, name),
            getattr(np, name),
            [
                *[Sample(*[np.round(x) for x in s.args]) for s in two(-1, 1)],
                Sample(MASK, MASK[:1].copy()),
                Sample(np.array([0.0, np.nan, 1e-40]), np.array([1.0, 1.0, 1.0])),
            ],
            gradient=False,
            exact=True,
            dtypes=("float64",),
        )
        for name in ("logical_and", "logical_or", "logical_xor")
    ],
    *[
        Record(
            name,
            getattr(fastnn, name),
            getattr(np, name),
            [
                *[Sample(np.round(numbers(n))) for n in SIZES],
                Sample(SPECIAL),
                Sample(MASK),
                Sample(np.arange(3)),
            ],
            large=[Sample(np.round(numbers(LARGE)))],
            gradient=False,
            exact=True,
            dtypes=("float64",),
        )
        for name in ("logical_not", "isnan", "isinf", "isfinite")
    ],
]


test_record = record_test(RECORDS)
