"""The base of all optimizers: groups, state, errors."""

import copy
import pickle

import numpy as np
import pytest

import fastnn
from fastnn import nn, optim
from fastnn.optim import SGD, Adam, AdamW, Optimizer
from tests.harness import numbers
from tests.reference import optim as reference

OF_TORCH = ("Adafactor", "Adadelta", "Adagrad", "Adamax", "ASGD", "NAdam", "RAdam", "Rprop")


def leaf(*shape, seed=0):
    return fastnn.Tensor(numbers(*shape, seed=seed), requires_grad=True)


@pytest.mark.parametrize(
    ("kind", "options", "match"),
    [
        (SGD, {"lr": -1}, "SGD: lr must not be negative, got -1"),
        (SGD, {"lr": float("nan")}, "SGD: lr must not be negative, got nan"),
        (SGD, {"momentum": -0.1}, "SGD: momentum must not be negative"),
        (SGD, {"weight_decay": -0.1}, "SGD: weight_decay must not be negative"),
        (SGD, {"nesterov": True}, "SGD: nesterov needs momentum > 0"),
        (SGD, {"nesterov": True, "momentum": 1, "dampening": 0.1}, "SGD: nesterov needs"),
        (Adam, {"lr": -1}, "Adam: lr must not be negative"),
        (Adam, {"eps": -1}, "Adam: eps must not be negative"),
        (Adam, {"betas": (1.0, 0.9)}, r"Adam: betas\[0\] must be in \[0, 1\), got 1.0"),
        (AdamW, {"betas": (0.9, -0.1)}, r"AdamW: betas\[1\] must be in \[0, 1\), got -0.1"),
        (AdamW, {"weight_decay": -1}, "AdamW: weight_decay must not be negative"),
        (optim.Adagrad, {"initial_accumulator_value": -1}, "Adagrad: initial_accumulator_value mu"),
        (optim.Adadelta, {"rho": 1.5}, r"Adadelta: rho must be in \[0, 1\], got 1.5"),
        (optim.Adamax, {"betas": (1.0, 0.9)}, r"Adamax: betas\[0\] must be in \[0, 1\), got 1.0"),
        (optim.NAdam, {"momentum_decay": -1}, "NAdam: momentum_decay must not be negative"),
        (optim.RAdam, {"eps": -1}, "RAdam: eps must not be negative"),
        (optim.ASGD, {"weight_decay": -1}, "ASGD: weight_decay must not be negative"),
        (optim.Rprop, {"etas": (1.2, 0.5)}, "Rprop: etas must be in .* got .1.2, 0.5"),
        (optim.Lion, {"lr": -1}, "Lion: lr must not be negative"),
        (optim.LAMB, {"betas": (0.9, 1)}, r"LAMB: betas\[1\] must be in \[0, 1\), got 1"),
    ],
)
def test_bad_options(kind, options, match):
    with pytest.raises(ValueError, match=match):
        kind([leaf(2)], **options)


def test_bad_params():
    p = leaf(2)
    with pytest.raises(TypeError, match="SGD: params must be an iterable of tensors or dicts"):
        SGD(p)
    with pytest.raises(ValueError, match="SGD: params must not be empty"):
        SGD([])
    used = nn.Linear(2, 3).parameters()
    assert len(list(used)) == 2
    match = (
        r"params must not be empty; a generator such as model.parameters\(\) gives its items once"
    )
    with pytest.raises(ValueError, match=match):
        SGD(used)
    with pytest.raises(ValueError, match="SGD: params of a group is used up; a generator such as"):
        SGD([{"params": [p]}, {"params": used}])
    assert len(SGD([{"params": [p]}, {"params": nn.ReLU().parameters()}]).param_groups) == 2
    with pytest.raises(TypeError, match="SGD: params must be tensors, got ndarray"):
        SGD([np.ones(2)])
    with pytest.raises(TypeError, match="SGD: params must be ordered, got a set"):
        SGD([{"params": {p}}])
    with pytest.raises(ValueError, match="SGD: params must be leaves"):
        SGD([p.reshape(2, 1)])
    with pytest.raises(ValueError, match=r"SGD: a parameter of shape \(2,\) occurs twice"):
        SGD([p, p])
    with pytest.raises(TypeError, match="SGD: params must be float32 or float64, got int64"):
        SGD([fastnn.Tensor(np.ones(2, int))])
    optimizer = SGD([p])
    with pytest.raises(TypeError, match="SGD: a group must be a dict, got list"):
        optimizer.add_param_group([p])
    with pytest.raises(ValueError, match="occurs twice"):
        optimizer.add_param_group({"params": [p]})
    assert len(optimizer.param_groups) == 1


