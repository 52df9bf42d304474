"""Sampling at the points of a grid, and affine grids."""

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from tests.harness import Bad, Record, Sample, numbers, record_test
from tests.reference import grid_sample as reference

IMAGE, VOLUME = numbers(2, 3, 4, 5), numbers(2, 2, 3, 2, 4)
PADDINGS = ("zeros", "border", "reflection")
CHANNELS = (1, 2, 4, 5, 15, 16, 17, 64, 100)


def points(*shape, reach=1.5, seed=1):
    return numbers(*shape, low=-reach, high=reach, seed=seed)


def of(x, grid, *modes):
    """All paddings, and both meanings of the corners."""
    return [
        Sample(x, grid, mode, padding, aligned)
        for mode in modes
        for padding in PADDINGS
        for aligned in (False, True)
    ]


SAMPLES = [
    *of(numbers(1, 2, 4, 5), points(1, 3, 4, 2), "bilinear", "nearest", "bicubic"),
    *of(numbers(1, 7, 2, 3), points(1, 2, 3, 2, reach=4), "bilinear", "bicubic"),
    *of(numbers(1, 2, 3, 2, 4), points(1, 2, 3, 2, 3), "bilinear", "nearest"),
    *of(numbers(1, 1, 1, 1), points(1, 1, 7, 2), "bilinear", "nearest", "bicubic"),
    *[Sample(numbers(2, c, 3, 4), points(2, 1, 33, 2), "bilinear") for c in CHANNELS],
    Sample(IMAGE, points(2, 65, 1, 2)),
    Sample(VOLUME, points(2, 2, 2, 9, 3), align_corners=True),
    Sample(IMAGE, points(2, 0, 3, 2)),
    Sample(IMAGE[:0], points(0, 2, 3, 2)),
    Sample(IMAGE[:, :0], points(2, 2, 3, 2)),
]
BAD = [
    Bad(ValueError, "mode must be one of 'bilinear', .*got 'linear'", IMAGE, IMAGE, "linear"),
    Bad(ValueError, "padding_mode must be 'zeros', 'border' or", IMAGE, IMAGE, "nearest", "x"),
    Bad(ValueError, r"input must be \(N, C, H, W\) or", IMAGE[0], points(2, 3, 2)),
    Bad(ValueError, r"grid must have shape \(2, H, W, 2\) for", IMAGE, points(2, 3, 4, 3)),
    Bad(ValueError, r"grid must have shape \(2, D, H, W, 3\) for", VOLUME, points(2, 3, 4, 3)),
    Bad(ValueError, "grid must have shape .*got", IMAGE, points(1, 3, 4, 2)),
    Bad(ValueError, "cubic mode is for images", VOLUME, points(2, 1, 3, 4, 3), "bicubic"),
    Bad(ValueError, "no empty axis besides N and C", IMAGE[:, :, :0], points(2, 3, 4, 2)),
    Bad(TypeError, "input must have dtype float32 or float64", IMAGE.astype(int), IMAGE),
    Bad(TypeError, "grid must have dtype float32 or float64", IMAGE, np.ones((2, 3, 4, 2), int)),
]


def depth(x, grid, *args, **options):
    """Roundings of a coordinate count as often as the image has places, and those of the sum."""
    return 8 * max(x.shape[2:]) + 64


RECORDS = [
    Record(
        "grid_sample",
        F.grid_sample,
        reference.grid_sample,
        SAMPLES,
        BAD,
        [
            Sample(numbers(2, 3, 20, 21), points(2, 60, 61, 2)),
            Sample(numbers(1, 50, 8, 9), points(1, 40, 41, 2), "bicubic", "reflection"),
            Sample(numbers(3, 40, 8, 9), points(3, 40, 21, 2), "nearest", "border"),
        ],
        depth=depth,
        magnitude=8,
        gradient_size=120,
    ),
    Record(
        "affine_grid",
        F.affine_grid,
        reference.affine_grid,
        [
            Sample(numbers(n, axes, axes + 1), size, aligned)
            for n, axes, size in (
                (2, 2, (2, 3, 4, 5)),
                (1, 2, (1, 1, 1, 7)),
                (2, 3, (2, 1, 2, 3, 4)),
                (0, 2, (0, 1, 2, 3)),
            )
            for aligned in (False, True)
        ],
        [
            Bad(ValueError, r"size must be \(N, C, H, W\)", numbers(2, 2, 3), (2, 3, 4)),
            Bad(ValueError, "each at least 1, got", numbers(2, 2, 3), (2, 3, 0, 4)),
            Bad(ValueError, r"theta must have shape \(2, 2, 3\)", numbers(1, 2, 3), (2, 3, 4, 5)),
            Bad(
                ValueError, r"theta must have shape \(2, 3, 4\)", numbers(2, 2, 3), (2, 1, 2, 3, 4)
            ),
        ],
        depth=16,
        magnitude=8,
    ),
]

