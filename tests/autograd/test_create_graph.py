"""Gradients that have a graph: second and third derivatives, and functions made of them."""

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn.autograd import functional
from fastnn.testing import assert_close, gradcheck, gradgradcheck
from tests.harness import numbers

pytestmark = pytest.mark.any_threading


def leaf(*shape, seed=0, positive=False):
    x = numbers(*shape, seed=seed).astype(np.float64)
    return fastnn.from_numpy(np.abs(x) + 0.4 if positive else x).requires_grad_()


IDS = fastnn.tensor([1, 3, 0])
CLASS_WEIGHTS = fastnn.tensor([0.5, 1.0, 2.0, 0.3], dtype=fastnn.float64)
MIXED = F.softmax(leaf(3, 4, seed=9), 1).detach()

NAMES = [
    *("square", "reciprocal", "sqrt", "rsqrt", "exp", "expm1", "log", "log1p", "log2", "log10"),
    *("sin", "cos", "tan", "sinh", "cosh", "tanh", "erf", "atan", "sigmoid"),
]
BENT = [
    *("relu", "leaky_relu", "hardtanh", "elu", "selu", "celu", "gelu", "silu", "softplus"),
    *("mish", "hardswish", "softsign", "tanhshrink", "hardshrink", "softshrink"),
    *("logsigmoid", "hardsigmoid", "relu6"),
]
UNARY = {name: lambda x, name=name: getattr(fastnn, name)(x) for name in NAMES}
SHAPED = {
    "reshape": lambda x: (x * x).reshape(2, 6),
    "permute": lambda x: (x * x).permute(1, 0),
    "transpose": lambda x: (x * x).transpose(0, 1),
    "slice": lambda x: (x * x)[1:, ::2],
    "row": lambda x: (x**3)[1],
    "gather": lambda x: (x**3).gather(1, fastnn.tensor([[0, 0, 3], [1, 2, 1]])),
    "scatter_add": lambda x: (x**3).scatter_add(1, fastnn.tensor([[0, 0, 3]]), x[:1, 1:] ** 2),
    "index_select": lambda x: (x**3).index_select(0, fastnn.tensor([2, 0, 2])),
    "index_add": lambda x: (x**3).index_add(0, IDS[2:], x[:1] ** 2, alpha=2.0),
    "index array": lambda x: (x**3)[:, IDS],
    "index arrays": lambda x: (x**3)[fastnn.tensor([0, 0, 2]), IDS],
    "mask": lambda x: (x**3)[x > 0],
    "masked_select": lambda x: (x**3).masked_select(x[0] > 0),
    "masked_fill": lambda x: (x**3).masked_fill(x > 0, (x * x).sum()),
    "squeeze": lambda x: (x * x)[:, None].squeeze(1),
    "expand": lambda x: (x * x)[:, None].expand(3, 2, 4),
    "clone": lambda x: (x * x).clone(),
    "chunk": lambda x: (x * x).chunk(2, 1)[1],
    "repeat": lambda x: (x * x).repeat(2, 2),
    "roll": lambda x: (x * x).roll(1, 0),
    "flip": lambda x: (x * x).flip(0),
    "pad": lambda x: F.pad(x * x, (1, 2)),
    "cat": lambda x: fastnn.cat([x * x, x**3], 1),
    "stack": lambda x: fastnn.stack([x * x, x**3], 1),
    "to": lambda x: (x * x).to(fastnn.float64, copy=True),
    "abs": lambda x: abs(x) * x,
    "clamp": lambda x: x.clamp(-0.5, 0.5) * x,
    "where": lambda x: fastnn.where(x > 0, x * x, x**3),
    "maximum": lambda x: fastnn.maximum(x * x, x),
    "sum": lambda x: (x * x).sum(1),
    "mean": lambda x: (x * x).mean(),
    "logsumexp": lambda x: (x * x).logsumexp(1),
    "var": lambda x: x.var(1),
    "std": lambda x: x.std(),
    "norm": lambda x: fastnn.norm(x, dim=1),
    "softmax": lambda x: F.softmax(x, 1),
    "log_softmax": lambda x: F.log_softmax(x, 0),
    "pow": lambda x: x**4,
    "power of 0": lambda x: x**0 * x * x,
    "cross_entropy": lambda x: F.cross_entropy(x * x, IDS, CLASS_WEIGHTS, label_smoothing=0.1),
    "ignored": lambda x: F.cross_entropy(x * x, IDS, ignore_index=3, reduction="none"),
    "mixed classes": lambda x: F.cross_entropy(x * x, MIXED, reduction="sum"),
    "nll_loss": lambda x: F.nll_loss(F.log_softmax(x, 1), IDS),
    "bce": lambda x: F.binary_cross_entropy_with_logits(x * x, MIXED, reduction="none"),
    **{name: lambda x, name=name: getattr(F, name)(x) * x for name in BENT},
}
PAIRS = {
    "add": lambda a, b: (a + b) ** 3,
    "add alpha": lambda a, b: fastnn.add(a, b, alpha=2) ** 2,
    "sub": lambda a, b: (a - b) ** 3,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
    "mse_loss": lambda a, b: F.mse_loss(a * a, b.expand(3, 4)),
    "huber_loss": lambda a, b: F.huber_loss(a * a, b.expand(3, 4), delta=0.5),
    "smooth_l1_loss": lambda a, b: F.smooth_l1_loss(a * a, b.expand(3, 4), beta=0.5),
    "outer": lambda a, b: fastnn.outer(a[0], b),
}
ACTIVATIONS = ["relu", "tanh", "sigmoid", "gelu", "silu", "elu", "softplus", ("leaky_relu", 0.2)]


