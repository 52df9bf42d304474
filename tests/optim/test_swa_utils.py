"""Averages of weights: values against NumPy and PyTorch, buffers, the schedule, errors."""

import copy

import numpy as np
import pytest

import fastnn
from fastnn import nn
from fastnn.optim import SGD, swa_utils
from fastnn.optim.swa_utils import SWALR, AveragedModel, update_bn
from tests.harness import numbers

UPDATES = 20


def net(nn):
    return nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Linear(5, 2))


def values(t):
    """Parameters and floating buffers of update t."""
    shapes = [(5, 3), (5,), (5,), (5,), (2, 5), (2,)]
    return [numbers(*s, seed=10 * t + i).astype("float32") for i, s in enumerate(shapes)]


AVERAGES = {
    "mean": lambda s: {},
    "multi-mean": lambda s: {"multi_avg_fn": s.get_swa_multi_avg_fn()},
    "one-mean": lambda s: {"avg_fn": s.get_swa_avg_fn()},
    "multi-ema": lambda s: {"multi_avg_fn": s.get_ema_multi_avg_fn(0.9)},
    "one-ema": lambda s: {"avg_fn": s.get_ema_avg_fn(0.9)},
    "fast-ema": lambda s: {"multi_avg_fn": s.get_ema_multi_avg_fn(0.1)},
    "own": lambda s: {"avg_fn": lambda a, p, n: (a + p) / (2 + n)},
}


def reference(name):
    """The averages in float64 after all updates."""
    a = [v.astype("f8") for v in values(0)]
    for t in range(1, UPDATES):
        if name == "own":
            a = [(x + v) / (2 + t) for x, v in zip(a, values(t))]
        else:
            w = 1 / (t + 1) if "mean" in name else 0.9 if name == "fast-ema" else 0.1
            a = [x + w * (v - x) for x, v in zip(a, values(t))]
    return a


@pytest.mark.parametrize("name", AVERAGES)
def test_averages(name):
    model = net(nn)
    averaged = AveragedModel(model, **AVERAGES[name](swa_utils))
    for t in range(UPDATES):
        for p, v in zip(model.parameters(), values(t)):
            p._array[...] = v
        averaged.update_parameters(model)
    assert averaged.n_averaged.item() == UPDATES
    for p, want in zip(averaged.parameters(), reference(name)):
        # Of each update two roundings, of numbers below 4.
        atol = 2 * UPDATES * 4 * np.finfo("f4").eps
        np.testing.assert_allclose(p.detach().numpy(), want, rtol=0, atol=atol)


@pytest.mark.parametrize("use_buffers", [False, True])
@pytest.mark.parametrize("name", AVERAGES)
def test_averages_torch(name, use_buffers):
    torch = pytest.importorskip("torch", reason="PyTorch, the second reference, is not installed")
    if use_buffers and "mean" in name and "one" not in name:
        pytest.skip("PyTorch has no mean of integers")
    found = []
    for lib, s in ((fastnn, swa_utils), (torch, torch.optim.swa_utils)):
        model = net(lib.nn)
        averaged = s.AveragedModel(model, use_buffers=use_buffers, **AVERAGES[name](s))
        for t in range(UPDATES):
            with lib.no_grad():
                for p, v in zip(model.parameters(), values(t)):
                    p.copy_(lib.tensor(v))
                model[1].running_mean.copy_(lib.tensor(values(t)[1]))
                model[1].num_batches_tracked.fill_(7 * t % 5)
            averaged.update_parameters(model)
        found.append({k: v.numpy() for k, v in averaged.state_dict().items()})
    assert [*found[0]] == [*found[1]]
    for key, mine in found[0].items():
        np.testing.assert_allclose(mine, found[1][key], rtol=0, atol=1e-5, err_msg=key)


def test_an_average_of_integers_is_cut_off():
    a, p = fastnn.tensor([4, -4]), fastnn.tensor([7, -7])
    swa_utils.get_swa_multi_avg_fn()([a], [p], 1)
    assert a.tolist() == [5, -5]


def test_buffers_are_copied():
    model = net(nn)
    averaged = AveragedModel(model)
    for t in range(3):
        model(fastnn.Tensor(numbers(4, 3, seed=t).astype("float32")))
        averaged.update_parameters(model)
    for mine, theirs in zip(averaged.module.buffers(), model.buffers()):
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy())
        assert not np.shares_memory(mine._array, theirs._array)


def test_an_update_changes_the_average_for_graphs():
    """As any change in place."""
    model = nn.Linear(2, 2)
    averaged = AveragedModel(model)
    averaged.update_parameters(model)
    x = fastnn.ones(3, 2, requires_grad=True)
    loss = averaged(x).sum()
    averaged.update_parameters(model)
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


def test_state_dict_and_copies():
    model = net(nn)
    averaged = AveragedModel(model)
    averaged.update_parameters(model)
    other = AveragedModel(net(nn))
    other.load_state_dict(averaged.state_dict())
    twin = copy.deepcopy(averaged)
    for p in model.parameters():
        p._array += 1
    for each in (averaged, other, twin):
        each.update_parameters(model)
    for each in (other, twin):
        for a, b in zip(averaged.parameters(), each.parameters()):
            np.testing.assert_array_equal(a._array, b._array)


