"""Max, average, p-norm and adaptive pooling, and max unpooling."""

import functools

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from tests.harness import Bad, Record, Sample, isa, isa_levels, numbers, record_test
from tests.reference import pool as reference

CHANNELS = (1, 2, 3, 5, 15, 16, 17, 35, 64, 100, 133)
LINE, IMAGE, VOLUME = numbers(2, 3, 9), numbers(2, 2, 5, 6), numbers(1, 2, 4, 3, 4)
NONE = numbers(0, 3, 5, 6)
LARGE = [numbers(4, 16, 40, 41), numbers(2, 3, 90, 91), numbers(1, 200, 30, 30)]


def shapes(**options):
    """Numbers of channels around the vector width, with kernel 3 and stride 2."""
    return [Sample(numbers(2, c, 6, 5, seed=c), 3, 2, 1, **options) for c in CHANNELS]


MAX = [
    *shapes(),
    *shapes(return_indices=True)[:6],
    Sample(IMAGE, 2),
    Sample(IMAGE, (2, 3), (1, 2)),
    Sample(IMAGE, (3, 2), 1, (1, 0)),
    Sample(IMAGE, 2, 1, 0, (2, 3), return_indices=True),
    Sample(IMAGE, 3, 2, 1, (1, 2)),
    Sample(IMAGE, 2, 2, 0, 1, True, return_indices=True),
    Sample(IMAGE, 3, 3, 1, 1, True),
    Sample(IMAGE, 2, 4),
    Sample(IMAGE[0], 3, 1, 1, return_indices=True),
    Sample(IMAGE, (5, 6)),
    Sample(numbers(1, 3, 18, 19), 17, 1, 0, return_indices=True),  # more than 256 positions
    Sample(np.zeros((1, 8, 4, 4)) + 1 / 3, 3, 1, 1, return_indices=True),
    Sample(NONE, 3, 2, 1, return_indices=True),
    Sample(numbers(1, 2, 40, 37, seed=3), 3, 2, 1, 3),
]
BAD_WINDOWS = [
    Bad(
        TypeError,
        "input must have dtype float32 or float64, got int64",
        np.zeros((1, 4, 4), int),
        2,
    ),
    Bad(ValueError, r"4 dimensions \(N, C, H, W\), or 3 without N, got \(3, 9\)", LINE[0], 2),
    Bad(ValueError, r"at least 1 .* got shape \(1, 2, 0, 4\)", numbers(1, 2, 0, 4), 2),
    Bad(TypeError, "kernel_size must be an int or a tuple of 2 ints, got str", IMAGE, "2"),
    Bad(TypeError, "kernel_size must hold ints, got float", IMAGE, (2.0, 2)),
    Bad(ValueError, "stride must hold 2 ints, got 3", IMAGE, 2, (1, 1, 1)),
    Bad(ValueError, r"kernel_size must be at least 1 .*got \(0, 0\)", IMAGE, 0),
    Bad(ValueError, r"stride must be at least 1 .*got \(0, 0\)", IMAGE, 2, 0),
    Bad(ValueError, r"stride must be at least 1 .*got \(-1, 1\)", IMAGE, 2, (-1, 1)),
    Bad(ValueError, r"padding must not be negative, got \(-1, -1\)", IMAGE, 2, 2, -1),
    Bad(ValueError, r"at most half of kernel_size \(2, 2\), got \(2, 2\)", IMAGE, 2, 2, 2),
    Bad(ValueError, r"kernel_size \(6, 6\).* is larger than the padded input \(5, 6\)", IMAGE, 6),
    Bad(ValueError, "below 2..31", IMAGE, 2**40),
    Bad(ValueError, "below 2..31", IMAGE, 2**80),
    Bad(ValueError, "fewer than 2..31 places", IMAGE, 2**31 - 1, 1, 2**30 - 1),
]
MAX_RECORDS = [
    Record(
        "max_pool2d",
        F.max_pool2d,
        reference.max_pool(2),
        MAX,
        [
            *BAD_WINDOWS,
            Bad(ValueError, r"dilation must be at least 1", IMAGE, 2, 2, 0, 0),
            Bad(
                ValueError,
                r"kernel_size \(3, 3\) with dilation \(3, 3\) is larger than the padded input",
                IMAGE,
                3,
                1,
                0,
                3,
            ),
        ],
        [Sample(x, 3, 2, 1, return_indices=True) for x in LARGE],
        exact=True,
    ),
    Record(
        "max_pool1d",
        F.max_pool1d,
        reference.max_pool(1),
        [
            Sample(LINE, 2),
            Sample(LINE, 3, 2, 1, return_indices=True),
            Sample(LINE[0], (4,), (1,), 2, 2, True),
            Sample(numbers(2, 40, 7), 2, 2, 0, 1, True),
        ],
        [
            Bad(ValueError, r"\(N, C, L\)", IMAGE, 2),
            Bad(ValueError, "larger than the padded input", LINE, 10),
        ],
        [Sample(numbers(2, 24, 3000), 5, 3, 2)],
        exact=True,
    ),
    Record(
        "max_pool3d",
        F.max_pool3d,
        reference.max_pool(3),
        [
            Sample(VOLUME, 2, return_indices=True),
            Sample(VOLUME, (3, 2, 2), (1, 2, 1), (1, 1, 0), (1, 1, 2), True),
            Sample(VOLUME[0], (1, 2, 3), 1, (0, 1, 1), return_indices=True),
            Sample(numbers(2, 18, 4, 5, 6), 3, 2, 1),
        ],
        [
            Bad(ValueError, r"\(N, C, D, H, W\)", LINE, 2),
            Bad(ValueError, "larger than the padded input", VOLUME, 4),
        ],
        [Sample(numbers(1, 20, 12, 20, 20), 3, 2, 1)],
        exact=True,
    ),
]


