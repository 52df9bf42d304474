"""Callbacks: hooks, what they do to a run, and errors in their options."""

import csv

import numpy as np
import pytest

import fastnn
from fastnn import metrics, nn, optim
from fastnn.train import (
    Callback,
    CSVLogger,
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TensorBoard,
    TerminateOnNaN,
)
from fastnn.train.callback import HOOKS, Callbacks
from tests.train.runs import bits, blobs, network, trainer

X, Y = blobs(40)


def test_hooks_are_called_in_order():
    seen = []

    def noting(name):
        return lambda *args: seen.append((name, *args[:-1], *args[-1]))

    hooks = {name: noting(name) for name in HOOKS if name != "on_exception"}
    t = trainer()
    t.fit((X, Y), (X[:20], Y[:20]), epochs=2, callbacks=LambdaCallback(**hooks), verbose=0)
    epoch = [
        *[("on_train_batch_begin", 0), ("on_train_batch_end", 0, "loss")],
        *[("on_train_batch_begin", 1), ("on_train_batch_end", 1, "loss")],
        ("on_test_begin",),
        *[("on_test_batch_begin", 0), ("on_test_batch_end", 0, "loss")],
        ("on_test_end", "loss"),
    ]
    names = ("loss", "val_loss", "lr")
    assert seen == [
        ("on_train_begin",),
        *[("on_epoch_begin", 0), *epoch, ("on_epoch_end", 0, *names)],
        *[("on_epoch_begin", 1), *epoch, ("on_epoch_end", 1, *names)],
        ("on_train_end", *names),
    ]


def test_hooks_that_are_not_defined_are_not_called():
    class One(Callback):
        def on_epoch_end(self, epoch, logs):
            pass

    found = Callbacks([One(), Callback(), EarlyStopping()], trainer())
    assert {name: len(hooks) for name, hooks in found.hooks.items() if hooks} == {
        "on_train_begin": 1,
        "on_train_end": 1,
        "on_epoch_end": 2,
    }


def test_stopping_within_an_epoch():
    def stop(batch, logs):
        t.stop_training = batch == 2

    t = trainer()
    history = t.fit(
        (X, Y), epochs=5, batch_size=5, callbacks=LambdaCallback(on_train_batch_end=stop), verbose=0
    )
    assert (t.step, len(history)) == (3, 1)


class Given(Callback):
    """Adds values to the logs, as if they were metrics."""

    log_names = ("val_given",)

    def __init__(self, values):
        self.values = values

    def on_epoch_end(self, epoch, logs):
        logs["val_given"] = self.values[epoch]


@pytest.mark.parametrize(
    ("values", "options", "epochs", "best"),
    [
        ([3, 2, 1, 2, 3, 4], {"patience": 2}, 5, 2),
        ([3, 2, 1, 2, 3, 4], {}, 4, 2),
        ([3, 2, 1, 2, 0, 4], {"patience": 2}, 6, 4),
        ([1, 2, 3, 2, 1, 4], {"patience": 2, "mode": "max"}, 5, 2),
        ([3, 2.9, 2.8, 2.7, 2, 2], {"patience": 2, "min_delta": 0.5}, 3, 0),
        ([3, 4, 5, 6, 2, 2], {"patience": 1, "start_from_epoch": 3}, 6, 4),
        ([5, 4, 3, 2, 1, 0], {"patience": 3, "baseline": 3.5}, 6, 5),
        ([5, 4, 3.8, 3.6, 1, 0], {"patience": 3, "baseline": 3.5}, 3, 2),
        ([float("nan"), 2, float("nan"), 1, 3, 3], {"patience": 3}, 6, 3),
    ],
)
def test_early_stopping(values, options, epochs, best):
    kept = []
    keep = LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(bits(t.model)))
    t = trainer()
    stopping = EarlyStopping("val_given", restore_best_weights=True, **options)
    history = t.fit((X, Y), epochs=6, callbacks=[Given(values), keep, stopping], verbose=0)
    assert len(history) == epochs
    assert stopping.best_epoch == best
    assert bits(t.model) == kept[best]
    stopped = stopping.wait >= max(stopping.patience, 1)
    assert stopping.stopped_epoch == (epochs - 1 if stopped else None)


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("val_loss", "min"),
        ("val_accuracy", "max"),
        ("acc", "max"),
        ("val_f1", "max"),
        ("val_auroc", "max"),
        ("r2", "max"),
        ("val_mean_squared_error", "min"),
        ("val_perplexity", "min"),
        ("val_top_k_accuracy", "max"),
    ],
)
def test_modes_by_name(name, mode):
    assert EarlyStopping(name).mode == mode


