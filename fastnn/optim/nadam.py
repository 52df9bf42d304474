"""NAdam."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from .. import _core
from ..tensor import Tensor
from .fused import FusedOptimizer
from .groups import Params, check_betas, check_not_negative


class NAdam(FusedOptimizer):
    r"""NAdam: Adam with Nesterov's momentum, whose weight grows over the steps.

    With the symbols of `Adam`, :math:`m` and :math:`v` as there, momentum decay :math:`\psi` and
    :math:`\mu_t = \beta_1 (1 - \tfrac{1}{2} 0.96^{t \psi})`:

    .. math::
        p = p - \gamma \left( \frac{1 - \mu_t}{1 - \prod_{i \le t} \mu_i} \, g +
            \frac{\mu_{t+1}}{1 - \prod_{i \le t+1} \mu_i} \, m \right)
            \bigg/ \left( \sqrt{v / (1 - \beta_2^t)} + \epsilon \right)

    Parameters
    ----------
    params, lr, betas, eps, weight_decay, decoupled_weight_decay, maximize, foreach
        As for `Adam`.
    momentum_decay
        :math:`\psi` in the formula.

    References
    ----------
    Dozat, Incorporating Nesterov momentum into Adam, ICLR workshop 2016.

    Examples
    --------
    >>> p = fastnn.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = fastnn.optim.NAdam([p], lr=0.5)
    >>> p.grad = fastnn.tensor([3.0, -3.0])
    >>> optimizer.step()
    >>> p.detach().numpy().round(3)
    array([0.472, 2.528], dtype=float32)
    """

    kernel = staticmethod(_core.nadam_step)
    options = itemgetter(
        *("lr", "betas", "eps", "weight_decay", "momentum_decay"),
        *("maximize", "decoupled_weight_decay"),
    )
    buffers = ("exp_avg", "exp_avg_sq")
    numbers = ("step", "mu_product")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
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
                "momentum_decay": momentum_decay,
                "decoupled_weight_decay": decoupled_weight_decay,
                "foreach": foreach,
                "maximize": maximize,
            },
        )

    def check_options(self, options: dict[str, Any]) -> None:
        """Raise ValueError if an option of a group is invalid."""
        check_not_negative("NAdam", options, "lr", "eps", "weight_decay", "momentum_decay")
        check_betas("NAdam", options)

    def first(self, group: dict[str, Any], key: str) -> float:
        """The value with which a buffer or number begins."""
        return 1.0 if key == "mu_product" else 0.0
