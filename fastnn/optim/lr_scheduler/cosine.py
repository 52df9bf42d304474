"""Schedules along a cosine."""

from __future__ import annotations

import math
from typing import Any

from ..groups import number
from ..optimizer import Optimizer
from .scheduler import Formula, LRScheduler, check_positive, warn_outside_step


class CosineAnnealingLR(Formula):
    r"""Half a cosine from the first learning rate down to the smallest, and up again.

    .. math::
        \gamma_t = \gamma_\text{min} + \tfrac{1}{2} (\gamma_0 - \gamma_\text{min})
                   \left(1 + \cos(\pi t / T)\right)

    Parameters
    ----------
    optimizer, last_epoch
        As for `LRScheduler`.
    T_max
        :math:`T`, the steps to the smallest learning rate.
    eta_min
        :math:`\gamma_\text{min}` in the formula.

    References
    ----------
    Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, ICLR 2017.

    Examples
    --------
    >>> optimizer = fastnn.optim.SGD([fastnn.zeros(2, requires_grad=True)], lr=1.0)
    >>> schedule = fastnn.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=2)
    >>> optimizer.step()
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        check_positive("CosineAnnealingLR", "T_max", T_max)
        number("CosineAnnealingLR", "eta_min", eta_min)
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def next_lr(self, lr: Any, base_lr: Any) -> Any:
        """The learning rate of step ``self.last_epoch`` after `lr`."""
        if self._is_initial:
            return lr
        if self._step_count == 1 and self.last_epoch > 0:
            return self.closed_form(base_lr)
        t, period = self.last_epoch, self.T_max
        if (t - 1 - period) % (2 * period) == 0:  # after the smallest, which has lost the scale
            return lr + (base_lr - self.eta_min) * (1 - math.cos(math.pi / period)) / 2
        ratio = (1 + math.cos(math.pi * t / period)) / (1 + math.cos(math.pi * (t - 1) / period))
        return ratio * (lr - self.eta_min) + self.eta_min

    def closed_form(self, base_lr: Any) -> Any:
        """The learning rate of step ``self.last_epoch`` where the first was `base_lr`."""
        return cosine(base_lr, self.eta_min, self.last_epoch, self.T_max)


class CosineAnnealingWarmRestarts(LRScheduler):
    r"""Half a cosine down, then again from the first learning rate, in longer and longer cycles.

    .. math::
        \gamma_t = \gamma_\text{min} + \tfrac{1}{2} (\gamma_0 - \gamma_\text{min})
                   \left(1 + \cos(\pi t_i / T_i)\right), \quad T_{i+1} = m T_i

    with :math:`t_i` steps since the cycle :math:`i` began.

    Parameters
    ----------
    optimizer, last_epoch
        As for `LRScheduler`.
    T_0
        The steps of the first cycle.
    T_mult
        :math:`m`, how many times longer the next cycle is.
    eta_min
        :math:`\gamma_\text{min}` in the formula.

    References
    ----------
    Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, ICLR 2017.

    Examples
    --------
    >>> optimizer = fastnn.optim.SGD([fastnn.zeros(2, requires_grad=True)], lr=1.0)
    >>> schedule = fastnn.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2)
    >>> lrs = []
    >>> for _ in range(3):
    ...     lrs += schedule.get_last_lr()
    ...     optimizer.step()
    ...     schedule.step()
    >>> lrs
    [1.0, 0.5, 1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        name = "CosineAnnealingWarmRestarts"
        for option, value in (("T_0", T_0), ("T_mult", T_mult)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name}: {option} must be an int of at least 1, got {value!r}")
        number(name, "eta_min", eta_min)
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """The learning rates of the groups for step ``self.T_cur`` of the cycle."""
        warn_outside_step(self)
        return [cosine(base_lr, self.eta_min, self.T_cur, self.T_i) for base_lr in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Set the next learning rates; after the optimizer's step.

        Parameters
        ----------
        epoch
            The number of the step, by default one more than the last. It may be a fraction, to move
            within an epoch: ``epoch + i / batches``.
        """
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            self.last_epoch += 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        else:
            self._go_to(epoch)
        self._set_lr(self.get_lr)

    def _go_to(self, epoch: float) -> None:
        """Set the cycle, and the place in it, of a step."""
        if not epoch >= 0:
            raise ValueError(
                f"CosineAnnealingWarmRestarts: epoch must not be negative, got {epoch}"
            )
        cycle = 0
        if epoch >= self.T_0 and self.T_mult > 1:
            cycle = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            first = self.T_0 * (self.T_mult**cycle - 1) / (self.T_mult - 1)
            self.T_cur = epoch - first
        else:
            self.T_cur = epoch % self.T_0
        self.T_i = self.T_0 * self.T_mult**cycle
        self.last_epoch = math.floor(epoch)


def cosine(start: Any, end: Any, step: float, steps: float) -> Any:
    """The point `step` of half a cosine from `start` to `end`."""
    return end + (start - end) * (1 + math.cos(math.pi * step / steps)) / 2
