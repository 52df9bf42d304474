"""Activation functions."""

import numpy as np
import pytest

import fastnn
from tests.harness import SIZES, Bad, Record, Sample, away_from, numbers, record_test
from tests.reference import activation as reference

# Special values: NaN, infinities, signed zeros, overflow, underflow. There are too many of them for
# the gradient check, which would fail on them.
LARGE_AND_TINY = [1e-30, 1e-5, 20.5, 90.0, 710.0, 1e30]
SPECIAL = np.tile(
    [np.nan, np.inf, -np.inf, 0.0, -0.0, *LARGE_AND_TINY, *[-x for x in LARGE_AND_TINY]], 8
)


def samples(*kinks, options=({},)):
    """Every size with tails, ranks 0 and 4, and the special values, for each set of options."""
    return [
        *[
            Sample(away_from(numbers(n, low=-4, high=4), *kinks), **o)
            for n in SIZES
            for o in options
        ],
        Sample(away_from(numbers(low=-4, high=4, seed=3), *kinks)),
        Sample(away_from(numbers(2, 3, 4, 5, low=-4, high=4), *kinks)),
        *[Sample(SPECIAL, **o) for o in options],
    ]


# Large enough for non-temporal stores, with a tail.
LARGE = [Sample(numbers(50, 1001)), Sample(numbers(2_200_000 + 3))]
BAD = [
    Bad(TypeError, "input must have dtype float32 or float64, got complex128", np.ones(2, complex)),
    Bad(TypeError, "input must have dtype float32 or float64, got float16", np.ones(2, np.float16)),
]


def record(name, *kinks, options=({},), depth=8, bad=(), **more):
    return Record(
        name,
        getattr(fastnn, name),
        getattr(reference, name),
        samples(*kinks, options=options),
        depth=depth,
        bad=[*BAD, *bad],
        **{"large": LARGE, **more},
    )


def thresholded(x, threshold=0.5, value=-2.0):
    return fastnn.threshold(x, threshold, value)


RECORDS = [
    Record("identity", fastnn.identity, reference.identity, samples(), exact=True),
    record("step", 0.0, options=({}, {"value": 0.0}, {"value": 0.5}), exact=True),
    record("relu", 0.0, exact=True, covers=("relu_",)),
    record(
        "leaky_relu",
        0.0,
        options=({}, {"negative_slope": 0.2}, {"negative_slope": -1.0}),
        covers=("leaky_relu_",),
    ),
    record("relu6", 0.0, 6.0, exact=True),
    record(
        "hardtanh",
        -1.0,
        1.0,
        covers=("hardtanh_",),
        options=({}, {"min_val": -0.5, "max_val": 2.5}),
        exact=True,
        bad=[Bad(ValueError, "min_val must not exceed", numbers(3), min_val=1.0, max_val=0.0)],
    ),
    record("elu", 0.0, options=({}, {"alpha": 0.3}), covers=("elu_",)),
    record("selu", 0.0, covers=("selu_",)),
    record("sigmoid", covers=("sigmoid_",)),
    record("hardsigmoid", -3.0, 3.0),
    record("logsigmoid"),
    record("tanh", covers=("tanh_",)),
    record("softplus", options=({}, {"beta": 2.5, "threshold": 6.0})),
    record(
        "gelu",
        options=({}, {"approximate": "tanh"}),
        magnitude=lambda x, **options: max(1.0, np.abs(x[np.isfinite(x)]).max(initial=0.0)),
        bad=[Bad(ValueError, "approximate must be 'none' or 'tanh', got 'x'", numbers(3), "x")],
    ),
    record("silu"),
    record("hardswish", -3.0, 3.0),
    record("mish"),
    record("softsign", 0.0),
    record("celu", 0.0, options=({}, {"alpha": 0.3}), covers=("celu_",)),
    record("hardshrink", -0.5, 0.5, -1.5, 1.5, options=({}, {"lambd": 1.5}), exact=True),
    record(
        "softshrink",
        -0.5,
        0.5,
        -1.5,
        1.5,
        options=({}, {"lambd": 1.5}),
        bad=[Bad(ValueError, "lambd must be at least 0, got -1", numbers(3), -1.0)],
    ),
    # The difference of x and nearly x.
    record(
        "tanhshrink",
        magnitude=lambda x: max(1.0, np.abs(x[np.isfinite(x)]).max(initial=0.0)),
    ),
    Record(
        "threshold",
        thresholded,
        lambda x, threshold=0.5, value=-2.0: reference.threshold(x, threshold, value),
        samples(0.5, options=({}, {"value": 3.0})),
        large=LARGE,
        exact=True,
        bad=BAD,
        covers=("threshold_",),
    ),
]