@pytest.mark.parametrize("name", UNARY)
def test_functions(name):
    assert gradgradcheck(UNARY[name], leaf(3, 4, positive=True))


@pytest.mark.parametrize("name", SHAPED)
def test_shapes_sums_and_losses(name):
    assert gradgradcheck(SHAPED[name], leaf(3, 4))


@pytest.mark.parametrize("name", PAIRS)
def test_pairs(name):
    assert gradgradcheck(PAIRS[name], [leaf(3, 4, positive=True), leaf(4, seed=1, positive=True)])


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((3, 4), (4, 5)),
        ((4,), (4, 5)),
        ((3, 4), (4,)),
        ((4,), (4,)),
        ((2, 3, 4), (4, 5)),
        ((2, 3, 4), (2, 4, 5)),
        ((2, 3, 4), (4,)),
        ((2, 1, 3, 4), (3, 4, 2)),
    ],
)
def test_matmul(a, b):
    assert gradgradcheck(fastnn.matmul, [leaf(*a), leaf(*b, seed=1)])


@pytest.mark.parametrize("activation", [None, *ACTIVATIONS])
@pytest.mark.parametrize("shape", [(5, 4), (2, 3, 4), (4,)])
def test_linear(shape, activation):
    def layer(x, w, b):
        return F.linear(x, w, b, activation=activation)

    assert gradgradcheck(layer, [leaf(*shape), leaf(3, 4, seed=1), leaf(3, seed=2)])


