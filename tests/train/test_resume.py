"""Checkpoints: a run that goes on from one has the bits of a run that was left alone."""

import os
import random
import resource
import signal
import threading
import time

import numpy as np
import pytest

import fastnn
from benches.checks import training_kills
from fastnn import metrics, nn, optim
from fastnn.data import DataLoader, TensorDataset
from fastnn.train import (
    Callback,
    CSVLogger,
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    Trainer,
)
from tests.train.runs import bits, blobs, network, trainer

X, Y = blobs()
SCHEDULES = {
    None: lambda o: None,
    "epoch": lambda o: optim.lr_scheduler.CosineAnnealingLR(o, 4),
    "step": lambda o: optim.lr_scheduler.OneCycleLR(o, 0.1, total_steps=40),
    "plateau": lambda o: optim.lr_scheduler.ReduceLROnPlateau(o, patience=0),
}


class Run:
    """All that a run consists of, from a seed that is another one where it is resumed."""

    def __init__(self, schedule, seed, accumulate=1, loader=None):
        self.model = network(dropout=0.3, norm=True, seed=seed)
        self.optimizer = optim.AdamW(self.model.parameters(), lr=0.02)
        self.trainer = Trainer(
            self.model,
            nn.CrossEntropyLoss(),
            self.optimizer,
            metrics=metrics.Accuracy(),
            scheduler=SCHEDULES[schedule](self.optimizer),
            scheduler_interval="step" if schedule == "step" else "epoch",
            clip_norm=0.5,
            accumulate=accumulate,
        )
        data = TensorDataset(X[:90].astype(np.float32), Y[:90])
        self.loader = DataLoader(data, 10, shuffle=True) if loader is None else loader(seed)
        self.callbacks = [
            EarlyStopping(patience=2, restore_best_weights=True),
            ReduceLROnPlateau(patience=1, min_delta=0.05),
            LearningRateScheduler(lambda epoch, lr: 0.9 * lr),
        ]

    def fit(self, more=(), **options):
        callbacks = [*self.callbacks, *more]
        val = (X[90:], Y[90:])
        return self.trainer.fit(
            self.loader, val, epochs=4, callbacks=callbacks, verbose=0, **options
        )

    def result(self):
        moments = [s["exp_avg"].numpy().tobytes() for s in self.optimizer.state.values()]
        history = self.trainer.history.state_dict()
        return bits(self.model), moments, history, str(fastnn.get_rng_state()), self.trainer.step


@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_run_goes_on_from_each_of_its_steps(schedule, accumulate, tmp_path):
    whole = Run(schedule, 1, accumulate)
    files = ModelCheckpoint(tmp_path / "s{step:02d}", save_freq=1)
    whole.fit([files])
    steps = whole.trainer.step
    assert len(files.kept) == steps == 4 * (9 if accumulate == 1 else 5)
    for path in [*files.kept[:: 3 * accumulate], files.kept[-1], files.kept[8]]:
        resumed = Run(schedule, 2, accumulate)
        resumed.trainer.optimizer.step()
        resumed.fit([ModelCheckpoint(tmp_path / "other", save_freq=1)], resume=path)
        assert resumed.result() == whole.result(), path


@pytest.mark.parametrize("kind", ["generator", "augmented", "workers", "batches"])
def test_a_run_goes_on_with_other_loaders(kind, tmp_path):
    def loader(seed):
        if kind == "batches":
            return Reversed()
        if kind == "generator":
            data = TensorDataset(X[:90].astype(np.float32), Y[:90])
            return DataLoader(data, 10, shuffle=True, generator=fastnn.Generator(seed))
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        return training_kills.augmented_loader(X[:90], Y[:90], 2 if kind == "workers" else 0)

    whole = Run("step", 1, loader=loader)
    freq = "epoch" if kind == "batches" else 4
    whole.fit([files := ModelCheckpoint(tmp_path / "{epoch}-{step}", save_freq=freq)])
    assert len(files.kept) == (4 if kind == "batches" else 9)
    for path in files.kept[1::3]:
        resumed = Run("step", 2, loader=loader)
        resumed.fit([ModelCheckpoint(tmp_path / "x", save_freq=freq)], resume=path)
        assert resumed.result() == whole.result()


class Reversed:
    """Batches without a position."""

    def __iter__(self):
        for start in range(80, -1, -10):
            part = slice(start, start + 10)
            yield fastnn.from_numpy(X[part].astype(np.float32)), fastnn.from_numpy(Y[part])


def test_no_position_no_checkpoint_within_an_epoch(tmp_path):
    path = tmp_path / "run"
    with pytest.raises(RuntimeError, match=r"no checkpoint within an epoch.*Reversed"):
        trainer().fit(Reversed(), checkpoint=path, checkpoint_every=3, verbose=0)

    def fail(batch, logs):
        if t.step == 12:
            raise ZeroDivisionError

    t = trainer()
    callbacks = [LambdaCallback(on_train_batch_end=fail)]
    with pytest.raises(ZeroDivisionError):
        t.fit(Reversed(), epochs=3, checkpoint=path, callbacks=callbacks, verbose=0)
    assert fastnn.load(path)["step"] == 9  # the end of the first epoch