test_record = record_test(RECORDS)


def sampled(grid, *options, volume=False):
    x = np.arange(1.0, 65 if volume else 17).reshape(1, 1, *[4] * (2 + volume))
    return F.grid_sample(
        x, np.array(grid).reshape(1, *[1] * (1 + volume), -1, 2 + volume), *options
    )


@pytest.mark.parametrize("aligned", [False, True])
@pytest.mark.parametrize("padding", PADDINGS)
def test_coordinates_that_are_not_finite(padding, aligned):
    """In images, as PyTorch has it."""
    nan, inf = np.nan, np.inf
    x, y = (0.6, 0.6) if padding == "zeros" else (0.25, 0.75)
    grid = [[nan, y], [x, nan], [inf, y], [nan, nan]]
    bicubic = sampled(grid, "bicubic", padding, aligned)
    assert np.isnan(bicubic.numpy()).all()
    linear, nearest = (
        sampled(grid, mode, padding, aligned).numpy().ravel() for mode in ("bilinear", "nearest")
    )
    if padding == "zeros":
        assert np.isnan(linear).all()
        assert (nearest == 0).all()
        return
    # NaN is the first place, and so is what infinity is mirrored to.
    last = 1.0 if padding == "border" else -1.0
    want = [[-1.0, y], [x, -1.0], [last, y], [-1.0, -1.0]]
    np.testing.assert_array_equal(
        linear, sampled(want, "bilinear", "border", aligned).numpy().ravel()
    )
    np.testing.assert_array_equal(
        nearest, sampled(want, "nearest", "border", aligned).numpy().ravel()
    )


@pytest.mark.parametrize("mode", ["bilinear", "nearest"])
def test_coordinates_of_volumes_that_are_not_finite(mode):
    nan, inf = np.nan, np.inf
    grid = [[nan, 0.1, 0.2], [inf, 0.1, 0.2], [0.3, nan, -0.2], [0.3, 0.2, -inf]]
    assert (sampled(grid, mode, "zeros", volume=True).numpy() == 0).all()
    want = sampled([[1, 0.1, 0.2], [1, 0.1, 0.2], [0.3, 1, -0.2]], mode, "border", volume=True)
    got = sampled(grid, mode, "border", volume=True).numpy().ravel()
    np.testing.assert_array_equal(got[:3], want.numpy().ravel())
    mirrored = sampled(grid, mode, "reflection", volume=True).numpy().ravel()
    np.testing.assert_array_equal(mirrored[:3], got[:3])


def test_pixels_outside_are_not_read():
    """What a point next to the image reads outside is 0, not a weight times another pixel."""
    x = np.full((1, 6, 2, 2), np.inf)
    grid = np.array([[[[-1.8, 0.0], [3.0, 3.0]]]])
    y = F.grid_sample(x[:, :1], grid).numpy()
    assert y.ravel().tolist() == [0.0, 0.0]
    assert (F.grid_sample(x, grid).numpy() == 0).all()


def test_only_the_wanted_gradient_is_computed():
    x, grid, k = numbers(1, 2, 3, 4), points(1, 2, 3, 2), fastnn.kernels
    dy = np.ones((1, 2, 2, 3))
    dx, dgrid = k.grid_sample_backward(dy, x, grid)
    only_x = k.grid_sample_backward(dy, x, grid, needs=(True, False))
    only_grid = k.grid_sample_backward(dy, x, grid, needs=(False, True))
    np.testing.assert_array_equal(only_x[0], dx)
    np.testing.assert_array_equal(only_grid[1], dgrid)
    assert only_x[1] is None
    assert only_grid[0] is None
    with pytest.raises(ValueError, match=r"dy must have shape \(1, 2, 2, 3\), got \(1, 2, 3, 2\)"):
        k.grid_sample_backward(dy.swapaxes(2, 3), x, grid)
    with pytest.raises(TypeError, match="grid must have dtype float64, got float32"):
        k.grid_sample(x, grid.astype(np.float32))


def test_the_identity_gives_the_image():
    x = numbers(2, 3, 5, 7)
    for aligned in (False, True):
        grid = F.affine_grid(np.tile(np.eye(2, 3), (2, 1, 1)), x.shape, aligned)
        np.testing.assert_allclose(F.grid_sample(x, grid, align_corners=aligned), x, 1e-12, 1e-12)
