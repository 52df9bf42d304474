"""Which algorithm computes a convolution, and that a backward is one call."""

import itertools

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import _core
from tests.harness import isa, isa_levels, numbers
from tests.reference import conv as reference

# Shapes of x and w, options, and what is expected on every level: forward, dx, dw.
EXPECTED = [
    ((8, 64, 28, 28), (64, 64, 1, 1), {}, ("product",) * 3),
    ((2, 5, 9), (3, 5, 1), {"bias": True}, ("product",) * 3),
    # As many pixels as this are cut better than the result of a product is.
    ((8, 256, 56, 56), (64, 256, 1, 1), {}, ("product", "product", "implicit_gemm")),
    ((2, 32, 9, 9), (32, 1, 3, 3), {"groups": 32, "padding": 1}, ("depthwise",) * 3),
    ((2, 32, 9, 9), (32, 2, 3, 3), {"groups": 16, "stride": 2}, ("depthwise",) * 3),
    ((4, 16, 5, 5), (120, 16, 5, 5), {}, ("full_extent",) * 3),
    ((4, 16, 3, 3), (120, 16, 3, 3), {}, ("full_extent",) * 3),  # not Winograd's
    ((2, 4, 9, 9), (8, 1, 3, 3), {"groups": 4, "padding": 1}, ("merged_groups",) * 3),
    ((2, 256, 14, 14), (256, 128, 3, 3), {"groups": 2, "padding": 1}, ("implicit_gemm",) * 3),
    ((2, 64, 28, 28), (128, 64, 3, 3), {"stride": 2, "padding": 1}, ("implicit_gemm",) * 3),
    ((1, 64, 5, 8, 8), (64, 64, 3, 3, 3), {"padding": 1}, ("implicit_gemm",) * 3),
    ((8, 64, 56, 56), (64, 64, 3, 3), {"padding": 1}, ("winograd",) * 3),
    ((1, 512, 7, 7), (512, 512, 3, 3), {"padding": 1}, ("winograd",) * 3),
    ((1, 32, 128, 128), (1, 32, 9, 9), {"padding": 4}, ("pixel_blocked", None, "implicit_gemm")),
    ((1, 1, 128, 128), (32, 1, 9, 9), {"padding": 4}, (None, "pixel_blocked", None)),
]


def channels_last(x):
    """The same numbers, in the order in which convolutions read them."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)


def named(x, w, **options):
    options.pop("bias", None)
    return fastnn.conv_algorithm_for(x, w, **options)


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize(("x", "w", "options", "expected"), EXPECTED)
def test_chosen(x, w, options, expected, level):
    with isa(level):
        found = named(x, w, **options)
    assert all(name in (None, got) for name, got in zip(expected, found, strict=True)), found


def test_of_float64():
    found = fastnn.conv_algorithm_for((8, 64, 56, 56), (64, 64, 3, 3), padding=1, dtype="float64")
    assert found == ("implicit_gemm",) * 3


def test_transposed_ones_swap_the_directions():
    options = {"padding": 1, "groups": 4}
    down = fastnn.conv_algorithm_for((2, 12, 9, 9), (8, 3, 3, 3), **options)
    up = fastnn.conv_algorithm_for((2, 8, 9, 9), (8, 3, 3, 3), transposed=True, **options)
    assert up == (down.dx, down.forward, down.dw)


def test_forced():
    """Winograd's transforms are left out, or taken wherever they fit and nothing simpler does."""
    large, small = ((8, 64, 56, 56), (64, 64, 3, 3)), ((1, 2, 4, 4), (2, 2, 3, 3))
    assert named(*large, padding=1) == ("winograd",) * 3
    assert "winograd" not in named(*small, padding=1)
    with fastnn.conv_algorithm("direct"):
        assert named(*large, padding=1) == ("implicit_gemm",) * 3
    with fastnn.conv_algorithm("winograd"):
        assert named(*small, padding=1) == ("winograd",) * 3
        assert named((4, 16, 3, 3), (120, 16, 3, 3)) == ("full_extent",) * 3
        assert named(*large, stride=2, padding=1) == ("implicit_gemm",) * 3


def test_nothing_is_computed_for_an_empty_batch():
    assert fastnn.conv_algorithm_for((0, 3, 8, 8), (4, 3, 3, 3)) == (None,) * 3