def test_closure_runs_with_gradients():
    p = leaf(3)

    def closure():
        assert fastnn.is_grad_enabled()
        p.grad = fastnn.Tensor(np.ones(3))
        return 7

    with fastnn.no_grad():
        assert SGD([p], lr=0.1).step(closure) == 7
    np.testing.assert_allclose(p._array, numbers(3) - 0.1)


def test_zero_grad():
    p, q = leaf(3), leaf(2)
    optimizer = SGD([p, q])
    p.grad = g = fastnn.Tensor(np.ones(3))
    optimizer.zero_grad(set_to_none=False)
    assert p.grad._array is g._array
    assert q.grad is None
    np.testing.assert_array_equal(g._array, np.zeros(3))
    optimizer.zero_grad()
    assert p.grad is None


OPTIMIZERS = [
    lambda ps: SGD(ps, lr=0.1, momentum=0.9),
    lambda ps: SGD(ps, lr=0.1),
    lambda ps: Adam(ps, lr=0.1, amsgrad=True),
    lambda ps: AdamW(ps, lr=0.1),
    *(
        lambda ps, kind=kind: getattr(fastnn.optim, kind)(ps, lr=0.1)
        for kind in (*OF_TORCH, "Lion", "LAMB")
    ),
]


def advance(optimizer, params, first, last):
    for t in range(first, last):
        for i, p in enumerate(params):
            p.grad = fastnn.Tensor(numbers(*p.shape, seed=10 * t + i))
        optimizer.step()


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_state_dict_continues_the_run(make):
    params = [leaf(3), leaf(2, 5, seed=1)]
    optimizer = make(params)
    advance(optimizer, params, 0, 3)
    saved = pickle.loads(pickle.dumps(optimizer.state_dict()))
    copies = [fastnn.Tensor(p._array.copy(), requires_grad=True) for p in params]
    copies[1]._array = np.asfortranarray(copies[1]._array)  # state has its parameter's order
    resumed = make(copies)
    resumed.param_groups[0]["lr"] = 77
    resumed.load_state_dict(saved)
    assert resumed.param_groups[0]["lr"] == 0.1
    advance(optimizer, params, 3, 6)
    advance(resumed, copies, 3, 6)
    for p, c in zip(params, copies):
        np.testing.assert_array_equal(p._array, c._array)


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_deepcopy(make):
    params = [leaf(3), leaf(2, 5, seed=1)]
    optimizer = make(params)
    advance(optimizer, params, 0, 3)
    other = copy.deepcopy(optimizer)
    copies = other.param_groups[0]["params"]
    advance(optimizer, params, 3, 5)
    advance(other, copies, 3, 5)
    for p, c in zip(params, copies):
        assert p is not c
        np.testing.assert_array_equal(p._array, c._array)


def test_load_state_dict_checks():
    p, q = leaf(3), leaf(2)
    optimizer = Adam([p, q])
    advance(optimizer, [p, q], 0, 1)
    saved = optimizer.state_dict()
    with pytest.raises(ValueError, match=r"Adam: state_dict must have groups of \[1\] parameters"):
        Adam([leaf(3)]).load_state_dict(saved)
    other = Adam([leaf(3), leaf(4)])
    with pytest.raises(ValueError, match=r"Adam: exp_avg of a parameter of shape \(4,\)"):
        other.load_state_dict(saved)
    assert not other.state
    saved["param_groups"][0]["lr"] = -1
    with pytest.raises(ValueError, match="lr must not be negative"):
        optimizer.load_state_dict(saved)
    assert optimizer.param_groups[0]["lr"] == 1e-3


