"""Parametrizations, weight norm, spectral norm, vectors of parameters."""

import copy

import numpy as np
import pytest

import fastnn
from fastnn import nn
from fastnn.nn import utils
from fastnn.nn.utils import parametrizations, parametrize
from tests.harness import numbers


class Symmetric(nn.Module):
    def forward(self, x):
        return x.triu() + x.triu(1).T

    def right_inverse(self, x):
        return x.triu()


class Doubled(nn.Module):
    def forward(self, x):
        return 2 * x

    def right_inverse(self, x):
        return x / 2


def linear(rows=4, columns=4):
    layer = nn.Linear(columns, rows, dtype="float64")
    layer.weight.data = fastnn.tensor(numbers(rows, columns))
    return layer


def test_a_parametrization_and_its_removal():
    layer = linear()
    before = layer.weight.detach().numpy().copy()
    original = layer.weight
    parametrize.register_parametrization(layer, "weight", Symmetric())
    assert parametrize.is_parametrized(layer)
    assert parametrize.is_parametrized(layer, "weight")
    assert not parametrize.is_parametrized(layer, "bias")
    assert parametrize.type_before_parametrizations(layer) is nn.Linear
    assert repr(layer).startswith("ParametrizedLinear(\n")
    want = np.triu(before) + np.triu(before, 1).T
    np.testing.assert_array_equal(layer.weight.detach(), want)
    assert layer.parametrizations.weight.original is original
    x = fastnn.tensor(numbers(3, 4))
    layer(x).sum().backward()
    assert original.grad is not None
    assert (original.grad.numpy()[np.tril_indices(4, -1)] == 0).all()
    parametrize.remove_parametrizations(layer, "weight")
    assert type(layer) is nn.Linear
    assert layer.weight is original
    np.testing.assert_array_equal(layer.weight.detach(), want)
    assert list(layer.state_dict()) == ["bias", "weight"]


def test_several_are_applied_in_order():
    layer = linear()
    parametrize.register_parametrization(layer, "weight", Symmetric())
    once = layer.weight.detach().numpy().copy()
    parametrize.register_parametrization(layer, "weight", Doubled())
    np.testing.assert_allclose(layer.weight.detach(), once)
    assert len(layer.parametrizations.weight) == 2
    parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
    np.testing.assert_allclose(layer.weight.detach(), np.triu(once) / 2)


def test_assignment_goes_through_the_inverse():
    layer = linear()
    parametrize.register_parametrization(layer, "weight", Doubled())
    value = numbers(4, 4, seed=5)
    layer.weight = fastnn.tensor(value)
    np.testing.assert_allclose(layer.weight.detach(), value)
    np.testing.assert_allclose(layer.parametrizations.weight.original.detach(), value / 2)


def test_copies_and_states():
    layer = parametrizations.weight_norm(linear())
    other = copy.deepcopy(layer)
    assert other.weight is not layer.weight
    other.parametrizations.weight.original0.data.zero_()
    assert (layer.weight.detach().numpy() != 0).any()
    other.load_state_dict(layer.state_dict())
    np.testing.assert_array_equal(other.weight.detach(), layer.weight.detach())


def test_buffers():
    norm = nn.BatchNorm1d(3)
    parametrize.register_parametrization(norm, "running_var", Doubled())
    np.testing.assert_array_equal(norm.running_var, np.ones(3))
    parametrize.remove_parametrizations(norm, "running_var")
    assert "running_var" in norm.state_dict()


def test_what_is_refused():
    layer = linear()

    class Cut(nn.Module):
        def forward(self, x):
            return x[:2]

    with pytest.raises(ValueError, match="must keep shape"):
        parametrize.register_parametrization(layer, "weight", Cut())
    assert not parametrize.is_parametrized(layer)
    parametrize.register_parametrization(layer, "weight", Doubled())
    with pytest.raises(ValueError, match="must keep shape"):
        parametrize.register_parametrization(layer, "weight", Cut())
    assert len(layer.parametrizations.weight) == 1
    with pytest.raises(ValueError, match="has no parameter or buffer 'w'"):
        parametrize.register_parametrization(layer, "w", Doubled())
    with pytest.raises(ValueError, match="'bias' of ParametrizedLinear is not parametrized"):
        parametrize.remove_parametrizations(layer, "bias")
    with pytest.raises(ValueError, match="has 2 originals; keep its value"):
        parametrize.remove_parametrizations(
            parametrizations.weight_norm(linear()), "weight", leave_parametrized=False
        )


def test_spectral_norm_finds_the_largest_singular_value():
    layer = parametrizations.spectral_norm(linear(5, 4), n_power_iterations=50)
    weight = layer.weight.detach().numpy()
    original = layer.parametrizations.weight.original.detach().numpy()
    np.testing.assert_allclose(weight, original / np.linalg.norm(original, 2), rtol=1e-6)
    layer.eval()
    np.testing.assert_array_equal(layer.weight.detach(), layer.weight.detach())