test_record = record_test(RECORDS)


@pytest.mark.parametrize("name", [r.name for r in RECORDS])
def test_small_results_are_accurate_to_a_few_ulp(name):
    """Records bound errors relative to the largest output; this test, relative to each output."""
    if name in ("gelu", "hardswish", "hardsigmoid", "step", "tanhshrink", "threshold"):
        return  # exact, or subtracts near-equal numbers by definition
    x = numbers(1000, low=-20, high=20).astype(np.float32)
    got = getattr(fastnn, name)(x).numpy()
    want = getattr(reference, name)(x.astype(np.float64))
    tiny = np.finfo(np.float32).tiny
    assert (np.abs(got - want) <= 8 * np.finfo(np.float32).eps * np.abs(want) + tiny).all()


def test_absolute_error_of_gelu():
    x = numbers(5000, low=-10, high=10).astype(np.float32)
    for approximate in ("none", "tanh"):
        got = fastnn.gelu(x, approximate).numpy()
        want = reference.gelu(x.astype(np.float64), approximate)
        assert np.abs(got - want).max() <= 2e-6


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "int64"])
def test_integers_become_float32(dtype):
    x = np.array([0, 1, 1, 0], dtype)
    for name in ("tanh", "sigmoid", "gelu", "step"):
        y = getattr(fastnn, name)(x)
        assert y.dtype == np.float32
        np.testing.assert_array_equal(y, getattr(fastnn, name)(x.astype("float32")))


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64"])
def test_integers_that_stay_integers(dtype):
    x = np.array([-3, 0, 2, 9]).astype(dtype)
    for name, top in (("relu", 300), ("relu6", 6)):
        y = getattr(fastnn, name)(x)
        assert y.dtype == x.dtype
        np.testing.assert_array_equal(y.numpy(), np.clip(x.astype(int), 0, top))


def test_channels_last_stays_channels_last():
    x = np.ascontiguousarray(numbers(2, 5, 6, 4).astype("float32")).transpose(0, 3, 1, 2)
    t = fastnn.Tensor(x, requires_grad=True)
    y = fastnn.tanh(t)
    assert y._array.strides == x.strides
    y.backward(fastnn.ones(*y.shape))
    assert t.grad._array.strides == x.strides


def test_methods():
    x = fastnn.tensor([-1.0, 2.0])
    for name in ("relu", "sigmoid", "tanh"):
        np.testing.assert_array_equal(getattr(x, name)(), getattr(fastnn, name)(x))


FUNCTIONAL = [
    *[(r.name, {}) for r in RECORDS if r.name not in ("identity", "step", "threshold")],
    ("threshold", {"threshold": 0.5, "value": 2.0}),
    ("celu", {"alpha": 0.25}),  # PyTorch rounds 1 / alpha to float32
    ("celu", {"alpha": -0.5}),
    ("hardshrink", {"lambd": 1.5}),
    ("softshrink", {"lambd": 1.5}),
    ("leaky_relu", {"negative_slope": 0.2}),
    ("hardtanh", {"min_val": -0.5, "max_val": 2.5}),
    ("elu", {"alpha": 0.3}),
    ("softplus", {"beta": 2.5, "threshold": 6.0}),
    ("gelu", {"approximate": "tanh"}),
]


@pytest.mark.parametrize(("name", "options"), FUNCTIONAL)
def test_matches_torch(name, options):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    x = numbers(50, 7, low=-5, high=5)
    dy = numbers(50, 7, seed=1)
    theirs = torch.tensor(x, requires_grad=True)
    ours = fastnn.tensor(x, requires_grad=True)
    want = getattr(torch.nn.functional, name)(theirs, **options)
    got = getattr(fastnn, name)(ours, **options)
    want.backward(torch.tensor(dy))
    got.backward(fastnn.tensor(dy))
    np.testing.assert_allclose(got.detach(), want.detach(), rtol=1e-12, atol=1e-14)
    # PyTorch rounds the slope 1/6 to float32.
    rtol = np.finfo(np.float32).eps if name == "hardsigmoid" else 1e-12
    np.testing.assert_allclose(ours.grad, theirs.grad, rtol=rtol, atol=1e-14)
