"""Interpolation and upsampling."""

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from tests.harness import Bad, Record, Sample, numbers, record_test
from tests.reference import resample as reference

LINE, IMAGE, VOLUME = numbers(2, 3, 5), numbers(2, 2, 4, 5), numbers(1, 2, 3, 2, 4)
CHANNELS = (1, 2, 3, 15, 16, 17, 64, 100)
ALIGNED = ("linear", "bilinear", "trilinear", "bicubic")


def of(x, *modes):
    """Larger and smaller, by sizes and by scales."""
    found = []
    for mode in modes:
        for size in (7, 2, 1):
            found.append(Sample(x, size, mode=mode))
        found.append(Sample(x, None, 2.0, mode))
        found.append(Sample(x, None, 1.7, mode))
        found.append(Sample(x, None, 0.6, mode, recompute_scale_factor=True))
        if mode in ALIGNED:
            found.append(Sample(x, 6, None, mode, True))
            found.append(Sample(x, None, 1.5, mode, True))
            found.append(Sample(x, 1, None, mode, True))
    return found


SAMPLES = [
    *of(LINE, "nearest", "nearest-exact", "linear", "area"),
    *of(IMAGE, "nearest", "nearest-exact", "bilinear", "bicubic", "area"),
    *of(VOLUME, "nearest", "nearest-exact", "trilinear", "area"),
    *[Sample(numbers(2, c, 3, 4, seed=c), (5, 3), mode="bilinear") for c in CHANNELS],
    *[Sample(numbers(1, c, 3, 3, seed=c), None, (2.0, 1.5)) for c in CHANNELS],
    Sample(IMAGE, (4, 5), mode="bicubic"),
    *[
        Sample(x, size, scale, mode, aligned, antialias=True)
        for mode in ("bilinear", "bicubic")
        for x, size, scale in (
            (IMAGE, (2, 3), None),
            (IMAGE, 1, None),
            (IMAGE, (4, 5), None),
            (IMAGE, (7, 2), None),
            (IMAGE, None, 0.6),
            (numbers(1, 17, 9, 7), (4, 2), None),
            (numbers(1, 2, 1, 6), (1, 4), None),
        )
        for aligned in (False, True)
    ],
    Sample(numbers(0, 3, 4, 5), 7, mode="bilinear"),
]
BAD = [
    Bad(ValueError, "give either size or scale_factor", IMAGE),
    Bad(ValueError, "give either size or scale_factor", IMAGE, 3, 2.0),
    Bad(ValueError, "mode must be one of 'nearest', .*got 'cubic'", IMAGE, 3, mode="cubic"),
    Bad(ValueError, r"must have 3 dimensions for mode 'linear', got", IMAGE, 3, mode="linear"),
    Bad(ValueError, "must have 4 dimensions for mode 'bilinear'", LINE, 3, mode="bilinear"),
    Bad(ValueError, "must have 3 or 4 or 5 dimensions", LINE[0], 3),
    Bad(ValueError, "align_corners is not for mode 'nearest'", IMAGE, 3, align_corners=True),
    Bad(ValueError, "antialias is for .*got 'nearest'", IMAGE, 3, antialias=True),
    Bad(ValueError, "antialias is for .*got 'linear'", LINE, 3, mode="linear", antialias=True),
    Bad(ValueError, "recompute_scale_factor is for", IMAGE, 3, recompute_scale_factor=True),
    Bad(ValueError, "size must hold 2 numbers, got 3", IMAGE, (1, 2, 3)),
    Bad(ValueError, "scale_factor must hold 2 numbers, got 1", IMAGE, None, (2.0,)),
    Bad(ValueError, "scale_factor must be positive", IMAGE, None, 0.0),
    Bad(ValueError, "scale_factor must be positive", IMAGE, None, float("nan")),
    Bad(ValueError, "scale_factor must be positive, got inf", IMAGE, None, float("inf")),
    Bad(ValueError, r"output_size must be at least 1 .*got \(0, 0\)", IMAGE, 0),
    Bad(ValueError, r"output_size must be at least 1 .*got \(0, 0\)", IMAGE, None, 0.1),
    Bad(ValueError, "at most 536870911, got", IMAGE, 2**40),
    Bad(ValueError, "at most 536870911, got", IMAGE, None, 1e300),
    Bad(TypeError, "output_size must hold ints, got float", IMAGE, 2.5),
    Bad(TypeError, "input must have dtype float32 or float64", IMAGE.astype(int), 3),
    Bad(
        ValueError,
        r"no empty axis besides N and C, got shape \(1, 2, 0, 3\)",
        numbers(1, 2, 0, 3),
        3,
    ),
]

