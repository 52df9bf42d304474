"""``inplace=True``: the values and gradients of the call without it, in the memory of the input."""

import numpy as np
import pytest

import fastnn
from fastnn import nn
from fastnn.nn import functional as F
from fastnn.testing import gradcheck, gradgradcheck
from tests.harness import numbers

X = numbers(3, 4, 5, 6, seed=3) * 4
W = numbers(3, 4, 5, 6, seed=5)

# Name, arguments, and the module.
CALLS = [
    ("relu", (), nn.ReLU),
    ("relu6", (), nn.ReLU6),
    ("leaky_relu", (0.2,), nn.LeakyReLU),
    ("leaky_relu", (0.0,), nn.LeakyReLU),
    ("leaky_relu", (-0.5,), nn.LeakyReLU),  # outputs are positive on both sides
    ("hardtanh", (-2.0, 1.0), nn.Hardtanh),
    ("threshold", (0.5, 0.25), nn.Threshold),
    ("threshold", (0.5, 3.0), nn.Threshold),  # what was below is above then
    ("elu", (0.5,), nn.ELU),
    ("elu", (-0.5,), nn.ELU),
    ("selu", (), nn.SELU),
    ("celu", (0.5,), nn.CELU),
    ("silu", (), nn.SiLU),
    ("mish", (), nn.Mish),
    ("hardswish", (), nn.Hardswish),
    ("hardsigmoid", (), nn.Hardsigmoid),
    ("rrelu", (0.1, 0.3), nn.RReLU),
]
functions = pytest.mark.parametrize(("name", "arguments"), [call[:2] for call in CALLS])
LAYOUTS = {
    "rows": lambda x: x * 1.0,
    "images": lambda x: (x.permute(0, 2, 3, 1).contiguous() * 1.0).permute(0, 3, 1, 2).clone(),
    "view": lambda x: (x * 1.0)[:, :],
    "steps": lambda x: (x * 1.0).transpose(1, 2)[:, ::2],
}


def leaf(dtype=np.float32):
    return fastnn.tensor(X.astype(dtype)).requires_grad_()


@functions
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_who_reads_the_input_again_gets_the_output(name, arguments, dtype, layout):
    values, grads = [], []
    for inplace in (True, False):
        x = leaf(dtype)
        h = LAYOUTS[layout](x)
        memory, strides = h._array, h._array.strides
        y = getattr(F, name)(h, *arguments, inplace=inplace)
        if inplace:
            assert y is h
            assert y._array is memory
            assert y._array.strides == strides
        w = W[tuple(map(slice, h.shape))].astype(dtype)
        (y * w + (h if inplace else y)).sum().backward()
        values.append(y.detach())
        grads.append(x.grad)
    np.testing.assert_array_equal(*values)
    np.testing.assert_array_equal(*grads)


@functions
def test_gradients_in_place(name, arguments):
    x = (0.6 + 0.25 * np.tanh(X[0, 0])) * np.sign(X[0, 0])  # away from kinks
    x = fastnn.tensor(x).requires_grad_()

    def call(x):
        h = x * 1.5
        return getattr(F, name)(h, *arguments, inplace=True) * h

    assert gradcheck(call, (x,))
    assert gradgradcheck(call, (x,))


@pytest.mark.parametrize(("name", "arguments", "module"), CALLS)
def test_modules_in_place(name, arguments, module):
    x = fastnn.tensor(X)
    want = getattr(F, name)(x, *arguments)
    layer = module(*arguments, inplace=True).eval()
    assert layer(x) is x
    np.testing.assert_array_equal(x, want)
    kept = fastnn.tensor(X)
    module(*arguments).eval()(kept)
    np.testing.assert_array_equal(kept, X)


def test_random_slopes_in_place():
    x, y = leaf(), leaf()
    for t, inplace in ((x, True), (y, False)):
        fastnn.manual_seed(4)
        F.rrelu(t * 1.0, training=True, inplace=inplace).sum().backward()
    np.testing.assert_array_equal(x.grad, y.grad)
    h = fastnn.tensor(X)
    assert nn.RReLU(inplace=True)(h) is h
    assert len(np.unique(np.asarray(h)[X < 0] / X[X < 0])) > 100