def test_learning_rates_of_epochs():
    t = trainer(lr=0.08)
    rates = LearningRateScheduler(lambda epoch, lr: lr / 2 if epoch else lr)
    assert t.fit((X, Y), epochs=4, callbacks=rates, verbose=0)["lr"] == [0.08, 0.04, 0.02, 0.01]
    for wrong in ("fast", float("nan"), None):
        with pytest.raises(ValueError, match="what schedule returns must be a finite number"):
            t.fit((X, Y), callbacks=LearningRateScheduler(lambda e, lr, w=wrong: w), verbose=0)
    with pytest.raises(ValueError, match="must return at least 0, got -1"):
        t.fit((X, Y), callbacks=LearningRateScheduler(lambda epoch, lr: -1), verbose=0)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        # A rate counts from the next epoch on.
        ({"patience": 2}, [1, 1, 1, 0.1, 0.1, 0.01]),
        ({"patience": 2, "cooldown": 1}, [1, 1, 1, 0.1, 0.1, 0.1]),
        ({"patience": 1, "factor": 0.5, "min_lr": 0.3}, [1, 1, 0.5, 0.3, 0.3, 0.3]),
        ({"patience": 9}, [1] * 6),
    ],
)
def test_rates_on_a_plateau(options, expected):
    t = trainer(lr=1.0, optimizer=optim.SGD)
    callbacks = [Given([1.0] * 6), ReduceLROnPlateau("val_given", **options)]
    history = t.fit((X, Y), epochs=6, callbacks=callbacks, verbose=0)
    assert history["lr"] == pytest.approx(expected)


def test_schedulers_on_a_plateau_get_the_loss():
    for val, name in (((X, Y), "val_loss"), (None, "loss")):
        model = network()
        t = trainer(model, lr=0.1)
        t.scheduler = optim.lr_scheduler.ReduceLROnPlateau(t.optimizer)
        history = t.fit((X, Y), val, verbose=0)
        assert t.scheduler.best == history[name][0]


def test_checkpoints(tmp_path):
    t = trainer()
    last = ModelCheckpoint(tmp_path / "last-{epoch:02d}-{val_given:.1f}", keep=2)
    best = ModelCheckpoint(tmp_path / "best", "val_given", save_best_only=True)
    alone = ModelCheckpoint(tmp_path / "w{step}", save_weights_only=True, save_freq=3, keep=1)
    given = Given([5, 3, 4, 2.5, 9])
    t.fit((X, Y), epochs=5, callbacks=[last, best, given, alone], verbose=0)
    names = {p.name for p in tmp_path.iterdir()}
    assert names == {"last-04-2.5", "last-05-9.0", "best", "w9"}
    assert [p.rpartition("/")[2] for p in last.kept] == ["last-04-2.5", "last-05-9.0"]
    assert fastnn.load(tmp_path / "best")["epoch"] == 4
    assert best.best == 2.5
    t.model.load_state_dict(fastnn.load(tmp_path / "w9"))


def test_a_name_with_braces_is_a_name(tmp_path):
    trainer().fit((X, Y), checkpoint=tmp_path / "{epoch}", verbose=0)
    assert [p.name for p in tmp_path.iterdir()] == ["{epoch}"]


