"""Stochastic gradient descent."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import numpy as np

from .. import _core
from ..tensor import Tensor
from .optimizer import Optimizer, Params, check_not_negative

OPTIONS = itemgetter("lr", "momentum", "dampening", "weight_decay", "nesterov", "maximize")


class SGD(Optimizer):
    r"""Stochastic gradient descent, with momentum if wanted.

    With gradient :math:`g` (its negative with `maximize`), parameter :math:`p`, learning rate
    :math:`\gamma`, momentum :math:`\mu`, dampening :math:`\tau` and weight decay :math:`\lambda`:

    .. math::
        g &= g + \lambda p \\
        b &= \mu b + (1 - \tau) g \quad (b = g \text{ in the first step}) \\
        p &= p - \gamma b \quad (\text{Nesterov: } p - \gamma (g + \mu b))

    Parameters
    ----------
    params
        Tensors, or dicts with the key ``"params"`` and options of their own.
    lr
        Learning rate.
    momentum, dampening, weight_decay
        As in the formula; without momentum there is no buffer.
    nesterov
        Nesterov's momentum; needs `momentum` and no `dampening`.
    maximize
        Climb instead of descend.
    foreach, fused
        Taken for PyTorch's sake: a step is always one call for all parameters.

    References
    ----------
    Sutskever et al., On the importance of initialization and momentum in deep learning, ICML 2013.

    Examples
    --------
    >>> import fastnn
    >>> p = fastnn.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = fastnn.optim.SGD([p], lr=0.1, momentum=0.9)
    >>> p.grad = fastnn.tensor([1.0, 1.0])
    >>> optimizer.step()
    >>> p.data.round(4)
    array([0.9, 1.9], dtype=float32)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
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
        """Raise ValueError where an option of a group makes no sense."""
        check_not_negative("SGD", options, "lr", "momentum", "weight_decay")
        if options["nesterov"] and (options["momentum"] <= 0 or options["dampening"] != 0):
            raise ValueError(
                "SGD: nesterov needs momentum > 0 and dampening 0, "
                f"got {options['momentum']} and {options['dampening']}"
            )

    def update(self, params: list[Tensor], counts: list[int]) -> None:
        """Change `params`, all of which have gradients; ``counts[i]`` of them are of group i."""
        groups = self.param_groups
        hyper = self.hyper([OPTIONS(group) for group in groups])
        buffers: list[Any] | None = None
        fresh: list[bool] | None = None
        if any(group["momentum"] for group in groups):
            state = self.state
            wanted = [group["momentum"] != 0 for group, n in zip(groups, counts) for _ in range(n)]
            buffers = [
                state[p].get("momentum_buffer") if w else None for p, w in zip(params, wanted)
            ]
            fresh = [w and b is None for w, b in zip(wanted, buffers)]
            buffers = [
                np.zeros_like(p.data, subok=False) if f else None if b is None else b.data
                for p, b, f in zip(params, buffers, fresh)
            ]
        data = [p.data for p in params]
        _core.sgd_step(data, [p.grad.data for p in params], buffers, fresh, counts, hyper)  # type: ignore[union-attr]
        if fresh is not None and True in fresh:
            for p, b, f in zip(params, buffers or (), fresh):
                if f:
                    self.state[p]["momentum_buffer"] = Tensor(b)
