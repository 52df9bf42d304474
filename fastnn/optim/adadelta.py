"""Adadelta."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from .. import _core
from ..tensor import Tensor
from .fused import FusedOptimizer
from .groups import Params, check_not_negative


class Adadelta(FusedOptimizer):
    r"""Adadelta: steps as large as the steps before, whatever the scale of the gradient.

    With gradient :math:`g` (its negative with `maximize`), parameter :math:`p`, learning rate
    :math:`\gamma` and weight decay :math:`\lambda`:

    .. math::
        g &= g + \lambda p \\
        v &= \rho v + (1 - \rho) g^2 \\
        u &= \frac{\sqrt{a + \epsilon}}{\sqrt{v + \epsilon}} \, g \\
        a &= \rho a + (1 - \rho) u^2 \\
        p &= p - \gamma u

    Parameters
    ----------
    params, lr, weight_decay, maximize, foreach
        As for `SGD`.
    rho
        Decay rate of the two mean squares, from [0, 1].
    eps
        Added below both roots.

    References
    ----------
    Zeiler, ADADELTA: an adaptive learning rate method, 2012.

    Examples
    --------
    >>> p = fastnn.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = fastnn.optim.Adadelta([p], rho=0.75, eps=1e-2)
    >>> p.grad = fastnn.tensor([1.0, -1.0])
    >>> optimizer.step()
    >>> p.detach().numpy().round(3)
    array([0.804, 2.196], dtype=float32)
    """

    kernel = staticmethod(_core.adadelta_step)
    options = itemgetter("lr", "rho", "eps", "weight_decay", "maximize")
    buffers = ("square_avg", "acc_delta")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "rho": rho,
                "eps": eps,
                "weight_decay": weight_decay,
                "foreach": foreach,
                "maximize": maximize,
            },
        )

    def check_options(self, options: dict[str, Any]) -> None:
        """Raise ValueError if an option of a group is invalid."""
        check_not_negative("Adadelta", options, "lr", "rho", "eps", "weight_decay")
        if options["rho"] > 1:
            raise ValueError(f"Adadelta: rho must be in [0, 1], got {options['rho']}")
