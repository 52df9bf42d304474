"""Functions over slices, and modules called with other parameters than their own."""

import numpy as np
import pytest

import fastnn
from fastnn import func, nn

X = np.random.default_rng(0).normal(size=(4, 3))


def test_slices_and_stacks():
    x, w = fastnn.tensor(X), fastnn.tensor(X[0])
    np.testing.assert_allclose(func.vmap(fastnn.dot, (0, None))(x, w), X @ X[0])
    np.testing.assert_allclose(func.vmap(fastnn.exp, 1, 1)(x), np.exp(X))
    np.testing.assert_allclose(func.vmap(lambda v: (v, v.sum()), -1)(x)[1], X.sum(0))
    pair = func.vmap(lambda v: {"a": v * 2, "b": [v]}, out_dims=(1, 0))(x)
    assert pair["a"].shape == (3, 4)
    assert pair["b"][0].shape == (4, 3)
    nested = func.vmap(func.vmap(lambda a, b: a * b), (0, None))(x, w)
    np.testing.assert_allclose(nested, X * X[0])
    many = func.vmap(lambda d, *, k: d["u"] + d["v"][0] + k, ({"u": 0, "v": [None]},))
    got = many({"u": x, "v": [w]}, k=fastnn.tensor(X))
    np.testing.assert_allclose(got, 2 * X + X[0])
    assert fastnn.vmap is func.vmap


def test_gradients_of_each_sample():
    x, w = fastnn.tensor(X), fastnn.tensor(X[0], requires_grad=True)

    def loss(w, v):
        return (w * v).tanh().sum()

    each = func.vmap(func.grad(loss), (None, 0))(w.detach(), x)
    np.testing.assert_allclose(each, X / np.cosh(X * X[0]) ** 2)
    func.vmap(loss, (None, 0))(w, x).sum().backward()
    np.testing.assert_allclose(w.grad, each.sum(0))


def test_random_numbers():
    x = fastnn.zeros(3)

    def noise(v):
        return v + fastnn.rand(())

    assert len(set(func.vmap(noise, randomness="different")(x).tolist())) == 3
    assert len(set(func.vmap(noise, randomness="same")(x).tolist())) == 1


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: func.vmap(fastnn.exp)(fastnn.ones(0, 2)), ValueError, "at least 1, got \\[0\\]"),
        (lambda: func.vmap(fastnn.add)(fastnn.ones(2), fastnn.ones(3)), ValueError, "got \\[2, 3"),
        (lambda: func.vmap(fastnn.exp, (0, 0))(fastnn.ones(2)), ValueError, "in_dims has 2 elem"),
        (lambda: func.vmap(fastnn.exp, 3)(fastnn.ones(2)), ValueError, "in_dims 3 is no dimension"),
        (lambda: func.vmap(fastnn.exp, randomness="x"), ValueError, "randomness must be"),
        (lambda: func.vmap(lambda v: 1)(fastnn.ones(2)), TypeError, "func must return tensors"),
    ],
)
def test_invalid_calls(call, error, match):
    with pytest.raises(error, match=f"vmap: .*{match}"):
        call()


def test_linearized():
    y, push = func.linearize(lambda x: x**3, fastnn.tensor([1.0, 2.0]))
    assert y.tolist() == [1, 8]
    assert push(fastnn.tensor([1.0, 10.0])).tolist() == [3, 120]


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 3)
        self.second = nn.Linear(3, 3)
        self.second.weight = self.first.weight
        self.register_buffer("shift", fastnn.zeros(3))

    def forward(self, x, scale=1.0):
        return self.second(self.first(x)) * scale + self.shift


