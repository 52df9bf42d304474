"""RMSprop."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from .. import _core
from ..tensor import Tensor
from .fused import FusedOptimizer
from .groups import Params, check_not_negative


class RMSprop(FusedOptimizer):
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

    kernel = staticmethod(_core.rmsprop_step)
    options = itemgetter("lr", "alpha", "eps", "weight_decay", "momentum", "maximize")
    buffers = ("square_avg", "grad_avg", "momentum_buffer")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
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

    def wants(self, group: dict[str, Any], key: str) -> bool:
        """Whether parameters of `group` need the buffer `key`."""
        if key == "grad_avg":
            return bool(group["centered"])
        return key != "momentum_buffer" or bool(group["momentum"] > 0)
