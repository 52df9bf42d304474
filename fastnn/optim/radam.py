"""RAdam."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from .. import _core
from ..tensor import Tensor
from .fused import FusedOptimizer
from .groups import Params, check_betas, check_not_negative


class RAdam(FusedOptimizer):
    r"""Rectified Adam: no adaptive steps before their variance is known.

    With the symbols of `Adam`, :math:`m` and :math:`v` as there,
    :math:`\rho_\infty = 2 / (1 - \beta_2) - 1` and
    :math:`\rho = \rho_\infty - 2 t \beta_2^t / (1 - \beta_2^t)`:

    .. math::
        r &= \sqrt{\frac{(\rho - 4)(\rho - 2) \rho_\infty}
                        {(\rho_\infty - 4)(\rho_\infty - 2) \rho}} \\
        p &= p - \frac{\gamma}{1 - \beta_1^t} \; r \;
             \frac{\sqrt{1 - \beta_2^t}}{\sqrt{v} + \epsilon} \, m
             \quad\text{where } \rho > 5 \text{, else } p - \frac{\gamma}{1 - \beta_1^t} \, m

    Parameters
    ----------
    params, lr, betas, eps, weight_decay, decoupled_weight_decay, maximize, foreach
        As for `Adam`.

    References
    ----------
    Liu et al., On the variance of the adaptive learning rate and beyond, ICLR 2020.

    Examples
    --------
    >>> p = fastnn.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = fastnn.optim.RAdam([p], lr=0.5)
    >>> p.grad = fastnn.tensor([0.5, -3.0])
    >>> optimizer.step()
    >>> p.detach().numpy().round(4)
    array([0.75, 3.5 ], dtype=float32)
    """

    kernel = staticmethod(_core.radam_step)
    options = itemgetter("lr", "betas", "eps", "weight_decay", "maximize", "decoupled_weight_decay")
    buffers = ("exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "decoupled_weight_decay": decoupled_weight_decay,
                "foreach": foreach,
                "maximize": maximize,
            },
        )

    def check_options(self, options: dict[str, Any]) -> None:
        """Raise ValueError if an option of a group is invalid."""
        check_not_negative("RAdam", options, "lr", "eps", "weight_decay")
        check_betas("RAdam", options)
