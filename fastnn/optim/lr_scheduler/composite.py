"""Schedules made of schedules."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from ..optimizer import Optimizer
from .plateau import ReduceLROnPlateau
from .scheduler import LRScheduler, check_optimizer, check_state, set_value, values


class Composite(LRScheduler):
    """Base of schedules made of several, whose states it saves."""

    _schedulers: Sequence[LRScheduler]

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer, and the states of the schedules."""
        return {**super().state_dict(), "_schedulers": [s.state_dict() for s in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load a `state_dict`, with one for each of the schedules."""
        name = type(self).__name__
        own = check_state(name, state_dict).get("_schedulers", ())
        if len(own) != len(self._schedulers):
            raise ValueError(
                f"{name}: state_dict must have the states of {len(self._schedulers)} schedules, "
                f"got {len(own)}"
            )
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "_schedulers"})
        for schedule, state in zip(self._schedulers, own):
            schedule.load_state_dict(state)


class SequentialLR(Composite):
    r"""One schedule after the other.

    Parameters
    ----------
    optimizer, last_epoch
        As for `LRScheduler`.
    schedulers
        Schedules of this optimizer.
    milestones
        The steps at which the second one begins, the third one, and so on.

    Examples
    --------
    >>> optimizer = fastnn.optim.SGD([fastnn.zeros(2, requires_grad=True)], lr=1.0)
    >>> warmup = fastnn.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> decay = fastnn.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> schedule = fastnn.optim.lr_scheduler.SequentialLR(optimizer, [warmup, decay], [2])
    >>> lrs = []
    >>> for _ in range(4):
    ...     lrs += schedule.get_last_lr()
    ...     optimizer.step()
    ...     schedule.step()
    >>> lrs
    [0.5, 0.75, 1.0, 0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        check_schedulers("SequentialLR", schedulers, check_optimizer("SequentialLR", optimizer))
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"SequentialLR: milestones must have one step less than the {len(schedulers)} "
                f"schedules, got {len(milestones)}"
            )
        self.optimizer = optimizer
        self._schedulers = schedulers
        self._milestones = milestones
        self.last_epoch = last_epoch + 1
        for group in optimizer.param_groups:
            set_value(group, "lr", group["initial_lr"])
        for schedule in schedulers:
            undo(schedule)
        first = schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def step(self) -> None:  # type: ignore[override]
        """Set the next learning rates; after the optimizer's step."""
        self.last_epoch += 1
        i = bisect_right(self._milestones, self.last_epoch)
        schedule = self._schedulers[i]
        if i > 0 and self._milestones[i - 1] == self.last_epoch:
            schedule._update_lr(0)
        else:
            schedule.step()
        self._last_lr = schedule.get_last_lr()


class ChainedScheduler(Composite):
    r"""Several schedules at once, each of which changes what the one before has set.

    Parameters
    ----------
    schedulers
        Schedules of one optimizer.
    optimizer
        That optimizer, by default the first one's.

    Examples
    --------
    >>> optimizer = fastnn.optim.SGD([fastnn.zeros(2, requires_grad=True)], lr=1.0)
    >>> first = fastnn.optim.lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=2)
    >>> second = fastnn.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> schedule = fastnn.optim.lr_scheduler.ChainedScheduler([first, second])
    >>> optimizer.step()
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.25]
    """

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        check_schedulers("ChainedScheduler", schedulers, optimizer)
        self._schedulers = schedulers
        self.optimizer = schedulers[0].optimizer
        self._last_lr = values(self.optimizer, "lr")

    def step(self) -> None:  # type: ignore[override]
        """Set the next learning rates; after the optimizer's step."""
        for schedule in self._schedulers:
            schedule.step()
        self._last_lr = values(self.optimizer, "lr")


def check_schedulers(name: str, schedulers: Any, optimizer: Optimizer | None) -> None:
    """Raise if there is no schedule, or one of another kind or another optimizer."""
    if not isinstance(schedulers, (list, tuple)) or not schedulers:
        raise ValueError(f"{name}: schedulers must be a list of schedules, got {schedulers!r}")
    for i, schedule in enumerate(schedulers):
        if not isinstance(schedule, LRScheduler):
            kind = type(schedule).__name__
            raise TypeError(f"{name}: schedulers[{i}] must be a schedule, got {kind}")
        if isinstance(schedule, ReduceLROnPlateau):
            raise ValueError(
                f"{name}: schedulers[{i}] is a ReduceLROnPlateau, whose step needs a loss"
            )
        if schedule.optimizer is not (optimizer or schedulers[0].optimizer):
            raise ValueError(f"{name}: schedulers[{i}] is one of another optimizer")


def undo(schedule: LRScheduler) -> None:
    """Take back the first step of a schedule, and of those it is made of."""
    if isinstance(schedule, Composite):
        for part in schedule._schedulers:
            undo(part)
    else:
        schedule.last_epoch -= 1
