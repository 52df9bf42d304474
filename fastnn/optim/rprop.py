"""Resilient backpropagation."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from .. import _core
from ..tensor import Tensor
from .fused import FusedOptimizer
from .groups import Params, check_not_negative, pair


class Rprop(FusedOptimizer):
    r"""Resilient backpropagation: a step size for each element, from the signs of its gradients.

    For whole batches. With gradient :math:`g` (its negative with `maximize`), that of the step
    before :math:`g'`, parameter :math:`p` and, at first, :math:`s = \gamma`, the learning rate:

    .. math::
        \eta &= \eta_+ \text{ if } g g' > 0, \; \eta_- \text{ if } g g' < 0, \; \text{else } 1 \\
        s &= \min(\max(s \eta, \Gamma_\text{min}), \Gamma_\text{max}) \\
        g &= 0 \text{ if } g g' < 0 \\
        p &= p - s \operatorname{sign}(g)

    Parameters
    ----------
    params, maximize, foreach
        As for `SGD`.
    lr
        The first step size of every element.
    etas
        :math:`\eta_-`, from (0, 1), and :math:`\eta_+`, above 1.
    step_sizes
        The smallest step size :math:`\Gamma_\text{min}` and the largest.

    References
    ----------
    Riedmiller and Braun, A direct adaptive method for faster backpropagation learning: the RPROP
    algorithm, ICNN 1993.

    Examples
    --------
    >>> p = fastnn.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = fastnn.optim.Rprop([p], lr=0.5)
    >>> p.grad = fastnn.tensor([0.1, -7.0])
    >>> optimizer.step()
    >>> p.detach().numpy()
    array([0.5, 2.5], dtype=float32)
    """

    kernel = staticmethod(_core.rprop_step)
    options = itemgetter("etas", "step_sizes", "maximize")
    buffers = ("prev", "step_size")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "etas": etas,
                "step_sizes": step_sizes,
                "foreach": foreach,
                "maximize": maximize,
            },
        )

    def check_options(self, options: dict[str, Any]) -> None:
        """Raise ValueError if an option of a group is invalid."""
        check_not_negative("Rprop", options, "lr")
        pair("Rprop", options, "step_sizes")
        minus, plus = pair("Rprop", options, "etas")
        if not 0 < minus < 1 < plus:
            raise ValueError(f"Rprop: etas must be in (0, 1) and above 1, got {options['etas']}")

    def first(self, group: dict[str, Any], key: str) -> float:
        """The value with which a buffer or number begins."""
        return float(group["lr"]) if key == "step_size" else 0.0
