"""Optimizers that update one parameter at a time by operations on tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.grad_mode import no_grad
from ..autograd.record import Array
from ..tensor import Tensor
from .optimizer import Optimizer


class ComposedOptimizer(Optimizer):
    """Base of optimizers that are composed of operations: a subclass defines `update_one`."""

    def shapes(self, p: Tensor) -> dict[str, tuple[int, ...]]:
        """The shapes of the state of a parameter; numbers are (), or 1."""
        raise NotImplementedError

    def update_one(
        self, group: dict[str, Any], p: Tensor, g: Tensor, state: dict[str, Any]
    ) -> None:
        """Update `p`, which is outside of the graph, with gradient `g`."""
        raise NotImplementedError

    def update(self, params: list[Tensor], grads: list[Array], counts: list[int]) -> None:
        """Update `params` with gradients `grads`; ``counts[i]`` of them belong to group i."""
        for group in self.param_groups:
            self.check_options(group)
        for p, g in zip(params, grads):
            self.check(p, g)
        groups = [group for group, n in zip(self.param_groups, counts) for _ in range(n)]
        with no_grad():
            for group, p, g in zip(groups, params, grads):
                state = self.state[p]
                for key, shape in self.shapes(p).items():
                    if state.get(key) is None:
                        dtype = np.float64 if key in self.numbers else p._array.dtype
                        state[key] = Tensor(np.zeros(shape, dtype))
                if p._array.size:
                    self.update_one(group, p.detach(), Tensor(g), state)

    def check(self, p: Tensor, g: Array) -> None:
        """Raise what an update would, before any parameter changes."""
        name = type(self).__name__
        if not isinstance(g, np.ndarray) or (g.shape, g.dtype) != (p.shape, p._array.dtype):
            got = (g.shape, g.dtype) if isinstance(g, np.ndarray) else type(g).__name__
            raise ValueError(
                f"{name}: the gradient of a parameter of shape {p.shape} and {p.dtype} has {got}"
            )
        if not p._array.flags.writeable:
            raise ValueError(f"{name}: a parameter of shape {p.shape} is read-only")
        state = self.state.get(p, {})
        for key, shape in self.shapes(p).items():
            value = state.get(key)
            if value is None:
                continue
            dtype = np.float64 if key in self.numbers else p._array.dtype
            if not isinstance(value, Tensor):
                raise TypeError(f"{name}: {key} must be a Tensor, got {value!r}")
            a = value._array
            if a.shape != shape or a.dtype != dtype or not a.flags.writeable:
                raise ValueError(
                    f"{name}: {key} of a parameter of shape {p.shape} must be a writable array of "
                    f"shape {shape} and {np.dtype(dtype)}, got {a.shape} and {a.dtype}"
                )
