"""Group norm and instance norm."""

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import kernels
from tests.harness import SIZES, Bad, Record, Sample, isa, isa_levels, numbers, record_test
from tests.harness.layouts import channels_last
from tests.reference import norm as reference

from .test_norm_batch import parameters, running


def depth(x, *args, **kwargs):
    """Sums are blocked; their error grows at most with the root of a sample's size."""
    return 16 + np.sqrt(x.size / max(1, x.shape[0] if x.ndim else 1))


def magnitude(x, *args, **kwargs):
    """Normalized numbers are at most the root of their count, times weights below 2."""
    return 8 + 2 * depth(x)


def given(*shape, change=np.array):
    return (change(numbers(*shape)), *parameters(shape[1]))


# Channels, samples and groups: both formats, whole and partial blocks, with every tail.
SHAPES = [
    ((2, 4), 2),
    ((3, 6, 5), 3),
    ((2, 4, 31), 2),
    ((2, 4, 33), 1),
    ((1, 4, 3, 3), 4),
    ((2, 2, 2, 3, 3), 1),
    ((0, 4, 3), 2),
    ((2, 4, 0), 2),
    ((3, 0, 4), 3),
    ((1, 6), 2),
    *[((2, 2 * n, 3), 2) for n in SIZES[1:]],
]
BLOCKS = [
    (*given(2, 6, 90, 91), 3),
    (*given(1, 2, 70_001), 2),
    (*given(2, 70, 20, 21, change=channels_last), 7),
    (*given(2, 3, 60, 61, change=channels_last), 1),
    (*given(2, 5000, 2), 5),
    (*given(2, 3000, 13), 1),
    (*given(2, 66, 17, 19), 6),
    (*given(3, 45, 7, 7), 3),
    (*given(2, 70, 3, 3, change=channels_last), 7),
    (*given(3, 34, 6, 6, change=channels_last), 2),
    (*given(2, 68, 2, 5, change=channels_last), 1),
]


def group_samples():
    found = [Sample(numbers(*shape), groups, *parameters(shape[1])) for shape, groups in SHAPES]
    found += [Sample(x, groups, w, b) for x, w, b, groups in BLOCKS]
    x, w, b = given(2, 6, 4)
    return [
        *found,
        Sample(x, 2),
        Sample(x, 6, w),
        Sample(x, 1, None, b, 0.1),
    ]


def with_statistics(x, weight=None, bias=None, **options):
    mean, var = (fastnn.tensor(a) for a in running(x))
    return F.instance_norm(x, mean, var, weight, bias, **options), mean, var


def reference_with_statistics(x, weight=None, bias=None, **options):
    mean, var = running(x)
    return reference.instance_norm(x, mean, var, weight, bias, **options)


def without_statistics(x, weight=None, bias=None, **options):
    return F.instance_norm(x, None, None, weight, bias, **options)


def reference_without_statistics(x, weight=None, bias=None, **options):
    return reference.instance_norm(x, None, None, weight, bias, **options)[0]


def from_statistics(x, weight=None, bias=None, **options):
    return F.instance_norm(x, *running(x), weight, bias, False, **options)


def reference_from_statistics(x, weight=None, bias=None, **options):
    return reference.batch_norm(x, *running(x), weight, bias, **options)[0]


def instance_samples():
    shapes = [shape for shape, _ in SHAPES if len(shape) > 2 and all(shape)]
    found = [Sample(numbers(*shape), *parameters(shape[1])) for shape in shapes]
    return [
        *found,
        *[Sample(x, w, b) for x, w, b, _ in BLOCKS],
        Sample(numbers(2, 3, 4)),
        Sample(numbers(2, 3, 4), momentum=0.4, eps=0.1),
    ]


LARGE = [given(8, 64, 28, 28), given(8, 64, 28, 28, change=channels_last)]
X = numbers(2, 6, 4)

RECORDS = [
    Record(
        "group_norm",
        F.group_norm,
        reference.group_norm,
        group_samples(),
        [
            Bad(ValueError, "6 channels cannot be divided into num_groups = 4", X, 4),
            Bad(ValueError, "6 channels cannot be divided into num_groups = 0", X, 0),
            Bad(ValueError, "6 channels cannot be divided into num_groups = -2", X, -2),
            Bad(TypeError, "num_groups must be an int, got float", X, 2.0),
            Bad(ValueError, r"input must have shape \(N, C, \*\), got \(4,\)", numbers(4), 2),
            Bad(ValueError, "more than 1 value per channel", numbers(1, 4), 4),
            Bad(ValueError, "weight must have one number for each of 6", X, 2, numbers(2)),
            Bad(ValueError, "bias must have one number for each of 6", X, 2, None, numbers(7)),
            Bad(ValueError, "eps must not be negative", X, 2, eps=-1e-5),
            Bad(TypeError, "input must have dtype float32 or float64", np.ones((2, 4), int), 2),
        ],
        [Sample(x, 8, w, b) for x, w, b in LARGE],
        depth,
        None,
        magnitude,
    ),
    Record(
        "instance_norm",
        with_statistics,
        reference_with_statistics,
        instance_samples(),
        [
            Bad(ValueError, "more than 1 value per channel when training", numbers(2, 3, 1)),
            Bad(ValueError, "more than 1 value per channel when training", numbers(2, 3)),
            Bad(ValueError, "weight must have one number for each of 6", X, numbers(2)),
            Bad(ValueError, "momentum must lie between 0 and 1", X, momentum=2.0),
        ],
        [Sample(*some) for some in LARGE],
        depth,
        None,
        magnitude,
    ),
    Record(
        "instance_norm_without_statistics",
        without_statistics,
        reference_without_statistics,
        instance_samples(),
        depth=depth,
        magnitude=magnitude,
    ),
    Record(
        "instance_norm_from_statistics",
        from_statistics,
        reference_from_statistics,
        [*instance_samples()[:5], Sample(numbers(2, 3, 1))],
        depth=depth,
        magnitude=magnitude,
    ),
]