def test_a_stopped_run_stays_stopped(tmp_path):
    path = tmp_path / "run"
    t = trainer(lr=0.0)
    t.fit((X, Y), (X, Y), epochs=9, callbacks=EarlyStopping(), checkpoint=path, verbose=0)
    assert len(t.history) == 2
    t.fit(
        (X, Y), (X, Y), epochs=9, callbacks=EarlyStopping(), checkpoint=path, verbose=0, resume=path
    )
    assert len(t.history) == 2


def test_resume_true_begins_anew_where_there_is_no_file(tmp_path):
    path = tmp_path / "run"
    t = trainer()
    for epochs in (2, 3):
        t.fit((X, Y), epochs=epochs, checkpoint=path, resume=True, verbose=0)
    assert t.history.epoch == [0, 1, 2]
    assert t.step == 12


# -- ends --------------------------------------------------------------------------------------


def failing(run, where):
    """A callback that raises in step 13 or after it, or in the second epoch's end."""

    class Fail(Callback):
        def on_train_batch_begin(self, batch, logs):
            if where == "step" and self.trainer.step == 12:
                raise ZeroDivisionError

        def on_test_batch_begin(self, batch, logs):
            if where == "validation" and self.trainer.step == 18:
                fastnn.rand(3)
                raise ZeroDivisionError

        def on_epoch_end(self, epoch, logs):
            if where == "epoch" and self.trainer.step == 18:
                raise ZeroDivisionError

    forward, calls = nn.Linear.forward, [0]

    def failing_forward(self, x):
        calls[0] += self is run.model[0] and self.training and where == "forward"
        if calls[0] == 13:
            calls[0] = 14
            raise ZeroDivisionError
        return forward(self, x)

    return Fail(), failing_forward


@pytest.mark.parametrize("where", ["step", "forward", "validation", "epoch"])
def test_a_run_goes_on_after_an_exception(where, tmp_path, monkeypatch):
    path = tmp_path / "run"
    whole = Run("step", 1)
    whole.fit(checkpoint=path)
    broken = Run("step", 1)
    fail, forward = failing(broken, where)
    with monkeypatch.context() as m, pytest.raises(ZeroDivisionError):
        m.setattr(nn.Linear, "forward", forward)
        broken.fit([fail], checkpoint=path)
    step = 12 if where in ("step", "forward") else 18
    assert fastnn.load(path)["step"] == step
    resumed = Run("step", 2)
    resumed.fit(checkpoint=path, resume=True)
    assert resumed.result() == whole.result()


def test_a_run_goes_on_after_a_sample_that_could_not_be_read(tmp_path):
    class Once:
        failed = False

        def __len__(self):
            return 90

        def __getitem__(self, i):
            noise = random.random() + np.random.random() + fastnn.rand(1).item()  # noqa: NPY002
            if i == 17 and not self.failed:
                raise OSError("cannot read")
            return (X[i] + noise).astype(np.float32), int(Y[i])

    def loader(seed):
        fastnn.manual_seed(seed)
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        return DataLoader(data, 10, shuffle=True)

    data = Once()
    data.failed = True
    whole = Run(None, 1, loader=loader)
    whole.fit()
    data.failed = False
    path = tmp_path / "run"
    with pytest.raises(OSError, match="cannot read"):
        Run(None, 1, loader=loader).fit(checkpoint=path)
    data.failed = True
    resumed = Run(None, 2, loader=loader)
    resumed.fit(checkpoint=path, resume=True)
    assert resumed.result() == whole.result()


@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_leaves_a_checkpoint(presses, tmp_path):
    path = tmp_path / "run"
    whole = Run("step", 1)
    whole.fit(checkpoint=path)

    def press(batch, logs):
        if broken.trainer.step == 12:
            for _ in range(presses):
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.01)

    broken = Run("step", 1)
    with pytest.raises(KeyboardInterrupt):
        broken.fit([LambdaCallback(on_train_batch_begin=press)], checkpoint=path)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    # The first waits for the end of the step, the second does not.
    assert fastnn.load(path)["step"] == (13 if presses == 1 else 12)
    resumed = Run("step", 2)
    resumed.fit(checkpoint=path, resume=True)
    assert resumed.result() == whole.result()


def test_fit_in_another_thread(tmp_path):
    t = trainer()
    options = {"checkpoint": tmp_path / "run", "verbose": 0}
    thread = threading.Thread(target=t.fit, args=((X, Y),), kwargs=options)
    thread.start()
    thread.join()
    assert t.step == 4


