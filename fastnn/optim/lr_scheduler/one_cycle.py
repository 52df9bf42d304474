"""The 1cycle schedule."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..groups import number
from ..optimizer import Optimizer
from .momentum import set_momentum, start_momentum
from .scheduler import LRScheduler, check_optimizer, for_each_group, warn_outside_step


def along_cosine(start: Any, end: Any, part: float) -> Any:
    """A point of half a cosine."""
    return end + (start - end) / 2.0 * (math.cos(math.pi * part) + 1)


def along_line(start: Any, end: Any, part: float) -> Any:
    """A point of a line."""
    return (end - start) * part + start


ANNEAL = {"cos": along_cosine, "linear": along_line}


class OneCycleLR(LRScheduler):
    r"""Up to a large learning rate and down to a tiny one, once; momentum moves the other way.

    From :math:`\gamma_\text{max} / f` up to :math:`\gamma_\text{max}`, then down to
    :math:`\gamma_\text{max} / (f f')`, with `div_factor` :math:`f` and `final_div_factor`
    :math:`f'`.

    Parameters
    ----------
    optimizer, last_epoch
        As for `LRScheduler`. For steps of batches, not epochs.
    max_lr
        The largest learning rate, or a list of one for each group.
    total_steps, epochs, steps_per_epoch
        The length of the schedule: the first, or the product of the two others.
    pct_start
        The part of it that goes up.
    anneal_strategy
        Along half a cosine (``"cos"``) or a line (``"linear"``).
    cycle_momentum
        Whether the momentum, or the first beta, moves from `max_momentum` to `base_momentum` and
        back.
    base_momentum, max_momentum
        Its two values, or lists of one for each group.
    div_factor, final_div_factor
        As above.
    three_phase
        Go down as fast as up, to the first learning rate, and then to the last.

    References
    ----------
    Smith and Topin, Super-convergence: very fast training of neural networks using large learning
    rates, 2018.

    Examples
    --------
    >>> optimizer = fastnn.optim.SGD([fastnn.zeros(2, requires_grad=True)], lr=1.0, momentum=0.9)
    >>> schedule = fastnn.optim.lr_scheduler.OneCycleLR(
    ...     optimizer, max_lr=1.0, total_steps=10, anneal_strategy="linear"
    ... )
    >>> schedule.get_last_lr()
    [0.04]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.85,
        max_momentum: float | Sequence[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        name = "OneCycleLR"
        self.optimizer = check_optimizer(name, optimizer)
        self.total_steps = length(name, total_steps, epochs, steps_per_epoch)
        if not 0 <= number(name, "pct_start", pct_start) <= 1:
            raise ValueError(f"{name}: pct_start must be in [0, 1], got {pct_start}")
        if anneal_strategy not in ANNEAL:
            raise ValueError(
                f"{name}: anneal_strategy must be one of {[*ANNEAL]}, got {anneal_strategy!r}"
            )
        for option, value in (("div_factor", div_factor), ("final_div_factor", final_div_factor)):
            if number(name, option, value) == 0:
                raise ValueError(f"{name}: {option} must not be 0")
        max_lrs = for_each_group(name, "max_lr", optimizer, max_lr)
        for lr in max_lrs:
            number(name, "max_lr", lr)
        self._schedule_phases = phases(pct_start, self.total_steps, three_phase)
        self._anneal_func_type = anneal_strategy
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            start_momentum(name, optimizer, base_momentum, max_momentum, last_epoch == -1)
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, max_lrs):
                first = lr / div_factor
                group.update(initial_lr=first, max_lr=lr, min_lr=first / final_div_factor)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """The learning rates of the groups for step ``self.last_epoch``; it sets momenta."""
        warn_outside_step(self)
        step = self.last_epoch
        if step > self.total_steps:
            raise ValueError(f"OneCycleLR: step {step} is beyond the {self.total_steps} of it")
        begin: float = 0.0
        for phase in self._schedule_phases[:-1]:
            if step <= phase["end_step"]:
                break
            begin = phase["end_step"]
        else:
            phase = self._schedule_phases[-1]
        part = (step - begin) / (phase["end_step"] - begin)
        anneal = ANNEAL[self._anneal_func_type]
        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            for group in groups:
                ends = group[phase["start_momentum"]], group[phase["end_momentum"]]
                set_momentum(self.optimizer, group, anneal(*ends, part))
        return [anneal(group[phase["start_lr"]], group[phase["end_lr"]], part) for group in groups]


def length(name: str, total_steps: Any, epochs: Any, steps_per_epoch: Any) -> int:
    """The number of steps of a schedule."""
    given = {"total_steps": total_steps}
    if total_steps is None:
        given = {"epochs": epochs, "steps_per_epoch": steps_per_epoch}
    if None in given.values():
        raise ValueError(f"{name}: pass total_steps, or epochs and steps_per_epoch")
    for option, value in given.items():
        if not isinstance(value, int) or value <= 0:
            raise ValueError(f"{name}: {option} must be an int above 0, got {value!r}")
    return math.prod(given.values())


def phases(part: float, total: int, three: bool) -> list[dict[str, Any]]:
    """The parts of a schedule: their last steps, and the options of a group where they begin."""
    up, last = float(part * total), total - 1
    ends = [up - 1, 2 * up - 2, last] if three else [up - 1, last]
    lrs = ["initial_lr", "max_lr", *["initial_lr"][: int(three)], "min_lr"]
    momenta = ["max_momentum", "base_momentum", "max_momentum", "max_momentum"]
    return [
        {
            "end_step": end,
            "start_lr": lrs[i],
            "end_lr": lrs[i + 1],
            "start_momentum": momenta[i],
            "end_momentum": momenta[i + 1],
        }
        for i, end in enumerate(ends)
    ]