def window_depth(x, *args, **kwargs):
    """Roundings per window: its sum and a division."""
    return 4 + x.shape[-1] * x.shape[-2]


AVERAGE_RECORDS = [
    Record(
        "avg_pool2d",
        F.avg_pool2d,
        reference.avg_pool(2),
        [
            *shapes(),
            *shapes(count_include_pad=False)[:6],
            Sample(IMAGE, 2),
            Sample(IMAGE, (2, 3), (1, 2)),
            Sample(IMAGE, (3, 2), 1, (1, 0), count_include_pad=False),
            Sample(IMAGE, 3, 2, 1, True),
            Sample(IMAGE, 3, 2, 1, True, False),
            Sample(IMAGE, 2, 3, 0, True, True, 7),
            Sample(IMAGE, 3, 2, 1, divisor_override=-3),
            Sample(IMAGE[0], 2, 1, 1),
            Sample(IMAGE, (5, 6)),
            Sample(IMAGE, 2, 4),
            Sample(NONE, 2),
        ],
        [
            *BAD_WINDOWS,
            Bad(ValueError, "divisor_override must not be zero", IMAGE, 2, divisor_override=0),
        ],
        [Sample(x, 3, 2, 1) for x in LARGE],
        depth=window_depth,
        magnitude=2,
    ),
    Record(
        "avg_pool1d",
        F.avg_pool1d,
        reference.avg_pool(1),
        [
            Sample(LINE, 2),
            Sample(LINE, 4, 3, 2, True, False),
            Sample(LINE[0], (3,), 1, (1,), True),
            Sample(numbers(2, 40, 7), 7),
        ],
        [
            Bad(ValueError, r"\(N, C, L\)", IMAGE, 2),
            Bad(ValueError, "larger than the padded input", LINE, 10),
        ],
        [Sample(numbers(2, 24, 3000), 5, 3, 2)],
        depth=window_depth,
        magnitude=2,
    ),
    Record(
        "avg_pool3d",
        F.avg_pool3d,
        reference.avg_pool(3),
        [
            Sample(VOLUME, 2),
            Sample(VOLUME, (3, 2, 2), (1, 2, 1), (1, 1, 0), True, False),
            Sample(VOLUME[0], 2, 2, 1, divisor_override=5),
            Sample(numbers(2, 18, 4, 5, 6), 3, 2, 1),
        ],
        [Bad(ValueError, r"\(N, C, D, H, W\)", LINE, 2)],
        [Sample(numbers(1, 20, 12, 20, 20), 3, 2, 1)],
        depth=window_depth,
        magnitude=2,
    ),
]

