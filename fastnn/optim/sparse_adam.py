"""Adam for embedding tables with sparse gradients."""

from __future__ import annotations

from itertools import repeat
from math import prod
from operator import itemgetter
from typing import Any

import numpy as np

from .. import _core
from ..autograd.record import Array
from ..autograd.row_gradient import RowGradient
from ..tensor import Tensor
from .fused import start
from .groups import Params, check_betas, check_not_negative
from .optimizer import Optimizer

OPTIONS = itemgetter("lr", "betas", "eps", "maximize")
NAMES = ("param", "exp_avg", "exp_avg_sq")


class SparseAdam(Optimizer):
    r"""Adam for embeddings: it updates only rows that have a gradient, and their moments.

    For the rows in the gradient, with the symbols of `Adam`:

    .. math::
        m &= \beta_1 m + (1 - \beta_1) g \\
        v &= \beta_2 v + (1 - \beta_2) g^2 \\
        p &= p - \gamma \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \; \frac{m}{\sqrt{v} + \epsilon}

    Parameters
    ----------
    params, lr, betas, eps, maximize
        As for `Adam`. A dense gradient (see `fastnn.autograd.RowGradient` for sparse ones) updates
        every row.

    Examples
    --------
    >>> table = fastnn.nn.Embedding(1000, 2, sparse=True)
    >>> before = table.weight.detach().clone()
    >>> optimizer = fastnn.optim.SparseAdam(table.parameters(), lr=0.5)
    >>> table(fastnn.tensor([7, 3, 7])).sum().backward()
    >>> optimizer.step()
    >>> (before - table.weight.detach())[[3, 4, 7]].numpy().round(3)
    array([[0.5, 0.5],
           [0. , 0. ],
           [0.5, 0.5]], dtype=float32)
    """

    has_row_update = True
    buffers = ("exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize})

    def check_options(self, options: dict[str, Any]) -> None:
        """Raise ValueError if an option of a group is invalid."""
        check_not_negative("SparseAdam", options, "lr", "eps")
        check_betas("SparseAdam", options)

    def update(self, params: list[Tensor], grads: list[Array], counts: list[int]) -> None:
        """Update `params`, whose gradients are dense."""
        options = [self.options(g) for g in self.param_groups]
        each = [o for o, n in zip(options, counts) for _ in range(n)]
        steps = [
            RowStep(self.state[p], p, *all_rows(p, g), o) for p, g, o in zip(params, grads, each)
        ]
        for step in steps[1:]:  # the first is checked by itself, before it changes anything
            step.check()
        for step in steps:
            step.run()

    def check_update_rows(self, group: dict[str, Any], p: Tensor, gradient: RowGradient) -> None:
        """Raise what `update_rows` would, before any parameter changes."""
        super().check_update_rows(group, p, gradient)
        self.row_step(group, p, gradient).check()

    def update_rows(self, group: dict[str, Any], p: Tensor, gradient: RowGradient) -> None:
        """Update only the rows of `p` that `gradient` stores."""
        self.row_step(group, p, gradient).run()

    def row_step(self, group: dict[str, Any], p: Tensor, gradient: RowGradient) -> RowStep:
        """The step of the rows that a gradient stores."""
        width = table_shape(p._array.shape)[1]
        rows = gradient.rows.reshape(len(gradient.ids), width)
        return RowStep(self.state[p], p, gradient.ids, rows, self.options(group))

    def options(self, group: dict[str, Any]) -> tuple[float, float, float, float, bool]:
        """The options of a group now, as the kernel takes them."""
        self.hyper(list(map(OPTIONS, self.param_groups)))  # checks those of all groups
        beta1, beta2 = group["betas"]
        return (
            float(group["lr"]),
            float(beta1),
            float(beta2),
            float(group["eps"]),
            group["maximize"],
        )


class RowStep:
    """A step of the rows `ids` of `p`, whose gradients are `rows`: it can be checked, and run.

    It creates the state of `p` where there is none. The kernel gets a copy of what is not in C
    order, which is written back.
    """

    __slots__ = ("arrays", "ids", "options", "rows", "step", "tables")

    def __init__(
        self, state: dict[str, Any], p: Tensor, ids: Array, rows: Array, options: tuple[Any, ...]
    ) -> None:
        for key in ("step", "exp_avg", "exp_avg_sq"):
            start(state, p, key, key == "step")
        self.ids, self.rows, self.step = ids, rows, state["step"]._array
        self.options = options
        self.arrays = [p._array, state["exp_avg"]._array, state["exp_avg_sq"]._array]
        shape = p._array.shape
        if [a.shape for a in self.arrays if a.flags.c_contiguous] != [shape] * 3:
            self.tables = [as_table(*x, shape) for x in zip(NAMES, self.arrays)]
        elif len(shape) == 2:
            self.tables = self.arrays
        else:
            self.tables = [a.reshape(table_shape(shape)) for a in self.arrays]

    def check(self) -> None:
        """Raise what `run` would: a step of no rows changes nothing but the number of steps."""
        if any(map(np.may_share_memory, self.tables, repeat(self.rows))):
            raise ValueError("SparseAdam: a gradient overlaps its parameter or state")
        step = self.step.copy()
        step.flags.writeable = self.step.flags.writeable
        p, m, v = self.tables
        _core.adam_step_rows(p, self.ids[:0], self.rows[:0], m, v, step, *self.options)

    def run(self) -> None:
        """Update the rows and their state."""
        p, m, v = self.tables
        _core.adam_step_rows(p, self.ids, self.rows, m, v, self.step, *self.options)
        if self.tables is not self.arrays:
            for array, table in zip(self.arrays, self.tables):
                if not array.flags.c_contiguous:
                    array[...] = table.reshape(array.shape)


def table_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """The rows of a parameter and their width."""
    return (shape[0], prod(shape[1:])) if shape else (1, 1)


def all_rows(p: Tensor, gradient: Array) -> tuple[Array, Array]:
    """The indices of all rows of `p`, and a dense gradient as rows."""
    shape = p._array.shape
    if gradient.shape != shape:
        raise ValueError(
            f"SparseAdam: the gradient of a parameter of shape {shape} has shape {gradient.shape}"
        )
    rows = gradient.reshape(table_shape(shape))
    return np.arange(len(rows)), rows


def as_table(name: str, array: Array, shape: tuple[int, ...]) -> Array:
    """A parameter of a shape, or its state, as rows in C order: a view, or if need be a copy."""
    if array.shape != shape:
        raise ValueError(f"SparseAdam: {name} must have shape {shape}, got {array.shape}")
    if not (array.flags.c_contiguous or array.flags.writeable):  # which a copy would hide
        raise ValueError(f"SparseAdam: {name} must be writable, got a read-only array")
    return np.ascontiguousarray(array).reshape(table_shape(shape))
