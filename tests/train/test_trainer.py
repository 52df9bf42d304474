"""Fitting has the numbers of the loop that it replaces, and refuses what cannot be fitted."""

import re

import numpy as np
import pytest

import fastnn
from fastnn import metrics, nn, optim
from fastnn.data import DataLoader, IterableDataset, TensorDataset
from fastnn.train import Callback, History, ModelCheckpoint, Trainer
from tests.train.runs import bits, blobs, network, trainer

F = nn.functional
X, Y = blobs()


def by_hand(model, optimizer, loader, epochs, schedule=None, clip=None, each_step=False):
    """The loop that a trainer replaces; mean losses of the epochs."""
    losses = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            if clip:
                nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            if each_step:
                schedule.step()
            total += loss.item() * len(y)
            count += len(y)
        if schedule and not each_step:
            schedule.step()
        losses.append(total / count)
    return losses


@pytest.mark.parametrize("clip", [None, 0.3])
@pytest.mark.parametrize("interval", ["epoch", "step"])
def test_fit_is_the_loop_by_hand(interval, clip):
    data = TensorDataset(X.astype(np.float32), Y)
    models, found = [], []
    for fits in (False, True):
        model = network(dropout=0.3, norm=True)
        optimizer = optim.Adam(model.parameters(), lr=0.02)
        schedule = optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
        loader = DataLoader(data, 16, shuffle=True, seed=3)
        if fits:
            t = Trainer(
                model,
                nn.CrossEntropyLoss(),
                optimizer,
                scheduler=schedule,
                scheduler_interval=interval,
                clip_norm=clip,
            )
            history = t.fit(loader, epochs=3, verbose=0)
            found.append(history["loss"])
            rates = history["lr"]
        else:
            found.append(by_hand(model, optimizer, loader, 3, schedule, clip, interval == "step"))
        models.append(bits(model))
    assert models[0] == models[1]
    assert found[0] == found[1]
    steps = 8 if interval == "step" else 1
    first = 8 if interval == "step" else 0  # `lr` is that of the last step of an epoch
    assert rates == pytest.approx([0.02 * 0.9 ** (first + steps * k) for k in range(3)])


@pytest.mark.parametrize("form", ["arrays", "lists", "dataset", "loader", "batches"])
def test_forms_of_data_train_alike(form):
    x, y = X.astype(np.float32), Y
    data = {
        "arrays": (X, y),
        "lists": [x.tolist(), y.tolist()],
        "dataset": TensorDataset(x, y),
        "loader": DataLoader(TensorDataset(x, y), 32),
        "batches": Batches(x, y),
    }[form]
    expected, t = network(), trainer()
    optimizer = optim.Adam(expected.parameters(), lr=0.05)
    by_hand(expected, optimizer, DataLoader(TensorDataset(x, y), 32), 2)
    t.fit(data, epochs=2, shuffle=False, verbose=0)
    assert bits(t.model) == bits(expected)


class Batches:
    """Batches that can be iterated over again."""

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __iter__(self):
        for start in range(0, len(self.x), 32):
            part = slice(start, start + 32)
            yield fastnn.from_numpy(self.x[part]), fastnn.from_numpy(self.y[part])


def test_learns_and_reports():
    t = trainer(metrics={"acc": metrics.Accuracy()})
    history = t.fit((X[:90], Y[:90]), (X[90:], Y[90:]), epochs=15, verbose=0)
    assert isinstance(history, History)
    assert list(history) == ["loss", "acc", "val_loss", "val_acc", "lr"]
    assert len(history) == 15
    assert history["val_acc"][-1] > 0.8
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    found = t.evaluate((X[90:], Y[90:]), batch_size=7)
    assert found["loss"] == pytest.approx(history["val_loss"][-1])
    assert found["acc"] == pytest.approx(history["val_acc"][-1])
    scores = t.predict(X[90:], batch_size=7)
    right = scores.numpy().argmax(1) == Y[90:]
    assert right.mean() == pytest.approx(found["acc"])
    assert np.array_equal(t.predict((X[90:], Y[90:])).numpy(), scores.numpy())
    with pytest.raises(KeyError, match="there are loss, acc, val_loss"):
        history["val_accuracy"]


def test_metrics_of_training_can_be_left_out():
    t = trainer(metrics=metrics.Accuracy(), train_metrics=False)
    history = t.fit((X, Y), (X, Y), verbose=0)
    assert list(history) == ["loss", "val_loss", "val_accuracy", "lr"]


def test_evaluation_leaves_the_model_as_it_was():
    t = trainer(network(dropout=0.5, norm=True))
    t.model[2].eval()
    before, random = bits(t.model), str(fastnn.get_rng_state())
    t.evaluate((X, Y))
    t.predict(X)
    assert bits(t.model) == before
    assert str(fastnn.get_rng_state()) == random
    assert [m.training for m in t.model] == [True, True, False, True, True]