POSITIVE = [numbers(*x.shape, low=0.5, high=2, seed=5) for x in (LINE, IMAGE, VOLUME)]
NORM_RECORDS = [
    Record(
        f"lp_pool{axes}d",
        getattr(F, f"lp_pool{axes}d"),
        reference.lp_pool(axes),
        [
            Sample(x, 2.0, 2),
            Sample(x, 3.0, (2,) * axes, 1),
            Sample(x, 1.0, 3, 2, True),
            Sample(x[0], 2.5, 2, 1),
        ],
        [
            Bad(ValueError, f"lp_pool{axes}d: norm_type must not be 0", x, 0, 2),
            Bad(ValueError, "larger than the padded input", x, 2, 11),
        ],
        depth=40,
        magnitude=64,
    )
    for axes, x in zip((1, 2, 3), POSITIVE)
]

BAD_SIZES = [
    Bad(TypeError, "output_size must be an int or a tuple of 2 ints, got str", IMAGE, "2"),
    Bad(TypeError, "output_size must hold ints, got float", IMAGE, (2.0, 2)),
    Bad(ValueError, "output_size must hold 2 ints, got 3", IMAGE, (1, 2, 3)),
    Bad(ValueError, "output_size must hold 2 ints or None", IMAGE, (None, 2, 3)),
    Bad(ValueError, r"output_size must be at least 1 .*got \(0, 2\)", IMAGE, (0, 2)),
    Bad(ValueError, r"output_size must be at least 1 .*got \(-1, -1\)", IMAGE, -1),
    Bad(ValueError, "output_size must be at least 1 and below 2..31", IMAGE, 2**40),
    Bad(ValueError, r"input must have 4 dimensions \(N, C, H, W\), or 3", LINE[0], 2),
    Bad(ValueError, r"at least 1 .* got shape \(1, 2, 0, 4\)", numbers(1, 2, 0, 4), 2),
    Bad(TypeError, "input must have dtype float32 or float64", np.zeros((1, 1, 4, 4), int), 2),
]
ADAPTIVE = [
    *[Sample(numbers(2, c, 5, 7, seed=c), (2, 3)) for c in CHANNELS],
    Sample(IMAGE, 1),
    Sample(IMAGE, (7, 4)),
    Sample(IMAGE, (None, 4)),
    Sample(IMAGE, None),
    Sample(IMAGE[0], (5, 6)),
    Sample(NONE, 2),
    Sample(numbers(1, 2, 20, 30), 1),
    Sample(numbers(2, 1, 40, 50), (2, 3)),
    Sample(numbers(2, 30, 45, 50), 1),  # in slices
]
INDICES = [Sample(IMAGE, (3, None), True), Sample(IMAGE[0], 1, return_indices=True)]
ADAPTIVE_RECORDS = [
    Record(
        "adaptive_avg_pool2d",
        F.adaptive_avg_pool2d,
        reference.adaptive_avg_pool(2),
        ADAPTIVE,
        BAD_SIZES,
        [Sample(x, n) for x in LARGE for n in (1, 7)],
        depth=window_depth,
        magnitude=2,
    ),
    Record(
        "adaptive_max_pool2d",
        F.adaptive_max_pool2d,
        reference.adaptive_max_pool(2),
        [*ADAPTIVE, *INDICES],
        BAD_SIZES,
        [Sample(x, n) for x in LARGE for n in (1, 7)],
        exact=True,
    ),
    *[
        Record(
            f"adaptive_{kind}_pool{axes}d",
            getattr(F, f"adaptive_{kind}_pool{axes}d"),
            getattr(reference, f"adaptive_{kind}_pool")(axes),
            [
                Sample(x, 1),
                Sample(x, 2),
                Sample(x, (3,) * axes),
                Sample(x[0], (None,) * axes),
                Sample(numbers(2, 20, *x.shape[2:]), 2),
            ],
            [Bad(ValueError, f"adaptive_{kind}_pool{axes}d: output_size must be at least 1", x, 0)],
            [Sample(numbers(2, 40, *([12] * axes)), 5)],
            exact=kind == "max",
            depth=window_depth,
            magnitude=2,
        )
        for kind in ("avg", "max")
        for axes, x in ((1, LINE), (3, VOLUME))
    ],
]


