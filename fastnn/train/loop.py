"""The loop over epochs and steps, its state, and how it ends."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ..callers import warn
from ..data import DataLoader
from ..data.dataset import is_gathered
from ..nn import Module
from ..optim import lr_scheduler
from .batches import check_batch, length_of
from .boundary import Boundary
from .callback import Callbacks, Logs
from .checkpoint import FORMAT, VERSION, NoCheckpoint, check_fits, classes_of
from .evaluation import evaluation, values_of
from .not_finite import NotFinite
from .progress_bar import Display
from .random_streams import RandomStreams
from .step import clip, gradients_of
from .stopping import TerminateOnNaN

if TYPE_CHECKING:
    from .trainer import Trainer

__all__: list[str] = []

PAUSE = 0.1  # seconds between two looks at the display: what an eye takes for continuous


class Loop:
    """One call of `Trainer.fit`.

    Attributes
    ----------
    batch
        Batches of this epoch that complete steps have used.
    total, weight
        The sum of the losses of this epoch, and of the weights of its samples.
    begun
        Whether the epoch has begun.
    stepped, ended
        Whether its steps are done; and its validation and schedule, too, so that a checkpoint
        belongs to the beginning of the next one.
    """

    def __init__(
        self,
        trainer: Trainer,
        loader: Any,
        validation: Any,
        epochs: int,
        callbacks: Any,
        display: Display,
    ) -> None:
        self.trainer, self.loader, self.validation = trainer, loader, validation
        self.epochs, self.display = epochs, display
        self.model, self.objective = trainer.model, trainer.objective
        self.callbacks = Callbacks(callbacks, trainer)
        self.streams = RandomStreams([loader] if validation is None else [loader, validation])
        self.train_metrics = deepcopy(trainer.metrics) if trainer.train_metrics else {}
        self.test_metrics = deepcopy(trainer.metrics)
        self.batch, self.total, self.weight = 0, 0.0, 0.0
        self.begun = self.stepped = self.ended = False
        self.interrupted = self.failed = self.rescuing = False
        self.batches: Iterator[Any] = iter(())
        self.kept: dict[str, Any] | None = None
        self.offset = 0
        self.seen: list[tuple[Any, ...]] = []
        self.counts = self.must_count()
        self.gradients = gradients_of(self)
        self.boundary: Boundary | None = None
        if self.callbacks.hooks["on_exception"]:
            here = not isinstance(loader, DataLoader) or (
                loader.num_workers == 0 and not is_gathered(loader.dataset)
            )
            self.boundary = Boundary(self.model, self.streams, whole=here)

    def must_count(self) -> bool:
        """Whether batches count by weights or ignored targets, and not by their samples alone."""
        objective = self.objective
        if objective.class_weight is not None:
            return True
        if objective.counts_samples:
            return False
        dataset = getattr(self.loader, "dataset", None)
        if is_gathered(dataset) and len(getattr(dataset, "tensors", ())) == 2:
            return objective.has_ignored(dataset.tensors[1])  # type: ignore[union-attr]
        return True

    # -- a run ---------------------------------------------------------------------------------

    def run(self, saved: dict[str, Any] | None) -> None:
        """All epochs, from a checkpoint on if there is one."""
        trainer, started = self.trainer, False
        for each in self.callbacks.all:
            each.trainer = trainer
        if saved is not None:
            self.restore(saved)
        try:
            self.callbacks("on_train_begin", {})
            if saved is not None:
                self.callbacks.load_states(saved["callbacks"])
                self.streams.restore(saved["random"])
            started = True
            with self.interrupts():
                logs = self.all_epochs()
                self.callbacks("on_train_end", logs)
        except BaseException as error:
            self.display.close()
            if started:
                self.rescue(error)
            raise
        finally:
            self.batches = iter(())

    def all_epochs(self) -> Logs:
        """The epochs that are left, and the logs of the last one."""
        trainer, logs = self.trainer, {}
        while trainer.epoch < self.epochs and not trainer.stop_training:
            try:
                logs = self.one_epoch()
            except NotFinite as error:
                where = f"step {trainer.step + 1}, epoch {trainer.epoch + 1}"
                error.args = (f"fit: the {error.what} is {error.value} in {where}: {error.reason}",)
                quiet = [c for c in self.callbacks.all if isinstance(c, TerminateOnNaN)]
                if not quiet:
                    raise
                for each in quiet:
                    each.reason = str(error)
                self.display.close()
                break
            trainer.epoch += 1
            self.begun = self.stepped = self.ended = False
        return logs

    def one_epoch(self) -> Logs:
        """The steps of an epoch, validation, schedule and hooks."""
        trainer, epoch = self.trainer, self.trainer.epoch
        self.model.train()
        if isinstance(self.objective.loss, Module):
            self.objective.loss.train()
        if not self.begun:
            self.batch, self.total, self.weight, self.kept = 0, 0.0, 0.0, None
            for metric in self.train_metrics.values():
                metric.reset()
            self.callbacks("on_epoch_begin", epoch, {})
        if not self.stepped:
            self.all_steps(epoch)
        if not self.batch:
            raise ValueError("fit: train is empty: it has no batches")
        self.stepped = True
        if self.boundary is not None:
            self.kept = deepcopy(self.state_without_weights())
        logs = self.logs()
        self.check_interrupt()
        if self.validation is not None:
            self.callbacks("on_test_begin", {})
            found = evaluation(
                "fit",
                self.model,
                self.objective,
                self.test_metrics,
                self.uninterrupted(self.validation),
                self.callbacks.hooks,
            )
            self.callbacks("on_test_end", found)
            logs.update({f"val_{name}": value for name, value in found.items()})
        logs["lr"] = float(trainer.optimizer.param_groups[0]["lr"])
        if trainer.scheduler is not None and trainer.scheduler_interval == "epoch":
            if isinstance(trainer.scheduler, lr_scheduler.ReduceLROnPlateau):
                trainer.scheduler.step(logs.get("val_loss", logs["loss"]))
            else:
                trainer.scheduler.step()
        trainer.history.append(epoch, logs)
        self.ended = True
        self.display.end(logs)
        self.callbacks("on_epoch_end", epoch, logs)
        self.kept = None
        self.check_interrupt()
        return logs

    def logs(self) -> Logs:
        """The loss and the metrics of the steps of this epoch."""
        loss = self.total / self.weight if self.weight else float("nan")
        return {"loss": loss, **values_of(self.train_metrics)}

    # -- steps ---------------------------------------------------------------------------------

    def all_steps(self, epoch: int) -> None:
        """The steps of an epoch that are left."""
        trainer, size = self.trainer, self.trainer.accumulate
        length = length_of(self.loader)
        steps = None if length is None else -(-length // size)
        self.display.begin(epoch, -(-self.batch // size), steps)
        batches = iter(self.loader)
        if size == 1:
            self.batches = batches
        else:
            self.batches = iter(lambda: list(islice(batches, size)), [])
        self.begun = True
        if self.boundary is not None:
            self.boundary.take()
        most = 1
        while True:
            start = perf_counter()
            done = self.some_steps(most)
            if done:
                self.display.update(done, self.total / (self.weight or 1.0))
            self.check_interrupt()
            if done < most or trainer.stop_training:
                break
            taken = max(perf_counter() - start, 1e-6)
            most = max(min(int(most * PAUSE / taken), 2 * most), 1)
        self.batches = iter(())

    def some_steps(self, most: int) -> int:
        """At most so many steps; the number of those that were done."""
        trainer, hooks, boundary = self.trainer, self.callbacks.hooks, self.boundary
        optimizer, schedule = trainer.optimizer, trainer.scheduler
        if trainer.scheduler_interval != "step":
            schedule = None
        begin, end = hooks["on_train_batch_begin"], hooks["on_train_batch_end"]
        clips, size, gradients = trainer.clip_norm is not None, trainer.accumulate, self.gradients
        is_sum, first = self.objective.is_sum, trainer.step
        careful = clips or boundary is not None
        # Steps may be short: their sums are local unless somebody may look at them.
        watched = bool(begin or end or self.train_metrics or boundary is not None)
        step, batches, total, weight = first, self.batch, self.total, self.weight
        try:
            for batch in islice(self.batches, most):
                if not batches:
                    check_batch("fit", batch if size == 1 else batch[0])
                if begin:
                    for hook in begin:
                        hook(-(-batches // size), {})
                optimizer.zero_grad()
                loss, count = gradients(batch)
                if careful:
                    if clips:
                        clip(self, [batch] if size == 1 else batch)
                    if boundary is not None:
                        boundary.updating = True
                optimizer.step()
                if schedule is not None:
                    schedule.step()
                step += 1
                batches += 1 if size == 1 else len(batch)
                weight += count
                total += loss if is_sum else loss * count
                if watched:
                    trainer.step = step
                    self.batch, self.total, self.weight = batches, total, weight
                    self.after_step(end, loss)
                    if trainer.stop_training:
                        break
        finally:
            trainer.step = step
            self.batch, self.total, self.weight = batches, total, weight
        return step - first

    def after_step(self, hooks: list[Any], loss: float) -> None:
        """Metrics and hooks of a step, and what is kept of the moment after it."""
        if self.train_metrics:
            self.update_metrics(list(self.train_metrics.values()))
        if self.boundary is not None:
            self.boundary.updating = False
        for hook in hooks:
            hook(-(-self.batch // self.trainer.accumulate) - 1, {"loss": loss})
        if self.boundary is not None:
            self.boundary.take()

    def update_metrics(self, metrics: list[Any]) -> None:
        """Give metrics the batches of the step."""
        for scores, y, weight in self.seen:
            for metric in metrics:
                metric.update(scores, y, weight)
        self.seen.clear()
        if self.trainer.step == 1:
            with suppress(ValueError):  # of one batch there may be no value
                values_of(self.train_metrics)  # whose type is seen early

    # -- state ---------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        if self.rescuing and (self.failed or (self.boundary and self.boundary.updating)):
            raise NoCheckpoint("the disk is full, or weights have changed in part")
        if self.kept is not None and not self.ended:  # within validation
            return {**self.kept, **self.weights()}
        return {**self.state_without_weights(), **self.weights()}

    def weights(self) -> dict[str, Any]:
        """The parameters, and the optimizer's state of each."""
        loss = self.objective.loss
        return {
            "model": self.model.state_dict(),
            "loss": (isinstance(loss, Module) and loss.state_dict()) or None,
            "optimizer": self.trainer.optimizer.state_dict()["state"],
        }

    def state_without_weights(self) -> dict[str, Any]:
        """Everything else."""
        trainer, schedule = self.trainer, self.trainer.scheduler
        within = self.begun and not self.ended
        position = self.position() if within and not self.stepped else None
        return {
            "format": FORMAT,
            "version": VERSION,
            "classes": classes_of(trainer),
            "epoch": trainer.epoch + self.ended,
            "step": trainer.step,
            "batch": self.batch if within else 0,
            "begun": within,
            "stepped": within and position is None,
            "total": self.total,
            "weight": self.weight,
            "stopped": trainer.stop_training and not self.interrupted,
            "history": trainer.history.state_dict(),
            "metrics": {name: m.state_dict() for name, m in self.train_metrics.items()},
            "callbacks": self.callbacks.states(),
            "scheduler": None if schedule is None else schedule.state_dict(),
            "param_groups": trainer.optimizer.state_dict()["param_groups"],
            "random": self.streams.state(),
            "loader": position,
        }

    def position(self) -> Any:
        """How far the loader is within an epoch, None after its last batch."""
        state_dict = getattr(self.loader, "state_dict", None)
        try:
            if state_dict is None:
                raise TypeError(f"a {type(self.loader).__name__} has no state_dict")
            state = state_dict()
        except TypeError as error:
            raise NoCheckpoint(
                f"fit: there is no checkpoint within an epoch, use save_freq='epoch': {error}"
            ) from None
        if isinstance(self.loader, DataLoader):
            if self.batch and not state["batches"]:
                return None
            state["batches"] = self.batch  # the loader has counted one that failed
        return state

    def restore(self, saved: dict[str, Any]) -> None:
        """Continue from a checkpoint; everything is as before if it does not fit."""
        trainer = self.trainer
        check_fits(self, saved)
        loss = self.objective.loss
        holders: list[tuple[Any, Any]] = [
            (self.model, saved["model"]),
            (
                trainer.optimizer,
                {"state": saved["optimizer"], "param_groups": saved["param_groups"]},
            ),
        ]
        if trainer.scheduler is not None:
            holders.append((trainer.scheduler, saved["scheduler"]))
        if saved["loss"] is not None:
            holders.append((loss, saved["loss"]))
        if saved["loader"] is not None:
            holders.append((self.loader, saved["loader"]))
        holders += [(m, saved["metrics"][name]) for name, m in self.train_metrics.items()]
        before = [deepcopy(holder.state_dict()) for holder, _ in holders]
        done = 0
        try:
            for holder, state in holders:
                done += 1
                holder.load_state_dict(state)
        except BaseException:
            for (holder, _), state in list(zip(holders, before))[:done]:
                holder.load_state_dict(state)
            raise
        trainer.optimizer._opt_called = saved["step"] > 0
        trainer.history.load_state_dict(saved["history"])
        trainer.epoch, trainer.step = saved["epoch"], saved["step"]
        trainer.stop_training = saved["stopped"]
        self.batch, self.begun, self.stepped = saved["batch"], saved["begun"], saved["stepped"]
        self.total, self.weight = saved["total"], saved["weight"]

    # -- ends ----------------------------------------------------------------------------------

    def rescue(self, error: BaseException) -> None:
        """Set back what a step has changed that is not complete, and let callbacks save."""
        self.rescuing = True
        if self.boundary is not None and self.begun and not self.stepped:
            self.boundary.restore()
        for hook in self.callbacks.hooks["on_exception"]:
            try:
                hook(error)
            except NoCheckpoint:
                pass  # the last one stays
            except Exception as problem:
                warn(f"fit: {type(problem).__name__} while {error!r} was handled: {problem}")

    def check_interrupt(self) -> None:
        """Raise KeyboardInterrupt if Ctrl-C has been pressed."""
        if self.interrupted:
            raise KeyboardInterrupt

    def uninterrupted(self, batches: Any) -> Iterator[Any]:
        """Batches, up to Ctrl-C."""
        for batch in batches:
            self.check_interrupt()
            yield batch

    @contextmanager
    def interrupts(self) -> Iterator[None]:
        """Let Ctrl-C end training after the step, where that leaves a checkpoint.

        The second Ctrl-C ends it at once.
        """
        main = threading.current_thread() is threading.main_thread()
        default = main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self.boundary is None or not default:
            yield
            return

        def note(number: int, frame: Any) -> None:
            if self.interrupted:
                raise KeyboardInterrupt
            self.interrupted = self.trainer.stop_training = True

        signal.signal(signal.SIGINT, note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)
