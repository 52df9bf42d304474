"""Convolution and padding layers: values, gradients and behaviour as in PyTorch."""

import copy
import pickle

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from benches.checks.conv_fuzz import LAYERS, OPS, compare_layer, compare_op, draw_layer, draw_op
from fastnn import nn
from tests.harness import numbers

KINDS = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="PyTorch, the second reference, is not installed")


# Of the options that benches/checks/conv_fuzz.py goes through.
@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("seed", range(240))
def test_operation_matches_torch(torch, seed):
    compare_op(draw_op(OPS[seed % len(OPS)], seed))


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("seed", range(60))
def test_layer_matches_torch(torch, seed):
    compare_layer(draw_layer(LAYERS[seed % len(LAYERS)], seed))


@pytest.mark.parametrize(
    ("kind", "args", "options"),
    [
        ("Conv1d", (4, 6, 3), {}),
        ("Conv2d", (4, 6, (3, 2)), {"stride": 2, "padding": (1, 0), "bias": False}),
        ("Conv2d", (4, 6, 3), {"padding": "same", "groups": 2, "padding_mode": "reflect"}),
        ("Conv3d", (4, 6, 3), {"dilation": (1, 2, 1), "padding": "valid"}),
        ("ConvTranspose1d", (4, 6, 3), {"stride": 2, "output_padding": 1}),
        ("ConvTranspose2d", (4, 6, 3), {"groups": 2, "dilation": 2, "padding": 1}),
        ("ConvTranspose3d", (4, 6, (1, 2, 3)), {"bias": False}),
    ],
)
def test_matches_torch(torch, kind, args, options):
    """Names, shapes and bounds of parameters, and how it is printed."""
    ours, theirs = getattr(nn, kind)(*args, **options), getattr(torch.nn, kind)(*args, **options)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for p, q in zip(ours.parameters(), theirs.parameters()):
        assert p.shape == tuple(q.shape)
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    for name in ("kernel_size", "stride", "padding", "dilation", "output_padding", "groups"):
        assert getattr(ours, name) == getattr(theirs, name)


@pytest.mark.parametrize("kind", KINDS)
def test_parameters(kind):
    fastnn.manual_seed(0)  # of twelve biases one is most often, not always, near the bound
    axes = int(kind[-2])
    layer = getattr(nn, kind)(8, 12, 3, groups=2)
    fan_in = layer.weight.shape[1] * 3**axes
    bound = 1 / np.sqrt(fan_in)
    for p in (layer.weight, layer.bias):
        assert 0.7 * bound < np.abs(p._array).max() <= bound
    before = layer.weight._array.copy()
    layer.reset_parameters()
    assert (layer.weight._array != before).any()
    assert layer.weight.dtype == np.float32
    assert getattr(nn, kind)(8, 12, 3, dtype=fastnn.float64).weight.dtype == np.float64


@pytest.mark.parametrize("kind", KINDS)
def test_copies_and_pickles(kind):
    layer = getattr(nn, kind)(4, 4, 3, activation="relu")
    x = fastnn.randn(2, 4, *[6] * int(kind[-2]))
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        np.testing.assert_array_equal(other(x).detach(), layer(x).detach())
    assert "activation='relu'" in repr(layer)


@pytest.mark.parametrize(
    ("error", "match", "args", "options"),
    [
        (
            ValueError,
            "Conv2d: groups must divide in_channels, got 3 groups and 4",
            (4, 6, 3),
            {"groups": 3},
        ),
        (
            ValueError,
            "groups must divide out_channels, got 4 groups and 6",
            (4, 6, 3),
            {"groups": 4},
        ),
        (ValueError, "groups must be at least 1, got 0", (4, 6, 3), {"groups": 0}),
        (ValueError, "kernel_size must be at least 1, got 0", (4, 6, 0), {}),
        (ValueError, r"kernel_size must be an int or a tuple of 2, got \(3,\)", (4, 6, (3,)), {}),
        (TypeError, "kernel_size must be an int or a tuple of ints, got 1.5", (4, 6, 1.5), {}),
        (ValueError, "stride must be at least 1, got 0", (4, 6, 3), {"stride": 0}),
        (ValueError, r"padding must be at least 0, got \(0, -1\)", (4, 6, 3), {"padding": (0, -1)}),
        (ValueError, "padding must be 'same', 'valid', an int", (4, 6, 3), {"padding": "full"}),
        (ValueError, "padding='same' needs a stride", (4, 6, 3), {"padding": "same", "stride": 2}),
        (
            ValueError,
            "padding_mode must be one of 'zeros', 'reflect'",
            (4, 6, 3),
            {"padding_mode": "x"},
        ),
        (
            ValueError,
            "activation must be None or one of 'step', 'relu', .*, got 'swoosh'",
            (4, 6, 3),
            {"activation": "swoosh"},
        ),
    ],
)
def test_wrong_arguments(error, match, args, options):
    with pytest.raises(error, match=match):
        nn.Conv2d(*args, **options)


