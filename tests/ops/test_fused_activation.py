"""A fused activation has the bits of a separate call of the activation."""

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import _core, nn
from tests.harness import isa, isa_levels, numbers

KNOWN = _core.config.activations()  # the names, with those of the parameters
ACTIVATIONS = [
    *KNOWN,
    ("step", 0.5),
    ("leaky_relu", 0.3),
    ("hardtanh", -0.2, 2.0),
    ("elu", 1.5),
    ("softplus", 2.0, 3.0),
    ("hardshrink", 0.2),
    ("softshrink", 0.2),
    ("threshold", 0.1, -0.3),
]
# NaN, infinities, signed zeros, denormals, overflow and underflow of exp, for weights 1 and 0.
SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, -1e-40, 5e-324, 90.0, -90.0, 750.0, -750.0]


def called(x, activation):
    """A separate call of the activation."""
    name, *params = (activation,) if isinstance(activation, str) else activation
    if name == "gelu_tanh":
        return fastnn.gelu(x, "tanh")
    if name == "threshold" and not params:
        params = (0.0, 0.0)  # the kernel's
    return getattr(fastnn, name)(x, *params)


def linear(x, w, b, **options):
    return F.linear(x, w, b, **options)


def narrow(x, w, b, **options):
    """One output column, for which the kernels compute the transposed product."""
    return F.linear(x, w[:1], b[:1], **options)


def conv(*size, **more):
    """A convolution of images with the elements of x."""

    def op(x, w, b, **options):
        c = x.shape[1]
        images = x.reshape(1, c, *size)
        kernel = w.reshape(w.shape[0], c, *[1] * len(size))
        if more.get("wide"):
            kernel = fastnn.cat([kernel] * 3, dim=-1)
            return F.conv2d(images, kernel, b, padding=(0, 1), **options)
        return getattr(F, f"conv{len(size)}d")(images, kernel, b, **options)

    return op


def depthwise(x, w, b, **options):
    c = x.shape[1]
    images = x.reshape(1, c, x.shape[0], 1)
    return F.conv2d(images, w.diagonal().reshape(c, 1, 1, 1), b, groups=c, **options)


def conv_transposed(x, w, b, **options):
    images = x.reshape(1, x.shape[1], x.shape[0])
    return F.conv_transpose1d(images, w.reshape(*w.shape, 1), b, stride=2, **options)


def batch_norm(x, w, b, **options):
    return F.batch_norm(x, None, None, w.diagonal(), b, True, **options)


def batch_norm_of_one(x, w, b, **options):
    """One sample, whose statistics the group norm kernels compute."""
    return F.batch_norm(x.reshape(1, *x.shape), None, None, None, None, True, **options)


def running(x, w, b, **options):
    mean, var = fastnn.zeros_like(b).detach(), fastnn.ones_like(b).detach()
    return F.batch_norm(x, mean, var, w.diagonal(), b, False, **options)


def batch_renorm(x, w, b, **options):
    mean, var = fastnn.zeros_like(b).detach(), fastnn.ones_like(b).detach()
    return F.batch_renorm(x, mean, var, w.diagonal(), b, True, **options)


def group_norm(x, w, b, **options):
    return F.group_norm(x, 2, w.diagonal(), b, **options)


def instance_norm(x, w, b, **options):
    return F.instance_norm(x.reshape(4, x.shape[1], -1), None, None, w.diagonal(), b, **options)


def layer_norm(x, w, b, **options):
    return F.layer_norm(x, x.shape[-1], w.diagonal(), b, **options)


def rms_norm(x, w, b, **options):
    return F.rms_norm(x, x.shape[-1], w.diagonal(), **options)


ROWS, FEATURES = 20, 6
OPS = {
    "linear": linear,
    "narrow": narrow,
    "conv1d": conv(ROWS),
    "conv2d": conv(4, 5),
    "winograd-like": conv(4, 5, wide=True),
    "conv3d": conv(2, 2, 5),
    "depthwise": depthwise,
    "conv_transpose1d": conv_transposed,
    "batch_norm": batch_norm,
    "batch_norm of one": batch_norm_of_one,
    "running": running,
    "batch_renorm": batch_renorm,
    "group_norm": group_norm,
    "instance_norm": instance_norm,
    "layer_norm": layer_norm,
    "rms_norm": rms_norm,
}


def operands(dtype, special):
    """x, w and b; with `special`, weights of ones pass special values on to the activation."""
    x = numbers(ROWS, FEATURES, low=-6, high=6).astype(dtype)
    w = numbers(FEATURES, FEATURES, low=-1, high=1, seed=1).astype(dtype)
    if special:
        w = np.eye(FEATURES, dtype=dtype)
        with np.errstate(over="ignore"):
            # At most one value per row, because infinity times 0 is NaN.
            x[: len(SPECIAL), 0] = np.asarray(SPECIAL).astype(dtype)
    b = numbers(FEATURES, low=-1, high=1, seed=2).astype(dtype)
    return [fastnn.tensor(a, requires_grad=True) for a in (x, w, b)]