@pytest.mark.parametrize("tuples", [False, True])
def test_update_bn(tuples):
    batches = [numbers(8, 3, seed=t).astype("float32") for t in range(4)]
    model = nn.Sequential(nn.BatchNorm1d(3, momentum=0.3)).eval()
    loader = [(fastnn.Tensor(x), 7) if tuples else fastnn.Tensor(x) for x in batches]
    update_bn(loader, model)
    norm = model[0]
    assert not model.training
    assert norm.momentum == 0.3
    mean = np.mean([x.astype("f8").mean(0) for x in batches], 0)
    var = np.mean([x.astype("f8").var(0, ddof=1) for x in batches], 0)
    np.testing.assert_allclose(norm.running_mean.numpy(), mean, rtol=0, atol=1e-6)
    np.testing.assert_allclose(norm.running_var.numpy(), var, rtol=1e-5)
    update_bn([None], nn.Linear(1, 1))  # which has nothing to compute


def test_update_bn_restores_the_momentum_after_an_error():
    model = nn.Sequential(nn.BatchNorm1d(3)).eval()
    with pytest.raises(ValueError, match="3"):
        update_bn([fastnn.zeros(2, 4)], model)
    assert model[0].momentum == 0.1
    assert not model.training


SCHEDULES = {
    "cos": lambda s, o: s.SWALR(o, 0.02, anneal_epochs=13),
    "linear": lambda s, o: s.SWALR(o, [0.02, 0.4], 7, "linear"),
    "at-once": lambda s, o: s.SWALR(o, 0.02, 0),
}


def optimizer_of(optim, leaf):
    return optim.SGD([{"params": [leaf()]}, {"params": [leaf()], "lr": 0.05}], lr=0.1)


def mine():
    return optimizer_of(fastnn.optim, lambda: fastnn.zeros(2, requires_grad=True))


def rates(optimizer, schedule, steps):
    found = []
    for _ in range(steps):
        optimizer.step()
        schedule.step()
        found.append([g["lr"] for g in optimizer.param_groups])
    return found


@pytest.mark.parametrize("name", SCHEDULES)
def test_swalr_torch(name):
    """The same numbers over 60 steps, and with the state of PyTorch in mid-course."""
    torch = pytest.importorskip("torch", reason="PyTorch, the second reference, is not installed")
    here, other = mine(), mine()
    there = optimizer_of(torch.optim, lambda: torch.zeros(2, requires_grad=True))
    a, c = SCHEDULES[name](swa_utils, here), SCHEDULES[name](swa_utils, other)
    b = SCHEDULES[name](torch.optim.swa_utils, there)
    assert rates(here, a, 5) == rates(there, b, 5)
    other.load_state_dict(there.state_dict())
    c.load_state_dict(b.state_dict())
    want = rates(there, b, 55)
    assert rates(here, a, 55) == want
    assert rates(other, c, 55) == want


def test_swalr():
    optimizer = mine()
    schedule = SWALR(optimizer, 0.02, anneal_epochs=13)
    for t, found in enumerate(rates(optimizer, schedule, 30), 1):
        part = (1 - np.cos(np.pi * min(t / 13, 1))) / 2
        want = [0.02 * part + lr * (1 - part) for lr in (0.1, 0.05)]
        np.testing.assert_allclose(found, want, rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: AveragedModel(3), TypeError, "AveragedModel: model must be a Module, got int"),
        (lambda: AveragedModel(net(nn), avg_fn=3), TypeError, "avg_fn must be a function, got int"),
        (
            lambda: AveragedModel(net(nn), avg_fn=max, multi_avg_fn=max),
            ValueError,
            "pass only one of avg_fn and multi_avg_fn",
        ),
        (
            lambda: AveragedModel(net(nn)).update_parameters(nn.Linear(2, 2)),
            ValueError,
            r"model must have parameters and buffers of shapes .* got \[\(2, 2\), \(2,\)\]",
        ),
        (lambda: swa_utils.get_ema_avg_fn(1.5), ValueError, r"decay must be in \[0, 1\], got 1.5"),
        (lambda: swa_utils.get_ema_multi_avg_fn("x"), TypeError, "decay must be a number, got 'x'"),
        (lambda: SWALR(3, 0.1), TypeError, "SWALR: optimizer must be an Optimizer"),
        (lambda: SWALR(mine(), "x"), TypeError, "SWALR: swa_lr must be a number, got 'x'"),
        (lambda: SWALR(mine(), 0.1, -1), ValueError, "SWALR: anneal_epochs must be an int of at"),
        (lambda: SWALR(mine(), 0.1, 2, "x"), ValueError, "SWALR: anneal_strategy must be one of"),
        (lambda: SWALR(mine(), [0.1]), ValueError, "SWALR: swa_lr must have one value for each"),
    ],
)
def test_errors(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_training_with_averages():
    """The loop of the documentation, to the end."""
    x, y = numbers(64, 3).astype("float32"), numbers(64, 2, seed=1).astype("float32")
    parts = [slice(i, i + 16) for i in range(0, 64, 16)]
    batches = [(fastnn.Tensor(x[part]), fastnn.Tensor(y[part])) for part in parts]
    model = net(nn)
    averaged, optimizer = AveragedModel(model), SGD(model.parameters(), lr=0.1)
    schedule = SWALR(optimizer, 0.05, 3)
    for _ in range(6):
        for inputs, target in batches:
            optimizer.zero_grad()
            nn.functional.mse_loss(model(inputs), target).backward()
            optimizer.step()
        averaged.update_parameters(model)
        schedule.step()
    update_bn(batches, averaged)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.05)
    losses = [
        nn.functional.mse_loss(m.eval()(fastnn.Tensor(x)), fastnn.Tensor(y)).item()
        for m in (net(nn), averaged)
    ]
    assert losses[1] < losses[0]
