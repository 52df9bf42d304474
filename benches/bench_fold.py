"""Unfold (im2col) and fold (col2im): forward, and forward and backward."""

import numpy as np
import pytest

import fastnn
from fastnn.nn import functional

from .conftest import normal

# Shape, kernel, padding, stride.
SIZES = [
    ((8, 64, 56, 56), 3, 1, 1),
    ((8, 64, 56, 56), 2, 0, 2),
    ((8, 3, 224, 224), 16, 0, 16),
]


@pytest.mark.parametrize(("shape", "kernel", "padding", "stride"), SIZES)
def test_unfold(run, shape, kernel, padding, stride):
    value = normal(*shape)
    pad = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(value, pad), (kernel, kernel), (2, 3))
    windows = windows[:, :, ::stride, ::stride].transpose(0, 1, 4, 5, 2, 3)
    expected = windows.reshape(shape[0], shape[1] * kernel**2, -1)
    x = fastnn.tensor(value)
    run(
        lambda: functional.unfold(x, kernel, padding=padding, stride=stride),
        expected,
        bytes=4 * (value.size + expected.size),
    )


@pytest.mark.parametrize(("shape", "kernel", "padding", "stride"), SIZES)
def test_fold(run, shape, kernel, padding, stride):
    """Folded ones count the windows that contain each pixel."""
    ones = np.ones(shape, np.float32)
    columns = functional.unfold(fastnn.tensor(ones), kernel, padding=padding, stride=stride)
    count = np.zeros(shape, np.float32)
    for i in range(kernel):
        for j in range(kernel):
            down, right = (
                [
                    (p + padding - k) % stride == 0
                    and 0 <= p + padding - k <= n + 2 * padding - kernel
                    for p in range(n)
                ]
                for k, n in ((i, shape[2]), (j, shape[3]))
            )
            count += np.outer(down, right)
    run(
        lambda: functional.fold(columns, shape[2:], kernel, padding=padding, stride=stride),
        count,
        bytes=4 * (ones.size + columns._array.size),
    )
