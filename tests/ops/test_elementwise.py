"""Arithmetic, functions of one tensor, comparisons, broadcasting, changes in place."""

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastnn
from fastnn import Tensor, _core, kernels
from tests.harness import SIZES, Bad, Record, Sample, away_from, cases, isa, isa_levels, numbers
from tests.reference import elementwise as reference

LARGE = 70_000  # several chunks, and an odd tail
SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 0.5, -2.0, 1e-40, -1e-40, 3e38])

# Pairs of shapes that broadcast in every way: equal, rows, columns, both, scalars, four axes, and
# inner axes too short for a loop of their own.
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
    """Samples of two arrays: every size, every way to broadcast, and numbers."""
    low2, high2 = (low, high) if low2 is None else (low2, high2)
    shapes = [((n,), (n,)) for n in SIZES] + SHAPES
    pairs = [
        (numbers(*s, low=low, high=high, seed=i), numbers(*t, low=low2, high=high2, seed=99 + i))
        for i, (s, t) in enumerate(shapes)
    ]
    if apart:  # no ties, where the gradient jumps
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
    unary("sign", -2, 2, kinks=(0,)),
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
    unary("asin", -0.9, 0.9, np.arcsin),
    unary("acos", -0.9, 0.9, np.arccos),
    unary("atan", -4, 4, np.arctan),
    unary("sinh", -3, 3),
    unary("cosh", -3, 3),
    unary("erf", -3, 3, reference.erf),
    unary("floor", -3, 3, kinks=range(-3, 4)),
    unary("ceil", -3, 3, kinks=range(-3, 4)),
    unary("trunc", -3, 3, kinks=range(-3, 4)),
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
    binary("atan2", np.arctan2, two(0.2, 2, -2, -0.2)),
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
    Record(
        "addcmul",
        fastnn.addcmul,
        reference.addcmul,
        [Sample(*ARRAYS), Sample(*ARRAYS, value=-0.5), Sample(ARRAYS[0], ARRAYS[1][0], ARRAYS[2])],
        magnitude=10.0,
    ),
    Record(
        "addcdiv",
        fastnn.addcdiv,
        reference.addcdiv,
        [Sample(*ARRAYS), Sample(*ARRAYS, value=-0.5), Sample(ARRAYS[0], ARRAYS[1][0], ARRAYS[2])],
        magnitude=10.0,
    ),
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


@pytest.mark.parametrize(("record", "check"), cases(RECORDS))
def test_record(record, check):
    check(record)


# -- special values ---------------------------------------------------------------------------

UNARY = {
    "neg": np.negative,
    "abs": np.abs,
    "square": np.square,
    "reciprocal": np.reciprocal,
    "sqrt": np.sqrt,
    "rsqrt": reference.rsqrt,
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "log2": np.log2,
    "log10": np.log10,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "erf": reference.erf,
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.round,
    "trunc": np.trunc,
}


