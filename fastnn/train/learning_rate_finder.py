"""The search for a learning rate."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..optim.lr_scheduler.scheduler import set_value
from .axes import new_axes
from .batches import loader_of
from .callback import Callback, Logs
from .monitor import count, number
from .progress_bar import Display
from .random_streams import RandomStreams
from .stopping import TerminateOnNaN
from .trainer import Trainer

__all__ = ["LearningRateCurve", "find_learning_rate"]


class LearningRateCurve:
    """Losses at growing learning rates, from `find_learning_rate`.

    Parameters
    ----------
    learning_rates, losses
        Of each step.
    smoothing
        How much of the mean so far a smoothed loss keeps at each step.

    Attributes
    ----------
    learning_rates, losses
        As given.
    smoothed
        Exponential means of the losses, without the bias of the first ones.
    suggestion
        The learning rate at which the smoothed loss falls most steeply on a logarithmic scale, up
        to its minimum.

    Examples
    --------
    >>> rates = 10.0 ** np.arange(-4, 1)
    >>> fastnn.train.LearningRateCurve(rates, [1.0, 0.99, 0.8, 0.3, 2.0], smoothing=0).suggestion
    0.01
    """

    def __init__(self, learning_rates: Any, losses: Any, smoothing: float) -> None:
        self.learning_rates: NDArray[np.float64] = np.array(learning_rates, np.float64)
        self.losses: NDArray[np.float64] = np.array(losses, np.float64)
        mean, smoothed = 0.0, []
        for i, loss in enumerate(self.losses.tolist(), 1):
            mean = smoothing * mean + (1 - smoothing) * loss
            smoothed.append(mean / (1 - smoothing**i))
        self.smoothed = np.array(smoothed)
        lowest = max(int(self.smoothed.argmin()), 1)
        slope = np.gradient(self.smoothed, np.log(self.learning_rates))
        self.suggestion = float(self.learning_rates[slope[: lowest + 1].argmin()])

    def __repr__(self) -> str:
        return f"LearningRateCurve({len(self.losses)} steps, suggestion={self.suggestion:.3g})"

    def plot(self, ax: Any = None) -> Any:
        """Draw losses, smoothed losses and the suggestion.

        Parameters
        ----------
        ax
            Axes of Matplotlib. Default: those of a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            The axes.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.
        """
        ax = new_axes("LearningRateCurve", 1)[0] if ax is None else ax
        ax.plot(self.learning_rates, self.losses, alpha=0.3)
        ax.plot(self.learning_rates, self.smoothed)
        ax.axvline(self.suggestion, ls=":", c="k", label=f"suggestion {self.suggestion:.2g}")
        ax.set(xscale="log", xlabel="learning rate", ylabel="loss")
        ax.legend()
        return ax


def find_learning_rate(
    trainer: Trainer,
    data: Any,
    *,
    start: float = 1e-6,
    end: float = 10.0,
    steps: int = 100,
    batch_size: int = 32,
    smoothing: float = 0.9,
    stop_factor: float = 4.0,
) -> LearningRateCurve:
    """Train some steps at learning rates that grow from `start` to `end`, and undo them.

    Model, optimizer, schedule, loader and random streams are as before afterwards, also after an
    exception.

    Parameters
    ----------
    trainer
        The trainer; all groups of its optimizer get the same rates.
    data
        As for `Trainer.fit`; loaded again if it has fewer batches than there are steps.
    start, end
        The first and the last learning rate, at equal factors. Default: 1e-6, 10.
    steps
        How many. Default: 100.
    batch_size
        Of arrays and datasets. Default: 32.
    smoothing
        From 0 to below 1: how much of the mean so far a smoothed loss keeps. Default: 0.9.
    stop_factor
        The search ends where the smoothed loss is so many times its minimum, and at a loss that is
        not finite. Default: 4.

    Returns
    -------
    LearningRateCurve
        The losses, and the rate that they suggest.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range, or less than two steps have a finite loss.

    References
    ----------
    Smith, Cyclical learning rates for training neural networks, WACV 2017.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((512, 4))
    >>> model = fastnn.nn.Linear(4, 1)
    >>> optimizer = fastnn.optim.SGD(model.parameters(), lr=1.0)
    >>> trainer = fastnn.train.Trainer(model, fastnn.nn.MSELoss(), optimizer)
    >>> curve = fastnn.train.find_learning_rate(trainer, (x, x.sum(1, keepdims=True)))
    >>> 0.005 < curve.suggestion < 1, optimizer.param_groups[0]["lr"]
    (True, 1.0)
    """
    owner = "find_learning_rate"
    if not isinstance(trainer, Trainer):
        raise TypeError(f"{owner}: trainer must be a Trainer, got {type(trainer).__name__}")
    steps = count(owner, "steps", steps, 2)
    if not 0 < number(owner, "start", start) < number(owner, "end", end):
        raise ValueError(f"{owner}: 0 < start < end must hold, got {start!r} and {end!r}")
    if not 0 <= number(owner, "smoothing", smoothing) < 1:
        raise ValueError(f"{owner}: smoothing must be from 0 to below 1, got {smoothing!r}")
    if not number(owner, "stop_factor", stop_factor) > 1:
        raise ValueError(f"{owner}: stop_factor must be above 1, got {stop_factor!r}")
    loader = loader_of(owner, "data", data, batch_size, True, trainer.dtype)
    rates = np.geomspace(start, end, steps)
    ramp = Ramp(rates, smoothing, stop_factor)
    search = Trainer(
        trainer.model,
        trainer.objective.loss,
        trainer.optimizer,
        clip_norm=trainer.clip_norm,
        accumulate=trainer.accumulate,
    )
    search.objective = trainer.objective
    parts: tuple[Any, ...] = (
        trainer.model,
        trainer.optimizer,
        loader,
        trainer.scheduler,
        trainer.objective.loss,
    )
    holders = [part for part in parts if hasattr(part, "load_state_dict")]
    before = [deepcopy(holder.state_dict()) for holder in holders]
    gradients = [(p, p.grad) for p in trainer.parameters]
    modes = [(module, module.training) for module in trainer.model.modules()]
    streams = RandomStreams([loader])
    random = streams.state()
    repeated = Repeated(loader, steps * trainer.accumulate)
    quiet = TerminateOnNaN()
    try:
        search._train(repeated, None, 1, [ramp, quiet], Display(1))
    finally:
        for holder, state in zip(holders, before):
            holder.load_state_dict(state)
        for p, grad in gradients:
            p.grad = grad
        for module, training in modes:
            module.training = training
        streams.restore(random)
    if len(ramp.losses) < 2:
        raise ValueError(f"{owner}: the loss is not finite at {start:g}: {quiet.reason}")
    return LearningRateCurve(rates[: len(ramp.losses)], ramp.losses, smoothing)


class Ramp(Callback):
    """Sets the learning rate of each step, and ends where the loss has grown."""

    def __init__(self, rates: Any, smoothing: float, stop_factor: float) -> None:
        self.rates, self.smoothing, self.stop_factor = rates, smoothing, stop_factor
        self.losses: list[float] = []
        self.mean, self.best = 0.0, float("inf")

    def on_train_batch_begin(self, batch: int, logs: Logs) -> None:
        """Set the learning rate."""
        for group in self.trainer.optimizer.param_groups:
            set_value(group, "lr", float(self.rates[batch]))

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Keep the loss."""
        self.losses.append(logs["loss"])
        self.mean = self.smoothing * self.mean + (1 - self.smoothing) * logs["loss"]
        smoothed = self.mean / (1 - self.smoothing ** (batch + 1))
        self.best = min(self.best, smoothed)
        if smoothed > self.stop_factor * self.best or batch + 1 == len(self.rates):
            self.trainer.stop_training = True


class Repeated:
    """So many batches of a loader, which is loaded again where it has fewer."""

    def __init__(self, loader: Any, size: int) -> None:
        self.loader, self.size = loader, size

    def __iter__(self) -> Iterator[Any]:
        left = self.size
        while left:
            before = left
            for batch in self.loader:
                yield batch
                left -= 1
                if not left:
                    return
            if left == before:
                raise ValueError("find_learning_rate: data is empty: it has no batches")