def places(*shape, plane):
    """Possible indices of maxima, distinct within each plane."""
    size = int(np.prod(shape[2:]))
    rng = np.random.default_rng(0)
    found = [rng.permutation(plane)[:size] for _ in range(shape[0] * shape[1])]
    return np.reshape(found, shape)


UNPOOL = numbers(2, 3, 2, 3)
AT = places(2, 3, 2, 3, plane=24)
UNPOOL_RECORDS = [
    Record(
        "max_unpool2d",
        F.max_unpool2d,
        reference.max_unpool(2),
        [
            Sample(UNPOOL, AT, 2),
            Sample(UNPOOL, AT.astype(np.int32), 2, output_size=(5, 6)),
            Sample(UNPOOL, AT, 3, 2, 0, (2, 3, 5, 6)),
            Sample(UNPOOL[0], AT[0], (4, 2), (3, 3), (1, 0), [5, 7]),
            Sample(UNPOOL[:0], AT[:0], 2),
            Sample(numbers(1, 40, 3, 3), places(1, 40, 3, 3, plane=36), 2),
        ],
        [
            Bad(
                IndexError,
                "plane of 24 numbers, got 24",
                UNPOOL,
                AT + (AT.max() == AT),
                2,
            ),
            Bad(IndexError, "plane of 24 numbers, got -1", UNPOOL, AT - AT - 1, 2),
            Bad(ValueError, "indices must have the shape of input", UNPOOL, AT[:1], 2),
            Bad(TypeError, "indices must have an integer dtype", UNPOOL, AT.astype("f4"), 2),
            Bad(
                ValueError,
                r"output_size must lie within a stride \(2, 2\) of \(4, 6\)",
                UNPOOL,
                AT,
                2,
                output_size=(6, 6),
            ),
            Bad(ValueError, "output_size must lie within", UNPOOL, AT, 2, output_size=(4,)),
            Bad(ValueError, "output_size must be at least 1", UNPOOL, AT, 1, 1, 2),
            Bad(ValueError, "input must have 4 dimensions", UNPOOL[0, 0], AT[0, 0], 2),
        ],
        [Sample(numbers(2, 40, 30, 30), places(2, 40, 30, 30, plane=3600), 2)],
        exact=True,
    ),
    Record(
        "max_unpool1d",
        F.max_unpool1d,
        reference.max_unpool(1),
        [
            Sample(numbers(2, 3, 4), places(2, 3, 4, plane=8), 2),
            Sample(numbers(3, 4), places(1, 3, 4, plane=9)[0], 3, 2, output_size=(10,)),
        ],
        [Bad(IndexError, "got 8", numbers(1, 1, 4), np.full((1, 1, 4), 8), 2)],
        exact=True,
    ),
    Record(
        "max_unpool3d",
        F.max_unpool3d,
        reference.max_unpool(3),
        [Sample(numbers(2, 3, 2, 2, 2), places(2, 3, 2, 2, 2, plane=64), 2)],
        [Bad(IndexError, "got 64", numbers(1, 1, 2, 2, 2), np.full((1, 1, 2, 2, 2), 64), 2)],
        exact=True,
    ),
]


def samples(*shape):
    """Random numbers from 0 to 1."""
    return np.random.default_rng(7).random(shape)