def ulps(got, want):
    """Distance in units of the last place of `got`'s type; equal NaN and infinities count as 0."""
    with np.errstate(all="ignore"):
        rounded = want.astype(got.dtype)
        gap = np.abs(got.astype(np.float64) - want) / np.spacing(np.abs(rounded)).astype(np.float64)
    same = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
    return np.where(same, 0, gap)


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", UNARY)
def test_special_values(name, dtype, level):
    x = SPECIAL.astype(dtype)
    with isa(level), np.errstate(all="ignore"):
        got = getattr(kernels, name)(x)
        want = UNARY[name](x.astype(np.float64))
    assert ulps(got, want).max() <= 4, (got, want)
    zero = want == 0
    np.testing.assert_array_equal(np.signbit(got[zero]), np.signbit(want[zero]))


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("name", UNARY)
def test_error_in_float32(name, level):
    """At most 4 ULP over numbers of every size."""
    rng = np.random.Generator(np.random.PCG64(0))
    x = rng.integers(0, 1 << 32, 200_000, dtype=np.uint32).view(np.float32)
    x = np.concatenate(
        [x, numbers(100_000).astype(np.float32), np.exp2(np.arange(-126, 128)).astype(np.float32)]
    )
    if name in ("sin", "cos", "tan"):
        x = x[np.abs(x) < 1e6]
    with isa(level), np.errstate(all="ignore"):
        got = getattr(kernels, name)(x)
        want = UNARY[name](x.astype(np.float64))
    gap = ulps(got, want)
    worst = int(np.argmax(gap))
    assert gap[worst] <= 4, (x[worst], got[worst], want[worst])


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("name", "f"),
    [
        ("pow", np.power),
        ("atan2", np.arctan2),
        ("fmod", np.fmod),
        ("remainder", np.remainder),
        ("floor_divide", np.floor_divide),
        ("maximum", np.maximum),
        ("minimum", np.minimum),
    ],
)
def test_special_pairs(name, f, dtype, level):
    values = np.concatenate([SPECIAL, [2.0, 3.0, -3.0, 0.25]]).astype(dtype)
    a, b = values[:, None], values[None]
    with isa(level), np.errstate(all="ignore"):
        got = getattr(kernels, name)(a, b)
        # Remainders are exact, but quotients of float32 are not those of float64.
        wide = f(a.astype(np.float64), b.astype(np.float64))
        want = f(a, b).astype(np.float64) if name in ("fmod", "remainder", "floor_divide") else wide
    gap = ulps(got, want)
    worst = np.unravel_index(np.argmax(gap), gap.shape)
    assert gap[worst] <= 4, (a[worst[0], 0], b[0, worst[1]], got[worst], want[worst])


def test_powers_of_two_and_ten_are_exact():
    for dtype in ("float32", "float64"):
        e = np.arange(-30, 31)
        np.testing.assert_array_equal(kernels.log2(np.exp2(e).astype(dtype)), e)
        t = np.arange(0, 11 if dtype == "float32" else 23)
        np.testing.assert_array_equal(kernels.log10((10.0**t).astype(dtype)), t)


def test_gradients_at_kinks():
    nan = float("nan")
    a = fastnn.tensor([1.0, nan, 2.0, 0.0], requires_grad=True)
    b = fastnn.tensor([1.0, 1.0, nan, 1.0], requires_grad=True)
    fastnn.maximum(a, b).backward(fastnn.ones(4))
    assert a.grad.tolist() == [0.5, 1.0, 1.0, 0.0]
    assert b.grad.tolist() == [0.5, 1.0, 1.0, 1.0]
    x = fastnn.tensor([0.0, -2.0, 2.0], requires_grad=True)
    for exponent, want in ((0, [0, 0, 0]), (1, [1, 1, 1]), (2, [0, -4, 4]), (3, [0, 12, 12])):
        x.grad = None
        (x**exponent).backward(fastnn.ones(3))
        assert x.grad.tolist() == want
    e = fastnn.tensor([2.0, 0.0], requires_grad=True)
    fastnn.pow(0.0, e).backward(fastnn.ones(2))
    assert e.grad.tolist() == [0.0, 0.0]
    x = fastnn.tensor([0.0, -1.0, 2.0, nan], requires_grad=True)
    x.clamp(0.0, 1.0).backward(fastnn.ones(4))
    assert x.grad.tolist() == [1.0, 0.0, 0.0, 0.0]


# -- types -------------------------------------------------------------------------------------


def test_where_as_method():
    x = fastnn.tensor([1.0, -2.0])
    assert x.where(x > 0, 0.0).tolist() == [1.0, 0.0]