@pytest.mark.parametrize(
    "options",
    [{}, {"stride": 2, "padding": 1}, {"padding": "same"}, {"groups": 2}, {"activation": "tanh"}],
)
def test_conv2d(options):
    groups = options.get("groups", 1)
    args = [leaf(2, 2, 5, 4), leaf(2, 2 // groups, 3, 3, seed=1), leaf(2, seed=2)]
    assert gradgradcheck(lambda x, w, b: F.conv2d(x, w, b, **options), args)


def test_conv_transpose_and_pools():
    def transposed(x, w):
        return F.conv_transpose2d(x, w, stride=2, padding=1)

    assert gradgradcheck(transposed, [leaf(1, 2, 3, 3), leaf(2, 2, 3, 3, seed=1)])
    assert gradgradcheck(lambda x: F.avg_pool2d(x * x, 2), leaf(1, 2, 4, 5))
    assert gradgradcheck(lambda x: F.max_pool2d(x * x, 3, 2, 1), leaf(1, 2, 5, 4))
    assert gradgradcheck(lambda x: F.max_pool1d(x * x, 2), leaf(1, 2, 6))


def second(f):
    def gradient(*xs):
        with fastnn.enable_grad():
            return fastnn.autograd.grad(f(*xs).sum(), xs, create_graph=True)

    return gradient


@pytest.mark.parametrize(
    "f",
    [
        lambda x, w: fastnn.tanh(F.conv1d(x, w, padding=1)),
        lambda x, w: F.softmax(x @ w[0].transpose(0, 1), -1) ** 2,
    ],
)
def test_third_derivatives(f):
    args = [leaf(1, 2, 2), leaf(2, 2, 2, seed=1)]
    assert gradgradcheck(second(f), args)


def test_gradient_penalty():
    """The gradient of a penalty on the gradient, as Wasserstein GANs use it."""
    fastnn.manual_seed(0)
    net = fastnn.nn.Sequential(
        fastnn.nn.Conv2d(1, 3, 3),
        fastnn.nn.LeakyReLU(0.2),
        fastnn.nn.Flatten(),
        fastnn.nn.Linear(12, 4),
        fastnn.nn.Tanh(),
        fastnn.nn.Linear(4, 1),
    ).double()
    x = leaf(2, 1, 4, 4)
    parameters = list(net.parameters())

    def penalty(*_):
        with fastnn.enable_grad():
            (slope,) = fastnn.autograd.grad(net(x).sum(), x, create_graph=True)
            return ((fastnn.norm(slope.flatten(1), dim=1) - 1) ** 2).mean()

    loss = penalty()
    loss.backward()
    for p in parameters[:-1]:  # the last bias has no part in a slope
        at = (0,) * p.ndim
        before = p.data[at].item()
        with fastnn.no_grad():
            values = []
            for step in (1e-6, -1e-6):
                p[at] = before + step
                values.append(penalty().item())
            p[at] = before
        assert p.grad[at].item() == pytest.approx(
            (values[0] - values[1]) / 2e-6, rel=1e-5, abs=1e-9
        )


def test_backward_with_a_graph():
    x = leaf(3)
    (x**3).sum().backward(create_graph=True)
    g = x.grad
    assert g.requires_grad
    x.grad = None
    g.sum().backward()
    assert_close(x.grad, 6 * x.detach())
    (x**2).sum().backward(create_graph=True)  # adds to what is there
    assert_close(x.grad.detach(), 8 * x.detach())


def test_used_twice_and_not_at_all():
    x, y = leaf(3), leaf(3, seed=1)
    z = x * x + (x * 2).exp()
    gx, gy = fastnn.autograd.grad(z.sum(), [x, y], create_graph=True, allow_unused=True)
    assert gy is None
    assert_close(gx, 2 * x + 2 * (x * 2).exp())
    with pytest.raises(RuntimeError, match="do not depend on input 1"):
        fastnn.autograd.grad(z.sum(), [x, y], create_graph=True)
    _, zeros = fastnn.autograd.grad(z.sum(), [x, y], materialize_grads=True)
    assert_close(zeros, fastnn.zeros(3, dtype=fastnn.float64))


ACTIVATED = [None, "relu", "gelu", "sigmoid"]


def norm_arguments(channels, *places):
    x = leaf(3, channels, *places)
    return [x, leaf(channels, seed=1, positive=True), leaf(channels, seed=2)]


@pytest.mark.parametrize("activation", ACTIVATED)
@pytest.mark.parametrize("places", [(), (4,), (2, 2)], ids=str)
def test_batch_norms(places, activation):
    mean, var = leaf(2, seed=3).detach(), leaf(2, seed=4, positive=True).detach()

    def trained(x, w, b):
        return F.batch_norm(x, None, None, w, b, True, activation=activation)

    def used(x, w, b):
        return F.batch_norm(x, mean, var, w, b, activation=activation)

    def added(x, w, b):
        return F.batch_norm(x, None, None, w, b, True, activation=activation, residual=x * x)

    for f in (trained, used, added) if activation != "relu" else (trained, used):
        assert gradgradcheck(f, norm_arguments(2, *places)), f
    x = leaf(3, 2, *places)
    assert gradgradcheck(lambda x: F.batch_norm(x, None, None, training=True), x)


@pytest.mark.parametrize("activation", ACTIVATED)
@pytest.mark.parametrize("bounds", [(1.1, 0.1), (9.0, 9.0)], ids=str)
def test_batch_renorm_beside_its_formula(activation, bounds):
    """Factor and shift count as constants, so that differences of values say nothing of it."""
    mean, var = leaf(2, seed=3).detach(), leaf(2, seed=4, positive=True).detach()
    r_max, d_max = bounds

    def by_kernel(x, w, b):
        options = {"r_max": r_max, "d_max": d_max, "activation": activation}
        return F.batch_renorm(x, mean.clone(), var.clone(), w, b, True, **options)

    def by_steps(x, w, b):
        m, v = x.mean((0, 2), True), x.var((0, 2), correction=0, keepdim=True)
        deviation, limit = (v + 1e-5).sqrt(), (var.view(1, 2, 1) + 1e-5).sqrt()
        r = (deviation / limit).detach().clamp(1 / r_max, r_max)
        d = ((m - mean.view(1, 2, 1)) / limit).detach().clamp(-d_max, d_max)
        y = ((x - m) / deviation * r + d) * w.view(1, 2, 1) + b.view(1, 2, 1)
        return y if activation is None else getattr(F, activation)(y)

    found = []
    for f in (by_kernel, by_steps):
        arguments = norm_arguments(2, 4)
        y = f(*arguments)
        slopes = fastnn.autograd.grad((y * y).sum(), arguments, create_graph=True)
        penalty = sum((slope * slope).sum() for slope in slopes)
        found.append(fastnn.autograd.grad(penalty, arguments))
    for a, b in zip(*found):
        assert_close(a, b, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("activation", ACTIVATED)
def test_other_norms(activation):
    x, w, b = norm_arguments(4, 3)
    rows = [leaf(2, 3, 4), leaf(3, 4, seed=1, positive=True), leaf(3, 4, seed=2)]
    assert gradgradcheck(lambda x, w, b: F.group_norm(x, 2, w, b, activation=activation), [x, w, b])
    assert gradgradcheck(
        lambda x, w, b: F.instance_norm(x, weight=w, bias=b, activation=activation), [x, w, b]
    )
    assert gradgradcheck(lambda x, w, b: F.layer_norm(x, (3, 4), w, b, activation=activation), rows)
    assert gradgradcheck(
        lambda x, w: F.rms_norm(x, 3, w, activation=activation),
        [x, leaf(3, seed=1, positive=True)],
    )
    assert gradgradcheck(lambda x: F.layer_norm(x, 3), x)


MASK = fastnn.tensor([[True, False, True], [False, False, False]])


@pytest.mark.parametrize(
    "options", [{}, {"is_causal": True}, {"attn_mask": MASK}, {"scale": 0.3}], ids=str
)
def test_attention(options):
    q, k, v = leaf(2, 2, 3), leaf(2, 3, 3, seed=1), leaf(2, 3, 2, seed=2)
    assert gradgradcheck(lambda *qkv: F.scaled_dot_product_attention(*qkv, **options), [q, k, v])


@pytest.mark.parametrize("batch_first", [True, False])
def test_multi_head_attention(batch_first):
    fastnn.manual_seed(0)
    layer = fastnn.nn.MultiheadAttention(4, 2, batch_first=batch_first).double()
    x, y = leaf(2, 3, 4), leaf(2, 3, 4, seed=1)
    for f in (
        lambda x, y: layer(x, x, x, need_weights=False)[0] + y,
        lambda x, y: layer(x, y, y, need_weights=False)[0],
        lambda x, y: layer(x, y, x, need_weights=False)[0],
    ):
        assert gradgradcheck(f, [x, y])


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", ["RNN", "relu", "GRU", "LSTM", "projected"])
def test_recurrent_layers(kind, bidirectional):
    fastnn.manual_seed(1)
    options = {"relu": {"nonlinearity": "relu"}, "projected": {"proj_size": 2}}.get(kind, {})
    name = {"relu": "RNN", "projected": "LSTM"}.get(kind, kind)
    layer = getattr(fastnn.nn, name)(2, 3, bidirectional=bidirectional, **options).double()
    x = leaf(3, 2, 2)
    weights = list(layer.parameters())

    def through(x, *changed):
        before = [p._array for p in weights]
        for p, new in zip(weights, changed):
            p._array = new._array
        y, states = layer(x)
        for p, old in zip(weights, before):
            p._array = old
        return y, *(states if isinstance(states, tuple) else (states,))

    assert gradgradcheck(lambda x: layer(x)[0], x)
    (slope,) = fastnn.autograd.grad(sum((y * y).sum() for y in through(x)), x, create_graph=True)
    loss = (slope * slope).sum()
    found = fastnn.autograd.grad(loss, weights)

    def penalty():
        with fastnn.enable_grad():
            total = sum((y * y).sum() for y in through(x))
            (slope,) = fastnn.autograd.grad(total, x)
            return (slope * slope).sum().item()

    for p, g in zip(weights, found):
        at = (0,) * p.ndim
        values = []
        for step in (1e-6, -1e-6):
            p.data[at] += step
            values.append(penalty())
            p.data[at] -= step
        assert g[at].item() == pytest.approx((values[0] - values[1]) / 2e-6, rel=1e-4, abs=1e-8)


LINEAR = {
    "interpolate": lambda x: F.interpolate(
        (x**3).view(1, 4, 2, 2), scale_factor=1.5, mode="bilinear", align_corners=False
    ),
    "nearest": lambda x: F.interpolate((x**3).view(1, 4, 2, 2), size=(3, 5)),
    "pixel_shuffle": lambda x: F.pixel_shuffle((x**3).view(1, 4, 2, 2), 2),
    "pixel_unshuffle": lambda x: F.pixel_unshuffle((x**3).view(1, 1, 4, 4), 2),
    "channel_shuffle": lambda x: F.channel_shuffle((x**3).view(1, 4, 2, 2), 2),
    "cumsum": lambda x: (x**3).cumsum(1),
    "tril": lambda x: (x**3).tril(1),
    "diagonal": lambda x: (x**3).diagonal(1),
    "embedding": lambda x: F.embedding(fastnn.tensor([0, 3, 3]), x**3, padding_idx=0),
    "lerp": lambda x: fastnn.lerp(x**3, x[0] ** 2, x[:, :1] * 2),
    "lerp number": lambda x: fastnn.lerp(x**3, x**2, 0.3),
    "prelu": lambda x: F.prelu(x**3, x[0] ** 2),
    "prelu of one slope": lambda x: F.prelu(x**3, x[:1, 1]),
}


@pytest.mark.parametrize("name", LINEAR)
def test_linear_operations_and_slopes(name):
    assert gradgradcheck(LINEAR[name], leaf(4, 4))
    if "prelu" not in name:
        assert gradgradcheck(second(LINEAR[name]), leaf(4, 4))


CHOSEN = {
    "sort": lambda x: fastnn.sort(x**3, 1).values,
    "topk": lambda x: fastnn.topk(x**3, 2, 0).values,
    "kthvalue": lambda x: fastnn.kthvalue(x**3, 2, 1).values,
    "median": lambda x: fastnn.median(x**3, 1).values,
    "max": lambda x: fastnn.max(x**3, 1).values,
    "min": lambda x: fastnn.min(x**3, 0, keepdim=True).values,
}


@pytest.mark.parametrize("name", CHOSEN)
def test_chosen_elements(name):
    assert gradgradcheck(CHOSEN[name], leaf(3, 4))


def test_what_has_no_rule_says_so():
    x = leaf(4)
    y = fastnn.cumprod(x * x, 0).sum()
    with pytest.raises(RuntimeError, match=r"create_graph: the gradient of \w+Backward cannot"):
        fastnn.autograd.grad(y, x, create_graph=True)
    layer = fastnn.nn.MultiheadAttention(4, 2, dropout=0.5).double()
    q = leaf(2, 2, 4)
    with pytest.raises(RuntimeError, match="attention with dropout"):
        fastnn.autograd.grad(layer(q, q, q, need_weights=False)[0].sum(), q, create_graph=True)


@pytest.mark.parametrize("hooked", ["leaf", "between", "output"])
def test_hooks_are_refused_wherever_they_are(hooked):
    x = leaf(4)
    z = (x * x).exp()
    y = z.sum()
    {"leaf": x, "between": z, "output": y}[hooked].register_hook(lambda g: g * 2)
    for run in (
        lambda: y.backward(create_graph=True),
        lambda: fastnn.autograd.grad(y, x, create_graph=True),
    ):
        with pytest.raises(RuntimeError, match="create_graph: gradients with hooks"):
            run()
    assert x.grad is None


def test_changed_values_are_noticed():
    x = leaf(3)
    y = x * 1
    z = (y * y).sum()
    with fastnn.no_grad():
        y.add_(1)
    with pytest.raises(RuntimeError, match="changed"):
        fastnn.autograd.grad(z, x, create_graph=True)


def f2(x, y):
    return (x**2 * y.sum()).sum(1), (x * y).exp()


def test_functional():
    x, y = leaf(2, 3).detach(), leaf(3, seed=1).detach()
    rows = functional.jacobian(f2, (x, y))
    assert [[tuple(b.shape) for b in row] for row in rows] == [
        [(2, 2, 3), (2, 3)],
        [(2, 3, 2, 3), (2, 3, 3)],
    ]
    v = (fastnn.from_numpy(numbers(2, seed=3).astype("f8")), leaf(2, 3, seed=4).detach())
    _, pulled = functional.vjp(f2, (x, y), v)
    for k in range(2):
        want = sum(np.tensordot(v[i].numpy(), rows[i][k].numpy(), v[i].ndim) for i in range(2))
        np.testing.assert_allclose(pulled[k].numpy(), want, rtol=1e-12)
    u = (leaf(2, 3, seed=5).detach(), leaf(3, seed=6).detach())
    outs, pushed = functional.jvp(f2, (x, y), u)
    for i in range(2):
        want = sum(np.tensordot(rows[i][k].numpy(), u[k].numpy(), u[k].ndim) for k in range(2))
        np.testing.assert_allclose(pushed[i].numpy(), want, rtol=1e-12)
    assert not outs[0].requires_grad
    h = functional.hessian(lambda x, y: f2(x, y)[1].sum(), (x, y))
    _, product = functional.hvp(lambda x, y: f2(x, y)[1].sum(), (x, y), u)
    for k in range(2):
        want = sum(np.tensordot(h[k][j].numpy(), u[j].numpy(), u[j].ndim) for j in range(2))
        np.testing.assert_allclose(product[k].numpy(), want, rtol=1e-12)
    assert gradcheck(
        lambda x: functional.jacobian(lambda a: a**3, x, create_graph=True), leaf(2, seed=7)
    )


def test_functional_errors():
    x = leaf(3)
    with pytest.raises(TypeError, match="jacobian: inputs must be a tensor"):
        functional.jacobian(lambda a: a, 3)
    with pytest.raises(RuntimeError, match="hessian: func must return a tensor with one element"):
        functional.hessian(lambda a: a, x)
    with pytest.raises(
        RuntimeError, match=r"jvp: v must have the shapes \[\(3,\)\], got \[\(2,\)\]"
    ):
        functional.jvp(lambda a: a, x, fastnn.ones(2))
    assert functional.jacobian(lambda a: fastnn.ones(2), x).tolist() == [[0.0] * 3] * 2


def test_func():
    x = fastnn.tensor([1.0, 2.0], dtype=fastnn.float64)

    def cube(x):
        return (x**3).sum()

    grad, value = fastnn.func.grad_and_value(cube)(x)
    assert_close(grad, 3 * x**2)
    assert value.item() == 9.0
    third = fastnn.func.grad(
        lambda x: fastnn.func.grad(lambda x: fastnn.func.grad(cube)(x).sum())(x).sum()
    )
    assert_close(third(x), fastnn.full((2,), 6.0, dtype=fastnn.float64))
    assert_close(fastnn.func.hessian(cube)(x), fastnn.eye(2, dtype=fastnn.float64) * 6 * x)
    assert_close(
        fastnn.func.jacrev(lambda a, b: a * b, argnums=1)(x, x),
        fastnn.eye(2, dtype=fastnn.float64) * x,
    )
    y, pushed = fastnn.func.jvp(lambda a: a**2, (x,), (fastnn.ones(2, dtype=fastnn.float64),))
    assert_close(y, x**2)
    assert_close(pushed, 2 * x)
    slope, aux = fastnn.func.grad(lambda x: (cube(x), "aux"), has_aux=True)(x)
    assert aux == "aux"
    assert_close(slope, 3 * x**2)
