"""Schedules that change the learning rate at some steps."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from typing import Any

from ..groups import number
from ..optimizer import Optimizer
from .scheduler import Formula, check_positive


class StepLR(Formula):
    r"""A factor every few steps: :math:`\gamma_t = \gamma_0 g^{\lfloor t / s \rfloor}`.

    Parameters
    ----------
    optimizer, last_epoch
        As for `LRScheduler`.
    step_size
        :math:`s`, the steps from one change to the next.
    gamma
        The factor :math:`g`.

    Examples
    --------
    >>> optimizer = fastnn.optim.SGD([fastnn.zeros(2, requires_grad=True)], lr=1.0)
    >>> schedule = fastnn.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    >>> for _ in range(4):
    ...     optimizer.step()
    ...     schedule.step()
    >>> schedule.get_last_lr()
    [0.25]
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        check_positive("StepLR", "step_size", step_size)
        number("StepLR", "gamma", gamma)
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def next_lr(self, lr: Any, base_lr: Any) -> Any:
        """The learning rate of step ``self.last_epoch`` after `lr`."""
        return lr if self.last_epoch == 0 or self.last_epoch % self.step_size else lr * self.gamma

    def closed_form(self, base_lr: Any) -> Any:
        """The learning rate of step ``self.last_epoch`` where the first was `base_lr`."""
        return base_lr * self.gamma ** (self.last_epoch // self.step_size)


class MultiStepLR(Formula):
    r"""A factor at each of some steps: :math:`\gamma_t = \gamma_0 g^n` after `n` of them.

    Parameters
    ----------
    optimizer, last_epoch
        As for `LRScheduler`.
    milestones
        The steps of changes; one that occurs several times counts as often.
    gamma
        The factor :math:`g`.

    Examples
    --------
    >>> optimizer = fastnn.optim.SGD([fastnn.zeros(2, requires_grad=True)], lr=1.0)
    >>> schedule = fastnn.optim.lr_scheduler.MultiStepLR(optimizer, [1, 3], gamma=0.5)
    >>> for _ in range(4):
    ...     optimizer.step()
    ...     schedule.step()
    >>> schedule.get_last_lr()
    [0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        if not hasattr(milestones, "__iter__") or isinstance(milestones, (str, bytes)):
            raise TypeError(f"MultiStepLR: milestones must be a list of steps, got {milestones!r}")
        number("MultiStepLR", "gamma", gamma)
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def next_lr(self, lr: Any, base_lr: Any) -> Any:
        """The learning rate of step ``self.last_epoch`` after `lr`."""
        times = self.milestones[self.last_epoch]
        return lr * self.gamma**times if times else lr

    def closed_form(self, base_lr: Any) -> Any:
        """The learning rate of step ``self.last_epoch`` where the first was `base_lr`."""
        return base_lr * self.gamma ** bisect_right(
            sorted(self.milestones.elements()), self.last_epoch
        )


class ConstantLR(Formula):
    r"""A factor for the first steps: :math:`\gamma_t = f \gamma_0` where :math:`t < T`.

    Parameters
    ----------
    optimizer, last_epoch
        As for `LRScheduler`.
    factor
        :math:`f`, from [0, 1].
    total_iters
        :math:`T`, after which the learning rate is the first one.

    Examples
    --------
    >>> optimizer = fastnn.optim.SGD([fastnn.zeros(2, requires_grad=True)], lr=1.0)
    >>> schedule = fastnn.optim.lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=2)
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1.0 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 <= number("ConstantLR", "factor", factor) <= 1:
            raise ValueError(f"ConstantLR: factor must be in [0, 1], got {factor}")
        check_positive("ConstantLR", "total_iters", total_iters, zero=True)
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def next_lr(self, lr: Any, base_lr: Any) -> Any:
        """The learning rate of step ``self.last_epoch`` after `lr`."""
        if self.last_epoch == 0:
            return lr * self.factor
        return lr * (1.0 / self.factor) if self.last_epoch == self.total_iters else lr

    def closed_form(self, base_lr: Any) -> Any:
        """The learning rate of step ``self.last_epoch`` where the first was `base_lr`."""
        ended = self.last_epoch >= self.total_iters
        return base_lr * (self.factor + ended * (1 - self.factor))