PLANES, U, U3 = numbers(2, 3, 7, 9), samples(2, 3, 2), samples(2, 3, 3)
FRACTIONAL_RECORDS = [
    Record(
        "fractional_max_pool2d",
        F.fractional_max_pool2d,
        reference.fractional_max_pool(2),
        [
            Sample(IMAGE, 2, 3, _random_samples=samples(2, 2, 2)),
            Sample(IMAGE, (2, 3), (4, 1), return_indices=True, _random_samples=samples(2, 2, 2)),
            Sample(IMAGE[0], 1, (5, 6), _random_samples=samples(1, 2, 2)),
            Sample(IMAGE, (5, 6), 1, return_indices=True, _random_samples=samples(2, 2, 2)),
            Sample(PLANES, 3, None, (0.5, 0.7), True, U),
            Sample(PLANES, 3, output_ratio=0.4, _random_samples=np.round(U)),
            Sample(PLANES[:0], 2, 3, return_indices=True, _random_samples=U[:0]),
            Sample(np.round(PLANES), 3, 4, return_indices=True, _random_samples=U),
        ],
        [
            Bad(TypeError, "input must have dtype float32 or", np.ones((1, 4, 4), int), 2, 2),
            Bad(ValueError, "input must have 4 dimensions, or 3 without N", PLANES[0, 0], 2, 2),
            Bad(ValueError, "pass output_size or output_ratio, and not both", PLANES, 2),
            Bad(ValueError, "pass output_size or output_ratio, and not both", PLANES, 2, 2, 0.5),
            Bad(ValueError, r"output_size must be at least 1 .* got \(0, 0\)", PLANES, 2, 0),
            Bad(ValueError, r"kernel_size must be at least 1 .* got \(0, 0\)", PLANES, 0, 2),
            Bad(ValueError, r"needs an input of at least \(8, 8\), got \(7, 9\)", PLANES, 3, 6),
            Bad(ValueError, "needs an input of at least", PLANES, 2**70, 1),
            Bad(ValueError, "needs an input of at least", PLANES, 1, 2**70),
            Bad(TypeError, "output_ratio must be a number or a tuple of 2", PLANES, 2, None, "1"),
            Bad(ValueError, "output_ratio must be a number between 0 and 1", PLANES, 2, None, 1.5),
            Bad(ValueError, "output_ratio must be", PLANES, 2, None, (0.5, 0.5, 0.5)),
            Bad(ValueError, "output_ratio must be", PLANES, 2, None, np.nan),
            Bad(
                ValueError, r"shape \(2, 3, 2\), got \(2, 3, 3\)", PLANES, 2, 2, _random_samples=U3
            ),
            Bad(ValueError, "must lie between 0 and 1", PLANES, 2, 2, _random_samples=U + 1),
            Bad(ValueError, "must lie between 0 and 1", PLANES, 2, 2, _random_samples=U * np.nan),
            Bad(TypeError, "type of input", PLANES, 2, 2, _random_samples=(U > 0.5)),
        ],
        [Sample(numbers(4, 20, 50, 41), 3, (30, 29), _random_samples=samples(4, 20, 2))],
        constants=("_random_samples", 5),
        exact=True,
    ),
    Record(
        "fractional_max_pool3d",
        F.fractional_max_pool3d,
        reference.fractional_max_pool(3),
        [
            Sample(VOLUME, 2, (3, 2, 2), _random_samples=samples(1, 2, 3)),
            Sample(VOLUME[0], (1, 2, 3), 2, return_indices=True, _random_samples=samples(1, 2, 3)),
            Sample(numbers(2, 3, 6, 7, 8), 2, None, 0.5, True, U3),
        ],
        [
            Bad(ValueError, "input must have 5 dimensions, or 4 without N", PLANES[0], 2, 2),
            Bad(ValueError, "needs an input of at least", VOLUME, 3, 3),
        ],
        constants=("_random_samples", 5),
        exact=True,
    ),
    *[
        Record(
            f"fractional_max_pool{axes}d_with_indices",
            getattr(F, f"fractional_max_pool{axes}d_with_indices"),
            functools.partial(reference.fractional_max_pool(axes), return_indices=True),
            [Sample(x, 2, 2, _random_samples=u)],
            [Bad(ValueError, "pass output_size or output_ratio", x, 2)],
            constants=("_random_samples",),
            exact=True,
        )
        for axes, x, u in ((2, IMAGE, samples(2, 2, 2)), (3, VOLUME, samples(1, 2, 3)))
    ],
]

