"""Optimizers whose step over all parameters is one call of a kernel."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any, ClassVar

import numpy as np

from ..autograd.record import Array
from ..tensor import Tensor
from .optimizer import DATA, Optimizer


class FusedOptimizer(Optimizer):
    """Base of optimizers whose step is one call of a kernel.

    The kernel takes parameters, gradients, a list of arrays for each of `buffers` and `numbers`,
    how many parameters each group has, and a row of `options` for each.
    """

    kernel: ClassVar[Callable[..., None]]
    options: ClassVar[itemgetter[Any]]

    def wants(self, group: dict[str, Any], key: str) -> bool:
        """Whether parameters of `group` need the buffer `key`."""
        return True

    def first(self, group: dict[str, Any], key: str) -> float:
        """The value with which a buffer or number begins."""
        return 0.0

    def update(self, params: list[Tensor], grads: list[Array], counts: list[int]) -> None:
        """Update `params` with gradients `grads`; ``counts[i]`` of them belong to group i."""
        hyper = self.hyper(list(map(self.options, self.param_groups)))
        states = list(map(self.state.__getitem__, params))
        try:
            lists = self.lists(states, counts)
        except (KeyError, AttributeError):  # some parameters have no state, or a part of it
            self.start(params, counts)
            lists = self.lists(states, counts)
        self.kernel(list(map(DATA, params)), grads, *lists, counts, hyper)

    def lists(self, states: list[dict[str, Any]], counts: list[int]) -> list[Any]:
        """The lists of states that the kernel takes: None where no parameter has one."""
        found = [self.arrays(key, states, counts) for key in self.buffers + self.numbers]
        return found if self.numbers else [*found, None]  # which parameters are fresh

    def arrays(self, key: str, states: list[dict[str, Any]], counts: list[int]) -> Any:
        """One kind of state for each parameter, None for one that needs none."""
        wanted = [self.wants(group, key) for group in self.param_groups]
        if all(wanted):
            return list(map(DATA, map(itemgetter(key), states)))
        if not any(wanted):
            return None
        each = [w for w, n in zip(wanted, counts) for _ in range(n)]
        return [state[key]._array if w else None for state, w in zip(states, each)]

    def start(self, params: list[Tensor], counts: list[int]) -> None:
        """Create what the state of parameters lacks."""
        groups = [group for group, n in zip(self.param_groups, counts) for _ in range(n)]
        for p, group in zip(params, groups):
            for key in (*self.numbers, *self.buffers):
                if self.wants(group, key):
                    start(self.state[p], p, key, key in self.numbers, self.first(group, key))


def start(state: dict[str, Any], p: Tensor, key: str, number: bool, value: float = 0.0) -> None:
    """Create a number or a buffer of a parameter, where there is none."""
    if state.get(key) is None:
        array = np.zeros(()) if number else np.zeros_like(p._array, subok=False)
        if value:
            array.fill(value)
        state[key] = Tensor(array)
    elif not isinstance(state[key], Tensor):
        raise TypeError(f"state of an optimizer: {key} must be a Tensor, got {state[key]!r}")
