"""Unfold (im2col) and fold (col2im)."""

import numpy as np
import pytest

import fastnn.nn.functional as F
from tests.harness import Bad, Record, Sample, numbers, record_test
from tests.reference import resample as reference

IMAGE = numbers(2, 2, 4, 5)

RECORDS = [
    Record(
        "unfold",
        F.unfold,
        reference.unfold,
        [
            Sample(IMAGE, 2),
            Sample(IMAGE, (2, 3), (2, 1), (1, 0), (1, 2)),
            Sample(IMAGE[0], 3, 1, 1, 2),
            Sample(IMAGE, 1),
            Sample(numbers(2, 17, 6, 6), 3, 1, 1),
            Sample(numbers(2, 0, 4, 5), 2),
            Sample(numbers(1, 3, 9, 40), (2, 5), (3, 7), (4, 30), (3, 2)),
            Sample(numbers(1, 2, 0, 3), 2, 1, 1),
        ],
        [
            Bad(ValueError, r"must have 4 dimensions \(N, C, H, W\)", IMAGE[0, 0], 2),
            Bad(
                ValueError,
                r"kernel_size \(5, 5\) .*larger than the padded image \(4, 5\)",
                IMAGE,
                5,
            ),
            Bad(ValueError, "kernel_size must be at least 1", IMAGE, 0),
            Bad(ValueError, "stride must be at least 1", IMAGE, 2, 1, 0, 0),
            Bad(ValueError, "dilation must be at least 1", IMAGE, 2, -1),
            Bad(ValueError, "padding must not be negative", IMAGE, 2, 1, -1),
            Bad(TypeError, "kernel_size must be an int or a tuple", IMAGE, "2"),
            Bad(TypeError, "kernel_size must hold ints, got float", IMAGE, (2.0, 2)),
        ],
        exact=True,
    ),
    Record(
        "fold",
        F.fold,
        reference.fold,
        [
            Sample(numbers(2, 8, 12), (4, 5), 2),
            Sample(numbers(2, 6, 12), (4, 5), (2, 3), (2, 1), (1, 0), (1, 1)),
            Sample(numbers(9, 6), (4, 6), 3, 1, 1, 2),
            Sample(numbers(2, 9 * 17, 36), 6, 3, 1, 1),
            Sample(numbers(0, 8, 12), (4, 5), 2),
        ],
        [
            Bad(
                ValueError,
                r"\(N, C \* 4, 12\), or without N, .*got \(2, 8, 11\)",
                numbers(2, 8, 11),
                (4, 5),
                2,
            ),
            Bad(ValueError, r"got \(2, 7, 12\)", numbers(2, 7, 12), (4, 5), 2),
            Bad(TypeError, "dtype float32 or float64", np.ones((2, 8, 12), np.int64), (4, 5), 2),
            Bad(ValueError, "larger than the padded image", numbers(2, 8, 12), (1, 5), 2),
            Bad(ValueError, "stride must be at least 1", numbers(2, 8, 12), (4, 5), 2, 1, 0, 0),
        ],
        depth=20,
        magnitude=2,
    ),
]


test_record = record_test(RECORDS)


def test_fold_counts_windows():
    x = numbers(2, 3, 6, 7)
    counts = F.fold(F.unfold(np.ones_like(x), 3, 1, 1), (6, 7), 3, 1, 1)
    np.testing.assert_allclose(F.fold(F.unfold(x, 3, 1, 1), (6, 7), 3, 1, 1), x * counts._array)


@pytest.mark.parametrize("dtype", ["bool", "int16", "int64", ">f8"])
def test_unfold_moves_elements_of_any_dtype(dtype):
    x = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5).astype(dtype)
    y = F.unfold(x, 2, padding=1)
    assert y.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(y._array, reference.unfold(x.astype(float), 2, 1, 1, 1))


def test_fold_of_large_images_in_chunks_of_rows():
    x = numbers(1, 9, 300 * 200).astype(np.float32)
    y = F.fold(x, (300, 200), 3, padding=1)
    np.testing.assert_allclose(y._array, reference.fold(x, (300, 200), 3, 1, 1, 1), atol=1e-5)


def test_huge_sizes():
    """No array can have these sizes."""
    huge = 2**31 - 1
    with pytest.raises(MemoryError):
        F.unfold(numbers(1, 1, 1, 1), 1, 1, huge)
    with pytest.raises(MemoryError):
        F.unfold(numbers(0, 9, 1, 1), huge, 1, huge)