RECORDS = [
    *MAX_RECORDS,
    *AVERAGE_RECORDS,
    *NORM_RECORDS,
    *ADAPTIVE_RECORDS,
    *UNPOOL_RECORDS,
    *FRACTIONAL_RECORDS,
]


test_record = record_test(RECORDS)


def channels_last(x):
    return np.ascontiguousarray(np.moveaxis(x, 1, -1)).transpose(0, -1, *range(1, x.ndim - 1))


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("channels", [1, 3, 5, 16, 40, 67])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nan_and_infinity(level, channels, dtype):
    """The result is the last NaN of a window, otherwise the first of equal maxima."""
    x = np.random.default_rng(0).integers(0, 3, (2, channels, 9, 8)).astype(dtype)
    choice = np.random.default_rng(1).random(x.shape)
    x[choice < 0.1] = np.nan
    x[choice > 0.8] = -np.inf
    x[0, 0] = -np.inf
    for options in ((3, 2, 1), (2, 2, 0, 3), (3, 1, 1, 2, True)):
        with isa(level):
            y, indices = F.max_pool2d(x, *options, return_indices=True)
        want, at = reference.max_pool(2)(x, *options, return_indices=True)
        np.testing.assert_array_equal(y, want)
        np.testing.assert_array_equal(indices, at)
    with isa(level):
        y, indices = F.adaptive_max_pool2d(x, (4, 3), True)
    want, at = reference.adaptive_max_pool(2)(x, (4, 3), True)
    np.testing.assert_array_equal(y, want)
    np.testing.assert_array_equal(indices, at)


def test_same_results_without_a_tape():
    x = numbers(2, 20, 9, 9).astype("f4")
    a = F.max_pool2d(x, 3, 2, 1)
    b = F.max_pool2d(fastnn.tensor(x, requires_grad=True), 3, 2, 1)
    np.testing.assert_array_equal(a, b.detach())
    assert a.node is None
    assert b.requires_grad


POOLS = [
    lambda x: F.max_pool2d(x, 3, 2, 1),
    lambda x: F.avg_pool2d(x, 2),
    lambda x: F.adaptive_avg_pool2d(x, 3),
    lambda x: F.adaptive_max_pool2d(x, 3),
    lambda x: F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2),
]


@pytest.mark.parametrize("pool", POOLS)
def test_layout(pool):
    """Outputs and gradients are channels-last for any input."""
    x = numbers(2, 5, 8, 6).astype("f4")
    for value in (x, channels_last(x)):
        a = fastnn.tensor(value, requires_grad=True)
        y = pool(a)
        c, h, w = y.shape[1:]
        assert y._array.strides == (4 * h * w * c, 4, 4 * w * c, 4 * c)
        dx = []
        a.register_hook(lambda g, dx=dx: dx.append(g))
        y.sum().backward()
        assert dx[0]._array.strides == (4 * 240, 4, 4 * 30, 4 * 5)


def test_means_of_ones_are_ones():
    for n in range(1, 12):
        x = np.ones((1, 3, n, n), "f4")
        assert (F.adaptive_avg_pool2d(x, 1).numpy() == 1).all()
        assert (F.avg_pool2d(x, n).numpy() == 1).all()


