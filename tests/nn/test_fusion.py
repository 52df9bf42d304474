"""A layer fused with its activation has the bits of two operations, and fuses only if allowed."""

import copy
import pickle

import numpy as np
import pytest

import fastnn
from fastnn import nn
from fastnn.autograd.tape import Node

WITH_ARGUMENTS = ("LogSoftmax", "Softmax", "Softmax2d", "Softmin", "Threshold")
# Every pointwise module, and those with other arguments than the usual ones.
FUSED = [
    *[getattr(nn, name)() for name in nn.activation.__all__ if name not in WITH_ARGUMENTS],
    nn.Threshold(0.1, -0.2),
    nn.CELU(0.5),
    nn.Step(0.5),
    nn.LeakyReLU(0.2),
    nn.ELU(0.7),
    nn.Hardtanh(-0.5, 0.8),
    nn.Softplus(2.0, 3.0),
    nn.GELU("tanh"),
]


class Chain(nn.Sequential):
    """The same modules without fusion."""

    def forward(self, input):
        for module in self:
            input = module(input)
        return input


def run(model, x):
    """The number of operations between input and output, the output, and all gradients."""
    x = fastnn.tensor(x, requires_grad=True)
    y = model(x)
    operations, node = 0, y.node
    while isinstance(node, Node):
        operations, node = operations + 1, node.inputs[0]
    model.zero_grad()
    y.backward(fastnn.tensor(np.sin(np.arange(y.numel())).reshape(y.shape), dtype=x.dtype))
    return operations, [y.detach(), x.grad, *[p.grad for p in model.parameters()]]


def check(modules, operations, rows=33, dtype=np.float32):
    """Check for the bits of the unfused chain, and the number of operations."""
    model = nn.Sequential(*modules).to(dtype)
    x = np.random.default_rng(0).standard_normal((rows, 20)).astype(dtype)
    made, found = run(model, x)
    _, expected = run(Chain(*modules), x)
    assert made == operations
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
        assert a.dtype == b.dtype
    with fastnn.no_grad():
        a, b = model(fastnn.tensor(x)), Chain(*modules)(fastnn.tensor(x))
    np.testing.assert_array_equal(a.numpy(), b.numpy())
    return model


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rows", [1, 5, 33])
@pytest.mark.parametrize("function", FUSED, ids=repr)
def test_fused(function, rows, dtype):
    check([nn.Linear(20, 17), function, nn.Linear(17, 3, bias=False), function], 2, rows, dtype)


def test_not_finite():
    layer = nn.Linear(1, 1, bias=False)
    layer.weight._array.fill(1)
    for function in FUSED:
        x = fastnn.tensor([[np.nan], [np.inf], [-np.inf], [-0.0]])
        with fastnn.no_grad():
            a, b = nn.Sequential(layer, function)(x), Chain(layer, function)(x)
        np.testing.assert_array_equal(a.numpy(), b.numpy(), str(function))


def test_no_modules():
    x = fastnn.ones(2)
    assert nn.Sequential()(x) is x


def test_shared_modules():
    relu, linear = nn.ReLU(), nn.Linear(20, 20)
    check([linear, relu, linear, relu, relu, linear], 4)


def test_modules_that_are_not_fused():
    linear = nn.Linear(20, 20)
    check([linear, nn.Softmax(1), linear, nn.LogSoftmax(1)], 4)
    check([linear, nn.Dropout(0.0), nn.Identity(), nn.Tanh()], 2)
    check([nn.Linear(20, 20, activation="tanh"), nn.ReLU(), nn.ReLU()], 3)
    check([nn.Sequential(linear), nn.ReLU()], 2)


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize(
    "register",
    ["register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook"],
)
def test_hooks(place, register):
    model = check([nn.Linear(20, 4), nn.ReLU()], 1)
    seen = []
    handle = getattr(model[place], register)(lambda module, *rest: seen.append(module))
    check(list(model), 6 if "backward" in register else 2)  # plus two nodes on each side
    x = fastnn.tensor(np.ones((2, 20), np.float32))
    seen.clear()
    model(x).sum().backward()
    assert seen == [model[place]]
    handle.remove()
    check(list(model), 2)
    assert len(seen) == 1


class Doubled(nn.Linear):
    def forward(self, input):
        return super().forward(input) * 2


class Shifted(nn.ReLU):
    def forward(self, input):
        return super().forward(input) + 1


class Loud(nn.ReLU):
    def __call__(self, input):
        return super().__call__(input) - 1


class Plain(nn.Linear):
    """A subclass that overrides nothing."""


def test_subclasses():
    check([Doubled(20, 4), nn.ReLU()], 3)
    check([nn.Linear(20, 4), Shifted()], 3)
    check([nn.Linear(20, 4), Loud()], 3)
    check([Plain(20, 4), nn.ReLU()], 1)


def test_forward_of_one_instance():
    model = check([nn.Linear(20, 4), nn.ReLU()], 1)
    model[1].forward = lambda input: input * 3
    check(list(model), 2)
    tripled = 3 * model[0].bias.sum().item()
    assert float(model(fastnn.zeros(1, 20)).sum()) == pytest.approx(tripled, abs=1e-5)
    model = check([nn.Linear(20, 4), nn.ReLU()], 1)
    model[1].forward = nn.Sigmoid()
    check(list(model), 2)