def test_several_inputs_and_outputs():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(3, 2), nn.Linear(3, 2)

        def forward(self, left, right):
            return self.a(left), self.b(right)

    def loss(outputs, targets):
        return ((outputs[0] + outputs[1] - targets) ** 2).mean()

    x = fastnn.from_numpy(X.astype(np.float32))
    for inputs in ((x[:, :3], x[:, 3:]), {"left": x[:, :3], "right": x[:, 3:]}):
        model = Two()
        t = Trainer(model, loss, optim.SGD(model.parameters(), lr=0.1))
        batches = [(inputs, x[:, :2])]

        class Again:
            def __iter__(self, batches=batches):
                return iter(batches)

        history = t.fit(Again(), epochs=20, verbose=0)
        assert history["loss"][-1] < history["loss"][0]
        first, second = t.predict(Again())
        assert first.shape == second.shape == (120, 2)


# -- accumulation and weights ------------------------------------------------------------------


def after_one_step(loss=None, parts=1, data=None, **options):
    model = network()
    data = (X[:60], Y[:60]) if data is None else data
    t = Trainer(
        model,
        nn.CrossEntropyLoss() if loss is None else loss,
        optim.SGD(model.parameters(), lr=0.5),
        accumulate=parts,
        **options,
    )
    history = t.fit(data, batch_size=-(-60 // parts), shuffle=False, verbose=0)
    assert t.step == 1
    return model[0].weight.detach().numpy(), history["loss"][0]


IGNORING = Y[:60].copy()
IGNORING[[0, 1, 2, 3, 4, 5, 6, 40]] = -100


@pytest.mark.parametrize("parts", [2, 3, 7])
@pytest.mark.parametrize(
    ("loss", "data"),
    [
        (None, None),
        (nn.CrossEntropyLoss(reduction="sum"), None),
        (nn.CrossEntropyLoss(weight=fastnn.tensor([1.0, 3.0, 0.5])), None),
        (F.cross_entropy, (X[:60], IGNORING)),
        (nn.CrossEntropyLoss(), (X[:60], Y[:60], np.linspace(0, 2, 60))),
    ],
    ids=["mean", "sum", "weight", "ignored", "samples"],
)
def test_accumulation_is_one_large_batch(loss, data, parts):
    """Of batches of different sizes, too: 60 are 8 batches of 9 but for the last in 7 parts."""
    large, small = after_one_step(loss, 1, data), after_one_step(loss, parts, data)
    scale = np.abs(large[0]).max()
    assert np.abs(large[0] - small[0]).max() <= 60 * np.finfo(np.float32).eps * scale
    assert small[1] == pytest.approx(large[1], rel=1e-6)


def test_a_rest_is_a_step_of_its_own():
    t = trainer(accumulate=4)
    t.fit((X, Y), batch_size=12, epochs=2, verbose=0)
    assert t.step == 2 * 3  # 10 batches: 4, 4 and 2


def test_weights_of_classes_are_those_of_the_loss():
    weights = [1.0, 3.0, 0.5]
    own = after_one_step(nn.CrossEntropyLoss(weight=fastnn.tensor(weights)))
    eps = 60 * np.finfo(np.float32).eps
    for given in (weights, {1: 3.0, 2: 0.5}, np.array(weights)):
        found = after_one_step(class_weight=given)
        assert np.abs(found[0] - own[0]).max() <= eps * np.abs(own[0]).max()
        assert found[1] == pytest.approx(own[1], rel=1e-6)


def test_classes_that_a_dict_lacks_have_weight_1():
    own = after_one_step(nn.CrossEntropyLoss(weight=fastnn.tensor([2.0, 1.0, 1.0])))
    found = after_one_step(class_weight={0: 2.0})
    eps = 60 * np.finfo(np.float32).eps
    assert np.abs(found[0] - own[0]).max() <= eps * np.abs(own[0]).max()
    with pytest.raises(ValueError, match="has 1 classes, targets are from 0 to 2"):
        after_one_step(class_weight=[2.0])


def test_samples_of_weight_2_are_there_twice():
    weight = np.ones(60)
    weight[:20] = 2
    twice = (np.concatenate([X[:60], X[:20]]), np.concatenate([Y[:60], Y[:20]]))
    model = network()
    t = Trainer(model, F.cross_entropy, optim.SGD(model.parameters(), lr=0.5))
    whole = t.fit(twice, batch_size=80, shuffle=False, verbose=0)
    found = after_one_step(F.cross_entropy, data=(X[:60], Y[:60], weight))
    expected = model[0].weight.detach().numpy()
    assert np.abs(found[0] - expected).max() <= 80 * 1.2e-7 * np.abs(expected).max()
    assert found[1] == pytest.approx(whole["loss"][0], rel=1e-6)


def test_samples_of_weight_0_are_not_there():
    weight = np.ones(60)
    weight[30:] = 0
    t = trainer(metrics=metrics.Accuracy(), class_weight=[1, 2, 1])
    found = t.evaluate((X[:60], Y[:60], weight))  # classes count alike there
    half = t.evaluate((X[:30], Y[:30]))
    assert found["loss"] == pytest.approx(half["loss"], rel=1e-6)
    assert found["accuracy"] == half["accuracy"]
    t, before = trainer(t.model), bits(t.model)
    t.fit((X[:60], Y[:60], np.zeros(60)), verbose=0)
    assert bits(t.model) == before


def test_weights_of_samples_of_regression():
    model = nn.Linear(6, 2)
    t = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.0))
    y, w = X[:, :2], np.arange(120.0)
    losses = ((model(fastnn.from_numpy(X.astype(np.float32))).detach().numpy() - y) ** 2).mean(1)
    expected = (losses * w).sum() / w.sum()
    assert t.fit((X, y, w), verbose=0)["loss"][0] == pytest.approx(expected, rel=1e-5)


