"""Schedules that users give as functions."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from ..optimizer import Optimizer
from .scheduler import LRScheduler, check_optimizer, check_state, values, warn_outside_step

Factor: TypeAlias = "Callable[[int], float]"


class OfFunctions(LRScheduler):
    """Base of schedules with a function of the step for each group."""

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Factor | Sequence[Factor], last_epoch: int = -1
    ) -> None:
        name = type(self).__name__
        count = len(check_optimizer(name, optimizer).param_groups)
        several = isinstance(lr_lambda, (list, tuple))
        self.lr_lambdas: list[Any] = list(lr_lambda) if several else [lr_lambda] * count  # type: ignore[arg-type]
        if len(self.lr_lambdas) != count:
            raise ValueError(
                f"{name}: lr_lambda must have a function for each of the {count} groups of the "
                f"optimizer, got {len(self.lr_lambdas)}"
            )
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError(
                    f"{name}: lr_lambda must be a function, got {type(function).__name__}"
                )
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer, and functions only where they are objects with state."""
        own = [None if plain(f) else dict(vars(f)) for f in self.lr_lambdas]
        return {**super().state_dict(), "lr_lambdas": own}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load a `state_dict`; functions stay, objects take their state from it."""
        own = check_state(type(self).__name__, state_dict).get("lr_lambdas", [])
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "lr_lambdas"})
        for function, state in zip(self.lr_lambdas, own):
            if state is not None:
                vars(function).update(state)


class LambdaLR(OfFunctions):
    r"""The first learning rate times a function of the step: :math:`\gamma_t = \gamma_0 f(t)`.

    Parameters
    ----------
    optimizer, last_epoch
        As for `LRScheduler`.
    lr_lambda
        The function, or a list with one for each group of the optimizer.

    Examples
    --------
    >>> optimizer = fastnn.optim.SGD([fastnn.zeros(2, requires_grad=True)], lr=1.0)
    >>> schedule = fastnn.optim.lr_scheduler.LambdaLR(optimizer, lambda t: 0.5**t)
    >>> optimizer.step()
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def get_lr(self) -> list[Any]:
        """The learning rates of the groups for step ``self.last_epoch``."""
        warn_outside_step(self)
        pairs = zip(self.base_lrs, self.lr_lambdas, strict=True)
        return [base_lr * function(self.last_epoch) for base_lr, function in pairs]


class MultiplicativeLR(OfFunctions):
    r"""The learning rate times a function of the step: :math:`\gamma_t = \gamma_{t-1} f(t)`.

    Parameters
    ----------
    optimizer, lr_lambda, last_epoch
        As for `LambdaLR`.

    Examples
    --------
    >>> optimizer = fastnn.optim.SGD([fastnn.zeros(2, requires_grad=True)], lr=1.0)
    >>> schedule = fastnn.optim.lr_scheduler.MultiplicativeLR(optimizer, lambda t: 0.5)
    >>> optimizer.step()
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def get_lr(self) -> list[Any]:
        """The learning rates of the groups for step ``self.last_epoch``."""
        warn_outside_step(self)
        lrs = values(self.optimizer, "lr")
        if self._is_initial:
            return lrs
        return [lr * f(self.last_epoch) for lr, f in zip(lrs, self.lr_lambdas, strict=True)]


def plain(function: Any) -> bool:
    """Whether a function has no state of its own."""
    return isinstance(function, types.FunctionType) or not hasattr(function, "__dict__")
