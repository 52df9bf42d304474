"""LAMB."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from .. import _core
from ..tensor import Tensor
from .fused import FusedOptimizer
from .groups import Params, check_betas, check_not_negative


class LAMB(FusedOptimizer):
    r"""LAMB: Adam with steps in proportion to the norm of each parameter, for large batches.

    With the symbols of `Adam`, the moments :math:`m` and :math:`v` as there, of a gradient without
    weight decay:

    .. math::
        u &= \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon} + \lambda p \\
        p &= p - \gamma \frac{\lVert p \rVert}{\lVert u \rVert} \, u

    The norms are those of each whole parameter; their ratio is 1 if one of them is 0.

    Parameters
    ----------
    params, lr, betas, eps, weight_decay, maximize, foreach
        As for `Adam`.

    References
    ----------
    You et al., Large batch optimization for deep learning: training BERT in 76 minutes, ICLR 2020.

    Examples
    --------
    >>> p = fastnn.tensor([2.0, 2.0], requires_grad=True)
    >>> optimizer = fastnn.optim.LAMB([p], lr=0.25)
    >>> p.grad = fastnn.tensor([3.0, -3.0])
    >>> optimizer.step()
    >>> p.detach().numpy().round(4)
    array([1.5, 2.5], dtype=float32)
    """

    kernel = staticmethod(_core.lamb_step)
    options = itemgetter("lr", "betas", "eps", "weight_decay", "maximize")
    buffers = ("exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-6,
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
                "eps": eps,
                "weight_decay": weight_decay,
                "foreach": foreach,
                "maximize": maximize,
            },
        )

    def check_options(self, options: dict[str, Any]) -> None:
        """Raise ValueError if an option of a group is invalid."""
        check_not_negative("LAMB", options, "lr", "eps", "weight_decay")
        check_betas("LAMB", options)
