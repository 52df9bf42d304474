"""Pixel shuffle and channel shuffle in channels-last memory."""

import numpy as np
import pytest

import fastnn
from fastnn.nn import functional

from .conftest import normal


def image(n, c, h, w):
    return np.moveaxis(normal(n, h, w, c), -1, 1)


@pytest.mark.parametrize("shape", [(8, 256, 56, 56), (8, 12, 112, 112)])
def test_pixel_shuffle(run, shape):
    value = image(*shape)
    n, c, h, w = shape
    blocks = value.reshape(n, c // 4, 2, 2, h, w).transpose(0, 1, 4, 2, 5, 3)
    expected = blocks.reshape(n, c // 4, 2 * h, 2 * w)
    x = fastnn.from_numpy(value)
    run(lambda: functional.pixel_shuffle(x, 2), expected, bytes=8 * value.size)


@pytest.mark.parametrize("shape", [(8, 64, 112, 112), (8, 3, 224, 224)])
def test_pixel_unshuffle(run, shape):
    value = image(*shape)
    n, c, h, w = shape
    blocks = value.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 3, 5, 2, 4)
    expected = blocks.reshape(n, 4 * c, h // 2, w // 2)
    x = fastnn.from_numpy(value)
    run(lambda: functional.pixel_unshuffle(x, 2), expected, bytes=8 * value.size)


@pytest.mark.parametrize("groups", [2, 4, 8])
def test_channel_shuffle(run, groups):
    value = image(8, 64, 56, 56)
    order = np.arange(64).reshape(groups, -1).T.ravel()
    x = fastnn.from_numpy(value)
    run(lambda: functional.channel_shuffle(x, groups), value[:, order], bytes=8 * value.size)