# -- errors ------------------------------------------------------------------------------------

MODEL = network()
SGD = optim.SGD(MODEL.parameters(), lr=0.1)
OTHER = optim.SGD([fastnn.zeros(2, requires_grad=True)], lr=0.1)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "text"),
    [
        ((1, nn.MSELoss(), SGD), {}, TypeError, "model must be a Module, got int"),
        ((MODEL, nn.MSELoss, SGD), {}, TypeError, r"make an object: MSELoss\(\)"),
        ((MODEL, "mse", SGD), {}, TypeError, "loss must be a function"),
        ((MODEL, nn.MSELoss(reduction="none"), SGD), {}, ValueError, "reduction='mean' or 'sum'"),
        ((MODEL, nn.MSELoss(), "sgd"), {}, TypeError, "optimizer must be an Optimizer, got str"),
        ((MODEL, nn.MSELoss(), OTHER), {}, ValueError, "no parameter of the model"),
        ((MODEL, nn.MSELoss(), optim.LBFGS(MODEL.parameters())), {}, TypeError, "LBFGS"),
        (None, {"metrics": ["accuracy"]}, TypeError, "of class Metric, got str 'accuracy'"),
        (None, {"metrics": [metrics.F1(), metrics.F1()]}, ValueError, "two metrics.*'f1'"),
        (None, {"metrics": {"loss": metrics.F1()}}, ValueError, "cannot be called 'loss'"),
        (None, {"metrics": 3}, TypeError, "metrics must be metrics, got int"),
        (None, {"scheduler": 3}, TypeError, "LRScheduler, got int"),
        (
            None,
            {"scheduler": optim.lr_scheduler.StepLR(OTHER, 1)},
            ValueError,
            "of another optimizer",
        ),
        (None, {"scheduler_interval": "batch"}, ValueError, "'epoch' or 'step', got 'batch'"),
        (None, {"clip_norm": 0}, ValueError, "clip_norm must be positive, got 0"),
        (None, {"clip_norm": "1"}, ValueError, "clip_norm must be a finite number, got '1'"),
        (None, {"accumulate": 0}, ValueError, "accumulate must be an integer of at least 1"),
        (None, {"class_weight": [1, -1]}, ValueError, "finite and not negative"),
        (None, {"class_weight": "balanced"}, TypeError, "a list of numbers or a dict by class"),
        (None, {"class_weight": {"a": 1}}, ValueError, "classes as keys"),
        (
            (MODEL, lambda a, b: a.sum(), SGD),
            {"class_weight": [1, 2, 3]},
            TypeError,
            "a loss with an argument `reduction`",
        ),
    ],
)
def test_what_no_trainer_can_be_made_of(arguments, options, error, text):
    with pytest.raises(error, match=text):
        Trainer(*(arguments or (MODEL, nn.CrossEntropyLoss(), SGD)), **options)


class Stream(IterableDataset):
    def __iter__(self):
        return iter(())


