"""Adam and its variants."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from .. import _core
from ..tensor import Tensor
from .fused import FusedOptimizer
from .groups import Params, check_betas, check_not_negative


class Adam(FusedOptimizer):
    r"""Adam: steps scaled by running moments of the gradient.

    With gradient :math:`g` (its negative with `maximize`), parameter :math:`p`, learning rate
    :math:`\gamma`, step number :math:`t`, counted for each parameter, and weight decay
    :math:`\lambda`:

    .. math::
        g &= g + \lambda p \\
        m &= \beta_1 m + (1 - \beta_1) g \\
        v &= \beta_2 v + (1 - \beta_2) g^2 \\
        p &= p - \frac{\gamma}{1 - \beta_1^t} \;
             \frac{m}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}

    With `amsgrad`, the last line uses the largest :math:`v` so far. With
    `decoupled_weight_decay` (`AdamW`), the first line is :math:`p = (1 - \gamma \lambda) p`.

    Parameters
    ----------
    params, lr, maximize, foreach, fused
        As for `SGD`.
    betas
        Decay rates of the two moments.
    eps
        Added to the denominator.
    weight_decay
        As in the formula.
    amsgrad
        Whether the denominator uses the maximum of :math:`v`.
    decoupled_weight_decay
        Whether weight decay bypasses the moments, as in `AdamW`.

    References
    ----------
    Kingma and Ba, Adam: a method for stochastic optimization, ICLR 2015.
    Reddi, Kale and Kumar, On the convergence of Adam and beyond, ICLR 2018.

    Examples
    --------
    >>> p = fastnn.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = fastnn.optim.Adam([p], lr=0.5)
    >>> p.grad = fastnn.tensor([3.0, -3.0])
    >>> optimizer.step()
    >>> p.detach().numpy().round(4)
    array([0.5, 2.5], dtype=float32)
    """

    kernel = staticmethod(_core.adam_step)
    options = itemgetter("lr", "betas", "eps", "weight_decay", "maximize", "decoupled_weight_decay")
    buffers = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
                "foreach": foreach,
                "fused": fused,
                "decoupled_weight_decay": decoupled_weight_decay,
            },
        )

    def check_options(self, options: dict[str, Any]) -> None:
        """Raise ValueError if an option of a group is invalid."""
        name = type(self).__name__
        check_not_negative(name, options, "lr", "eps", "weight_decay")
        check_betas(name, options)

    def wants(self, group: dict[str, Any], key: str) -> bool:
        """Whether parameters of `group` need the buffer `key`."""
        return key != "max_exp_avg_sq" or bool(group["amsgrad"])


class AdamW(Adam):
    r"""Adam with decoupled weight decay, which does not enter the moments.

    Each step sets :math:`p = (1 - \gamma \lambda) p`, then applies `Adam` without weight decay.

    Parameters
    ----------
    params, lr, betas, eps, amsgrad, maximize, foreach, fused
        As for `Adam`.
    weight_decay
        :math:`\lambda` in the formula.

    References
    ----------
    Loshchilov and Hutter, Decoupled weight decay regularization, ICLR 2019.

    Examples
    --------
    >>> p = fastnn.tensor([2.0], requires_grad=True)
    >>> optimizer = fastnn.optim.AdamW([p], lr=0.5, weight_decay=0.5)
    >>> p.grad = fastnn.tensor([0.0])
    >>> optimizer.step()
    >>> p.detach().numpy()
    array([1.5], dtype=float32)
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            maximize=maximize,
            foreach=foreach,
            fused=fused,
            decoupled_weight_decay=True,
        )
