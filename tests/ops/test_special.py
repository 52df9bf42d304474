"""Special functions, functions of two numbers, and tests of closeness."""

import numpy as np
import pytest
import scipy.special

import fastnn
from fastnn import Tensor, kernels
from tests.harness import Bad, Record, Sample, isa, isa_levels, numbers, record_test
from tests.reference import special as reference
from tests.reference.elementwise import quiet

from .test_elementwise import LARGE, SPECIAL, binary, one, two, unary

X, Y = numbers(5, 7), numbers(5, 7, seed=1)
EDGES = np.array([0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -0.5, 1e-40, 3e38, np.inf, -np.inf, np.nan])


def answers(f):
    """A function whose answer is a bool, as one that returns a tensor."""

    def op(*args, **kwargs):
        answer = f(*args, **kwargs)
        assert type(answer) is bool
        return fastnn.tensor(answer)

    return op


CLOSE = [
    Sample(X, X + 1e-9),
    Sample(X, Y),
    Sample(X, X[:1] + 1e-3, rtol=1e-2),
    Sample(EDGES, EDGES, equal_nan=True),
    Sample(EDGES, EDGES[::-1].copy()),
    Sample(np.arange(5), np.arange(5)[::-1].copy(), atol=2.0),
    Sample(np.array([2**53, 7]), np.array([2**53 - 1, 7]), rtol=0.0, atol=0.5),
    Sample(X[:0], X[:0]),
]
CLOSE_BAD = [
    Bad(ValueError, "rtol must be a number that is not negative", X, X, rtol=-1.0),
    Bad(ValueError, "atol must be a number that is not negative", X, X, atol=float("nan")),
    Bad(TypeError, "input has dtype float64 and other int64", X, np.arange(7)),
]

RECORDS = [
    unary("exp2", -3, 3),
    unary("acosh", 1.1, 4, np.arccosh, depth=8, covers=("arccosh",)),
    unary("asinh", -3, 3, np.arcsinh, covers=("arcsinh",)),
    unary("atanh", -0.9, 0.9, np.arctanh, depth=8, covers=("arctanh",)),
    unary("erfc", -3, 3, reference.erfc, depth=8),
    unary("erfinv", -0.9, 0.9, reference.erfinv, depth=8),
    unary("lgamma", 0.3, 6, reference.lgamma, depth=8),
    unary("digamma", 0.3, 6, reference.digamma, depth=16),
    unary("sinc", -3, 3, np.sinc, depth=16),
    unary("deg2rad", -180, 180),
    unary("rad2deg", -3, 3),
    unary("logit", 0.05, 0.95, reference.logit, depth=16),
    Record("logit eps", fastnn.logit, reference.logit, [Sample(numbers(9, low=0, high=1), 0.2)]),
    *[
        Record(
            "polygamma",
            fastnn.polygamma,
            reference.polygamma,
            [Sample(n, s.args[0]) for s in one(0.5, 4) for n in (1, 2, 3)],
            bad=[
                Bad(TypeError, "polygamma: n must be an integer", 1.5, X),
                Bad(ValueError, "polygamma: n must not be negative, got -1", -1, X),
            ],
            depth=16,
        )
    ],
    unary("i0", -3, 3, scipy.special.i0, depth=8),
    binary("igamma", scipy.special.gammainc, two(0.5, 4), depth=64),
    binary("igammac", scipy.special.gammaincc, two(0.5, 4), depth=64),
    binary("copysign", np.copysign, two(0.3, 2, -2, -0.3)),
    binary("fmax", np.fmax, two(-2, 2, apart=True)),
    binary("fmin", np.fmin, two(-2, 2, apart=True)),
    binary("heaviside", reference.heaviside, [*two(-2, 2), Sample(EDGES, 0.3)], gradient=False),
    binary("hypot", np.hypot, two(0.3, 2)),
    Record(
        "ldexp",
        fastnn.ldexp,
        lambda a, b: a * 2.0**b,
        two(-2, 2),
        bad=[Bad(ValueError, "mul: shapes", np.ones((2, 3)), np.ones(4))],
        depth=8,
    ),
    binary("logaddexp", np.logaddexp, two(-2, 2)),
    binary("logaddexp2", np.logaddexp2, two(-2, 2)),
    binary("nextafter", np.nextafter, two(-2, 2), gradient=False, dtypes=("float64",)),
    binary("xlogy", reference.xlogy, two(-2, 2, 0.3, 2)),
    Record(
        "float_power",
        fastnn.float_power,
        np.float_power,
        [Sample(numbers(9, low=0.3, high=2), e) for e in (2, -1.5, Y[0, :1])],
        depth=8,
        dtypes=("float64",),
    ),
    *[
        Record(
            name,
            getattr(fastnn, name),
            f,
            [
                *[Sample(s.args[0], 0.5) for s in one(-2, 2, 0.5)],
                Sample(X, Y),
                Sample(X, Y[0]),
            ],
            exact=True,
        )
        for name, f in (("clamp_min", np.maximum), ("clamp_max", np.minimum))
    ],
    Record(
        "fill",
        fastnn.fill,
        lambda x, v: np.full_like(x, v),
        [Sample(X, 0.5), Sample(X, np.array(2.0)), Sample(X[:0], np.array(2.0))],
        bad=[
            Bad(ValueError, r"fill: value must be a number or a 0-d tensor, got", X, X),
            Bad(RuntimeError, "fill: 300 cannot be converted to uint8", np.zeros(2, "u1"), 300),
        ],
    ),
    Record(
        "positive",
        fastnn.positive,
        np.positive,
        [Sample(X), Sample(np.arange(3))],
        bad=[Bad(TypeError, "positive: input must hold numbers, got bool", X > 0)],
        exact=True,
    ),
    Record(
        "isclose",
        fastnn.isclose,
        quiet(lambda a, b, *args, **kwargs: np.isclose(a, b, *args, **kwargs)),
        CLOSE,
        large=[Sample(numbers(LARGE), numbers(LARGE) + 1e-9)],
        bad=[*CLOSE_BAD, Bad(ValueError, "isclose: shapes", X, Y[:, :3])],
        gradient=False,
        exact=True,
        dtypes=("float64",),
    ),
    Record(
        "allclose",
        answers(fastnn.allclose),
        quiet(lambda *args, **kwargs: np.asarray(np.allclose(*args, **kwargs))),
        CLOSE,
        bad=CLOSE_BAD,
        gradient=False,
        exact=True,
        dtypes=("float64",),
    ),
    Record(
        "equal",
        answers(fastnn.equal),
        lambda a, b: np.asarray(np.array_equal(a, b)),
        [Sample(X, X), Sample(X, Y), Sample(X, X[:1]), Sample(EDGES, EDGES), Sample(X[:0], X[:0])],
        bad=[Bad(TypeError, "equal: input has dtype float64 and other int64", X, np.arange(7))],
        gradient=False,
        exact=True,
    ),
    *[
        Record(
            name,
            getattr(fastnn, name),
            getattr(np, name),
            [Sample(SPECIAL), Sample(X), Sample(np.arange(-2, 3)), Sample(X[:0])],
            gradient=False,
            exact=True,
            dtypes=("float64",),
        )
        for name in ("isposinf", "isneginf", "isreal", "signbit")
    ],
]