def test_types():
    x32, x64 = np.ones(3, np.float32), np.ones(3)
    ints, small, flags = np.arange(3), np.arange(3, dtype=np.int8), np.array([True, False, True])
    assert kernels.add(x32, x64).dtype == np.float64
    assert kernels.add(x32, 1.5).dtype == np.float32
    assert kernels.add(x32, np.float64(1.5)).dtype == np.float32  # NumPy scalars are numbers here
    assert kernels.add(x32, ints).dtype == np.float32
    assert kernels.add(x32, small).dtype == np.float32
    assert kernels.add(x32, flags).tolist() == [2, 1, 2]
    assert kernels.mul(ints, 0.5).dtype == np.float32
    assert kernels.add(ints, ints).dtype == np.int64
    assert kernels.div(ints, 2).tolist() == [0, 0.5, 1]
    assert kernels.div(ints, 2).dtype == np.float32
    assert kernels.exp(ints).dtype == kernels.exp(small).dtype == np.float32
    assert kernels.floor(ints).dtype == np.int64
    assert kernels.where(flags, 1.0, 0.0).dtype == np.float32
    assert kernels.where(flags, 1, 0).dtype == np.int64
    assert (Tensor(flags) & Tensor(~flags)).tolist() == [False, False, False]
    assert (~Tensor(flags)).tolist() == [False, True, False]
    with pytest.raises(
        TypeError, match="exp: input must have dtype float32 or float64, got complex128"
    ):
        kernels.exp(np.ones(3, complex))
    with pytest.raises(TypeError, match="add: other must be a NumPy array or a number, got list"):
        kernels.add(x32, [1.0])
    with pytest.raises(OverflowError):
        kernels.add(x32, 10**400)


def test_mixed_gradients_keep_their_dtype():
    a = fastnn.tensor([1.0, 2.0], requires_grad=True)
    y = (a * 2.0) * np.array([3.0, 4.0]) + np.array([1.0, 1.0])
    assert y.dtype == np.float64
    y.backward(Tensor(np.ones(2)))
    assert a.grad.dtype == np.float32
    assert a.grad.tolist() == [6.0, 8.0]


# -- memory ------------------------------------------------------------------------------------


def test_order_of_memory_is_kept():
    nhwc = numbers(2, 4, 5, 3).transpose(0, 3, 1, 2)
    bias = numbers(3, 1, 1)
    assert kernels.add(nhwc, bias).strides == nhwc.strides
    assert kernels.add(bias, nhwc).strides == nhwc.strides
    assert kernels.exp(nhwc).strides == nhwc.strides
    assert kernels.exp(numbers(3, 4).T).strides == (8, 32)
    assert kernels.exp(numbers(3, 4, 5)[:, ::2, ::-1]).flags.c_contiguous
    assert kernels.lt(nhwc, 0.0).strides == tuple(s // 8 for s in nhwc.strides)


def test_out():
    x, y = numbers(5, 6), numbers(5, 6, seed=1)
    for out in (
        np.empty((5, 6)),
        np.empty((6, 5)).T,
        np.empty((5, 12))[:, ::2],
        np.empty((5, 6))[::-1],
    ):
        assert kernels.add(x, y, out=out) is out
        np.testing.assert_array_equal(out, x + y)
    out = np.empty((5, 6), np.float32)
    np.testing.assert_array_equal(kernels.add(x, y, out=out), (x + y).astype(np.float32))
    flags = np.empty((5, 6), bool)
    np.testing.assert_array_equal(kernels.lt(x, y, out=flags), x < y)
    counts = np.arange(6)
    kernels.add(counts, 1, out=counts)
    assert counts.tolist() == [1, 2, 3, 4, 5, 6]


def test_out_may_overlap():
    for make in (
        lambda x: (x, x[::-1], x),
        lambda x: (x[:-1], x[1:], x[1:]),
        lambda x: (x[1:], x[:-1], x[:-1]),
        lambda x: (x, x[3:4], x),
        lambda x: (x.reshape(50, 60), x.reshape(60, 50).T, x.reshape(50, 60)),
    ):
        a, b, out = make(numbers(3000))
        want = a - b
        np.testing.assert_array_equal(kernels.sub(a, b, out=out), want)


def test_bad_out():
    x = np.ones((2, 3))
    frozen = np.ones((2, 3))
    frozen.flags.writeable = False
    once = np.lib.stride_tricks.as_strided(np.ones(3), (2, 3), (0, 8))
    for out, error, match in (
        (np.ones((3, 2)), ValueError, r"add: out must have shape \(2, 3\), got \(3, 2\)"),
        (np.ones((2, 3), int), TypeError, "add: out must have dtype float64, got int64"),
        (frozen, ValueError, "add: out must be writable"),
        (once, ValueError, "add: out must not overlap itself"),
        ([1.0], TypeError, "add: out must be a NumPy array"),
    ):
        with pytest.raises(error, match=match):
            kernels.add(x, x, out=out)


def test_in_place():
    p = fastnn.tensor([1.0, 2.0], requires_grad=True)
    memory = p.data
    with pytest.raises(RuntimeError, match="add_: a leaf that requires a gradient"):
        p += 1.0
    with fastnn.no_grad():
        p -= 0.5 * fastnn.ones(2)
        p.mul_(2.0).add_(fastnn.ones(2), alpha=3.0)
    assert p.data is memory
    assert p.tolist() == [4.0, 6.0]
    y = p * 1.0
    before = y.exp()
    y += before  # exp saved its output and y keeps its graph
    y.clamp_(max=100.0)
    y.backward(fastnn.ones(2))
    np.testing.assert_allclose(
        p.grad.numpy(), np.where(np.exp([4, 6]) < 90, 1 + np.exp([4, 6]), 0), rtol=1e-6
    )
    counts = Tensor(np.arange(3))
    with pytest.raises(TypeError):
        counts += 0.5
    counts += 1
    assert counts.tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="add: out must have shape"):
        Tensor(np.ones(3, np.float32)).add_(fastnn.ones(2, 3))


