"""RMSprop."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import numpy as np

from .. import _core
from ..autograd.record import Array
from ..tensor import Tensor
from .groups import Params, check_not_negative
from .optimizer import DATA, Optimizer

OPTIONS = itemgetter("lr", "alpha", "eps", "weight_decay", "momentum", "maximize")


class RMSprop(Optimizer):
    r"""RMSprop: the gradient divided by its root mean square.

    With gradient :math:`g` (its negative with `maximize`), parameter :math:`p`, learning rate
    :math:`\gamma` and weight decay :math:`\lambda`:

    .. math::
        g &= g + \lambda p \\
        v &= \alpha v + (1 - \alpha) g^2 \\
        b &= \mu b + \frac{g}{\sqrt{v} + \epsilon} \\
        p &= p - \gamma b

    With `centered`, :math:`v - m^2` replaces :math:`v` in the third line, where
    :math:`m = \alpha m + (1 - \alpha) g`: an estimate of the gradient's variance.

    Parameters
    ----------
    params, lr, maximize, foreach
        As for `SGD`.
    alpha
        Decay of the mean square.
    eps
        Added to the denominator.
    weight_decay
        :math:`\lambda` in the formula.
    momentum
        :math:`\mu` in the formula.
    centered
        Divide by an estimate of the standard deviation.

    References
    ----------
    Tieleman and Hinton, Lecture 6.5 of Neural Networks for Machine Learning, 2012.
    Graves, Generating sequences with recurrent neural networks, 2013 (`centered`).

    Examples
    --------
    >>> p = fastnn.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = fastnn.optim.RMSprop([p], lr=0.1, alpha=0.75)
    >>> p.grad = fastnn.tensor([3.0, -3.0])
    >>> optimizer.step()
    >>> p.detach().numpy().round(4)
    array([0.8, 2.2], dtype=float32)
    """

    buffers = ("square_avg", "grad_avg", "momentum_buffer")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "alpha": alpha,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum": momentum,
                "centered": centered,
                "foreach": foreach,
                "maximize": maximize,
            },
        )

    def check_options(self, options: dict[str, Any]) -> None:
        """Raise ValueError if an option of a group is invalid."""
        check_not_negative("RMSprop", options, "lr", "alpha", "eps", "weight_decay", "momentum")

    def update(self, params: list[Tensor], grads: list[Array], counts: list[int]) -> None:
        """Update `params` with gradients `grads`; ``counts[i]`` of them belong to group i."""
        options = [group for group, n in zip(self.param_groups, counts) for _ in range(n)]
        centered = [bool(o["centered"]) for o in options]
        moving = [o["momentum"] > 0 for o in options]
        _core.rmsprop_step(
            list(map(DATA, params)),
            grads,
            self.arrays("square_avg", params),
            self.arrays("grad_avg", params, centered) if any(centered) else None,
            self.arrays("momentum_buffer", params, moving) if any(moving) else None,
            self.arrays("step", params),
            counts,
            self.hyper(list(map(OPTIONS, self.param_groups))),
        )

    def arrays(self, key: str, params: list[Tensor], wanted: list[bool] | None = None) -> list[Any]:
        """One kind of state for each parameter, created where there is none; None if not wanted."""
        found: list[Any] = []
        for i, p in enumerate(params):
            if wanted is not None and not wanted[i]:
                found.append(None)
                continue
            try:
                found.append(self.state[p][key]._array)
            except (KeyError, AttributeError):
                if self.state[p].get(key) is not None:
                    raise
                zeros = np.zeros(()) if key == "step" else np.zeros_like(p._array, subok=False)
                self.state[p][key] = Tensor(zeros)
                found.append(zeros)
        return found
