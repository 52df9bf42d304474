"""Operations between convolutions keep channels-last memory, forward and backward.

The output of a convolution is channels-last. Operations between two convolutions must not convert
it to row-major order, because the second would have to convert it back.
"""

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import nn
from fastnn.ops.activation import piecewise, smooth
from fastnn.ops.elementwise import algebraic, arithmetic, choose, compare, power, transcendental
from tests.harness import numbers
from tests.harness.layouts import channels_last

SHAPE = (2, 6, 3, 5)
ORDER = channels_last(np.zeros(SHAPE)).strides


def image(seed=0, dtype="float32", low=0.1, high=0.9):
    return fastnn.tensor(
        channels_last(numbers(*SHAPE, low=low, high=high, seed=seed).astype(dtype)),
        requires_grad=True,
    )


def last(x):
    """Whether an array or tensor of images is channels-last."""
    x = x._array if isinstance(x, fastnn.Tensor) else x
    return x.shape == SHAPE and tuple(n * 8 // x.itemsize for n in x.strides) == ORDER


def check(op, *inputs):
    """Check for channels-last outputs and gradients, given a channels-last gradient."""
    y = op(*inputs)
    assert last(y)
    if not y.requires_grad:
        return
    y.backward(fastnn.tensor(channels_last(numbers(*SHAPE, seed=9).astype(y.dtype))))
    for x in inputs:
        if isinstance(x, fastnn.Tensor) and x.requires_grad and x.shape == SHAPE:
            assert last(x.grad)


def test_the_check_itself():
    assert last(image())
    assert not last(fastnn.tensor(numbers(*SHAPE)))
    assert image().clone()._array.strides == image()._array.strides


UNARY = [*algebraic.__all__, *transcendental.__all__]


@pytest.mark.parametrize("name", [*UNARY, *piecewise.__all__, *smooth.__all__])
def test_unary(name):
    check(getattr(F, name), image())


BINARY = [*arithmetic.__all__, *choose.__all__, *power.__all__]
BINARY = [n for n in BINARY if n not in ("clamp", "clip", "fill", "lerp", "rsub", "where")]
BINARY = [n for n in BINARY if not n.startswith("addc")]


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize(
    "other",
    [
        lambda: image(1),
        lambda: 2.0,
        lambda: fastnn.tensor(numbers(1, 6, 1, 1, low=0.5).astype("f4"), requires_grad=True),
        lambda: fastnn.tensor(numbers(2, 6, 1, 1, low=0.5).astype("f4"), requires_grad=True),
        lambda: fastnn.tensor(numbers(6, 1, 1, low=0.5).astype("f4"), requires_grad=True),
        lambda: fastnn.tensor(numbers(2, 1, 3, 5, low=0.5).astype("f4"), requires_grad=True),
        lambda: fastnn.tensor(numbers(*SHAPE, low=0.5).astype("f4")),
    ],
    ids=["image", "number", "channels", "samples", "trailing", "pixels", "C order"],
)
def test_binary(name, other):
    check(getattr(F, name), image(), other())


@pytest.mark.parametrize("name", ["add", "mul", "sub", "div", "maximum"])
def test_the_first_operand_determines_the_format(name):
    op = getattr(F, name)
    plain = fastnn.tensor(numbers(*SHAPE).astype("f4"))
    assert last(op(image(), plain))
    assert op(plain, image())._array.flags.c_contiguous
    bias = fastnn.tensor(numbers(1, 6, 1, 1).astype("f4"))
    assert last(op(bias, image()))
    assert last(op(2.0, image()))


@pytest.mark.parametrize("name", [n for n in compare.__all__ if n.startswith("l")])
def test_comparisons(name):
    args = (image(),) if name == "logical_not" else (image(), image(1))
    y = getattr(F, name)(*args)
    assert y._array.strides == tuple(n // 8 for n in ORDER)


def test_more_inputs():
    check(lambda x: F.clamp(x, 0.2, 0.7), image())
    check(lambda x, y: F.where(x > y, x, y), image(), image(1))
    check(lambda x: F.where(x > image(1), x, 0.0), image())
    check(lambda x, y: F.lerp(x, y, 0.3), image(), image(1))
    check(lambda x, y, z: F.addcmul(x, y, z), image(), image(1), image(2))
    check(lambda x, y, z: F.addcdiv(x, y, z), image(), image(1), image(2))
    check(lambda x: x.to("float64"), image())
    check(lambda x: x.clone(), image())
    check(lambda x: x + x * x, image())
    check(lambda x: x**2 - x**0.5, image())
    check(lambda x: -x / 3 + 1, image())


def test_new_tensors_like_an_image():
    x = image()
    for make in (F.empty_like, F.zeros_like, F.ones_like, F.rand_like, F.randn_like):
        assert last(make(x)), make.__name__
    assert last(F.full_like(x, 2.0))


def test_changes_in_place():
    x = fastnn.tensor(image()._array)
    memory = x._array
    x += image(1).detach()
    x *= fastnn.tensor(numbers(1, 6, 1, 1).astype("f4"))
    F.relu(x, inplace=True)
    x.add_(1.0).clamp_(0.0, 2.0)
    assert x._array is memory
    assert last(x)


MODULES = [
    nn.BatchNorm2d(6),
    nn.BatchRenorm2d(6),
    nn.GroupNorm(2, 6),
    nn.InstanceNorm2d(6),
    nn.LocalResponseNorm(3),
    nn.Dropout(0.5),
    nn.Dropout2d(0.5),
    nn.AlphaDropout(0.5),
    nn.FeatureAlphaDropout(0.5),
    nn.Sequential(nn.BatchNorm2d(6), nn.ReLU(), nn.Dropout2d(), nn.GELU()),
]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("module", MODULES, ids=repr)
def test_modules(module, training):
    check(module.train(training), image())


def test_fused_residuals():
    norm = nn.BatchNorm2d(6)
    check(lambda x, add: norm(x, "relu", add), image(), image(1))
    check(lambda x, add: norm(x, residual=add), image(), image(1))
    check(lambda x: norm(x, "relu", fastnn.tensor(numbers(*SHAPE).astype("f4"))), image())


def test_sums_of_gradients():
    """The gradients of a tensor that is used several times are summed in its memory format."""

    def block(x):
        a = F.relu(x)
        return a * 2 + a * a + F.tanh(a) + x

    check(block, image())

    def squeeze_and_excite(x):
        return x * F.sigmoid(x.mean((2, 3), keepdim=True)) + x

    check(squeeze_and_excite, image())
    x = image()
    y = F.relu(x) * 2
    (y * y).sum().backward()
    assert last(x.grad)
    x = image()
    (F.relu(x) * 2).mean((2, 3)).backward(fastnn.ones(2, 6))
    assert last(x.grad)
    x = image()
    (x * 3).flatten(1).backward(fastnn.ones(2, 90))
    assert x.grad.shape == SHAPE


def test_gradients_take_the_format_of_the_input():
    for op in (F.relu, F.tanh, F.gelu, nn.BatchNorm2d(6), nn.GroupNorm(2, 6), F.square):
        x = image()
        op(x).backward(fastnn.tensor(numbers(*SHAPE).astype("f4")))
        assert last(x.grad)


def test_parameters_of_channels_get_their_gradients():
    """The gradient of a bias (1, C, 1, 1) sums over all other axes in any format."""
    b = fastnn.tensor(numbers(1, 6, 1, 1), requires_grad=True)
    dy = numbers(*SHAPE, seed=3)
    for order in (np.array, channels_last):
        b.grad = None
        (image(dtype="float64") + b).backward(fastnn.tensor(order(dy)))
        np.testing.assert_allclose(b.grad, dy.sum((0, 2, 3), keepdims=True), rtol=1e-12)


def test_empty_and_single_axes():
    """If both formats coincide, strides do not matter and nothing fails."""
    for shape in ((2, 1, 3, 4), (2, 5, 1, 1), (0, 3, 4, 4), (2, 3, 0, 4), (1, 1, 1, 1)):
        x = fastnn.tensor(channels_last(numbers(*shape)), requires_grad=True)
        y = F.relu(x) + x
        y.backward(fastnn.tensor(channels_last(numbers(*shape, seed=1))))
        assert x.grad.shape == shape