@pytest.mark.parametrize("shape", [(4, 4), (5, 3), (3, 5)])
def test_orthogonal(shape):
    layer = parametrizations.orthogonal(linear(*shape))
    optimizer = fastnn.optim.SGD(layer.parameters(), 0.001)
    x = fastnn.tensor(numbers(7, shape[1]))
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = (layer(x) ** 3).sum()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        w = layer.weight.detach().numpy()
        gram = w.T @ w if shape[0] >= shape[1] else w @ w.T
        np.testing.assert_allclose(gram, np.eye(min(shape)), atol=1e-12)
    assert losses[-1] < losses[0]


def test_the_gradient_of_the_cayley_map():
    fastnn.testing.gradcheck(
        lambda a: parametrizations.cayley(a - a.T), fastnn.tensor(numbers(4, 4), requires_grad=True)
    )


def test_orthogonal_takes_values():
    layer = parametrizations.orthogonal(linear())
    q, _ = np.linalg.qr(numbers(4, 4, seed=8))
    layer.weight = fastnn.tensor(q)
    np.testing.assert_allclose(layer.weight.detach(), q, atol=1e-12)


def test_weight_norm_by_hooks():
    layer = linear()
    before = layer.weight.detach().numpy().copy()
    x = fastnn.tensor(numbers(3, 4))
    want = layer(x).detach().numpy()
    utils.weight_norm(layer)
    np.testing.assert_allclose(layer(x).detach(), want, rtol=1e-12)
    layer(x).sum().backward()
    assert layer.weight_g.grad.shape == (4, 1)
    with pytest.raises(RuntimeError, match="has a weight norm already"):
        utils.weight_norm(layer)
    utils.remove_weight_norm(layer)
    np.testing.assert_allclose(layer.weight.detach(), before, rtol=1e-12)
    with pytest.raises(ValueError, match="weight_norm of 'weight' not found"):
        utils.remove_weight_norm(layer)


def test_spectral_norm_by_hooks():
    layer = utils.spectral_norm(linear(), n_power_iterations=50)
    x = fastnn.tensor(numbers(3, 4))
    layer(x).sum().backward()
    assert layer.weight_orig.grad is not None
    weight = layer.weight_orig.detach().numpy()
    np.testing.assert_allclose(layer.weight.detach(), weight / np.linalg.norm(weight, 2), rtol=1e-6)
    utils.remove_spectral_norm(layer)
    assert list(layer.state_dict()) == ["bias", "weight"]


def test_parameters_as_a_vector():
    layer = linear(3, 2)
    vector = utils.parameters_to_vector(layer.parameters())
    assert vector.shape == (9,)
    vector.sum().backward()
    np.testing.assert_array_equal(layer.bias.grad, np.ones(3))
    utils.vector_to_parameters(fastnn.tensor(np.arange(9.0)), layer.parameters())
    np.testing.assert_array_equal(layer.weight.detach(), np.arange(6.0).reshape(3, 2))
    with pytest.raises(ValueError, match=r"vec must have shape \(9,\), got \(8,\)"):
        utils.vector_to_parameters(fastnn.zeros(8), layer.parameters())
    with pytest.raises(ValueError, match="must not be empty"):
        utils.parameters_to_vector([])


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("dim", [0, 1, None])
@pytest.mark.parametrize("old", [False, True])
def test_weight_norm_matches_torch(old, dim):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    ours, theirs = linear(), torch.nn.Linear(4, 4, dtype=torch.float64)
    theirs.load_state_dict({k: torch.tensor(v.numpy()) for k, v in ours.state_dict().items()})
    space, other = (
        (utils, torch.nn.utils) if old else (parametrizations, torch.nn.utils.parametrizations)
    )
    space.weight_norm(ours, dim=dim)
    other.weight_norm(theirs, dim=dim)
    x = numbers(3, 4, seed=2)
    (ours(fastnn.tensor(x)) ** 2).sum().backward()
    (theirs(torch.tensor(x)) ** 2).sum().backward()
    got, want = dict(ours.named_parameters()), dict(theirs.named_parameters())
    assert set(got) == set(want)
    for name, p in got.items():
        np.testing.assert_allclose(p.detach(), want[name].detach(), rtol=1e-12)
        np.testing.assert_allclose(p.grad, want[name].grad, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("old", [False, True])
def test_spectral_norm_matches_torch(old):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    ours, theirs = linear(), torch.nn.Linear(4, 4, dtype=torch.float64)
    if old:
        utils.spectral_norm(ours)
        torch.nn.utils.spectral_norm(theirs)
    else:
        parametrizations.spectral_norm(ours)
        torch.nn.utils.parametrizations.spectral_norm(theirs)
    state = {k: torch.tensor(v.numpy()) for k, v in ours.state_dict().items()}
    theirs.load_state_dict(state)  # all names, vectors included
    x = numbers(3, 4, seed=2)
    for _ in range(3):
        ours.zero_grad()
        theirs.zero_grad()
        (ours(fastnn.tensor(x)) ** 2).sum().backward()
        (theirs(torch.tensor(x)) ** 2).sum().backward()
    want = dict(theirs.named_parameters())
    for name, p in ours.named_parameters():
        np.testing.assert_allclose(p.grad, want[name].grad, rtol=1e-9, atol=1e-11)
