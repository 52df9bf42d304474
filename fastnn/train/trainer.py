"""The trainer: a model, what it minimizes, and how."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..data import DataLoader, TensorDataset
from ..metrics import Metric
from ..nn import Module
from ..optim import LBFGS, Optimizer
from ..optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from ..serialization.save import save
from ..tensor import Tensor
from .batches import array_of, check_some, loader_of
from .callback import Callback
from .checkpoint import checkpoint_of
from .evaluation import evaluation, predictions
from .history import History
from .loop import Loop
from .model_checkpoint import ModelCheckpoint
from .monitor import count, number
from .objective import Objective
from .progress_bar import Display, display_of

__all__ = ["Trainer"]


class Trainer:
    """Trains a model, evaluates it, and predicts with it.

    A step is that of a loop of one's own: ``optimizer.zero_grad()``, ``loss(model(x), y)``,
    ``backward()``, clipping, ``optimizer.step()``, ``scheduler.step()``.

    Parameters
    ----------
    model
        The module. It gets the inputs of a batch: one tensor, a tuple of several, or a dict of them
        by argument.
    loss
        ``loss(predictions, targets)`` gives the mean over a batch, or the sum if it has
        ``reduction="sum"``.
    optimizer
        It has parameters of the model.
    metrics
        Metrics of `fastnn.metrics` that give one number: one, a list, or a dict by name.
    scheduler
        A schedule of the optimizer's learning rate. `ReduceLROnPlateau` gets ``val_loss``, or
        ``loss`` where there is no validation.
    scheduler_interval
        When it steps: after each ``"epoch"`` or each ``"step"``. Default: ``"epoch"``.
    clip_norm
        The largest norm of all gradients together. Default: no limit.
    accumulate
        How many batches make a step: its gradients are those of one batch of all their samples, if
        the model treats samples one by one. Default: 1.
    class_weight
        How much targets of each class count in training: (C,), or a dict with 1 for the others. The
        loss then is ``sum_i w_i l_i / sum_i w_i``. Default: alike.
    train_metrics
        Whether metrics are computed of the training batches, too. Default: True.

    Attributes
    ----------
    epoch, step
        The number of the epoch, from 0, and the number of steps that are done.
    stop_training
        A hook sets it to True to end training after this step or epoch.
    history
        The logs of all epochs.
    log_names
        The names of the logs of an epoch.

    Raises
    ------
    TypeError, ValueError
        If an argument is of another kind or out of range.

    Notes
    -----
    Batches are tuples ``(inputs, targets)`` or ``(inputs, targets, weights)``, where weights (N,)
    say how much samples count, in training as in validation and in metrics: the loss is
    ``sum_i w_i l_i / sum_i w_i`` then.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal((200, 3))
    >>> y = (x.sum(1) > 0).astype(int)
    >>> model = fastnn.nn.Linear(3, 2)
    >>> trainer = fastnn.train.Trainer(
    ...     model,
    ...     fastnn.nn.CrossEntropyLoss(),
    ...     fastnn.optim.Adam(model.parameters(), lr=0.1),
    ...     metrics=fastnn.metrics.Accuracy(),
    ... )
    >>> history = trainer.fit((x[:150], y[:150]), (x[150:], y[150:]), epochs=5, verbose=0)
    >>> history["val_accuracy"][-1] > 0.9
    True
    >>> trainer.predict(x[:4]).shape
    (4, 2)
    """

    def __init__(
        self,
        model: Module,
        loss: Any,
        optimizer: Optimizer,
        *,
        metrics: Metric | Iterable[Metric] | Mapping[str, Metric] = (),
        scheduler: LRScheduler | None = None,
        scheduler_interval: str = "epoch",
        clip_norm: float | None = None,
        accumulate: int = 1,
        class_weight: Any = None,
        train_metrics: bool = True,
    ) -> None:
        if not isinstance(model, Module):
            raise TypeError(f"Trainer: model must be a Module, got {kind_of(model)}")
        self.model = model
        self.objective = Objective(loss, class_weight)
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"Trainer: optimizer must be an Optimizer, got {kind_of(optimizer)}")
        if isinstance(optimizer, LBFGS):
            raise TypeError(
                "Trainer: LBFGS computes the loss several times in a step; write a loop that calls "
                "optimizer.step(closure)"
            )
        self.optimizer = optimizer
        if not {id(p) for p in self.parameters} & {id(p) for p in model.parameters()}:
            raise ValueError("Trainer: optimizer has no parameter of the model")
        self.metrics = metrics_by_name(metrics)
        if scheduler is not None and not isinstance(scheduler, LRScheduler):
            raise TypeError(f"Trainer: scheduler must be an LRScheduler, got {kind_of(scheduler)}")
        if scheduler is not None and scheduler.optimizer is not optimizer:
            raise ValueError("Trainer: scheduler is of another optimizer")
        if scheduler_interval not in ("epoch", "step"):
            raise ValueError(
                f"Trainer: scheduler_interval must be 'epoch' or 'step', got {scheduler_interval!r}"
            )
        if scheduler_interval == "step" and isinstance(scheduler, ReduceLROnPlateau):
            raise ValueError("Trainer: ReduceLROnPlateau needs scheduler_interval='epoch'")
        self.scheduler, self.scheduler_interval = scheduler, scheduler_interval
        self.clip_norm = None if clip_norm is None else number("Trainer", "clip_norm", clip_norm)
        if self.clip_norm is not None and not self.clip_norm > 0:
            raise ValueError(f"Trainer: clip_norm must be positive, got {clip_norm!r}")
        self.accumulate = count("Trainer", "accumulate", accumulate, 1)
        self.train_metrics = bool(train_metrics)
        self.log_names: tuple[str, ...] = ()
        self._loop: Loop | None = None
        self.begin()

    def begin(self) -> None:
        """Forget the last run."""
        self.epoch, self.step = 0, 0
        self.stop_training = False
        self.history = History()

    @property
    def parameters(self) -> list[Tensor]:
        """The parameters of the optimizer."""
        return [p for group in self.optimizer.param_groups for p in group["params"]]

    @property
    def dtype(self) -> Any:
        """The type of the model's parameters."""
        return next((p.dtype for p in self.model.parameters()), np.dtype(np.float32))

    def fit(
        self,
        train: Any,
        val: Any = None,
        epochs: int = 1,
        *,
        batch_size: int = 32,
        shuffle: bool = True,
        callbacks: Callback | Iterable[Callback] = (),
        verbose: int = 1,
        checkpoint: Any = None,
        checkpoint_every: int | None = None,
        resume: Any = None,
    ) -> History:
        """Train for some epochs.

        Parameters
        ----------
        train
            A `DataLoader`, a `Dataset`, arrays ``(inputs, targets)`` or ``(inputs, targets,
            weights)``, or an iterable of batches. Floats of arrays get the type of the model's.
        val
            Validation data in one of these forms. Default: none.
        epochs
            The number of epochs, those before `resume` included. Default: 1.
        batch_size, shuffle
            Of arrays and datasets. Default: 32, True; validation data are not shuffled.
        callbacks
            Called in this order, each `ModelCheckpoint` last.
        verbose
            0: nothing is shown. 1: a bar, or lines where the output is no terminal. 2: a line for
            each epoch. Default: 1.
        checkpoint
            The path of a file that holds the state of the run, as `ModelCheckpoint` writes it.
        checkpoint_every
            After how many steps it is written. Default: after each epoch.
        resume
            The path of a checkpoint to go on from, bit for bit; True for `checkpoint`, if there is
            that file.

        Returns
        -------
        History
            The logs of all epochs.

        Raises
        ------
        TypeError, ValueError
            If data, callbacks or a checkpoint do not fit, before anything has changed.
        FloatingPointError
            If a loss is NaN or infinite: it names the operation that made it. Weights are those
            before this step.

        Notes
        -----
        With a `checkpoint`, Ctrl-C waits for the end of the step, and the file has its state; the
        second Ctrl-C does not wait. After any other exception the file has the state of the last
        complete step.
        """
        if self._loop is not None:
            raise RuntimeError("fit: this trainer is training already")
        epochs = count("fit", "epochs", epochs, 1)
        batch_size = count("fit", "batch_size", batch_size, 1)
        several = [callbacks] if isinstance(callbacks, Callback) else callbacks
        if checkpoint is None and checkpoint_every is not None:
            raise ValueError("fit: checkpoint_every needs a checkpoint")
        if checkpoint is not None:
            every = "epoch" if checkpoint_every is None else checkpoint_every
            path = os.fspath(checkpoint)
            several = [*several, ModelCheckpoint(escaped(path), save_freq=every)]
        if resume is True:
            if checkpoint is None:
                raise ValueError("fit: resume=True needs a checkpoint; or pass a path")
            resume = checkpoint if os.path.exists(checkpoint) else None
        loader = loader_of("fit", "train", train, batch_size, shuffle, self.dtype)
        validation = None
        if val is not None:
            validation = loader_of("fit", "val", val, batch_size, False, self.dtype)
        saved = None if resume is None or resume is False else checkpoint_of(resume)
        display = display_of(verbose, epochs)
        self._train(loader, validation, epochs, several, display, saved)
        return self.history

    def _train(
        self,
        loader: Any,
        validation: Any,
        epochs: int,
        callbacks: Any,
        display: Display,
        saved: dict[str, Any] | None = None,
    ) -> None:
        """Train on loaders."""
        loop = Loop(self, loader, validation, epochs, callbacks, display)
        self.log_names = self.names_of_logs(validation is not None, loop.callbacks.all)
        if saved is None:
            self.begin()
        self._loop = loop
        try:
            loop.run(saved)
        finally:
            self._loop = None

    def names_of_logs(self, validated: bool, callbacks: Iterable[Callback]) -> tuple[str, ...]:
        """The names of the logs of an epoch."""
        names = ["loss", *(self.metrics if self.train_metrics else ())]
        if validated:
            names += ["val_loss", *[f"val_{name}" for name in self.metrics]]
        return (*names, "lr", *[name for each in callbacks for name in each.log_names])

    def evaluate(self, data: Any, *, batch_size: int = 32) -> dict[str, float]:
        """The loss and the metrics of data, as of `fit`, in evaluation mode.

        Examples
        --------
        >>> model = fastnn.nn.Linear(2, 1)
        >>> optimizer = fastnn.optim.SGD(model.parameters(), lr=0.1)
        >>> trainer = fastnn.train.Trainer(model, fastnn.nn.MSELoss(), optimizer)
        >>> list(trainer.evaluate((np.zeros((4, 2)), np.zeros((4, 1)))))
        ['loss']
        """
        size = count("evaluate", "batch_size", batch_size, 1)
        loader = loader_of("evaluate", "data", data, size, False, self.dtype)
        return evaluation("evaluate", self.model, self.objective, self.metrics, loader, {})

    def predict(self, data: Any, *, batch_size: int = 32) -> Any:
        """What the model gives for data, in evaluation mode.

        Parameters
        ----------
        data
            An array of inputs, or anything that `fit` takes, whose targets are left out.
        batch_size
            Of arrays and datasets. Default: 32.

        Returns
        -------
        Tensor, or a tuple of them
            The outputs of all samples: (N, ...).
        """
        size = count("predict", "batch_size", batch_size, 1)
        if isinstance(data, (np.ndarray, Tensor)):
            inputs = TensorDataset(array_of("predict", "inputs", data, self.dtype))
            loader: Any = DataLoader(inputs, size)
            check_some("predict", "data", loader)
        else:
            loader = loader_of("predict", "data", data, size, False, self.dtype)
        return predictions(self.model, loader)

    def save(self, path: Any, *, weights_only: bool = False) -> None:
        """Write the state of the run that is going on: from a callback.

        Parameters
        ----------
        path
            The file, which is written as a whole or not at all.
        weights_only
            Whether it has the model's ``state_dict()`` alone. Default: False.

        Raises
        ------
        RuntimeError
            If no run is going on, or data cannot be loaded from this point on.
        OSError
            If the file cannot be written.
        """
        loop = self._loop
        if loop is None and not weights_only:
            raise RuntimeError(
                "save: no run is going on; pass weights_only=True, or checkpoint=path to fit"
            )
        state = self.model.state_dict() if loop is None or weights_only else loop.state()
        if loop is not None:
            loop.failed = True
        save(state, path)
        if loop is not None:
            loop.failed = False


