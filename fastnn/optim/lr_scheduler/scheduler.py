"""The base of schedules of a learning rate: steps, state, and the order of calls."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from ...tensor import Tensor
from ..optimizer import Optimizer

TOO_EARLY = (
    "lr_scheduler.step() was called before optimizer.step(): the first learning rate of the "
    "schedule was skipped. Call optimizer.step() first."
)
NOT_FOR_READING = "get_lr() computes the next learning rate; get_last_lr() has the one in use."
EPOCH = (
    "The argument epoch of step() is deprecated in PyTorch: call step() without it. With it, the "
    "schedule's closed form is used where there is one."
)


class LRScheduler:
    """Base of all schedules: it changes the learning rates of an optimizer, one step at a time.

    A subclass defines `get_lr`, which computes the learning rates of the groups for step
    ``self.last_epoch`` from those now, ``group["lr"]``, or from ``self.base_lrs``. It may define
    ``_get_closed_form_lr``, the same without those of the steps before.

    Parameters
    ----------
    optimizer
        Its learning rates change. One that is a tensor changes in place.
    last_epoch
        The number of the last step, to go on from; -1 begins with the learning rate as it is, which
        becomes ``group["initial_lr"]``.

    Raises
    ------
    TypeError
        If `optimizer` is none.
    KeyError
        If `last_epoch` is not -1 and a group has no ``"initial_lr"``.

    Examples
    --------
    >>> class Harmonic(fastnn.optim.lr_scheduler.LRScheduler):
    ...     def get_lr(self):
    ...         return [lr / (1 + self.last_epoch) for lr in self.base_lrs]
    >>> optimizer = fastnn.optim.SGD([fastnn.zeros(2, requires_grad=True)], lr=1.0)
    >>> schedule = Harmonic(optimizer)
    >>> optimizer.step()
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    _get_lr_called_within_step = False
    _is_initial = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        name = type(self).__name__
        self.optimizer = check_optimizer(name, optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", deepcopy(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"{name}: to go on from last_epoch {last_epoch}, group {i} of the optimizer "
                    "must have initial_lr; load the state of the optimizer first"
                )
        self.base_lrs = values(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def get_lr(self) -> list[Any]:
        """The learning rates of the groups for step ``self.last_epoch``; a subclass defines it."""
        raise NotImplementedError(f"{type(self).__name__}: define get_lr()")

    def get_last_lr(self) -> list[Any]:
        """The learning rate of each group that the schedule set last."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Set the next learning rates; after the optimizer's step.

        Parameters
        ----------
        epoch
            Deprecated: the number of the step, by default one more than the last.
        """
        if self._step_count == 1 and not self.optimizer._opt_called:
            warnings.warn(TOO_EARLY, UserWarning, stacklevel=2)
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        """Set the learning rates of the next step, or of step `epoch` by the closed form."""
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        closed_form = getattr(self, "_get_closed_form_lr", self.get_lr)
        self._set_lr(self.get_lr if epoch is None else closed_form)

    def _set_lr(self, formula: Any) -> None:
        """Set the learning rates that a formula has."""
        self._get_lr_called_within_step = True
        try:
            lrs = formula()
        finally:
            self._get_lr_called_within_step = False
        for group, lr in zip(self.optimizer.param_groups, lrs, strict=True):
            set_value(group, "lr", lr)
        self._last_lr = values(self.optimizer, "lr")

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer."""
        return {key: value for key, value in vars(self).items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load the `state_dict` of a schedule of this class, PyTorch's too."""
        vars(self).update(check_state(type(self).__name__, state_dict))


class Formula(LRScheduler):
    """Base of schedules given for one group at a time.

    A subclass defines `next_lr`, from the last learning rate, and `closed_form`, from the first.
    """

    def next_lr(self, lr: Any, base_lr: Any) -> Any:
        """The learning rate of step ``self.last_epoch`` after `lr`."""
        raise NotImplementedError

    def closed_form(self, base_lr: Any) -> Any:
        """The learning rate of step ``self.last_epoch`` where the first was `base_lr`."""
        raise NotImplementedError

    def get_lr(self) -> list[Any]:
        """The learning rates of the groups for step ``self.last_epoch``."""
        warn_outside_step(self)
        lrs = values(self.optimizer, "lr")
        return [self.next_lr(*pair) for pair in zip(lrs, self.base_lrs, strict=True)]

    def _get_closed_form_lr(self) -> list[Any]:
        return [self.closed_form(base_lr) for base_lr in self.base_lrs]


def check_optimizer(name: str, optimizer: Any) -> Optimizer:
    """An optimizer; TypeError if it is none."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"{name}: optimizer must be an Optimizer of fastnn, got {type(optimizer).__name__}"
        )
    return optimizer


def check_state(name: str, state_dict: Any) -> Mapping[str, Any]:
    """A saved state; TypeError if it is none."""
    if not isinstance(state_dict, Mapping):
        raise TypeError(
            f"{name}: state_dict must be a dict that state_dict() returned, "
            f"got {type(state_dict).__name__}"
        )
    return state_dict


def check_positive(name: str, option: str, value: Any, zero: bool = False) -> None:
    """Raise ValueError or TypeError if a number of steps is not above 0, or at `zero` not 0."""
    if isinstance(value, (str, bytes)) or not hasattr(value, "__float__"):
        raise TypeError(f"{name}: {option} must be a number, got {value!r}")
    if not (float(value) > 0 or (zero and float(value) == 0)):
        raise ValueError(
            f"{name}: {option} must be {'at least' if zero else 'above'} 0, got {value}"
        )


def warn_outside_step(schedule: LRScheduler) -> None:
    """Warn if `get_lr` is called by a user, who wants `get_last_lr`."""
    if not schedule._get_lr_called_within_step:
        warnings.warn(NOT_FOR_READING, UserWarning, stacklevel=3)


def values(optimizer: Optimizer, key: str) -> list[Any]:
    """An option of each group, those that may change in place as copies."""
    return [deepcopy(group[key]) for group in optimizer.param_groups]


def set_value(group: dict[str, Any], key: str, value: Any) -> None:
    """Set an option of a group: in place where it is a tensor or an array."""
    old = group[key]
    if isinstance(old, Tensor):
        old.fill_(float(value))
    elif isinstance(old, np.ndarray):
        old.fill(float(value))
    else:
        group[key] = value


def for_each_group(name: str, option: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """A value for each group, of one for all or a list of them."""
    count = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [deepcopy(value) for _ in range(count)]
    if len(value) != count:
        raise ValueError(
            f"{name}: {option} must have one value for each of the {count} groups of the "
            f"optimizer, got {len(value)}"
        )
    return deepcopy(list(value))
