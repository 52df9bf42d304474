"""The schedule that waits for a loss to stop falling."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

from ..groups import number
from ..optimizer import Optimizer
from .scheduler import (
    EPOCH,
    LRScheduler,
    check_optimizer,
    check_positive,
    for_each_group,
    set_value,
    values,
)


class ReduceLROnPlateau(LRScheduler):
    r"""A factor whenever a loss has not become better for some steps.

    Parameters
    ----------
    optimizer
        As for `LRScheduler`.
    mode
        Whether smaller is better (``"min"``) or larger (``"max"``).
    factor
        The learning rate is multiplied by it; below 1.
    patience
        So many steps without a better value are allowed, one more is not.
    threshold, threshold_mode
        Better is what is below ``best * (1 - threshold)`` (``"rel"``) or ``best - threshold``
        (``"abs"``), or with ``mode="max"`` above the sum.
    cooldown
        Steps after a change in which none is counted.
    min_lr
        The smallest learning rate, or a list of one for each group.
    eps
        Changes that are not larger are left out.

    Examples
    --------
    >>> optimizer = fastnn.optim.SGD([fastnn.zeros(2, requires_grad=True)], lr=1.0)
    >>> schedule = fastnn.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1)
    >>> for loss in (1.0, 1.0, 1.0):
    ...     optimizer.step()
    ...     schedule.step(loss)
    >>> schedule.get_last_lr()
    [0.1]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        name = "ReduceLROnPlateau"
        if not number(name, "factor", factor) < 1:
            raise ValueError(f"{name}: factor must be below 1, got {factor}")
        for option, value, allowed in (
            ("mode", mode, ("min", "max")),
            ("threshold_mode", threshold_mode, ("rel", "abs")),
        ):
            if value not in allowed:
                raise ValueError(f"{name}: {option} must be one of {allowed}, got {value!r}")
        check_positive(name, "patience", patience, zero=True)
        check_positive(name, "cooldown", cooldown, zero=True)
        number(name, "threshold", threshold)
        number(name, "eps", eps)
        self.optimizer = check_optimizer(name, optimizer)
        self.default_min_lr = None if isinstance(min_lr, (list, tuple)) else min_lr
        self.min_lrs = for_each_group(name, "min_lr", optimizer, min_lr)
        self._check_min_lrs()
        self.mode = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.cooldown = cooldown
        self.eps = eps
        self.last_epoch = 0
        self._last_lr = values(optimizer, "lr")
        self._reset()

    @property
    def mode_worse(self) -> float:
        """What any value is better than."""
        return math.inf if self.mode == "min" else -math.inf

    @property
    def in_cooldown(self) -> bool:
        """Whether a change was so recent that steps are not counted."""
        return self.cooldown_counter > 0

    def _reset(self) -> None:
        """Forget all values."""
        self.best = self.mode_worse
        self.cooldown_counter = 0
        self.num_bad_epochs = 0

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Take the next value, and change the learning rates if it is one too many.

        Parameters
        ----------
        metrics
            A number, or a tensor with one.
        epoch
            Deprecated: the number of the step.
        """
        current = number("ReduceLROnPlateau", "metrics", metrics)
        if epoch is not None:
            warnings.warn(EPOCH, UserWarning, stacklevel=2)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._is_better(current, self.best):
            self.best = current
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce_lr()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = values(self.optimizer, "lr")

    def _is_better(self, value: float, best: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "rel":
            return sign * value > sign * best * (1.0 + sign * self.threshold)
        return sign * value > sign * (best + sign * self.threshold)

    def _reduce_lr(self) -> None:
        groups = self.optimizer.param_groups
        if len(self.min_lrs) != len(groups) and self.default_min_lr is not None:
            self.min_lrs = [self.default_min_lr] * len(groups)
        self._check_min_lrs()
        for group, least in zip(groups, self.min_lrs):
            old = float(group["lr"])
            new = max(old * self.factor, float(least))
            if old - new > self.eps:
                set_value(group, "lr", new)

    def _check_min_lrs(self) -> None:
        groups = self.optimizer.param_groups
        if len(self.min_lrs) != len(groups):
            raise ValueError(
                f"ReduceLROnPlateau: min_lr must have one value for each of the {len(groups)} "
                f"groups of the optimizer, got {len(self.min_lrs)}"
            )
        for least in self.min_lrs:
            number("ReduceLROnPlateau", "min_lr", least)

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer."""
        return {**super().state_dict(), "mode_worse": self.mode_worse}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load the `state_dict` of a schedule of this class, PyTorch's too."""
        super().load_state_dict(state_dict)
        vars(self).pop("mode_worse", None)