test_record = record_test(RECORDS)


@pytest.mark.parametrize("change", [np.asarray, channels_last], ids=["C order", "channels-last"])
@pytest.mark.parametrize("level", isa_levels())
def test_far_from_zero(level, change):
    """The variance of numbers near 10000 does not cancel, and the mean keeps its precision."""
    x = change((numbers(4, 6, 60, 60) + 10_000).astype(np.float32))
    with isa(level):
        for groups in (1, 2, 6):
            want = reference.group_norm(x.astype("f8"), groups)
            np.testing.assert_allclose(F.group_norm(x, groups)._array, want, atol=2e-6)


@pytest.mark.parametrize("change", [np.asarray, channels_last], ids=["C order", "channels-last"])
def test_memory_order_is_kept(change):
    x = fastnn.tensor(0.0)
    x._array, x.requires_grad = change(numbers(3, 4, 5, 6)), True
    for op in (lambda x: F.group_norm(x, 2), F.instance_norm):
        x.grad = None
        y = op(x)
        assert y._array.strides == x._array.strides
        y.backward(fastnn.ones(3, 4, 5, 6, dtype="float64"))
        assert x.grad._array.strides == x._array.strides


@pytest.mark.parametrize("change", [np.asarray, channels_last], ids=["C order", "channels-last"])
def test_many_images_equal_single_images(change):
    """Outputs larger than the caches use non-temporal stores, with the same bits."""
    x, dy = (numbers(520, 512, 4, 4, seed=i).astype("f4") for i in (0, 1))
    w, b = (a.astype("f4") for a in parameters(512))
    for groups in (32, 16):
        y, mean, rstd = kernels.group_norm(change(x), groups, w, b)
        dx = kernels.group_norm_backward(change(dy), change(x), groups, mean, rstd, w)[0]
        for i in (0, 7, 519):
            one = change(x[i : i + 1])
            y1, mean1, rstd1 = kernels.group_norm(one, groups, w, b)
            dx1 = kernels.group_norm_backward(
                change(dy[i : i + 1]), one, groups, mean1, rstd1, w, (True, False, False)
            )[0]
            np.testing.assert_array_equal(y[i], y1[0])
            np.testing.assert_array_equal(dx[i], dx1[0])


def test_nan_stays_in_its_group():
    for change in (np.asarray, channels_last):
        x = numbers(3, 40, 8, 8).astype("f4")
        x[1, 5, 2, 2] = np.nan
        t = fastnn.tensor(change(x), requires_grad=True)
        y = F.group_norm(t, 10)
        y.backward(fastnn.ones(3, 40, 8, 8))
        for a in (y._array, t.grad._array):
            assert np.isnan(a[1, 4:8]).all()
            a = a.copy()
            a[1, 4:8] = 0
            assert np.isfinite(a).all()


def test_kernels_by_hand():
    """Kernels on plain arrays match the tape, and compute only the requested gradients."""
    x, dy = numbers(3, 6, 5), numbers(3, 6, 5, seed=1)
    w, b = parameters(6)
    pairs = [
        (
            lambda x, w, b: F.group_norm(x, 2, w, b),
            kernels.group_norm(x, 2, w, b),
            lambda m, r, *needs: kernels.group_norm_backward(dy, x, 2, m, r, w, *needs),
        ),
        (
            lambda x, w, b: F.instance_norm(x, None, None, w, b),
            kernels.instance_norm(x, None, None, w, b),
            lambda m, r, *needs: kernels.instance_norm_backward(dy, x, m, r, w, *needs),
        ),
    ]
    for op, (y, mean, rstd), backward in pairs:
        leaves = [fastnn.tensor(a, requires_grad=True) for a in (x, w, b)]
        z = op(*leaves)
        np.testing.assert_array_equal(z._array, y)
        z.backward(fastnn.tensor(dy))
        grads = backward(mean, rstd)
        for leaf, g in zip(leaves, grads):
            np.testing.assert_array_equal(leaf.grad, g)
        for i in range(3):
            some = backward(mean, rstd, tuple(j == i for j in range(3)))
            np.testing.assert_array_equal(some[i], grads[i])
            assert [g is None for g in some] == [j != i for j in range(3)]
        with pytest.raises(ValueError, match="rstd must have"):
            backward(mean, rstd[1:])