def results(op, activation, fused, dtype, special):
    """The output without gradients, the output with gradients, and the gradients."""
    given = operands(dtype, special)

    def compute():
        if fused:
            return op(*given, activation=activation)
        return called(op(*given), activation)

    with fastnn.no_grad():
        found = [compute()]
    y = compute()
    dy = np.sin(np.arange(y.numel())).reshape(y.shape).astype(dtype)
    y.backward(fastnn.tensor(dy))
    return [*found, y.detach(), *[g.grad for g in given if g.grad is not None]]


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
@pytest.mark.parametrize("op", OPS)
def test_same_bits(op, activation):
    for level in isa_levels():
        with isa(level):
            for dtype in (np.float32, np.float64):
                for special in (False, True):
                    fused = results(OPS[op], activation, True, dtype, special)
                    apart = results(OPS[op], activation, False, dtype, special)
                    assert len(fused) == len(apart)
                    for a, b in zip(fused, apart, strict=True):
                        same(a.numpy(), b.numpy())


def same(a, b):
    """Whether bits are equal; any two NaNs are equal."""
    np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(np.signbit(a) | np.isnan(a), np.signbit(b) | np.isnan(b))


@pytest.mark.parametrize("activation", ["relu", "gelu", "tanh", ("leaky_relu", 0.1)], ids=str)
@pytest.mark.parametrize("residual", [False, True])
def test_large(activation, residual):
    """More than one chunk, and large enough for non-temporal stores."""
    x = fastnn.tensor(numbers(40, 64, 30, 30).astype(np.float32))
    more = {"residual": fastnn.tensor(numbers(*x.shape, seed=1).astype(np.float32))}
    more = more if residual else {}
    w = fastnn.tensor(numbers(64, 1, 3, 3, seed=2).astype(np.float32))
    for op in (
        lambda **o: F.batch_norm(x, training=True, **more, **o),
        lambda **o: F.conv2d(x, w, padding=1, groups=64, **more, **o),
    ):
        same(op(activation=activation).numpy(), called(op(), activation).numpy())


@pytest.mark.parametrize("shape", [(300, 700, 90), (1, 3000, 700), (3, 50, 5000), (1100, 3, 900)])
def test_every_path_of_gemm(shape):
    """Tiles, dot products, skinny products and split sums, each followed by the activation."""
    m, k, n = shape
    x = fastnn.tensor(numbers(m, k).astype(np.float32), requires_grad=True)
    w = fastnn.tensor(numbers(n, k, seed=1).astype(np.float32))
    for activation in ("relu", "silu", ("elu", 0.5)):
        for weight in (w, fastnn.tensor(np.asfortranarray(w.numpy()))):
            same(
                F.linear(x, weight, activation=activation).detach().numpy(),
                called(F.linear(x, weight), activation).detach().numpy(),
            )


# -- names ---------------------------------------------------------------------------------------


def test_each_activation_has_kernels_and_a_module():
    for name, parameters in KNOWN.items():
        forward, backward = getattr(_core, name), getattr(_core, f"{name}_backward")
        for parameter in parameters:
            assert f"{parameter}: " in forward.__doc__
            assert f"{parameter}: " in backward.__doc__
    asked = set()
    for kind in vars(nn).values():
        if isinstance(kind, type) and issubclass(kind, nn.activation.Pointwise):
            fused = (kind(0.0, 0.0) if kind is nn.Threshold else kind()).fused
            name, *params = (fused,) if isinstance(fused, str) else fused
            assert len(params) <= len(KNOWN[name])
            asked.add(name)
    assert asked == set(KNOWN) - {"gelu_tanh"}
    assert nn.GELU("tanh").fused == "gelu_tanh"


@pytest.mark.parametrize(
    ("activation", "match"),
    [
        ("swoosh", "linear: activation must be None, 'step', .* or '\\w+', got 'swoosh'"),
        (("relu", 1.0), "linear: the activation 'relu' takes 0 parameters, got 1"),
        (("softplus", 1.0, 2.0, 3.0), "linear: the activation 'softplus' takes 2 parameters"),
        (("hardtanh", 1.0, 0.0), "linear: min_val must not exceed max_val, got 1 and 0"),
    ],
)
def test_invalid_names_and_parameters(activation, match):
    with pytest.raises(ValueError, match=match):
        F.linear(fastnn.ones(2, 2), fastnn.ones(2, 2), activation=activation)


@pytest.mark.parametrize("activation", [3, (), (3, 1.0), ("leaky_relu", "0.1")])
def test_values_that_are_not_activations(activation):
    with pytest.raises(TypeError, match=r"linear: .*activation .*must be"):
        F.linear(fastnn.ones(2, 2), fastnn.ones(2, 2), activation=activation)


def test_layers_reject_unknown_activations():
    with pytest.raises(ValueError, match="Linear: activation must be None or one of 'step'"):
        nn.Linear(2, 2, activation="swoosh")
    with pytest.raises(ValueError, match="Conv1d: the activation 'relu' takes 0 parameters, got 1"):
        nn.Conv1d(2, 2, 1, activation=("relu", 0.1))


def test_default_parameters():
    x = fastnn.tensor([[-2.0, 3.0]])
    w = fastnn.eye(2)
    for name in ("leaky_relu", "hardtanh", "elu", "softplus", "step"):
        for activation in (name, (name,)):
            same(F.linear(x, w, activation=activation).numpy(), called(x, name).numpy())