def test_an_exception_before_the_first_epoch_ends(tmp_path):
    def fail(batch, logs):
        raise ZeroDivisionError

    fail = LambdaCallback(on_train_batch_end=fail)
    for name, options in (
        ("{epoch}-{val_loss:.2f}", {}),
        ("best", {"save_best_only": True}),
    ):
        files = ModelCheckpoint(tmp_path / name, **options)
        with pytest.raises(ZeroDivisionError):
            trainer().fit((X, Y), (X, Y), callbacks=[files, fail], verbose=0)
    assert {p.name for p in tmp_path.iterdir()} == {"1-nan", "best"}
    assert fastnn.load(tmp_path / "best")["step"] == 1


def test_csv_files(tmp_path):
    path = tmp_path / "log.csv"
    t = trainer(metrics=metrics.Accuracy())
    for append in (False, True):
        log = CSVLogger(path, separator=";", append=append)
        history = t.fit((X, Y), epochs=2, callbacks=[log], verbose=0)
    with open(path, newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert rows[0] == ["epoch", "loss", "accuracy", "lr"]
    assert [row[0] for row in rows[1:]] == ["0", "1", "0", "1"]
    assert [float(row[1]) for row in rows[3:]] == history["loss"]
    CSVLogger(path).filename = str(path)
    t.fit((X, Y), epochs=1, callbacks=[CSVLogger(path)], verbose=0)
    assert len(path.read_text().splitlines()) == 2


def test_tensorboard(tmp_path):
    pytest.importorskip("tensorboardX")
    board = TensorBoard(tmp_path, update_freq=1)
    written = []
    t = trainer()

    def watch(logs):
        add = board.writer.add_scalar
        board.writer.add_scalar = lambda *args: (written.append(args), add(*args))

    history = t.fit(
        (X, Y), (X, Y), epochs=2, callbacks=[board, LambdaCallback(on_train_begin=watch)], verbose=0
    )
    assert [(tag, step) for tag, _, step in written[:5]] == [
        ("loss/step", 1),
        ("loss/step", 2),
        ("loss/train", 2),
        ("loss/validation", 2),
        ("lr", 2),
    ]
    assert written[3][1] == history["val_loss"][0]
    assert any(p.name.startswith("events") for p in tmp_path.iterdir())


def test_tensorboard_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tensorboardX", None)
    with pytest.raises(ImportError, match="TensorBoard needs tensorboardX: pip install tensorb"):
        TensorBoard()


# -- NaN ---------------------------------------------------------------------------------------


class Log(nn.Module):
    """Makes NaN of what is below 0: some time after the first steps."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(6, 3)
        self.calls = 0

    def forward(self, x):
        self.calls += self.training
        z = self.linear(x)
        return (z - 1e3 * (self.calls >= 6)).log() if self.calls >= 6 else z


def test_nan_names_its_operation():
    model = Log()
    t = trainer(model)
    with pytest.raises(FloatingPointError) as error:
        t.fit((X, Y), epochs=9, batch_size=10, verbose=0)
    text = str(error.value)
    assert "the loss is nan in step 6, epoch 2: log made NaN of finite inputs" in text
    assert "test_callbacks.py" in text
    assert t.step == 5
    assert all(np.isfinite(p.detach().numpy()).all() for p in model.parameters())
    assert not fastnn.autograd.is_anomaly_enabled()


def test_nan_may_end_training_quietly():
    end = TerminateOnNaN()
    t = trainer(Log())
    history = t.fit((X, Y), epochs=9, batch_size=10, callbacks=end, verbose=0)
    assert len(history) == 1
    assert "log made NaN of finite inputs" in end.reason


def test_nan_of_dropout_is_found_again():
    """Only one element in some thousands makes it, which dropout has to keep."""

    class Rare(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(fastnn.ones(1))

        def forward(self, x):
            kept = nn.functional.dropout(x, 0.9) * self.scale
            return (kept.sum(1, keepdim=True) - 25).sqrt()  # 30 where it is kept, else 0

    t = trainer(Rare(), loss=lambda s, y: (s * (y == y)).sum())
    with pytest.raises(FloatingPointError, match="sqrt made NaN of finite inputs: 9"):
        fastnn.manual_seed(3)
        t.fit((np.full((100, 1), 3.0), np.zeros((100, 1))), batch_size=100, verbose=0)


def test_nan_in_data_and_in_weights():
    x = X.copy()
    x[5, 2] = np.nan
    with pytest.raises(FloatingPointError, match="inputs of the batch have NaN in 1 of 240 el"):
        trainer().fit((x, Y), batch_size=40, verbose=0)
    t = trainer()
    with fastnn.no_grad():
        t.model[3].weight[0, 0] = float("inf")
    with pytest.raises(
        FloatingPointError, match=r"the parameter '3.weight' has infinity in 1 of 24"
    ):
        t.fit((X, Y), verbose=0)


@pytest.mark.parametrize("accumulate", [1, 2])
def test_gradients_that_are_not_finite(accumulate):
    """The square root of 0 has an infinite gradient; the loss is 0."""
    model = nn.Linear(6, 1, bias=False)
    with fastnn.no_grad():
        model.weight.zero_()
    t = trainer(model, loss=lambda s, y: (s * s).sqrt().sum(), clip_norm=1.0, accumulate=accumulate)
    with pytest.raises(FloatingPointError, match=r"norm of the gradients is nan.*backward of sqrt"):
        t.fit((X, Y), batch_size=20, verbose=0)
    assert not model.weight.detach().numpy().any()


# -- errors ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: EarlyStopping(3), TypeError, "EarlyStopping: monitor must be a name, got 3"),
        (lambda: EarlyStopping(mode="best"), ValueError, "'auto', 'min' or 'max', got 'best'"),
        (lambda: EarlyStopping(patience=-1), ValueError, "patience must be an integer of at le"),
        (lambda: EarlyStopping(patience=1.5), ValueError, "patience must be an integer of at le"),
        (lambda: EarlyStopping(min_delta="a"), ValueError, "min_delta must be a finite number"),
        (lambda: ReduceLROnPlateau(factor=1.0), ValueError, "factor must be from 0 to below 1"),
        (lambda: LearningRateScheduler(3), TypeError, "schedule must be a function, got int"),
        (lambda: LambdaCallback(on_epoch=print), TypeError, "no hook 'on_epoch'; there are on_tr"),
        (lambda: LambdaCallback(on_epoch_end=3), TypeError, "must be a function, got 3"),
        (lambda: ModelCheckpoint("x", keep=2), ValueError, "filepath needs a field"),
        (lambda: ModelCheckpoint("{x", keep=2), ValueError, "filepath '{x'"),
        (lambda: ModelCheckpoint("x", save_freq=0), ValueError, "save_freq must be an integer"),
        (
            lambda: ModelCheckpoint("{val_loss}", save_freq=2),
            ValueError,
            "may have the fields epoch and step, got val_loss",
        ),
        (
            lambda: ModelCheckpoint("x", save_freq=2, save_best_only=True),
            ValueError,
            "save_best_only needs",
        ),
        (lambda: CSVLogger("x", separator="ab"), ValueError, "separator must be one character"),
    ],
)
def test_options_that_are_wrong(make, error, text):
    with pytest.raises(error, match=text):
        make()


@pytest.mark.parametrize(
    ("callback", "text"),
    [
        (EarlyStopping("val_acc"), "EarlyStopping: there is no 'val_acc' to monitor; there are "),
        (EarlyStopping("acc"), "there are loss, accuracy, lr$"),
        (EarlyStopping(), "'val_loss' to monitor.*; pass validation data to fit"),
        (ReduceLROnPlateau("x"), "ReduceLROnPlateau: there is no 'x' to monitor"),
        (ModelCheckpoint("x", save_best_only=True), "ModelCheckpoint: there is no 'val_loss'"),
        (ModelCheckpoint("{los}"), "ModelCheckpoint: there is no 'los' .* epoch, step, loss"),
        (ModelCheckpoint("/no/folder/x"), "there is no folder '/no/folder'"),
    ],
)
def test_names_that_are_not_there(callback, text):
    t = trainer(metrics=metrics.Accuracy())
    before = bits(t.model)
    with pytest.raises(ValueError, match=text):
        t.fit((X, Y), callbacks=callback, verbose=0)
    assert bits(t.model) == before