def test_a_full_disk_leaves_the_old_checkpoint(tmp_path):
    """The size of files is limited, as a disk is; writes then fail alike."""
    path = tmp_path / "run"
    t = trainer(network())

    def fill(epoch, logs):
        if epoch == 1:
            resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with pytest.raises(OSError, match=r"File too large.*run"):
            callbacks = LambdaCallback(on_epoch_begin=fill)
            t.fit((X, Y), epochs=3, checkpoint=path, callbacks=callbacks, verbose=0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
    assert fastnn.load(path)["epoch"] == 1
    t.fit((X, Y), epochs=3, checkpoint=path, resume=True, verbose=0)
    assert t.history.epoch == [0, 1, 2]


def test_a_checkpoint_that_cannot_be_written_does_not_hide_the_error(tmp_path):
    folder = tmp_path / "gone"
    folder.mkdir()

    def fail(batch, logs):
        folder.rmdir()
        raise ZeroDivisionError

    callbacks = LambdaCallback(on_train_batch_end=fail)
    warned = pytest.warns(UserWarning, match="FileNotFoundError while ZeroDivisionError")
    with warned, pytest.raises(ZeroDivisionError):
        trainer().fit((X, Y), checkpoint=folder / "run", callbacks=callbacks, verbose=0)


# -- what does not fit -------------------------------------------------------------------------


def test_checkpoints_that_do_not_fit(tmp_path):
    path = tmp_path / "run"
    saving = {"checkpoint": path, "checkpoint_every": 3, "verbose": 0}
    t = trainer(metrics=metrics.Accuracy())
    t.fit((X, Y), **saving)
    t.save(tmp_path / "weights", weights_only=True)

    def schedule(t):
        t.scheduler = optim.lr_scheduler.StepLR(t.optimizer, 1)

    cases = [
        (trainer(), {}, "with the metrics \\['accuracy'\\], this one has \\[\\]"),
        (trainer(metrics=metrics.F1(3, average="macro")), {}, "with the metrics \\['accuracy'\\]"),
        (trainer(nn.Linear(6, 3), metrics=metrics.Accuracy()), {}, "0.weight"),
        (
            trainer(optimizer=optim.SGD, metrics=metrics.Accuracy()),
            {},
            "with Adam, no scheduler, this one has SGD",
        ),
        (
            trainer(metrics=metrics.Accuracy()),
            {"change": schedule},
            "no scheduler, this one has Adam, StepLR",
        ),
        (
            trainer(metrics=metrics.Accuracy()),
            {"callbacks": EarlyStopping("loss")},
            r"with the callbacks \['ModelCheckpoint'\], this one has \['EarlyStopping', 'Mod",
        ),
        (
            trainer(metrics=metrics.Accuracy()),
            {"train": DataLoader(TensorDataset(X.astype(np.float32), Y), 32, seed=1)},
            "whose loaders have 0 generators of their own, these have 1",
        ),
        (
            trainer(metrics=metrics.Accuracy()),
            {"train": (X[:40], Y[:40])},
            "of a larger dataset",
        ),
        (trainer(metrics=metrics.Accuracy()), {"train": Reversed()}, "train is a Reversed"),
        (trainer(), {"resume": tmp_path / "weights"}, "no checkpoint of a run; load weights by"),
    ]
    os.link(path, tmp_path / "old")
    for t, options, text in cases:
        options.pop("change", lambda t: None)(t)
        before = bits(t.model), str(t.optimizer.state_dict()), str(fastnn.get_rng_state())
        options = {"train": (X, Y), "resume": tmp_path / "old", **saving, **options}
        with pytest.raises((ValueError, TypeError, RuntimeError, KeyError), match=text):
            t.fit(options.pop("train"), **options)
        after = bits(t.model), str(t.optimizer.state_dict()), str(fastnn.get_rng_state())
        assert after == before, text


def test_a_csv_file_goes_on(tmp_path):
    path = tmp_path / "e{epoch}"
    files = ModelCheckpoint(path)
    t = trainer()
    log = CSVLogger(tmp_path / "log.csv")
    t.fit((X, Y), (X, Y), epochs=4, callbacks=[log, files], verbose=0)
    whole = (tmp_path / "log.csv").read_text()
    assert whole.splitlines()[0] == "epoch,loss,val_loss,lr"
    assert len(whole.splitlines()) == 5
    t = trainer(network(seed=5))
    t.fit(
        (X, Y),
        (X, Y),
        epochs=4,
        callbacks=[log, ModelCheckpoint(path)],
        verbose=0,
        resume=tmp_path / "e2",
    )
    assert (tmp_path / "log.csv").read_text() == whole


# -- processes that are killed -----------------------------------------------------------------


@pytest.mark.slow
def test_killed_runs_go_on(tmp_path):
    """A run with workers, dropout, schedule and augmentation; ``benches.checks.training_kills``."""
    assert training_kills.main(8) >= 2