test_record = record_test(RECORDS)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("arccos", "acos"),
        ("arcsin", "asin"),
        ("arctan", "atan"),
        ("arctan2", "atan2"),
        ("fix", "trunc"),
        ("sgn", "sign"),
    ],
)
def test_other_names(name, other):
    assert getattr(fastnn, name) is getattr(fastnn, other)
    assert getattr(Tensor, name) is getattr(Tensor, other)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_neighbours_are_those_of_numpy(dtype):
    with np.errstate(all="ignore"):
        x = np.array([*EDGES, np.finfo(dtype).max, np.finfo(dtype).smallest_subnormal], dtype)
        a, b = [v.ravel() for v in np.meshgrid(x, x)]
        np.testing.assert_array_equal(fastnn.nextafter(a, b).numpy(), np.nextafter(a, b))
        np.testing.assert_array_equal(fastnn.copysign(a, b).numpy(), np.copysign(a, b))
        for name in ("fmax", "fmin"):
            values = getattr(fastnn, name)(a, b).numpy()
            np.testing.assert_array_equal(values, getattr(np, name)(a, b))


def test_tails_keep_their_digits():
    x = np.linspace(0.4, 26.0, 200)
    np.testing.assert_allclose(fastnn.erfc(x).numpy(), reference.erfc(x), rtol=2e-15)
    near = 1 - np.logspace(-15, -1, 60)
    np.testing.assert_allclose(fastnn.erfinv(near).numpy(), reference.erfinv(near), rtol=2e-15)
    small = np.logspace(-9, -1, 50)
    slope = Tensor(small, requires_grad=True)
    fastnn.sinc(slope).sum().backward()
    third = -(np.pi**2) / 3 * small + np.pi**4 / 30 * small**3 - np.pi**6 / 840 * small**5
    third += np.pi**8 / 45360 * small**7 - np.pi**10 / 3991680 * small**9
    np.testing.assert_allclose(slope.grad.numpy(), third, rtol=1e-10)