@pytest.mark.parametrize(
    ("name", "options"),
    [("SGD", {"momentum": 0.9}), ("Adam", {}), ("AdamW", {}), *((name, {}) for name in OF_TORCH)],
)
def test_state_dict_of_torch(name, options, torch):
    start = numbers(3, 4)
    theirs = torch.tensor(start, requires_grad=True)
    there = getattr(torch.optim, name)([theirs], lr=0.1, **options)
    ours = fastnn.Tensor(start.copy(), requires_grad=True)
    here = getattr(fastnn.optim, name)([ours], lr=0.5, **options)
    for t in range(6):
        g = numbers(3, 4, seed=t)
        theirs.grad = torch.tensor(g)
        there.step()
        if t == 2:
            ours._array[...] = theirs.detach().numpy()
            here.load_state_dict(there.state_dict())
        elif t > 2:
            ours.grad = fastnn.Tensor(g)
            here.step()
    np.testing.assert_allclose(ours._array, theirs.detach().numpy(), rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda p: optim.ASGD(p, t0="x"), "ASGD: t0 must be a number, got 'x'"),
        (lambda p: optim.Rprop(p, step_sizes=3), "Rprop: step_sizes must be a tuple of two numb"),
        (lambda p: optim.Rprop(p, etas=(0.5,)), "Rprop: etas must be a tuple of two numbers"),
        (lambda p: optim.Lion(p, betas=0.9), "Lion: betas must be a tuple of two numbers"),
    ],
)
def test_options_that_are_no_numbers(call, match):
    with pytest.raises(TypeError, match=match):
        call([leaf(2)])


def test_the_mean_of_averaged_sgd():
    p, grads = leaf(3), [numbers(3, seed=t) for t in range(9)]
    start = p._array.copy()
    optimizer = optim.ASGD([p], lr=0.1, t0=3)
    for t, g in enumerate(grads):
        p.grad = fastnn.Tensor(g)
        optimizer.step()
        want = reference.asgd(start, grads[: t + 1], lr=0.1, t0=3, average=True)[-1]
        np.testing.assert_allclose(optimizer.state[p]["ax"].numpy(), want, rtol=1e-13)


def test_the_trust_ratio_of_zeros():
    """It is 1 where parameter or update are 0; the lanes beyond an odd size count nothing."""
    p = fastnn.zeros(5, dtype="float64", requires_grad=True)
    optimizer = optim.LAMB([p], lr=0.5, eps=0.0)
    p.grad = fastnn.ones(5, dtype="float64")
    optimizer.step()
    np.testing.assert_allclose(p._array, np.full(5, -0.5), rtol=1e-15)
    optimizer.step()
    np.testing.assert_allclose(p._array, np.full(5, -0.75), rtol=1e-14)


def test_state_may_be_dropped():
    p = leaf(3)
    optimizer = Adam([p], lr=0.1)
    advance(optimizer, [p], 0, 2)
    optimizer.state.clear()
    advance(optimizer, [p], 2, 3)
    assert optimizer.state[p]["step"].item() == 1


def test_user_defined_optimizer():
    class Sign(Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        def update(self, params, grads, counts):
            for p, g in zip(params, grads):
                p._array -= self.param_groups[0]["lr"] * np.sign(g)

    p = fastnn.Tensor(np.array([1.0, -1.0]), requires_grad=True)
    p.grad = fastnn.Tensor(np.array([3.0, -2.0]))
    Sign([p], 0.5).step()
    np.testing.assert_array_equal(p._array, [0.5, -0.5])
    with pytest.raises(NotImplementedError, match="define update"):
        Optimizer([p], {}).step()


def test_repr():
    assert "lr: 0.5" in repr(SGD([leaf(1)], lr=0.5))
