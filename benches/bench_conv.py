"""Convolutions: forward without a tape, and forward and backward."""

import pytest

import fastnn
from benches.side_by_side import convolution
from fastnn import nn

from .conftest import training

SIZES = {  # N, C, H, O, K, stride, padding, groups
    "3x3": (8, 64, 56, 64, 3, 1, 1, 1),
    "3x3 deep": (8, 256, 14, 256, 3, 1, 1, 1),
    "3x3 stride 2": (8, 64, 56, 128, 3, 2, 1, 1),
    "1x1": (8, 256, 56, 64, 1, 1, 0, 1),
    "7x7 of images": (8, 3, 224, 64, 7, 2, 3, 1),
    "3x3 of digits": (32, 1, 28, 32, 3, 1, 1, 1),
    "depthwise": (8, 128, 28, 128, 3, 1, 1, 128),
    "groups": (8, 128, 28, 128, 3, 1, 1, 4),
    "one image": (1, 64, 56, 64, 3, 1, 1, 1),
    "smallest": (1, 1, 1, 1, 1, 1, 0, 1),
}


def layer(size):
    _, c, _, o, k, stride, padding, groups = size
    made = nn.Conv2d(c, o, k, stride, padding, groups=groups, bias=False)
    value, weight, slope = convolution.arrays(size)
    made.weight._array[...] = weight
    return made, *map(convolution.channels_last, (value, slope))


def traffic(size):
    return 4 * sum(convolution.elements(size))


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_forward(run, size):
    conv, value, _ = layer(size)
    x = fastnn.from_numpy(value)

    def step():
        with fastnn.no_grad():
            return conv(x)

    flops, expected = convolution.flops(size), convolution.reference(size)[0]
    run(step, expected, flops=flops, bytes=traffic(size), tolerance=5e-5)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_forward_backward(run, size):
    conv, value, slope = layer(size)
    x, dy = fastnn.from_numpy(value).requires_grad_(), fastnn.from_numpy(slope)
    step, answer = training(lambda: conv(x), dy, x, conv.weight)
    run(
        step,
        convolution.reference(size)[1],
        flops=3 * convolution.flops(size),
        bytes=3 * traffic(size),
        tolerance=5e-5,
        answer=answer,
    )


@pytest.mark.parametrize("size", [SIZES["3x3"], SIZES["7x7 of images"]], ids=["64", "3"])
def test_row_major_images(run, size):
    """Images in row-major order, which a 1x1 convolution first converts to channels-last."""
    value = convolution.arrays(size)[0]
    one = fastnn.zeros(1, size[1], 1, 1)
    one._array[0, 0] = 1
    x = fastnn.from_numpy(value)
    run(lambda: fastnn.conv2d(x, one), value[:, :1], bytes=3 * value.nbytes)
