"""The cyclic schedule."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ..groups import number
from ..optimizer import Optimizer
from .factors import plain
from .momentum import set_momentum, start_momentum
from .scheduler import (
    LRScheduler,
    check_optimizer,
    check_positive,
    check_state,
    for_each_group,
    set_value,
    warn_outside_step,
)

# Mode -> how much of the height is left, by the cycle or by the step, and the factor gamma.
SCALES: dict[str, tuple[str, Callable[[float, float], float]]] = {
    "triangular": ("cycle", lambda x, gamma: 1.0),
    "triangular2": ("cycle", lambda x, gamma: 1 / (2.0 ** (x - 1))),
    "exp_range": ("iterations", lambda x, gamma: gamma**x),
}


class CyclicLR(LRScheduler):
    r"""Up and down between two learning rates, along lines; momentum moves the other way.

    With :math:`x`, which goes from 0 to 1 in `step_size_up` steps and back in `step_size_down`:

    .. math::
        \gamma_t = \gamma_\text{base} + (\gamma_\text{max} - \gamma_\text{base}) \, x \, s

    where the scale :math:`s` is 1 (``"triangular"``), halves with each cycle (``"triangular2"``),
    or is :math:`g^t` (``"exp_range"``).

    Parameters
    ----------
    optimizer, last_epoch
        As for `LRScheduler`. For steps of batches, not epochs.
    base_lr, max_lr
        The two learning rates, or lists of one for each group.
    step_size_up, step_size_down
        Steps of the two parts of a cycle; both the same by default.
    mode
        ``"triangular"``, ``"triangular2"`` or ``"exp_range"``, as above.
    gamma
        :math:`g`, for the last of them.
    scale_fn, scale_mode
        Another scale, a function of the number of the cycle (``"cycle"``, from 1) or of the step
        (``"iterations"``); `mode` is not used then.
    cycle_momentum
        Whether the momentum, or the first beta, moves from `max_momentum` to `base_momentum` where
        the learning rate moves up.
    base_momentum, max_momentum
        Its two values, or lists of one for each group.

    References
    ----------
    Smith, Cyclical learning rates for training neural networks, WACV 2017.

    Examples
    --------
    >>> optimizer = fastnn.optim.SGD([fastnn.zeros(2, requires_grad=True)], lr=1.0, momentum=0.9)
    >>> schedule = fastnn.optim.lr_scheduler.CyclicLR(optimizer, 0.5, 1.0, step_size_up=2)
    >>> optimizer.step()
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.75]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | Sequence[float],
        max_lr: float | Sequence[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.8,
        max_momentum: float | Sequence[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        name = "CyclicLR"
        self.optimizer = check_optimizer(name, optimizer)
        base_lrs = for_each_group(name, "base_lr", optimizer, base_lr)
        self.max_lrs = for_each_group(name, "max_lr", optimizer, max_lr)
        for option, lrs in (("base_lr", base_lrs), ("max_lr", self.max_lrs)):
            for lr in lrs:
                number(name, option, lr)
        check_positive(name, "step_size_up", step_size_up)
        down = step_size_up if step_size_down is None else step_size_down
        check_positive(name, "step_size_down", down)
        if scale_fn is None and mode not in SCALES:
            raise ValueError(f"{name}: mode must be one of {[*SCALES]}, got {mode!r}")
        self.total_size = float(step_size_up) + float(down)
        self.step_ratio = float(step_size_up) / self.total_size
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode if scale_fn is not None else SCALES[mode][0]
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.base_momentums, self.max_momentums = start_momentum(
                name, optimizer, base_momentum, max_momentum, last_epoch == -1
            )
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, base_lrs):
                set_value(group, "lr", lr)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """The part of the height that cycle or step `x` has."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        return SCALES[self.mode][1](x, self.gamma)

    def get_lr(self) -> list[Any]:
        """The learning rates of the groups for step ``self.last_epoch``; it sets momenta."""
        warn_outside_step(self)
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        rises = x <= self.step_ratio
        height = x / self.step_ratio if rises else (x - 1) / (self.step_ratio - 1)
        scale = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            momenta = zip(self.base_momentums, self.max_momentums, strict=True)
            for group, (low, high) in zip(self.optimizer.param_groups, momenta, strict=True):
                set_momentum(self.optimizer, group, high - (high - low) * height * scale)
        lrs = zip(self.base_lrs, self.max_lrs, strict=True)
        return [low + (high - low) * height * scale for low, high in lrs]

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer, and of a scale only the state of an object."""
        scale = self._scale_fn_custom
        own = None if scale is None or plain(scale) else dict(vars(scale))
        return {**super().state_dict(), "_scale_fn_custom": own}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load a `state_dict`; a scale stays, an object takes its state from it."""
        own = check_state("CyclicLR", state_dict).get("_scale_fn_custom")
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "_scale_fn_custom"})
        if own is not None:
            vars(self._scale_fn_custom).update(own)