def test_where_takes_bytes_as_a_condition():
    condition = fastnn.tensor([0, 2, 1], dtype=fastnn.uint8)
    assert fastnn.where(condition, fastnn.ones(3), 0.0).tolist() == [0.0, 1.0, 1.0]


IN_PLACE = {
    "acos": [0.5], "asin": [0.5], "atan": [0.5], "sinh": [0.5], "cosh": [0.5], "erf": [0.5],
    "exp2": [0.5], "acosh": [1.5], "asinh": [0.5], "atanh": [0.5], "erfc": [0.5],
    "erfinv": [0.5], "sinc": [0.5], "digamma": [0.5], "lgamma": [0.5], "logit": [0.25],
    "deg2rad": [90.0], "rad2deg": [1.0], "nan_to_num": [float("nan")],
}  # fmt: skip
WITH_OTHER = [
    "copysign",
    "atan2",
    "hypot",
    "heaviside",
    "nextafter",
    "xlogy",
    "ldexp",
    "clamp_min",
    "clamp_max",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "logical_and",
    "logical_or",
    "logical_xor",
]


@pytest.mark.parametrize("name", [*IN_PLACE, *WITH_OTHER])
def test_in_place(name):
    args = () if name in IN_PLACE else (fastnn.tensor([2.0, 0.5]),)
    x = fastnn.tensor(IN_PLACE.get(name, [0.5, 0.5]))
    expected = getattr(fastnn, name)(x, *args).numpy().astype("f4")
    memory = x.numpy()
    assert getattr(x, f"{name}_")(*args) is x
    np.testing.assert_array_equal(memory, expected)


NAMES = [
    "exp2",
    "acosh",
    "asinh",
    "atanh",
    "erfc",
    "erfinv",
    "digamma",
    "lgamma",
    "sinc",
    "logit",
    "deg2rad",
    "rad2deg",
]
PAIRS = ["copysign", "fmax", "fmin", "hypot", "logaddexp", "logaddexp2", "xlogy", "ldexp"]


@pytest.mark.parametrize("name", [*NAMES, *PAIRS, "polygamma"])
def test_matches_torch(name):
    torch = pytest.importorskip("torch")
    a, b = numbers(40, low=-3.7, high=3.7), numbers(40, low=-3.3, high=3.3, seed=2)

    def run(library):
        x = library.tensor(a, requires_grad=True)
        y = library.tensor(b, requires_grad=True)
        inputs = (x, y) if name in PAIRS else (x,)
        values = [(1, x), (2, x)] if name == "polygamma" else [inputs]
        outputs = [getattr(library, name)(*args) for args in values]
        sum(out.sum() for out in outputs).backward()
        return [*outputs, *[v.grad for v in inputs]]

    for ours, theirs in zip(run(fastnn), run(torch), strict=True):
        # Its trigamma has nine digits; gradients outside the domain may be any number.
        ours, theirs = ours.detach().numpy(), theirs.detach().numpy()
        there = np.isfinite(ours) & np.isfinite(theirs)
        digits = 1e-8 if "gamma" in name else 1e-11
        np.testing.assert_allclose(ours[there], theirs[there], rtol=digits, atol=1e-13)
        assert there.sum() > 2


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("erfc", -10.3, 10.3),
        ("erfinv", -1, 1),
        ("lgamma", 0, 40),
        ("digamma", 2, 40),
        ("trigamma", -3.9, 40),
        ("tan", -8200, 8200),
        ("sin", -8200, 8200),
        ("cos", -8200, 8200),
        ("log2", 0, 3),
        ("log10", 0, 3),
    ],
)
def test_single_as_double(name, low, high, level):
    """float32 within 4 ULP of what float64 gives for the same arguments."""
    f = getattr(kernels, name)
    near = np.float32([0.0, -0.0, 1.0, 0.5, 2.0, 1 + 1e-7, 1 - 1e-7, 1e-30, low, high])
    multiples = np.arange(1, 5000) * (np.pi / 2) if high > 1000 else []
    x = np.concatenate([near, numbers(20_001, low=low, high=high), multiples])
    x = x[(x >= low) & (x <= high)].astype(np.float32)
    with isa(level):
        got, want = f(x), f(x.astype(np.float64))
    with np.errstate(all="ignore"):
        ulps = np.abs(got - want) / np.spacing(np.maximum(np.abs(want), 1.2e-38).astype(np.float32))
        same = (got == want.astype(np.float32)) | (np.isnan(got) & np.isnan(want))
    assert np.where(same, 0, ulps).max() <= 4


def test_powers_of_ten():
    whole = np.arange(-37, 39)
    np.testing.assert_array_equal(kernels.log10((10.0**whole).astype(np.float32)), whole)
