"""The schedule of stochastic weight averaging."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ..groups import number
from ..lr_scheduler.scheduler import (
    LRScheduler,
    check_optimizer,
    for_each_group,
    values,
    warn_outside_step,
)
from ..optimizer import Optimizer

ANNEAL: dict[str, Callable[[float], float]] = {
    "cos": lambda t: (1 - math.cos(math.pi * t)) / 2,
    "linear": lambda t: t,
}


class SWALR(LRScheduler):
    r"""From the learning rate as it is to one that then stays, for averages of weights.

    .. math::
        \gamma_t = \gamma_\text{swa} \, a_t + \gamma_0 (1 - a_t), \quad
        a_t = \tfrac{1}{2} (1 - \cos(\pi \min(t / T, 1)))

    Parameters
    ----------
    optimizer, last_epoch
        As for `lr_scheduler.LRScheduler`.
    swa_lr
        The last learning rate, or a list of one for each group.
    anneal_epochs
        :math:`T` in the formula.
    anneal_strategy
        As in the formula (``"cos"``), or along a line (``"linear"``).

    Examples
    --------
    >>> optimizer = fastnn.optim.SGD([fastnn.zeros(2, requires_grad=True)], lr=1.0)
    >>> schedule = fastnn.optim.swa_utils.SWALR(optimizer, swa_lr=0.5, anneal_epochs=2)
    >>> optimizer.step()
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.75]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | Sequence[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        name = "SWALR"
        swa_lrs = for_each_group(name, "swa_lr", check_optimizer(name, optimizer), swa_lr)
        for lr in swa_lrs:
            number(name, "swa_lr", lr)
        if anneal_strategy not in ANNEAL:
            raise ValueError(
                f"{name}: anneal_strategy must be one of {[*ANNEAL]}, got {anneal_strategy!r}"
            )
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(
                f"{name}: anneal_epochs must be an int of at least 0, got {anneal_epochs!r}"
            )
        for group, lr in zip(optimizer.param_groups, swa_lrs):
            group["swa_lr"] = lr
        self._anneal_strategy = anneal_strategy
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """The learning rates of the groups for the next step, from those now."""
        warn_outside_step(self)
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._part(step - 1), self._part(step)
        lrs = zip(values(self.optimizer, "lr"), values(self.optimizer, "swa_lr"))
        return [last * now + start(lr, last, before) * (1 - now) for lr, last in lrs]

    def _part(self, step: int) -> float:
        """How much of the way the learning rate has gone after a step."""
        part: float = max(0, min(1, step / max(1, self.anneal_epochs)))
        return ANNEAL[self._anneal_strategy](part)


def start(lr: Any, last: Any, part: float) -> Any:
    """The learning rate with which the way to `last` began, `part` of which is behind `lr`."""
    return last if part == 1 else (lr - part * last) / (1 - part)
