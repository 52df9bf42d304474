"""Local response norm."""

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import kernels
from tests.harness import SIZES, Bad, Record, Sample, isa, isa_levels, numbers, record_test
from tests.harness.layouts import channels_last
from tests.reference import norm as reference

STRONG = {"alpha": 2.0, "beta": 0.75, "k": 0.5}
X = numbers(2, 5, 3)

RECORDS = [
    Record(
        "local_response_norm",
        F.local_response_norm,
        reference.local_response_norm,
        [
            *[Sample(numbers(2, 3, n), 3, **STRONG) for n in SIZES],
            *[Sample(channels_last(numbers(2, n, 2, 3)), 5, **STRONG) for n in SIZES],
            *[Sample(X, size, **STRONG) for size in (1, 2, 4, 5, 9, 10, 11, 12, 1000)],
            Sample(X, 3),
            Sample(X, 3, 1.0, 0.5, 1.0),
            Sample(X, 3, 1.0, 1.0, 2.0),
            Sample(X, 3, 1.0, 1.7, 2.0),
            Sample(numbers(2, 3, 2, 2, 3), 2, **STRONG),
            Sample(numbers(2, 5, 150, 151), 3, **STRONG),
        ],
        [
            Bad(
                ValueError,
                r"input must have shape \(N, C, L\) or more .* got \(2, 3\)",
                numbers(2, 3),
                3,
            ),
            Bad(ValueError, "size must be at least 1, got 0", X, 0),
            Bad(ValueError, "size must be at least 1, got -3", X, -3),
            Bad(TypeError, "input must have dtype float32 or float64", np.ones((2, 3, 4), int), 3),
        ],
        [Sample(numbers(4, 32, 40, 40), 5), Sample(channels_last(numbers(4, 32, 40, 40)), 5)],
        depth=lambda x, size, *args, **kwargs: 12 + min(size, 2 * x.shape[1] + 1),
        magnitude=4,
    ),
]


test_record = record_test(RECORDS)


@pytest.mark.parametrize("change", [np.asarray, channels_last], ids=["C order", "channels-last"])
@pytest.mark.parametrize("level", isa_levels())
def test_memory_order_is_kept(level, change):
    x = fastnn.tensor(change(numbers(3, 4, 5, 6)), requires_grad=True)
    with isa(level):
        y = F.local_response_norm(x, 3)
        y.backward(fastnn.ones(3, 4, 5, 6, dtype="float64"))
    assert y._array.strides == x._array.strides == x.grad._array.strides


def test_kernels_by_hand():
    x, dy = numbers(3, 6, 5), numbers(3, 6, 5, seed=1)
    leaf = fastnn.tensor(x, requires_grad=True)
    F.local_response_norm(leaf, 3, **STRONG).backward(fastnn.tensor(dy))
    y, d = kernels.local_response_norm(x, 3, **STRONG, keep=True)
    np.testing.assert_array_equal(y, kernels.local_response_norm(x, 3, **STRONG))
    dx = kernels.local_response_norm_backward(dy, x, d, 3, **STRONG)
    np.testing.assert_array_equal(leaf.grad, dx)
    with pytest.raises(ValueError, match="d must have shape"):
        kernels.local_response_norm_backward(dy, x, d[1:], 3)
