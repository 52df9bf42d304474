"""Adamax."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from .. import _core
from ..tensor import Tensor
from .fused import FusedOptimizer
from .groups import Params, check_betas, check_not_negative


class Adamax(FusedOptimizer):
    r"""Adamax: Adam with a running maximum in place of the second moment.

    With the symbols of `Adam`:

    .. math::
        g &= g + \lambda p \\
        m &= \beta_1 m + (1 - \beta_1) g \\
        u &= \max(\beta_2 u, |g| + \epsilon) \\
        p &= p - \frac{\gamma}{1 - \beta_1^t} \; \frac{m}{u}

    Parameters
    ----------
    params, lr, betas, weight_decay, maximize, foreach
        As for `Adam`.
    eps
        Added to the magnitude of the gradient.

    References
    ----------
    Kingma and Ba, Adam: a method for stochastic optimization, ICLR 2015.

    Examples
    --------
    >>> p = fastnn.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = fastnn.optim.Adamax([p], lr=0.5)
    >>> p.grad = fastnn.tensor([3.0, -3.0])
    >>> optimizer.step()
    >>> p.detach().numpy().round(4)
    array([0.5, 2.5], dtype=float32)
    """

    kernel = staticmethod(_core.adamax_step)
    options = itemgetter("lr", "betas", "eps", "weight_decay", "maximize")
    buffers = ("exp_avg", "exp_inf")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "foreach": foreach,
                "maximize": maximize,
            },
        )

    def check_options(self, options: dict[str, Any]) -> None:
        """Raise ValueError if an option of a group is invalid."""
        check_not_negative("Adamax", options, "lr", "eps", "weight_decay")
        check_betas("Adamax", options)
