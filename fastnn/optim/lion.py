"""Lion."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from .. import _core
from ..tensor import Tensor
from .fused import FusedOptimizer
from .groups import Params, check_betas, check_not_negative


class Lion(FusedOptimizer):
    r"""Lion: steps of one size, by the sign of a momentum.

    With gradient :math:`g` (its negative with `maximize`), parameter :math:`p`, learning rate
    :math:`\gamma` and weight decay :math:`\lambda`, which is decoupled:

    .. math::
        u &= \operatorname{sign}(\beta_1 m + (1 - \beta_1) g) \\
        p &= p - \gamma (u + \lambda p) \\
        m &= \beta_2 m + (1 - \beta_2) g

    A good learning rate is 3 to 10 times smaller than AdamW's, and the weight decay as much larger.

    Parameters
    ----------
    params, lr, weight_decay, maximize, foreach
        As for `SGD`.
    betas
        :math:`\beta_1` and :math:`\beta_2` in the formula.

    References
    ----------
    Chen et al., Symbolic discovery of optimization algorithms, NeurIPS 2023.

    Examples
    --------
    >>> p = fastnn.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = fastnn.optim.Lion([p], lr=0.5)
    >>> p.grad = fastnn.tensor([0.1, -7.0])
    >>> optimizer.step()
    >>> p.detach().numpy()
    array([0.5, 2.5], dtype=float32)
    """

    kernel = staticmethod(_core.lion_step)
    options = itemgetter("lr", "betas", "weight_decay", "maximize")
    buffers = ("exp_avg",)
    numbers = ()

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "weight_decay": weight_decay,
                "foreach": foreach,
                "maximize": maximize,
            },
        )

    def check_options(self, options: dict[str, Any]) -> None:
        """Raise ValueError if an option of a group is invalid."""
        check_not_negative("Lion", options, "lr", "weight_decay")
        check_betas("Lion", options)