# -- any shapes, any strides ---------------------------------------------------------------------


@st.composite
def views(draw, shape, dtype):
    """An array of this shape in memory of any order, with gaps, or walked backwards."""
    rank = len(shape)
    order = draw(st.permutations(range(rank)))
    steps = [draw(st.sampled_from([1, 1, 2, -1, -2])) for _ in shape]
    memory = [shape[axis] * abs(steps[axis]) for axis in order]
    size = int(np.prod(memory))
    base = np.arange(1, size + 1).astype(dtype).reshape(memory)
    base = base.transpose(np.argsort(order)) if rank else base
    x = base[(..., *[slice(None, None, s) for s in steps])]
    return x[(..., *[slice(0, n) for n in shape])]


@st.composite
def operands(draw, count):
    shapes = draw(
        hnp.mutually_broadcastable_shapes(num_shapes=count, max_dims=5, min_side=0, max_side=9)
    )
    types = st.sampled_from(["float32", "float64"])
    return [draw(views(s, draw(types))) for s in shapes.input_shapes], shapes.result_shape


@settings(max_examples=300, deadline=None)
@given(operands(2))
def test_any_two_operands(drawn):
    (a, b), shape = drawn
    np.testing.assert_array_equal(kernels.add(a, b), a + b)
    np.testing.assert_array_equal(kernels.lt(a, b), a < b)
    got = kernels.mul_backward(np.ones((), b.dtype), a, b)
    for g, want in zip(got, (b, a)):
        np.testing.assert_array_equal(g, np.broadcast_to(want, shape))


@settings(max_examples=200, deadline=None)
@given(operands(3))
def test_any_three_operands(drawn):
    (c, a, b), _ = drawn
    mask = np.asarray(c > 5)
    np.testing.assert_array_equal(kernels.where(mask, a, b), np.where(mask, a, b))
    np.testing.assert_array_equal(kernels.clamp(c, a, b), np.minimum(np.maximum(c, a), b))


def test_long_transposed():
    """Tiles, and more rows than one chunk."""
    for m, n in ((513, 700), (33, 17), (16, 32), (1000, 40)):
        a, b = numbers(m, n).astype(np.float32), numbers(n, m).astype(np.float32)
        np.testing.assert_array_equal(kernels.add(a, b.T), a + b.T)
        np.testing.assert_array_equal(
            kernels.add(a.astype(np.float64), b.T), a.astype(np.float64) + b.T
        )
        out = np.empty((n, m), np.float32).T
        np.testing.assert_array_equal(kernels.add(a, b.T, out=out), a + b.T)


def test_profiler_counts_the_bytes():
    _core.profiler_start()
    kernels.add(np.ones((4, 5), np.float32), np.ones(5, np.float32))
    (event,) = _core.profiler_stop()
    assert event[0] == "add"
    assert event[3:5] == (20, 4 * (20 + 5 + 20))