def test_one_number_for_all_axes_in_a_list():
    layer = nn.Conv2d(4, 6, 3, stride=[2], padding=(1,), dilation=[1])
    assert (layer.stride, layer.padding, layer.dilation) == ((2, 2), (1, 1), (1, 1))


def test_wrong_arguments_of_transposes():
    with pytest.raises(ValueError, match="padding_mode must be one of 'zeros', got 'reflect'"):
        nn.ConvTranspose2d(4, 6, 3, padding_mode="reflect")
    with pytest.raises(TypeError, match="ConvTranspose1d: padding must be an int"):
        nn.ConvTranspose1d(4, 6, 3, padding="same")
    layer = nn.ConvTranspose2d(4, 6, 3, stride=2)
    x = fastnn.zeros(1, 4, 5, 5)
    with pytest.raises(ValueError, match="output_size must lie between 11 and 12 along axis 1"):
        layer(x, output_size=(11, 13))
    with pytest.raises(ValueError, match="output_size must have 2 numbers, or as many as the in"):
        layer(x, output_size=(11, 12, 13))
    assert layer(x, output_size=(12, 11)).shape == (1, 6, 12, 11)
    assert layer(x, output_size=(1, 6, 12, 11)).shape == (1, 6, 12, 11)
    assert layer(x[0], output_size=(12, 11)).shape == (6, 12, 11)
    with pytest.raises(ValueError, match="conv2d: weight must have 4 dimensions"):
        F.conv2d(fastnn.zeros(1, 2, 3, 3), fastnn.zeros(2, 2, 3))


def test_wrong_input_names_the_operation():
    with pytest.raises(
        ValueError,
        match=r"conv2d: input must have 3 channels \(groups=1 times those of the weight's",
    ):
        F.conv2d(fastnn.zeros(1, 4, 8, 8), fastnn.zeros(4, 3, 3, 3))
    with pytest.raises(ValueError, match="Conv2d: the kernel must not be larger than the padded"):
        nn.Conv2d(3, 4, 3)(fastnn.zeros(1, 3, 2, 8))
    with pytest.raises(ValueError, match="Conv2d: reflect of dim 3 of size 2"):
        nn.Conv2d(3, 4, 7, padding=3, padding_mode="reflect")(fastnn.zeros(1, 3, 8, 2))


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
@pytest.mark.parametrize("padding", [1, "same", "valid", (2, 1)])
def test_padding_modes(mode, padding):
    """A layer that pads is `pad`, then a layer that does not."""
    layer = nn.Conv2d(3, 4, (2, 3), padding=padding, padding_mode=mode, dtype=np.float64)
    x = fastnn.tensor(numbers(2, 3, 6, 5))
    widths = {1: (1, 1, 1, 1), "same": (1, 1, 0, 1), "valid": (0,) * 4, (2, 1): (1, 1, 2, 2)}
    padded = F.pad(x, widths[padding], "constant" if mode == "zeros" else mode)
    want = F.conv2d(padded, layer.weight, layer.bias)
    np.testing.assert_allclose(layer(x).detach(), want.detach(), atol=1e-12)


PADS = [
    (name, axes)
    for name in ("ConstantPad", "ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad")
    for axes in (1, 2, 3)
]