def kind_of(value: Any) -> str:
    """What a value is, for messages."""
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def escaped(path: Any) -> str:
    """A path whose braces are no fields."""
    return os.fsdecode(path).replace("{", "{{").replace("}", "}}")


def metrics_by_name(metrics: Any) -> dict[str, Metric]:
    """Metrics by name."""
    if isinstance(metrics, Metric):
        metrics = [metrics]
    if not isinstance(metrics, (Mapping, Iterable)) or isinstance(metrics, (str, bytes)):
        raise TypeError(f"Trainer: metrics must be metrics, got {kind_of(metrics)}")
    pairs = list(metrics.items()) if isinstance(metrics, Mapping) else [(None, m) for m in metrics]
    found: dict[str, Metric] = {}
    for name, metric in pairs:
        if not isinstance(metric, Metric):
            raise TypeError(
                f"Trainer: metrics must be of class Metric, got {kind_of(metric)} {metric!r}; "
                "fastnn.metrics has Accuracy and others"
            )
        name = metric.name if name is None else name
        if not isinstance(name, str) or name in ("loss", "lr") or name.startswith("val_"):
            raise ValueError(f"Trainer: a metric cannot be called {name!r}")
        if name in found:
            raise ValueError(f"Trainer: two metrics are called {name!r}; pass a dict by name")
        found[name] = metric
    return found