@pytest.mark.parametrize(
    ("train", "options", "error", "text"),
    [
        ((X, Y[:5]), {}, ValueError, "as many of each, got 120 inputs, 5 targets"),
        ((X[:0], Y[:0]), {}, ValueError, "fit: train is empty"),
        (X, {}, TypeError, r"lacks targets: pass a pair, \(train, targets\)"),
        ((X,), {}, TypeError, "got a tuple of 1"),
        ("data", {}, TypeError, "train must be arrays .*, got str"),
        (3, {}, TypeError, "train must be arrays .*, got int"),
        (iter([(X, Y)]), {}, TypeError, "gives its batches once"),
        ((np.array(["a"]), Y[:1]), {}, TypeError, "inputs must hold numbers"),
        ((np.float64(1), Y), {}, ValueError, r"shape \(N, ...\)"),
        (DataLoader(Stream(), 2), {}, ValueError, "train is empty"),
        (DataLoader(TensorDataset(X), 2), {}, TypeError, "got a tuple of 1; a collate_fn"),
        ((X, Y), {"val": (X, Y[:3])}, ValueError, "val must have as many of each"),
        ((X, Y), {"epochs": 0}, ValueError, "epochs must be an integer of at least 1, got 0"),
        ((X, Y), {"batch_size": 1.5}, ValueError, "batch_size must be an integer"),
        ((X, Y), {"callbacks": [ModelCheckpoint]}, TypeError, "got ModelCheckpoint; make an obj"),
        ((X, Y), {"callbacks": 3}, TypeError, "a list of callbacks, got int"),
        ((X, Y), {"verbose": 7}, ValueError, "verbose must be 0, 1 or 2, got 7"),
        ((X, Y), {"checkpoint_every": 5}, ValueError, "checkpoint_every needs a checkpoint"),
        ((X, Y), {"resume": True}, ValueError, "resume=True needs a checkpoint"),
        ((X, Y), {"resume": 3}, TypeError, "resume must be a path, got int"),
        ((X, Y), {"resume": "/no/such/file"}, FileNotFoundError, "/no/such/file"),
        ((X, Y + 1), {}, (ValueError, IndexError), "target"),
        ((X, Y, -np.ones(120)), {}, ValueError, "finite and not negative"),
        ((X, Y, np.ones((120, 2))), {}, ValueError, "must have shape"),
    ],
)
def test_what_cannot_be_fitted(train, options, error, text):
    t = trainer()
    before = bits(t.model)
    options = {"verbose": 0, **options}
    with pytest.raises(error, match=text):
        t.fit(train, **options)
    assert bits(t.model) == before
    t.fit((X, Y), verbose=0)  # and nothing of it stays


def test_losses_that_are_no_number():
    model = network()
    for loss, got in ((lambda s, y: s, r"shape \(32, 3\)"), (lambda s, y: 0.5, "float")):
        t = Trainer(model, loss, optim.SGD(model.parameters(), lr=0.1))
        with pytest.raises(TypeError, match=f"a tensor with one number, got {got}"):
            t.fit((X, Y), verbose=0)


def test_metrics_that_are_no_number():
    t = trainer(metrics=metrics.ConfusionMatrix(3))
    with pytest.raises(TypeError, match="must give one number, 'confusion_matrix' gives"):
        t.fit((X, Y), verbose=0)
    assert t.step == 1


def test_a_trainer_trains_once_at_a_time():
    class Again(Callback):
        def on_epoch_end(self, epoch, logs):
            self.trainer.fit((X, Y))

    t = trainer()
    with pytest.raises(RuntimeError, match="is training already"):
        t.fit((X, Y), callbacks=Again(), verbose=0)
    with pytest.raises(RuntimeError, match="no run is going on"):
        t.save("x")


def test_what_is_shown(capsys):
    t = trainer(metrics=metrics.Accuracy())
    t.fit((X, Y), epochs=2, verbose=0)
    assert capsys.readouterr() == ("", "")
    for verbose in (1, 2):  # the output of a test is no terminal
        t.fit((X, Y), epochs=2, verbose=verbose)
        out, err = capsys.readouterr()
        assert not err
        first, second = out.splitlines()
        assert re.match(r"epoch 1/2  \d\.\d s  loss 0\.\d+  accuracy 0\.\d+  lr 0.05", first)
        assert second.startswith("epoch 2/2")


@pytest.mark.parametrize("library", [True, False])
def test_bars(library, capsys, monkeypatch):
    from fastnn.train import progress_bar

    if library:
        pytest.importorskip("tqdm")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setattr(progress_bar, "find_spec", lambda name: library or None)
    t = trainer()
    t.fit((X, Y), epochs=2, batch_size=10)
    out, err = capsys.readouterr()
    assert not out
    assert "epoch 2/2" in err
    assert "12/12" in err
    assert "loss 0." in err
    assert ("s left" in err) is not library
    assert err.endswith("\n")


def test_plots():
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib import pyplot

    t = trainer(metrics=metrics.Accuracy())
    with pytest.raises(ValueError, match="no epochs to plot"):
        t.history.plot()
    history = t.fit((X, Y), (X, Y), epochs=2, verbose=0)
    axes = history.plot()
    assert [ax.get_ylabel() for ax in axes] == ["loss", "accuracy"]
    assert list(axes[0].lines[1].get_ydata()) == history["val_loss"]
    (one,) = history.plot("lr")
    assert len(one.lines) == 1
    pyplot.close("all")
