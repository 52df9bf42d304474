"""Winograd convolutions: within their bound (docs/dev/convolution.md), on every level and with any
number of threads, and where they apply."""

import itertools

import numpy as np
import pytest

import fastnn
from fastnn import _core
from tests.harness import machine
from tests.reference import conv as reference

EPSILON = 2.0**-24
# Sizes around a tile (4 or 2 outputs), a vector and a block; padding 0 to 2 and one-sided.
SHAPES = [
    # n, c, o, height, width, padding
    (1, 1, 1, 3, 3, 0),
    (2, 3, 5, 4, 4, 1),
    (1, 17, 16, 1, 1, 1),
    (1, 16, 33, 2, 1, 2),
    (3, 15, 31, 5, 9, 1),
    (2, 70, 20, 13, 7, 0),
    (1, 33, 64, 8, 8, (0, 2)),
    (1, 64, 48, 29, 6, (2, 1)),
    (2, 128, 96, 14, 14, 1),
    (1, 300, 40, 7, 7, 1),
    (1, 40, 600, 4, 6, 1),
    (1, 1100, 24, 5, 5, 1),
    (9, 32, 32, 20, 20, 1),  # many tiles: slices of them, several chunks
]


def numbers(seed, kind, *shape):
    rng = np.random.default_rng(seed)
    if kind == "positive":
        return rng.random(shape).astype("f4")  # nothing cancels
    x = rng.standard_normal(shape)
    if kind == "scattered":
        x *= 10.0 ** rng.integers(-3, 4, shape)  # a tile of large and small numbers
    return x.astype("f4")


def largest_near(x):
    """The largest |x| of all pixels that share a tile with this one, in whatever way it lies."""
    x = np.pad(np.abs(x.astype("f8")), [(0, 0), (0, 0), (5, 5), (5, 5)])
    for axis in (2, 3):
        shifted = [np.take(x, range(i, i + x.shape[axis] - 10), axis) for i in range(11)]
        x = np.max(shifted, axis=0)
    return x


def bound(channels):
    return (24 + channels / 64) * EPSILON


def winograd(x, w, dy, padding):
    with fastnn.conv_algorithm("winograd"):
        y = _core.conv(x, w, padding=padding)
        dx, dw, db, _ = _core.conv_backward(dy, x, w, padding=padding, needs=(True,) * 3 + (False,))
    return y, dx, dw, db


def sums(x, w, dy, padding):
    """The same in float64, directly."""
    x, w, dy = (a.astype("f8") for a in (x, w, dy))
    y = reference.conv(x, w, padding=padding)
    dx, dw, db, _ = _core.conv_backward(dy, x, w, padding=padding, needs=(True,) * 3 + (False,))
    return y, dx, dw, db


def arrays(shape, kind, seed=0):
    n, c, o, height, width, padding = shape
    pads = (padding, padding) if isinstance(padding, int) else padding
    out = [size + 2 * p - 2 for size, p in zip((height, width), pads)]
    x, dy = numbers(seed, kind, n, c, height, width), numbers(seed + 1, kind, n, o, *out)
    return x, numbers(seed + 2, "positive" if kind == "positive" else "normal", o, c, 3, 3), dy


