"""Elementwise operations on special numbers, at kinks, and on mixed types."""

import numpy as np
import pytest

import fastnn
from fastnn import Tensor, kernels
from tests.harness import isa, isa_levels, numbers
from tests.ops.test_elementwise import SPECIAL
from tests.reference import elementwise as reference

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
        # Remainders are exact, but float32 quotients differ from those of float64.
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


@pytest.mark.parametrize("level", isa_levels())
def test_gradient_of_an_angle_at_the_origin_and_far_from_it(level):
    size = np.array([1, 1e-30, 1e20, 1e30, 1e37, 1e-18, 3, 0.5], np.float32)
    x = np.concatenate([[0, -0.0], size * 3]).astype(np.float32)
    y = np.concatenate([[0, 0], size * -4]).astype(np.float32)
    a, b = (fastnn.tensor(v, requires_grad=True) for v in (y, x))
    with isa(level):
        fastnn.atan2(a, b).sum().backward()
    assert a.grad.tolist()[:2] == b.grad.tolist()[:2] == [0, 0]
    exact = size.astype(np.float64)
    np.testing.assert_allclose(a.grad.numpy()[2:], 3 / (25 * exact), rtol=1e-6)
    np.testing.assert_allclose(b.grad.numpy()[2:], 4 / (25 * exact), rtol=1e-6)