@functions
def test_what_must_not_be_overwritten(name, arguments):
    function = getattr(F, name)
    x = leaf()
    for t in (x, x[:2]):
        with pytest.raises(RuntimeError, match="leaf that requires a gradient cannot be changed"):
            function(t, *arguments, inplace=True)
    np.testing.assert_array_equal(x.detach(), X.astype(np.float32))
    h = x * 1.0
    y = h.sin()  # whose gradient needs h
    function(h, *arguments, inplace=True)
    with pytest.raises(RuntimeError, match="was changed in place"):
        y.sum().backward()
    with pytest.raises(RuntimeError, match="share one place in memory"):
        function(fastnn.ones(3, 1).expand(3, 4), *arguments, inplace=True)
    constant = np.ones(3, np.float32)
    constant.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        function(fastnn.from_numpy(constant), *arguments, inplace=True)
    with pytest.raises(TypeError, match="inplace needs a tensor, got ndarray"):
        function(X, *arguments, inplace=True)


def test_leaves_under_no_grad():
    x = leaf()
    with fastnn.no_grad():
        assert F.silu(x, inplace=True) is x
    assert x.is_leaf
    np.testing.assert_array_equal(x.detach(), F.silu(X.astype(np.float32)))


def test_integers_in_place():
    for function, want in (
        (F.relu, [0, 0, 9]),
        (F.relu6, [0, 0, 6]),
        (lambda x, inplace: F.threshold(x, 0, 4, inplace), [4, 4, 9]),
    ):
        x = fastnn.tensor([-3, 0, 9])
        assert function(x, inplace=True) is x
        assert x.tolist() == want
    with pytest.raises(RuntimeError, match="does not fit"):
        F.silu(fastnn.tensor([1, 2]), inplace=True)


def block(torch):
    """A residual block whose branch begins with an activation in place, as in Xception."""

    class Block(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = torch.nn.BatchNorm2d(4)
            self.branch = torch.nn.Sequential(
                torch.nn.ReLU(inplace=True),
                torch.nn.Conv2d(4, 4, 3, padding=1, bias=False),
                torch.nn.BatchNorm2d(4),
                torch.nn.LeakyReLU(0.1, inplace=True),
            )

        def forward(self, x):
            x = self.norm(x)
            return self.branch(x) + x

    return Block()


def step(torch, weight):
    model = block(torch)
    with torch.no_grad():
        model.branch[1].weight.copy_(torch.tensor(weight))
    x = torch.tensor(X.astype(np.float32)).requires_grad_()
    y = model(x)
    (y * torch.tensor(W.astype(np.float32))).sum().backward()
    grads = [x.grad, *(p.grad for p in model.parameters())]
    return [t.detach().numpy() for t in (y, *grads)]


def test_a_block_that_adds_its_overwritten_input():
    weight = numbers(4, 4, 3, 3, seed=7).astype(np.float32)
    y, *_ = step(fastnn, weight)
    normed = F.batch_norm(X.astype(np.float32), training=True)
    branch = F.conv2d(normed.relu(), weight, padding=1)
    branch = F.leaky_relu(F.batch_norm(branch, training=True), 0.1)
    np.testing.assert_allclose(y, (branch + normed.relu()).detach(), rtol=1e-4, atol=1e-5)


def test_the_block_matches_torch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    weight = numbers(4, 4, 3, 3, seed=7).astype(np.float32)
    for got, want in zip(step(fastnn, weight), step(torch, weight)):
        np.testing.assert_allclose(got, want, rtol=1e-3, atol=1e-4)


def test_kernels_overwrite():
    x = X.astype(np.float32)
    y = x.copy()
    assert fastnn.kernels.silu(y, overwrite=True) is y
    np.testing.assert_array_equal(y, fastnn.kernels.silu(x))
    steps = x.copy()
    fastnn.kernels.elu(steps[:, ::2], 0.5, overwrite=True)
    np.testing.assert_array_equal(steps[:, ::2], fastnn.kernels.elu(x[:, ::2], 0.5))
    np.testing.assert_array_equal(steps[:, 1::2], x[:, 1::2])
    for bad in (np.broadcast_to(x[:1], x.shape), np.lib.stride_tricks.as_strided(x, (4,), (0,))):
        with pytest.raises(ValueError, match="relu: overwrite needs an input with writable"):
            fastnn.kernels.relu(bad, overwrite=True)
    with pytest.raises(TypeError, match="relu: input must have dtype float32 or float64"):
        fastnn.kernels.relu(np.arange(3), overwrite=True)