def test_entries_that_are_not_modules():
    model = nn.Sequential(nn.Linear(2, 2))
    model.add_module("gap", None)
    with pytest.raises(TypeError, match="not callable"):
        model(fastnn.ones(1, 2))


def test_changes_after_the_first_call():
    model = check([nn.Linear(20, 20), nn.ReLU(), nn.Linear(20, 4)], 2)
    x = fastnn.tensor(np.random.default_rng(1).standard_normal((3, 20)).astype(np.float32))

    def compare(operations):
        chain = Chain(*model)
        np.testing.assert_array_equal(model(x).detach().numpy(), chain(x).detach().numpy())
        assert run(model, x.numpy())[0] == operations

    model[1] = nn.Tanh()
    compare(2)
    model[1] = nn.Softmax(1)
    compare(3)
    model[0] = nn.Linear(20, 20, bias=False)
    model.append(nn.ReLU())
    compare(3)
    del model[1]
    compare(2)
    model.insert(1, nn.Tanh())
    compare(2)
    model.add_module("more", nn.Linear(4, 4))
    model.add_module("last", nn.Tanh())
    compare(3)
    model.more.activation = "relu"
    compare(4)
    del model.more
    compare(3)


def test_copies_are_independent():
    model = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
    x = fastnn.ones(2, 3)
    before = model(x).tolist()
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        twin[0].weight._array.fill(0)
        assert model(x).tolist() == before
        assert twin(x).tolist() == [[max(b, 0) for b in model[0].bias.tolist()]] * 2


class Squared(nn.Conv2d):
    def forward(self, input):
        return super().forward(input) ** 2


def images(modules, operations, shape=(2, 3, 6, 5)):
    """`check` for layers on images."""
    model, plain = nn.Sequential(*modules), Chain(*modules)
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    made, found = run(model, x)
    _, expected = run(plain, x)
    assert made == operations
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_convolutions():
    conv = nn.Conv2d(3, 3, 3, padding=1)
    images([conv, nn.ReLU(), conv, nn.ReLU()], 2)
    images([nn.Conv2d(3, 4, 1, bias=False), nn.ReLU()], 1)
    images([nn.Conv2d(3, 6, 3, groups=3), nn.ReLU()], 1)
    images([nn.ConvTranspose2d(3, 4, 3, stride=2), nn.ReLU()], 1)
    images([nn.Conv1d(3, 4, 3), nn.ReLU()], 1, (2, 3, 9))
    images([nn.Conv3d(3, 4, 2), nn.ReLU()], 1, (2, 3, 4, 4, 3))
    images([nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect"), nn.ReLU()], 2)  # one pads
    images([conv, nn.Softmax(1), conv, nn.LeakyReLU()], 3)
    images([nn.Conv2d(3, 3, 3, activation="relu"), nn.ReLU()], 2)
    images([Squared(3, 3, 3), nn.ReLU()], 3)


LAYERS = [
    lambda: nn.Conv2d(3, 3, 3),
    lambda: nn.Conv2d(3, 3, 1),
    lambda: nn.ConvTranspose2d(3, 3, 2),
    lambda: nn.BatchNorm2d(3),
    lambda: nn.BatchNorm2d(3).eval(),
    lambda: nn.BatchRenorm2d(3),
    lambda: nn.InstanceNorm2d(3, affine=True),
    lambda: nn.GroupNorm(1, 3),
    lambda: nn.LayerNorm((6, 5)),
    lambda: nn.RMSNorm(5),
]


@pytest.mark.parametrize("function", FUSED, ids=repr)
@pytest.mark.parametrize("layer", LAYERS, ids=lambda make: repr(make()))
def test_layers(layer, function):
    images([layer(), function], 1, (2, 3, 6, 5))


def test_parameters_may_change_after_the_first_call():
    model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.LeakyReLU(0.5))
    model[0].weight.data.fill_(-1)
    x = fastnn.ones(1, 2)
    assert model(x).tolist() == [[-1.0, -1.0]]
    model[1].negative_slope = 0.25
    assert model(x).tolist() == [[-0.5, -0.5]]


def test_unknown_approximation():
    model = nn.Sequential(nn.Linear(2, 2), nn.GELU("none"))
    model[1].approximate = "swift"
    with pytest.raises(ValueError, match="GELU `1`: approximate must be 'none' or 'tanh'"):
        model(fastnn.ones(1, 2))


def test_activations_do_not_subclass_each_other():
    """As in PyTorch, except that all of them are pointwise."""
    pointwise = nn.activation.Pointwise
    for function in FUSED:
        assert isinstance(function, pointwise)
        assert isinstance(function, nn.ReLU) == (type(function) is nn.ReLU)
    assert isinstance(nn.ReLU6(), nn.Hardtanh)
    assert not isinstance(nn.LogSoftmax(1), nn.Softmax)
