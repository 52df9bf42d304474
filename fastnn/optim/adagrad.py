"""Adagrad."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from .. import _core
from ..tensor import Tensor
from .fused import FusedOptimizer
from .groups import Params, check_not_negative


class Adagrad(FusedOptimizer):
    r"""Adagrad: the gradient divided by the root of the sum of its squares.

    With gradient :math:`g` (its negative with `maximize`), parameter :math:`p`, learning rate
    :math:`\gamma`, its decay :math:`\eta`, step number :math:`t` and weight decay :math:`\lambda`:

    .. math::
        g &= g + \lambda p \\
        v &= v + g^2 \\
        p &= p - \frac{\gamma}{1 + (t - 1) \eta} \; \frac{g}{\sqrt{v} + \epsilon}

    Parameters
    ----------
    params, lr, weight_decay, maximize, foreach, fused
        As for `SGD`.
    lr_decay
        :math:`\eta` in the formula.
    initial_accumulator_value
        The first value of :math:`v`.
    eps
        Added to the denominator.

    References
    ----------
    Duchi, Hazan and Singer, Adaptive subgradient methods for online learning and stochastic
    optimization, JMLR 2011.

    Examples
    --------
    >>> p = fastnn.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = fastnn.optim.Adagrad([p], lr=0.5)
    >>> p.grad = fastnn.tensor([3.0, -3.0])
    >>> optimizer.step()
    >>> p.detach().numpy()
    array([0.5, 2.5], dtype=float32)
    """

    kernel = staticmethod(_core.adagrad_step)
    options = itemgetter("lr", "lr_decay", "eps", "weight_decay", "maximize")
    buffers = ("sum",)

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "lr_decay": lr_decay,
                "weight_decay": weight_decay,
                "initial_accumulator_value": initial_accumulator_value,
                "eps": eps,
                "foreach": foreach,
                "maximize": maximize,
                "fused": fused,
            },
        )

    def check_options(self, options: dict[str, Any]) -> None:
        """Raise ValueError if an option of a group is invalid."""
        numbers = ("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps")
        check_not_negative("Adagrad", options, *numbers)

    def first(self, group: dict[str, Any], key: str) -> float:
        """The value with which a buffer or number begins."""
        return float(self.defaults["initial_accumulator_value"]) if key == "sum" else 0.0