@pytest.mark.parametrize("kind", ["normal", "positive", "scattered"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_error_is_within_the_bound(shape, kind):
    x, w, dy = arrays(shape, kind)
    padding = shape[-1]
    taps = np.abs(w.astype("f8")).sum((2, 3))
    expected = sums(x, w, dy, padding)
    near = {"y": largest_near(x), "dx": largest_near(dy)}
    # Outputs and inputs stand at different places where there is no padding: take the largest.
    flat = {name: a.max((2, 3), keepdims=True) for name, a in near.items()}
    limits = [
        bound(x.shape[1]) * np.einsum("nchw,oc->nohw", flat["y"], taps),
        bound(w.shape[0]) * np.einsum("nohw,oc->nchw", flat["dx"], taps),
        bound(dy[:, 0].size / 16)
        * np.einsum("no,nc->oc", np.abs(dy.astype("f8")).sum((2, 3)), flat["y"][:, :, 0, 0])[
            :, :, None, None
        ],
        np.full(w.shape[0], dy[:, 0].size * EPSILON * np.abs(dy).sum()),
    ]
    for level in machine.isa_levels():
        with machine.isa(level):
            for name, got, value, limit in zip(
                ("y", "dx", "dw", "db"), winograd(x, w, dy, padding), expected, limits
            ):
                excess = np.abs(got - value) / limit
                assert excess.max() <= 1, f"{name} on {level}: {excess.max()} of the bound"


def test_columns_of_channels_that_share_the_tiles():
    """So many channels that weights are transformed in blocks of columns, each for many tiles."""
    n, channels, size = 8, 512, 14
    x, w, dy = arrays((n, channels, channels, size, size, 1), "normal")
    y, dx, dw, db = winograd(x, w, dy, 1)
    wide, taps = w.astype("f8"), np.abs(w.astype("f8")).sum((2, 3))
    flipped = wide[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    largest = {name: np.abs(a.astype("f8")).max((2, 3)) for name, a in (("x", x), ("dy", dy))}
    for got, image, weight, limit in (
        (y, x, wide, largest["x"] @ taps.T),
        (dx, dy, flipped, largest["dy"] @ taps),
    ):
        want = reference.conv(image.astype("f8"), weight, padding=1)
        assert (np.abs(got - want) <= bound(channels) * limit[:, :, None, None]).all()
    around, last = np.pad(x.astype("f8"), [(0, 0), (0, 0), (1, 1), (1, 1)]), dy.astype("f8")
    limit = np.abs(last).sum((2, 3)).T @ largest["x"]
    for i, j in itertools.product(range(3), range(3)):
        seen = around[:, :, i : i + size, j : j + size]
        want = np.tensordot(last, seen, ((0, 2, 3), (0, 2, 3)))
        assert (np.abs(dw[:, :, i, j] - want) <= bound(dy[:, 0].size / 16) * limit).all()
    np.testing.assert_allclose(db, last.sum((0, 2, 3)), atol=dy[:, 0].size * EPSILON * 4)


def test_error_of_a_tile_is_bounded_by_its_own_numbers():
    """A huge pixel spoils the tiles it lies in, and no others."""
    x, w, _ = arrays((1, 32, 16, 40, 40, 1), "normal")
    x[0, :, 20, 21] = 1e6
    near = largest_near(x)
    with fastnn.conv_algorithm("winograd"):
        y = _core.conv(x, w, padding=1)
    limit = bound(32) * np.einsum("nchw,oc->nohw", near, np.abs(w.astype("f8")).sum((2, 3)))
    expected = reference.conv(x.astype("f8"), w.astype("f8"), padding=1)
    assert (np.abs(y - expected) <= limit).all()
    assert limit.min() < 1e-4 * limit.max()


@pytest.mark.parametrize("shape", SHAPES[4:], ids=str)
def test_same_bits_for_any_number_of_threads(shape):
    x, w, dy = arrays(shape, "normal")
    with machine.threads(1):
        alone = winograd(x, w, dy, shape[-1])
    for count in machine.THREADS[1:]:
        with machine.threads(count):
            for one, many in zip(alone, winograd(x, w, dy, shape[-1])):
                np.testing.assert_array_equal(one, many)


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("size", [1, 2, 9])
def test_bias_residual_and_relu(size, transposed):
    x, w, _ = arrays((2, 19, 19, size, size, 1), "normal")
    bias, residual = numbers(7, "normal", 19), numbers(8, "normal", *x.shape)
    op, call = _core.conv, reference.conv
    if transposed:
        op, call = _core.conv_transpose, reference.conv_transpose
    for activation, b, r in itertools.product((None, "relu"), (None, bias), (None, residual)):
        if transposed and (activation or r is not None):
            continue
        options = {} if transposed else {"activation": activation, "residual": r}
        with fastnn.conv_algorithm("winograd"):
            y = op(x, w, b, padding=1, **options)
        a = None if b is None else b.astype("f8")
        expected = call(x.astype("f8"), w.astype("f8"), a, padding=1, **options)
        np.testing.assert_allclose(y, expected, atol=2e-4)


def test_not_a_number_and_relu():
    x, w, _ = arrays((1, 16, 16, 12, 12, 1), "normal")
    x[0, 3, 5, 6] = np.nan
    with fastnn.conv_algorithm("winograd"):
        y = _core.conv(x, w, activation="relu", padding=1)
    assert np.isnan(y[0, :, 4:7, 5:8]).all()
    assert not np.isnan(y[0, :, :, 9:]).any()


def test_elsewhere_it_is_direct():
    """Other kernels, strides, groups, and float64."""
    options = [
        ((4, 8, 5, 5), {}),
        ((4, 8, 3, 1), {}),
        ((4, 8, 3, 3), {"stride": (2, 1)}),
        ((4, 8, 3, 3), {"dilation": (1, 2)}),
        ((4, 4, 3, 3), {"groups": 2}),
    ]
    for dtype, (shape, call) in itertools.product(("f4", "f8"), options):
        x, w = numbers(0, "normal", 2, 8, 9, 9), numbers(1, "normal", *shape)
        both = []
        for algorithm in ("direct", "winograd"):
            with fastnn.conv_algorithm(algorithm):
                both.append(_core.conv(x.astype(dtype), w.astype(dtype), **call))
        np.testing.assert_array_equal(*both)
    x, w, dy = (a.astype("f8") for a in arrays((1, 8, 8, 9, 9, 1), "normal"))
    expected = reference.conv(x, w, padding=1)
    np.testing.assert_allclose(winograd(x, w, dy, 1)[0], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("order", ["C", "channels last"])
def test_three_axes_of_which_one_is_left_alone(order):
    x, w = numbers(0, "normal", 2, 20, 3, 8, 8), numbers(1, "normal", 24, 20, 1, 3, 3)
    if order != "C":
        x = np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)
    with fastnn.conv_algorithm("winograd"):
        y = _core.conv(x, w, padding=(0, 1, 1))
    expected = reference.conv(x.astype("f8"), w.astype("f8"), padding=(0, 1, 1))
    np.testing.assert_allclose(y, expected, atol=1e-4)
