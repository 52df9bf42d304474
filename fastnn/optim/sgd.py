"""Stochastic gradient descent."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import numpy as np

from .. import _core
from ..autograd.record import Array
from ..autograd.row_gradient import RowGradient
from ..tensor import Tensor
from .groups import Params, check_not_negative, number
from .optimizer import DATA, Optimizer

OPTIONS = itemgetter("lr", "momentum", "dampening", "weight_decay", "nesterov", "maximize")
MOMENTUM = itemgetter("momentum")
BUFFER = itemgetter("momentum_buffer")


class SGD(Optimizer):
    r"""Stochastic gradient descent with optional momentum.

    With gradient :math:`g` (its negative with `maximize`), parameter :math:`p`, learning rate
    :math:`\gamma`, momentum :math:`\mu`, dampening :math:`\tau` and weight decay :math:`\lambda`:

    .. math::
        g &= g + \lambda p \\
        b &= \mu b + (1 - \tau) g \quad (b = g \text{ in the first step}) \\
        p &= p - \gamma b \quad (\text{Nesterov: } p - \gamma (g + \mu b))

    Parameters
    ----------
    params
        Tensors, or dicts with the key ``"params"`` and options for the group.
    lr
        Learning rate.
    momentum, dampening, weight_decay
        As in the formula; the buffer b exists only with momentum.
    nesterov
        Whether to use Nesterov's momentum; needs `momentum` and no `dampening`.
    maximize
        Maximize the objective instead of minimizing it.
    foreach, fused
        Accepted for compatibility with PyTorch; one call always updates all parameters.

    Notes
    -----
    Without momentum and weight decay, a sparse gradient (``sparse=True`` of embeddings) updates
    only the rows that it stores. Otherwise all rows are updated.

    References
    ----------
    Sutskever et al., On the importance of initialization and momentum in deep learning, ICML 2013.

    Examples
    --------
    >>> p = fastnn.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = fastnn.optim.SGD([p], lr=0.1, momentum=0.9)
    >>> p.grad = fastnn.tensor([1.0, 1.0])
    >>> optimizer.step()
    >>> p.detach().numpy().round(4)
    array([0.9, 1.9], dtype=float32)
    """

    has_row_update = True
    buffers = ("momentum_buffer",)

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
                "foreach": foreach,
                "fused": fused,
            },
        )

    def check_options(self, options: dict[str, Any]) -> None:
        """Raise ValueError if an option of a group is invalid."""
        check_not_negative("SGD", options, "lr", "momentum", "weight_decay")
        number("SGD", "dampening", options["dampening"])
        if options["nesterov"] and (options["momentum"] <= 0 or options["dampening"] != 0):
            raise ValueError(
                "SGD: nesterov needs momentum > 0 and dampening 0, "
                f"got {options['momentum']} and {options['dampening']}"
            )

    def update(self, params: list[Tensor], grads: list[Array], counts: list[int]) -> None:
        """Update `params` with gradients `grads`; ``counts[i]`` of them belong to group i."""
        groups = self.param_groups
        hyper = self.hyper(list(map(OPTIONS, groups)))
        data = list(map(DATA, params))
        momenta = list(map(MOMENTUM, groups))
        if not any(momenta):
            _core.sgd_step(data, grads, None, None, counts, hyper)
            return
        state = self.state
        try:
            if not all(momenta):
                raise KeyError  # some parameters have no buffer
            buffers = list(map(DATA, map(BUFFER, map(state.__getitem__, params))))
        except (KeyError, AttributeError):
            wanted = [bool(m != 0) for m, n in zip(momenta, counts) for _ in range(n)]
            self.start(params, data, grads, wanted, counts, hyper)
            return
        _core.sgd_step(data, grads, buffers, None, counts, hyper)

    def only_rows_change(self, group: dict[str, Any], p: Tensor) -> bool:
        """Whether `update_rows` updates `p`, whose gradient stores only some rows."""
        plain = group["momentum"] == 0 and group["weight_decay"] == 0
        return plain and p._array.flags.c_contiguous and super().only_rows_change(group, p)

    def check_update_rows(self, group: dict[str, Any], p: Tensor, gradient: RowGradient) -> None:
        """Raise what `update_rows` would, before any parameter changes."""
        super().check_update_rows(group, p, gradient)
        if np.may_share_memory(p._array, gradient.rows):
            raise ValueError("SGD: the rows of a gradient overlap their parameter")
        self.step_rows(group, p, gradient.ids[:0], gradient.rows[:0])  # which only checks

    def update_rows(self, group: dict[str, Any], p: Tensor, gradient: RowGradient) -> None:
        """Update only the rows of `p` that `gradient` stores."""
        self.step_rows(group, p, gradient.ids, gradient.rows)

    def step_rows(self, group: dict[str, Any], p: Tensor, ids: Array, rows: Array) -> None:
        """One step of the rows `ids`, whose gradients are `rows`."""
        lr = number("SGD", "lr", group["lr"])
        if not lr >= 0:
            self.check_options(group)  # which raises
        _core.sgd_step_rows(p._array, ids, rows, lr, group["maximize"])

    def start(
        self,
        params: list[Tensor],
        data: list[Array],
        grads: list[Array],
        wanted: list[bool],
        counts: list[int],
        hyper: Array,
    ) -> None:
        """A step in which some parameters have no buffer yet, or need none."""
        held = [self.state[p].get("momentum_buffer") if w else None for p, w in zip(params, wanted)]
        fresh = [w and b is None for w, b in zip(wanted, held)]
        buffers = [
            np.zeros_like(x, subok=False) if f else None if b is None else b._array
            for x, b, f in zip(data, held, fresh)
        ]
        _core.sgd_step(data, grads, buffers, fresh, counts, hyper)
        for p, b, f in zip(params, buffers, fresh):  # only after a successful step
            if f:
                self.state[p]["momentum_buffer"] = Tensor(b)