def test_wrong_shapes_are_refused_as_by_the_convolution():
    with pytest.raises(ValueError, match="conv2d: input must have 3 channels"):
        fastnn.conv_algorithm_for((1, 4, 8, 8), (4, 3, 3, 3))
    with pytest.raises(ValueError, match="conv_transpose1d: padding must leave an output"):
        fastnn.conv_algorithm_for((1, 4, 1), (4, 3, 1), padding=1, transposed=True)


def shapes():
    """Of every algorithm in every direction, small enough to be computed."""
    for c, o, groups in ((1, 1, 1), (3, 8, 1), (16, 2, 1), (24, 24, 1), (8, 8, 8), (8, 16, 8)):
        for kernel, stride in ((1, 1), (3, 1), (3, 2), (7, 1)):
            yield (2, c, 14, 14), (o, c // groups, kernel, kernel), groups, stride, kernel // 2
    yield (2, 6, 5, 5), (4, 6, 5, 5), 1, 1, 0


@pytest.mark.parametrize("algorithm", ["auto", "direct", "winograd"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_profile_names_what_was_chosen(algorithm, dtype):
    met = set()
    for (x, w, groups, stride, padding), transposed in itertools.product(shapes(), (False, True)):
        options = {"stride": stride, "padding": padding, "groups": groups}
        if transposed:
            x = (x[0], w[0], *x[2:])
        a, b = channels_last(numbers(*x).astype(dtype)), numbers(*w, seed=1).astype(dtype)
        forward = _core.conv_transpose if transposed else _core.conv
        backward = _core.conv_transpose_backward if transposed else _core.conv_backward
        with fastnn.conv_algorithm(algorithm):
            chosen = fastnn.conv_algorithm_for(x, w, **options, transposed=transposed, dtype=dtype)
            with fastnn.profile() as prof:
                y = forward(a, b, **options)
                backward(y, a, b, **options)
        name = "conv_transpose" if transposed else "conv"
        assert [event.name for event in prof.events] == [
            f"{name} ({chosen.forward})",
            f"{name}_backward (dx {chosen.dx}, dw {chosen.dw})",
        ]
        met.update(chosen)
    assert met >= {"product", "depthwise", "full_extent", "merged_groups", "implicit_gemm"}
    if algorithm == "winograd" and dtype == "float32":
        assert "winograd" in met
    if algorithm == "direct" or dtype == "float64":
        assert "winograd" not in met


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", ("elu", 0.5)], ids=str)
@pytest.mark.parametrize("algorithm", ["direct", "winograd"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_algorithm_ends_with_the_activation(activation, algorithm, dtype):
    """The bits of the activation on its own, and its input where that is kept."""
    met = set()
    name, *parameters = (activation,) if isinstance(activation, str) else activation
    f = getattr(_core, name)
    for (x, w, groups, stride, padding), transposed in itertools.product(shapes(), (False, True)):
        options = {"stride": stride, "padding": padding, "groups": groups}
        if transposed:
            x = (x[0], w[0], *x[2:])
        a, b = numbers(*x).astype(dtype), numbers(*w, seed=1).astype(dtype)
        forward = _core.conv_transpose if transposed else _core.conv
        with fastnn.conv_algorithm(algorithm):
            met.add(fastnn.conv_algorithm_for(x, w, **options, transposed=transposed).forward)
            shape = forward(a, b, **options).shape
            bias = numbers(shape[1], seed=2).astype(dtype)
            for residual in (None, numbers(*shape, seed=3).astype(dtype)):
                given = {"bias": bias, "residual": residual, **options}
                z = forward(a, b, **given)
                y = f(z, *parameters)
                fused = forward(a, b, **given, activation=activation)
                kept, saved = forward(a, b, **given, activation=activation, keep=True)
                np.testing.assert_array_equal(fused, y)
                np.testing.assert_array_equal(kept, y)
                np.testing.assert_array_equal(saved, y if name in ("relu", "tanh") else z)
    assert met >= {"product", "depthwise", "full_extent", "merged_groups", "implicit_gemm"}
    assert ("winograd" in met) == (algorithm == "winograd")
    assert "pixel_blocked" in met


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("c", [4, 12])
def test_a_backward_is_one_call(transposed, c):
    call = F.conv_transpose2d if transposed else F.conv2d
    x, w, b = (
        fastnn.tensor(numbers(*shape, seed=i), requires_grad=True)
        for i, shape in enumerate(((2, c, 9, 9), (c, c, 3, 3), (c,)))
    )
    r = fastnn.tensor(numbers(2, c, 9, 9, seed=4), requires_grad=True)
    y = call(x, w, b, padding=1, activation="relu", residual=r)
    dy = fastnn.tensor(numbers(*y.shape, seed=5))
    with fastnn.profile() as prof:
        y.backward(dy)
    names = [event.name for event in prof.events]
    assert sum(name.startswith("conv") for name in names) == 1
    others = {name for name in names if not name.startswith("conv")}
    assert others <= {"copy"}  # the arrays came in C order
    np.testing.assert_array_equal(r.grad.numpy(), np.where(y.detach().numpy() > 0, dy.numpy(), 0))
    np.testing.assert_allclose(b.grad.numpy(), r.grad.numpy().sum((0, 2, 3)), rtol=1e-10)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("transposed", [False, True])
def test_the_gradient_of_the_activation_takes_the_place_of_dy(transposed, dtype):
    """Only where that is allowed, and where dy is not y."""
    last = (2, 6, 5, 5)
    x, w = numbers(*last).astype(dtype), numbers(6, 6, 3, 3, seed=1).astype(dtype)
    y = numbers(*last, seed=2).astype(dtype)
    y[0, 0, 0, :2] = 0, np.nan
    y = channels_last(y)
    backward = _core.conv_transpose_backward if transposed else _core.conv_backward
    given = numbers(*last, seed=3).astype(dtype)
    expected = np.where(y <= 0, 0, given)
    results = []
    for overwrite, order in itertools.product((False, True), ("C", "channels last")):
        dy = given.copy()
        if order != "C":
            dy = channels_last(dy)
        results.append(
            backward(
                dy, x, w, y, padding=1, needs=(True,) * 4, activation="relu", overwrite=overwrite
            )
        )
        written = overwrite and order != "C"
        np.testing.assert_array_equal(dy, expected if written else given)
        assert (results[-1][3] is dy) == written
    for result in results:
        np.testing.assert_array_equal(result[3], expected)
        for a, b in zip(result, results[0], strict=True):
            np.testing.assert_array_equal(a, b)
    same = backward(y, x, w, y, padding=1, needs=(True,) * 4, activation="relu", overwrite=True)
    assert same[3] is not y


def test_gradients_of_an_empty_batch_are_zeros():
    x, w = numbers(0, 3, 5, 5), numbers(4, 3, 3, 3)
    y = np.empty((0, 4, 3, 3))
    dx, dw, db, dr = _core.conv_backward(y, x, w, y, needs=(True,) * 4)
    assert dx.shape == x.shape
    assert dr.shape == y.shape
    assert not dw.any()
    assert not db.any()
    dx, dw, db = _core.conv_transpose_backward(x, y, w)
    assert dx.shape == y.shape
    assert not dw.any()
    assert not db.any()


def test_a_bias_of_a_transposed_convolution_alone():
    """Sums of dy, with no product."""
    dy, x, w = numbers(2, 3, 6, 6), numbers(2, 4, 4, 4), numbers(4, 3, 3, 3)
    with fastnn.profile() as prof:
        dx, dw, db = _core.conv_transpose_backward(dy, x, w, needs=(False, False, True))
    assert dx is None
    assert dw is None
    np.testing.assert_allclose(db, dy.sum((0, 2, 3)), rtol=1e-12)
    assert prof.events[-1].name == "conv_transpose_backward"


def test_few_output_channels_of_a_large_image():
    """Blocks of pixels, with an odd rest along both axes."""
    x, w = numbers(1, 16, 37, 41), numbers(1, 16, 7, 7, seed=1)
    assert fastnn.conv_algorithm_for(x.shape, w.shape, padding=3).forward == "pixel_blocked"
    np.testing.assert_allclose(
        _core.conv(x.astype("f4"), w.astype("f4"), padding=3),
        reference.conv(x, w, padding=3),
        atol=2e-3,
    )