def test_calls_with_other_parameters():
    net, x = Tied(), fastnn.tensor(X, dtype=np.float32)
    before = {k: v.tolist() for k, v in net.state_dict().items()}
    w = fastnn.eye(3, requires_grad=True)
    zero = fastnn.zeros(3)
    tensors = {"first.weight": w, "first.bias": zero, "second.bias": zero, "shift": fastnn.ones(3)}
    y = func.functional_call(net, tensors, x, {"scale": 2.0})
    np.testing.assert_allclose(y.detach(), 2 * x + 1, rtol=1e-6)
    y.sum().backward()
    assert w.grad is not None
    assert net.first.weight.grad is None
    assert {k: v.tolist() for k, v in net.state_dict().items()} == before
    assert net.first.weight is net.second.weight
    own = func.functional_call(net, [{"first.weight": w}, {"shift": zero}], (x,), tie_weights=False)
    assert not np.allclose(own.detach(), func.functional_call(net, {"first.weight": w}, x).detach())
    with pytest.raises(KeyError, match=r"functional_call: Tied has no 'third\.weight'"):
        func.functional_call(net, {"third.weight": w}, x)
    with pytest.raises(KeyError, match="functional_call: there is no tensor for 'shift'"):
        func.functional_call(net, {"first.weight": w}, x, strict=True)
    with pytest.raises(ValueError, match="a name stands in several dicts"):
        func.functional_call(net, [{"shift": zero}, {"shift": zero}], x)
    with pytest.raises(TypeError):
        func.functional_call(net, {"first.weight": w}, (x, 1.0, 2.0))
    assert {k: v.tolist() for k, v in net.state_dict().items()} == before


def test_an_ensemble():
    models = [nn.Sequential(nn.Linear(3, 2), nn.Tanh()) for _ in range(3)]
    x = fastnn.tensor(X, dtype=np.float32)
    parameters, buffers = func.stack_module_state(models)
    assert all(p.is_leaf and p.requires_grad for p in parameters.values())

    def run(parameters, buffers):
        return func.functional_call(models[0], (parameters, buffers), (x,))

    y = func.vmap(run)(parameters, buffers)
    np.testing.assert_array_equal(y.detach(), fastnn.stack([m(x) for m in models]).detach())
    y.sum().backward()
    assert parameters["0.weight"].grad.shape == (3, 2, 3)
    with pytest.raises(ValueError, match="stack_module_state: expected modules of one class"):
        func.stack_module_state([models[0], nn.Linear(1, 1)])


def test_batch_norms_without_statistics():
    net = nn.Sequential(nn.BatchNorm1d(3), nn.Sequential(nn.BatchNorm1d(3))).eval()
    func.replace_all_batch_norm_modules_(net)
    x = fastnn.tensor(X, dtype=np.float32)
    y = net(x)
    np.testing.assert_allclose(y.mean(0).detach(), 0, atol=1e-6)
    assert net[1][0].running_var is None
    assert func.debug_unwrap(x) is x


def test_rearranged():
    x = np.arange(120).reshape(2, 12, 5)
    t = fastnn.tensor(x)
    for pattern, lengths, want in (
        ("a b c -> c a b", {}, x.transpose(2, 0, 1)),
        ("a (b k) c -> a b c k", {"k": 3}, x.reshape(2, 4, 3, 5).transpose(0, 1, 3, 2)),
        (
            "a (k b) c -> (a c) k b",
            {"k": 3},
            x.reshape(2, 3, 4, 5).transpose(0, 3, 1, 2).reshape(10, 3, 4),
        ),
        ("a b c -> a 1 (b c)", {}, x.reshape(2, 1, 60)),
        ("... c -> c ...", {}, np.moveaxis(x, -1, 0)),
        ("a ... -> a (...)", {}, x.reshape(2, 60)),
        ("a ... c -> (a c) ...", {}, x.transpose(0, 2, 1).reshape(10, 12)),
    ):
        np.testing.assert_array_equal(func.rearrange(t, pattern, **lengths), want)
    both = func.rearrange([t, t], "n a b c -> a b c n")
    np.testing.assert_array_equal(both, np.stack([x, x], -1))
    for pattern, match in (
        ("a b -> b a", "does not fit shape"),
        ("a (b k) c -> a b k c", "does not say how to divide 12 into b k"),
        ("a b c -> a b", "must have the same names, once"),
        ("a b c", "expected a pattern 'names -> names'"),
        ("a (b c -> a b c", "a bracket is open"),
        ("a + c -> a c", r"cannot read '\+'"),
    ):
        with pytest.raises(ValueError, match=match):
            func.rearrange(t, pattern)
    with pytest.raises(ValueError, match="does not say how to divide 12 into k b"):
        func.rearrange(t, "a (k b) c -> a k b c", k=5)
