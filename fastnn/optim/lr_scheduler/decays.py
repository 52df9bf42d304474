"""Schedules that change the learning rate at each step, by a line or a power."""

from __future__ import annotations

from typing import Any

from ..groups import number
from ..optimizer import Optimizer
from .scheduler import Formula, check_positive


class LinearLR(Formula):
    r"""A factor that moves along a line: from :math:`a` to :math:`b` over :math:`T` steps.

    .. math::
        \gamma_t = \gamma_0 \left(a + (b - a) \min(t, T) / T\right)

    Parameters
    ----------
    optimizer, last_epoch
        As for `LRScheduler`.
    start_factor
        :math:`a`, from (0, 1].
    end_factor
        :math:`b`, from [0, 1].
    total_iters
        :math:`T` in the formula.

    Examples
    --------
    >>> optimizer = fastnn.optim.SGD([fastnn.zeros(2, requires_grad=True)], lr=1.0)
    >>> schedule = fastnn.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=4)
    >>> optimizer.step()
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.625]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < number("LinearLR", "start_factor", start_factor) <= 1:
            raise ValueError(f"LinearLR: start_factor must be in (0, 1], got {start_factor}")
        if not 0 <= number("LinearLR", "end_factor", end_factor) <= 1:
            raise ValueError(f"LinearLR: end_factor must be in [0, 1], got {end_factor}")
        check_positive("LinearLR", "total_iters", total_iters, zero=True)
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def next_lr(self, lr: Any, base_lr: Any) -> Any:
        """The learning rate of step ``self.last_epoch`` after `lr`."""
        if self.last_epoch == 0:
            return lr * self.start_factor
        if self._is_initial or self.last_epoch > self.total_iters:
            return lr
        rise = self.end_factor - self.start_factor
        before = self.total_iters * self.start_factor + (self.last_epoch - 1) * rise
        return lr * (1.0 + rise / before)

    def closed_form(self, base_lr: Any) -> Any:
        """The learning rate of step ``self.last_epoch`` where the first was `base_lr`."""
        rise = self.end_factor - self.start_factor
        steps = min(self.total_iters, self.last_epoch)
        return base_lr * (self.start_factor + rise * steps / self.total_iters)


class ExponentialLR(Formula):
    r"""A factor at every step: :math:`\gamma_t = \gamma_0 g^t`.

    Parameters
    ----------
    optimizer, last_epoch
        As for `LRScheduler`.
    gamma
        The factor :math:`g`.

    Examples
    --------
    >>> optimizer = fastnn.optim.SGD([fastnn.zeros(2, requires_grad=True)], lr=1.0)
    >>> schedule = fastnn.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> optimizer.step()
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        number("ExponentialLR", "gamma", gamma)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def next_lr(self, lr: Any, base_lr: Any) -> Any:
        """The learning rate of step ``self.last_epoch`` after `lr`."""
        return lr if self._is_initial else lr * self.gamma

    def closed_form(self, base_lr: Any) -> Any:
        """The learning rate of step ``self.last_epoch`` where the first was `base_lr`."""
        return base_lr * self.gamma**self.last_epoch


class PolynomialLR(Formula):
    r"""A power of the steps that are left: :math:`\gamma_t = \gamma_0 (1 - \min(t, T) / T)^p`.

    Parameters
    ----------
    optimizer, last_epoch
        As for `LRScheduler`.
    total_iters
        :math:`T`, after which the learning rate is 0.
    power
        :math:`p` in the formula.

    Examples
    --------
    >>> optimizer = fastnn.optim.SGD([fastnn.zeros(2, requires_grad=True)], lr=1.0)
    >>> schedule = fastnn.optim.lr_scheduler.PolynomialLR(optimizer, total_iters=4)
    >>> optimizer.step()
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.75]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        total_iters: int = 5,
        power: float = 1.0,
        last_epoch: int = -1,
    ) -> None:
        check_positive("PolynomialLR", "total_iters", total_iters, zero=True)
        number("PolynomialLR", "power", power)
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def next_lr(self, lr: Any, base_lr: Any) -> Any:
        """The learning rate of step ``self.last_epoch`` after `lr`."""
        if self._is_initial or self.last_epoch > self.total_iters:
            return lr
        now = 1.0 - self.last_epoch / self.total_iters
        before = 1.0 - (self.last_epoch - 1) / self.total_iters
        return lr * (now / before) ** self.power

    def closed_form(self, base_lr: Any) -> Any:
        """The learning rate of step ``self.last_epoch`` where the first was `base_lr`."""
        left = 1.0 - min(self.total_iters, self.last_epoch) / self.total_iters
        return base_lr * left**self.power
