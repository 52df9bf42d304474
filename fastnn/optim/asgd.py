"""Averaged SGD."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from .. import _core
from ..tensor import Tensor
from .fused import FusedOptimizer
from .groups import Params, check_not_negative, number


class ASGD(FusedOptimizer):
    r"""Averaged stochastic gradient descent: SGD, and the mean of its parameters.

    With gradient :math:`g` (its negative with `maximize`), parameter :math:`p`, weight decay
    :math:`\lambda'`, and at first :math:`\eta = \gamma`, the learning rate, and :math:`\mu = 1`:

    .. math::
        g &= g + \lambda' p \\
        p &= (1 - \lambda \eta) p - \eta g \\
        a &= a + \mu (p - a) \\
        \eta &= \gamma / (1 + \lambda \gamma t)^\alpha, \quad \mu = 1 / \max(1, t - t_0)

    The mean :math:`a` of a parameter is ``state[p]["ax"]``.

    Parameters
    ----------
    params, lr, weight_decay, maximize, foreach
        As for `SGD`. A learning rate that changes counts from the step after the next.
    lambd, alpha
        As in the formula.
    t0
        The step after which the mean begins; before, it is the parameter itself.

    References
    ----------
    Polyak and Juditsky, Acceleration of stochastic approximation by averaging, SIAM Journal on
    Control and Optimization 1992.

    Examples
    --------
    >>> p = fastnn.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = fastnn.optim.ASGD([p], lr=0.5, lambd=0.25)
    >>> p.grad = fastnn.tensor([1.0, -1.0])
    >>> optimizer.step()
    >>> p.detach().numpy(), optimizer.state[p]["ax"].numpy()
    (array([0.375, 2.25 ], dtype=float32), array([0.375, 2.25 ], dtype=float32))
    """

    kernel = staticmethod(_core.asgd_step)
    options = itemgetter("lr", "lambd", "alpha", "t0", "weight_decay", "maximize")
    buffers = ("ax",)
    numbers = ("step", "eta", "mu")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "lambd": lambd,
                "alpha": alpha,
                "t0": t0,
                "weight_decay": weight_decay,
                "foreach": foreach,
                "maximize": maximize,
            },
        )

    def check_options(self, options: dict[str, Any]) -> None:
        """Raise ValueError if an option of a group is invalid."""
        check_not_negative("ASGD", options, "lr", "weight_decay")
        for key in ("lambd", "alpha", "t0"):
            number("ASGD", key, options[key])

    def first(self, group: dict[str, Any], key: str) -> float:
        """The value with which a buffer or number begins."""
        return {"eta": float(group["lr"]), "mu": 1.0}.get(key, 0.0)
