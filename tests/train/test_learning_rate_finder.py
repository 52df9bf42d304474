"""The search for a learning rate finds one, and leaves everything as it was."""

import numpy as np
import pytest

import fastnn
from fastnn import nn, optim
from fastnn.data import DataLoader, TensorDataset
from fastnn.train import LearningRateCurve, find_learning_rate
from tests.train.runs import bits, blobs, network, trainer

X, Y = blobs(300)


def state(t, loader):
    return (
        bits(t.model),
        str(t.optimizer.state_dict()),
        str(loader.state_dict()),
        str(fastnn.get_rng_state()),
        str(loader.generator.get_state()),
        [m.training for m in t.model],
        [p.grad is None for p in t.parameters],
        str(t.scheduler.state_dict()),
        t.history.state_dict(),
    )


@pytest.mark.parametrize("begun", [False, True])
def test_everything_is_as_it_was(begun):
    t = trainer(network(dropout=0.3, norm=True), clip_norm=1.0, accumulate=2)
    t.scheduler = optim.lr_scheduler.StepLR(t.optimizer, 1)
    loader = DataLoader(TensorDataset(X.astype(np.float32), Y), 20, shuffle=True, seed=1)
    if begun:
        t.fit(loader, epochs=2, verbose=0)
        t.model[2].eval()
        next(iter(loader))
    before = state(t, loader)
    curve = find_learning_rate(t, loader, steps=30)
    assert state(t, loader) == before
    assert 10 <= len(curve.losses) <= 30

    def fail(*args):
        raise ZeroDivisionError

    t.model.register_forward_hook(fail)
    with pytest.raises(ZeroDivisionError):
        find_learning_rate(t, loader)
    assert state(t, loader) == before


@pytest.mark.parametrize("optimizer", [optim.SGD, optim.Adam])
def test_the_suggestion_trains(optimizer):
    t = trainer(optimizer=optimizer)
    curve = find_learning_rate(t, (X, Y))
    assert curve.learning_rates[0] == 1e-6
    assert len(curve.losses) == len(curve.smoothed) == len(curve.learning_rates)
    t = trainer(lr=curve.suggestion, optimizer=optimizer)
    low = trainer(lr=curve.suggestion / 300, optimizer=optimizer)
    losses = [each.fit((X, Y), epochs=3, verbose=0)["loss"][-1] for each in (t, low)]
    assert losses[0] < 0.7 * losses[1]


def test_losses_are_those_of_steps_at_these_rates():
    t = trainer(optimizer=optim.SGD)
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    x, y = fastnn.from_numpy(X.astype(np.float32)), fastnn.from_numpy(Y)
    curve = find_learning_rate(t, TensorDataset(x, y), start=0.1, end=1.6, steps=5, batch_size=300)
    assert curve.learning_rates == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6])
    for rate, found in zip(curve.learning_rates, curve.losses):
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        assert found == pytest.approx(loss.item(), rel=1e-5)  # in another order of samples


def test_it_ends_where_the_loss_explodes():
    model = nn.Linear(6, 1)
    t = trainer(model, loss=nn.MSELoss(), optimizer=optim.SGD)
    curve = find_learning_rate(t, (X, X[:, :1]), end=1e4, steps=200)
    assert len(curve.losses) < 200
    assert curve.smoothed[-1] > 4 * curve.smoothed.min()
    assert curve.suggestion < 1


def test_curves():
    curve = LearningRateCurve([1e-3, 1e-2, 1e-1], [1.0, 0.0, 4.0], smoothing=0.5)
    assert curve.smoothed.tolist() == pytest.approx([1.0, 1 / 3, (0.125 + 2.0) / 0.875])
    assert "3 steps" in repr(curve)
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib import pyplot

    ax = curve.plot()
    assert ax.get_xscale() == "log"
    assert curve.plot(ax) is ax
    pyplot.close("all")


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"start": 1.0, "end": 0.1}, ValueError, "0 < start < end must hold, got 1.0 and 0.1"),
        ({"start": 0}, ValueError, "0 < start < end"),
        ({"steps": 1}, ValueError, "steps must be an integer of at least 2"),
        ({"smoothing": 1}, ValueError, "smoothing must be from 0 to below 1, got 1"),
        ({"stop_factor": 1}, ValueError, "stop_factor must be above 1"),
        ({"data": (X, Y[:3])}, ValueError, "as many of each"),
        ({"data": (X * np.nan, Y)}, ValueError, "the loss is not finite at 1e-06: .* inputs of"),
        ({"trainer": 3}, TypeError, "must be a Trainer, got int"),
    ],
)
def test_errors(options, error, text):
    arguments = {"trainer": trainer(), "data": (X, Y), **options}
    with pytest.raises(error, match=text):
        find_learning_rate(**arguments)