@pytest.mark.parametrize("batched", [True, False])
@pytest.mark.parametrize(("name", "axes"), PADS)
def test_padding_layers_matches_torch(torch, name, axes, batched):
    x = numbers(*((2, 3) if batched else (3,)), *(5, 4, 6)[:axes])
    value = (1.5,) if name == "ConstantPad" else ()
    each = tuple([1, 2, 0, 3, 2, 1][: 2 * axes])
    for padding in (0, 2, each, (-1, 2, 1, -1, 0, 0)[: 2 * axes]):
        if (
            isinstance(padding, tuple)
            and min(padding) < 0
            and name not in ("ConstantPad", "ZeroPad")
        ):
            continue
        ours = getattr(nn, f"{name}{axes}d")(padding, *value)
        theirs = getattr(torch.nn, f"{name}{axes}d")(padding, *value)
        assert repr(ours) == repr(theirs)
        a, b = fastnn.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        y, z = ours(a), theirs(b)
        np.testing.assert_array_equal(y.detach(), z.detach())
        dy = numbers(*y.shape, seed=1)
        y.backward(fastnn.tensor(dy))
        z.backward(torch.tensor(dy))
        np.testing.assert_allclose(a.grad, b.grad, atol=1e-14)


@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular"])
def test_padding_keeps_the_order_in_memory(mode):
    x = np.moveaxis(numbers(2, 5, 6, 3), -1, 1)
    t = fastnn.tensor(np.zeros(1), requires_grad=True)
    t._array = x  # a leaf that lies channels-last
    y = F.pad(t, (1, 2, 2, 1), mode)
    assert np.moveaxis(y._array, 1, -1).flags.c_contiguous
    dy = np.moveaxis(numbers(2, 8, 9, 3, seed=1), -1, 1)
    assert dy.shape == y.shape
    (dx,) = y.node.backward(y.node, dy)
    if mode != "constant":
        assert np.moveaxis(dx, 1, -1).flags.c_contiguous
    plain = fastnn.tensor(np.ascontiguousarray(x), requires_grad=True)
    again = F.pad(plain, (1, 2, 2, 1), mode)
    np.testing.assert_array_equal(y.detach(), again.detach())
    again.backward(fastnn.tensor(np.ascontiguousarray(dy)))
    np.testing.assert_allclose(dx, plain.grad)


def test_wrong_padding():
    with pytest.raises(ValueError, match=r"ZeroPad2d: padding must be an int or a tuple of 4, got"):
        nn.ZeroPad2d((1, 2))
    with pytest.raises(TypeError, match="ReflectionPad1d: padding must be an int or a tuple of in"):
        nn.ReflectionPad1d(1.5)
    with pytest.raises(ValueError, match="ReflectionPad1d: reflect of dim 1 of size 3 reaches 2"):
        nn.ReflectionPad1d(3)(fastnn.zeros(1, 3))
    with pytest.raises(ValueError, match="CircularPad1d: circular of dim 1 of size 3 reaches 3"):
        nn.CircularPad1d(4)(fastnn.zeros(1, 3))


def channels_last(x):
    return np.moveaxis(x, 1, -1).flags.c_contiguous


def test_nothing_is_reordered_between_layers():
    """A network's activations, and their gradients, stay channels-last."""
    layers = [
        nn.Conv2d(3, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=1, groups=8),
        nn.GELU(),
        nn.ReflectionPad2d(1),
        nn.Conv2d(8, 12, 3, padding=1, padding_mode="circular"),
        nn.Tanh(),
        nn.ConvTranspose2d(12, 6, 2, stride=2),
        nn.LeakyReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 5, 1),
        nn.Dropout(0.3),
    ]
    ordered, copies = [], []
    for given in (np.ascontiguousarray, lambda x: np.moveaxis(np.moveaxis(x, 1, -1).copy(), -1, 1)):
        x = fastnn.tensor(np.zeros(0, "f4"), requires_grad=True)
        x._array = given(numbers(2, 3, 10, 11).astype("f4"))
        with fastnn.profile() as prof:
            y = x
            for layer in layers:
                y = layer(y)
                assert channels_last(y._array), layer
                y.register_hook(
                    lambda dy, layer=layer: ordered.append((layer, channels_last(dy._array)))
                )
            dy = np.moveaxis(numbers(2, *y.shape[2:], 5).astype("f4"), -1, 1)
            (y * fastnn.from_numpy(dy)).sum().backward()
        copies.append([event.name for event in prof.events].count("copy"))
    # Sixteen of paddings, and four of dropout, which draws in C order; of pictures in C order three
    # more: for the first layer, for the gradient of its weight, and for their own.
    assert copies == [20 + 3, 20]
    assert len(ordered) == 2 * len(layers)
    assert [layer for layer, last in ordered if not last] == []