def test_kernels_by_hand():
    """Kernels on plain arrays match the tape."""
    x, k = numbers(2, 3, 6, 6), fastnn.kernels
    windows = ((3, 3), (2, 2), (1, 1), (1, 1))
    y, at = k.max_pool(x, *windows)
    a = fastnn.tensor(x, requires_grad=True)
    F.max_pool2d(a, 3, 2, 1).backward(fastnn.tensor(y))
    np.testing.assert_array_equal(k.max_pool_backward(y, at, x.shape, *windows), a.grad)
    assert at.dtype == np.uint8
    assert k.max_pool(x, *windows, with_places=False)[1] is None
    with pytest.raises(ValueError, match="max_pool2d_backward: dy must have the shape of the out"):
        k.max_pool_backward(y[:1], at, x.shape, *windows)
    with pytest.raises(TypeError, match="places must have dtype uint8, got int64"):
        k.max_pool_backward(y, at.astype(int), x.shape, *windows)
    with pytest.raises(ValueError, match="places must have the shape of the output"):
        k.max_pool_indices(at[:1], x.shape, *windows)
    with pytest.raises(TypeError, match="input_shape must be a tuple, got list"):
        k.avg_pool_backward(y, [2, 3, 6, 6], *windows[:3])
    with pytest.raises(ValueError, match="kernel_size must hold 1, 2 or 3 ints, got 4"):
        k.max_pool(x, (1, 1, 1, 1), *windows[1:])
    with pytest.raises(TypeError, match="kernel_size must be a tuple of ints, one for each axis"):
        k.max_pool(x, 3, *windows[1:])
    # Positions that no pooling returned are accepted and match no window.
    wrong = np.full_like(at, 255)
    assert (k.max_pool_backward(y, wrong, x.shape, *windows) == 0).all()


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_few_channels_equal_many(level, channels):
    """Gradients of few channels are scattered, of many gathered, with the same bits."""
    windows = [
        ((2, 2), (2, 2), (0, 0), (1, 1)),
        ((3, 3), (1, 2), (1, 1), (2, 3)),
        ((17, 16), (1, 1), (8, 3), (1, 1)),  # positions in 32 bits
    ]
    k = fastnn.kernels
    x = numbers(2, 12, 19, 23).astype("f4")
    with isa(level):
        for some in windows:
            y, at = k.max_pool(channels_last(x), *some)
            dy = channels_last(numbers(*y.shape, seed=1).astype("f4"))
            many = k.max_pool_backward(dy, at, x.shape, *some)
            few = x[:, :channels]
            _, at = k.max_pool(few, *some)
            dx = k.max_pool_backward(dy[:, :channels], at, few.shape, *some)
            np.testing.assert_array_equal(dx, many[:, :channels])


def test_windows_between_the_inputs():
    """With padding and dilation a window may contain no input."""
    y, _ = F.max_pool1d(np.ones((1, 1, 4), "f4"), 2, 1, 1, 5, return_indices=True)
    assert y.tolist() == [[[-np.inf]]]


def test_no_memory():
    x = np.zeros((1, 1, 2, 2), "f4")
    with pytest.raises(MemoryError):
        F.adaptive_avg_pool2d(x, 2**31 - 1)
    with pytest.raises(MemoryError):
        F.adaptive_avg_pool2d(x, (2**31 - 1, 2**10))


def test_distances_of_windows_are_drawn_anew_in_each_call():
    x = fastnn.arange(2.0 * 40 * 40).reshape(1, 2, 40, 40)
    fastnn.manual_seed(3)
    first, second = (F.fractional_max_pool2d(x, 2, 30) for _ in range(2))
    assert not np.array_equal(first, second)
    assert not np.array_equal(first[:, 0], first[:, 1] - 1600)  # nor are they those of a channel
    fastnn.manual_seed(3)
    assert np.array_equal(F.fractional_max_pool2d(x, 2, 30), first)
    layer = fastnn.nn.FractionalMaxPool2d(2, 30, _random_samples=fastnn.rand(1, 2, 2))
    assert np.array_equal(layer(x), layer(x))
    assert "_random_samples" in layer.state_dict()
    steps = np.diff(first[0, 0, 0])
    assert set(steps.tolist()) == {1, 2}


def test_layers_of_random_windows():
    layer = fastnn.nn.FractionalMaxPool3d((2, 1, 3), output_ratio=0.5, return_indices=True)
    y, indices = layer(numbers(2, 3, 8, 6, 10).astype("float32"))
    assert y.shape == indices.shape == (2, 3, 4, 3, 5)
    assert (layer.kernel_size, layer.output_ratio) == ((2, 1, 3), (0.5, 0.5, 0.5))
    for options in ({}, {"output_size": 2, "output_ratio": 0.5}):
        with pytest.raises(ValueError, match="FractionalMaxPool2d: pass output_size or output_rat"):
            fastnn.nn.FractionalMaxPool2d(2, **options)
    with pytest.raises(ValueError, match="FractionalMaxPool2d: output_ratio must be a number betw"):
        fastnn.nn.FractionalMaxPool2d(2, output_ratio=2.0)
