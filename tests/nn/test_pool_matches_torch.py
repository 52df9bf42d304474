"""Pooling layers match PyTorch for random combinations of options."""

import numpy as np
import pytest

import fastnn
from fastnn import nn

torch = pytest.importorskip("torch", reason="PyTorch, the second reference, is not installed")

COUNT = 60  # random combinations of each layer


def number(rng, low, high, axes):
    """An int, or one for each axis."""
    if rng.random() < 0.5:
        return int(rng.integers(low, high + 1))
    return tuple(int(n) for n in rng.integers(low, high + 1, axes))


def windows(rng, axes):
    kernel = number(rng, 1, 4, axes)
    stride = None if rng.random() < 0.3 else number(rng, 1, 4, axes)
    most = min(kernel if isinstance(kernel, tuple) else (kernel,)) // 2
    return {"kernel_size": kernel, "stride": stride, "padding": number(rng, 0, most, axes)}


def coin(rng):
    return bool(rng.random() < 0.5)


def options_of(kind, rng, axes):
    if kind == "MaxPool":
        extra = {"dilation": number(rng, 1, 3, axes), "ceil_mode": coin(rng)}
        return windows(rng, axes) | extra | {"return_indices": coin(rng)}
    if kind == "AvgPool":
        extra = {"ceil_mode": coin(rng), "count_include_pad": coin(rng)}
        if axes > 1 and coin(rng):
            extra["divisor_override"] = int(rng.integers(1, 9))
        return windows(rng, axes) | extra
    if kind == "LPPool":
        found = windows(rng, axes)
        del found["padding"]
        if axes == 1 and isinstance(found["kernel_size"], tuple):
            found["kernel_size"] = found["kernel_size"][0]  # PyTorch accepts only an int here
        return found | {"norm_type": int(rng.integers(1, 4)), "ceil_mode": coin(rng)}
    sizes = [None if rng.random() < 0.3 else int(rng.integers(1, 8)) for _ in range(axes)]
    size = tuple(sizes) if coin(rng) or axes == 1 else int(rng.integers(1, 8))
    found = {"output_size": size[0] or 3 if axes == 1 else size}
    return found | ({"return_indices": coin(rng)} if "Max" in kind else {})


def image(rng, axes):
    shape = (*rng.integers(1, 21, 1), *rng.integers(4, 10, axes))
    x = rng.permutation(int(np.prod(shape))).reshape(shape) / 64.0 + 0.25
    if coin(rng):
        return x
    x = np.stack([x, x[::-1] * 0.5])
    return x if coin(rng) else np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)


def compared(ours, theirs, x, dy_seed):
    a, b = fastnn.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    try:
        want = theirs(b)
    except RuntimeError as error:
        with pytest.raises(ValueError, match=r"larger than the padded input|at least|at most"):
            ours(a)
        return str(error)
    got = ours(a)
    if isinstance(want, tuple):
        np.testing.assert_array_equal(got[1], want[1].numpy())
        got, want = got[0], want[0]
    np.testing.assert_allclose(got.detach(), want.detach().numpy(), rtol=1e-12, atol=1e-12)
    dy = np.random.default_rng(dy_seed).standard_normal(got.shape)
    got.backward(fastnn.tensor(dy))
    want.backward(torch.tensor(dy))
    np.testing.assert_allclose(a.grad, b.grad.numpy(), rtol=1e-10, atol=1e-10)
    return ""


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize(
    "kind", ["MaxPool", "AvgPool", "LPPool", "AdaptiveAvgPool", "AdaptiveMaxPool"]
)
def test_layer(kind, axes):
    rng = np.random.default_rng(axes)
    refused = 0
    for i in range(COUNT):
        options = options_of(kind, rng, axes)
        ours = getattr(nn, f"{kind}{axes}d")(**options)
        theirs = getattr(torch.nn, f"{kind}{axes}d")(**options)
        assert repr(ours) == repr(theirs)
        refused += compared(ours, theirs, image(rng, axes), i) != ""
    assert refused < COUNT / 2


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_unpool(axes):
    rng = np.random.default_rng(axes)
    for _ in range(COUNT):
        kernel = number(rng, 1, 3, axes)
        x = image(rng, axes)
        pool = getattr(torch.nn, f"MaxPool{axes}d")(kernel, return_indices=True)
        y, indices = pool(torch.tensor(x))
        ours = getattr(nn, f"MaxUnpool{axes}d")(kernel)
        theirs = getattr(torch.nn, f"MaxUnpool{axes}d")(kernel)
        assert repr(ours) == repr(theirs)
        size = x.shape if coin(rng) else x.shape[-axes:]
        a = fastnn.tensor(y.numpy(), requires_grad=True)
        b = y.detach().clone().requires_grad_()
        got, want = ours(a, indices.numpy(), size), theirs(b, indices, x.shape[-axes:])
        np.testing.assert_array_equal(got.detach(), want.detach().numpy())
        dy = rng.standard_normal(got.shape)
        got.backward(fastnn.tensor(dy))
        want.backward(torch.tensor(dy))
        np.testing.assert_array_equal(a.grad, b.grad.numpy())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nan(dtype):
    """NaN and its index match PyTorch's, also for a window of -inf."""
    x = np.random.default_rng(0).integers(0, 4, (3, 20, 12, 11)).astype(dtype)
    choice = np.random.default_rng(1).random(x.shape)
    x[choice < 0.05] = np.nan
    x[choice > 0.9] = -np.inf
    x[0, 0] = -np.inf
    for options in ((3, 2, 1), (2, 2), (3, 1, 1, 2)):
        got = fastnn.max_pool2d(x, *options, return_indices=True)
        want = torch.nn.functional.max_pool2d(torch.tensor(x), *options, return_indices=True)
        for g, w in zip(got, want):
            np.testing.assert_array_equal(g, w.numpy())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("axes", [2, 3])
def test_fractional(axes, dtype):
    """Values, indices and gradients, also of equal numbers, of NaN and of windows of -inf."""
    rng = np.random.default_rng(axes)
    name = f"fractional_max_pool{axes}d"
    for i in range(COUNT):
        kernel = rng.integers(1, 4, axes)
        # PyTorch refuses the smallest volumes that would do.
        sizes = rng.integers(1, 7, axes)
        plane = kernel + sizes - 1 + rng.integers(axes - 2, 5, axes)
        x = rng.standard_normal((int(rng.integers(1, 3)), 3, *plane)).astype(dtype)
        x = np.round(x) if i % 5 == 0 else x
        x[rng.random(x.shape) < 0.2 * (i % 7 == 0)] = np.nan
        x[rng.random(x.shape) < 0.7 * (i % 11 == 0)] = -np.inf
        u = rng.random((*x.shape[:2], axes)).astype(dtype)
        if i % 3 == 0:
            x, u = x[0], u[:1]
        a, b = fastnn.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        options = tuple(kernel.tolist()), tuple(sizes.tolist()), None, True
        got = getattr(fastnn.nn.functional, name)(a, *options, u)
        want = getattr(torch.nn.functional, name)(b, *options, torch.tensor(u))
        for g, w in zip(got, want):
            np.testing.assert_array_equal(g.detach(), w.detach().numpy())
        dy = rng.integers(-3, 4, got[0].shape).astype(dtype)
        got[0].backward(fastnn.tensor(dy))
        want[0].backward(torch.tensor(dy))
        np.testing.assert_array_equal(a.grad, b.grad.numpy())
