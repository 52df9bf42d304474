"""Pixel shuffle and channel shuffle."""

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from tests.harness import Bad, Record, Sample, numbers, record_test

X = numbers(2, 8, 2, 3)


def pixel_shuffle(x, r):
    *lead, c, h, w = x.shape
    y = np.zeros((*lead, c // r**2, h * r, w * r))
    for i in range(r):
        for j in range(r):
            y[..., i::r, j::r] = x[..., i * r + j :: r * r, :, :]
    return y


def pixel_unshuffle(x, r):
    *lead, c, h, w = x.shape
    y = np.zeros((*lead, c * r**2, h // r, w // r))
    for i in range(r):
        for j in range(r):
            y[..., i * r + j :: r * r, :, :] = x[..., i::r, j::r]
    return y


def channel_shuffle(x, groups):
    order = np.arange(x.shape[1]).reshape(groups, -1).T.ravel()
    return x[:, order]


RECORDS = [
    Record(
        "pixel_shuffle",
        F.pixel_shuffle,
        pixel_shuffle,
        [
            Sample(X, 2),
            Sample(X[0], 2),
            Sample(X, 1),
            Sample(numbers(1, 18, 2, 2), 3),
            Sample(numbers(2, 1, 4, 2, 1), 2),
            Sample(X[:0], 2),
        ],
        [
            Bad(ValueError, r"multiple of 3 \* 3, got shape \(2, 8, 2, 3\)", X, 3),
            Bad(ValueError, "upscale_factor must be at least 1, got 0", X, 0),
            Bad(TypeError, "upscale_factor must be an int, got float", X, 2.0),
            Bad(ValueError, r"must have shape \(\*, C, H, W\)", X[0, 0], 2),
        ],
        exact=True,
    ),
    Record(
        "pixel_unshuffle",
        F.pixel_unshuffle,
        pixel_unshuffle,
        [
            Sample(numbers(2, 3, 4, 6), 2),
            Sample(numbers(3, 4, 2), 2),
            Sample(numbers(1, 2, 3, 6), 3),
            Sample(numbers(0, 2, 3, 6), 3),
        ],
        [
            Bad(ValueError, "height and width must be multiples of 2", numbers(1, 2, 3, 4), 2),
            Bad(ValueError, "downscale_factor must be at least 1, got -1", X, -1),
        ],
        exact=True,
    ),
    Record(
        "channel_shuffle",
        F.channel_shuffle,
        channel_shuffle,
        [Sample(X, 2), Sample(X, 4), Sample(X, 1), Sample(X, 8), Sample(numbers(2, 6, 3), 3)],
        [
            Bad(ValueError, "groups must be positive and divide the 8 channels, got 3", X, 3),
            Bad(ValueError, "groups must be positive", X, 0),
            Bad(TypeError, "groups must be an int", X, 2.0),
            Bad(ValueError, r"must have shape \(N, C, \*\)", numbers(2, 8), 2),
        ],
        exact=True,
    ),
]


test_record = record_test(RECORDS)


@pytest.mark.parametrize(
    ("op", "shape"),
    [
        (lambda x: F.pixel_shuffle(x, 2), (2, 2, 4, 6)),
        (lambda x: F.pixel_unshuffle(x, 1), (2, 8, 2, 3)),
        (lambda x: F.channel_shuffle(x, 2), (2, 8, 2, 3)),
    ],
)
def test_layout(op, shape):
    """Results are channels-last for any input."""
    _, c, h, w = shape
    for x in (X, np.moveaxis(np.ascontiguousarray(np.moveaxis(X, 1, -1)), -1, 1)):
        y = op(fastnn.tensor(x))
        assert y.shape == shape
        assert y._array.strides == (8 * c * h * w, 8, 8 * c * w, 8 * c)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "float16", "int32", "int64", ">f4"])
def test_elements_of_any_dtype(dtype):
    x = np.arange(2 * 36 * 2 * 3).reshape(2, 36, 2, 3).astype(dtype)
    for y, expected in (
        (F.pixel_shuffle(x, 3), pixel_shuffle(x, 3)),
        (F.pixel_unshuffle(x, 1), x),
        (F.channel_shuffle(x, 4), channel_shuffle(x, 4)),
        (F.channel_shuffle(x[:, :, None, None], 9), channel_shuffle(x, 9)[:, :, None, None]),
    ):
        assert y.dtype == np.dtype(dtype)
        np.testing.assert_array_equal(y._array, expected)


@pytest.mark.parametrize("r", [2, 3, 5])
def test_round_trip(r):
    """Many channels, not a multiple of the vector width, and rows of more than one chunk."""
    for c in (1, 3, 19, 64):
        x = numbers(3, c * r * r, 40, 7).astype(np.float32)
        y = F.pixel_shuffle(x, r)
        np.testing.assert_array_equal(y._array, pixel_shuffle(x, r))
        np.testing.assert_array_equal(F.pixel_unshuffle(y, r)._array, x)
        back = F.channel_shuffle(F.channel_shuffle(x, r), c * r)
        np.testing.assert_array_equal(back._array, x)
