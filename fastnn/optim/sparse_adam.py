"""Adam for embedding tables with sparse gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from ..autograd.record import Array
from ..autograd.row_gradient import RowGradient
from ..tensor import Tensor
from .adam import check_betas, start_moments
from .groups import Params, check_not_negative
from .optimizer import Optimizer


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
        lr: float = 1e-3,
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
        groups = [g for g, n in zip(self.param_groups, counts) for _ in range(n)]
        for group, p, g in zip(groups, params, grads):
            table = p._array.reshape(len(p._array), -1) if p._array.ndim else p._array.reshape(1, 1)
            self.step_rows(group, p, np.arange(len(table)), g.reshape(table.shape))

    def update_rows(self, group: dict[str, Any], p: Tensor, gradient: RowGradient) -> None:
        """Update only the rows of `p` that `gradient` stores."""
        self.step_rows(group, p, gradient.ids, gradient.rows)

    def step_rows(self, group: dict[str, Any], p: Tensor, ids: Array, rows: Array) -> None:
        """One step of the rows `ids`, whose gradients are `rows`."""
        self.check_options(group)
        state = self.state[p]
        start_moments(state, p)
        shape = (-1, rows.shape[1])
        beta1, beta2 = map(float, group["betas"])
        _core.adam_step_rows(
            p._array.reshape(shape),
            ids,
            rows,
            state["exp_avg"]._array.reshape(shape),
            state["exp_avg_sq"]._array.reshape(shape),
            state["step"]._array,
            float(group["lr"]),
            beta1,
            beta2,
            float(group["eps"]),
            group["maximize"],
        )