RECORDS = [
    Record(
        "interpolate",
        F.interpolate,
        reference.interpolate,
        SAMPLES,
        BAD,
        [
            Sample(numbers(2, 24, 40, 41), None, 2.0, "bilinear"),
            Sample(numbers(2, 3, 60, 61), None, 2.0),
            Sample(numbers(2, 24, 80, 41), (33, 90), mode="bicubic"),
            # Lines of more than 128 KiB, which are processed in blocks of channels.
            Sample(numbers(1, 50, 3, 1500), (4, 900), mode="bilinear"),
            Sample(numbers(2, 3, 90, 91), (20, 40), mode="bicubic", antialias=True),
        ],
        depth=60,
        magnitude=4,
        gradient_size=60,
    ),
    Record(
        "upsample",
        F.upsample,
        reference.interpolate,
        [Sample(IMAGE, 7), Sample(IMAGE, None, 2, "bilinear", True)],
        depth=60,
        magnitude=4,
    ),
    Record(
        "upsample_nearest",
        F.upsample_nearest,
        reference.interpolate,
        [Sample(IMAGE, 7), Sample(LINE, None, 2)],
        exact=True,
    ),
    Record(
        "upsample_bilinear",
        F.upsample_bilinear,
        lambda x, *sizes: reference.interpolate(x, *sizes, "bilinear", True),
        [Sample(IMAGE, (7, 3), None), Sample(IMAGE, None, 2)],
        depth=60,
        magnitude=4,
    ),
]


test_record = record_test(RECORDS)


def test_layout():
    """Outputs and gradients are channels-last."""
    x = fastnn.tensor(numbers(2, 5, 3, 4), requires_grad=True)
    y = F.interpolate(x, (6, 7), mode="bilinear")
    assert y._array.strides == (8 * 6 * 7 * 5, 8, 8 * 7 * 5, 8 * 5)
    dx = []
    x.register_hook(lambda g: dx.append(g))
    y.sum().backward()
    assert dx[0]._array.strides == (8 * 60, 8, 8 * 20, 8 * 5)


def test_kernels_by_hand():
    x, k = numbers(2, 3, 4, 5), fastnn.kernels
    y = k.interpolate(x, (8, 3), "linear", True)
    a = fastnn.tensor(x, requires_grad=True)
    F.interpolate(a, (8, 3), mode="bilinear", align_corners=True).backward(fastnn.tensor(y))
    np.testing.assert_array_equal(k.interpolate_backward(y, (4, 5), "linear", True), a.grad)
    with pytest.raises(ValueError, match="mode must be 'nearest', 'nearest-exact', 'linear' or"):
        k.interpolate(x, (8, 3), "bilinear")
    with pytest.raises(TypeError, match="scales must be None or a tuple of 2 numbers"):
        k.interpolate(x, (8, 3), scales=2.0)
    with pytest.raises(ValueError, match="scales must be positive and finite, got -1"):
        k.interpolate(x, (8, 3), scales=(2.0, -1.0))
    with pytest.raises(ValueError, match="antialias is for modes 'linear' and 'cubic'"):
        k.interpolate(x, (8, 3), antialias=True)
    with pytest.raises(ValueError, match="from 100000 to 100000 places needs more weights than"):
        many = np.zeros((1, 1, 100000))
        k.interpolate(many, (100000,), "linear", scales=(1e-9,), antialias=True)
    with pytest.raises(ValueError, match="dy must have 4 dimensions"):
        k.interpolate_backward(y[0], (4, 5))
