"""Adafactor."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from .. import _core, ops
from ..tensor import Tensor
from .arithmetic import add_scaled, interpolate
from .composed import ComposedOptimizer
from .groups import Params, check_not_negative, number


class Adafactor(ComposedOptimizer):
    r"""Adafactor: Adam without momentum, with a second moment of one row and one column.

    With gradient :math:`g` (its negative with `maximize`), parameter :math:`p`, learning rate
    :math:`\gamma`, step number :math:`t`, weight decay :math:`\lambda`, which is decoupled, and RMS
    for the root mean square:

    .. math::
        \beta &= 1 - t^\tau, \quad
        \alpha = \max(\epsilon_2, \operatorname{RMS}(p)) \min(\gamma, 1 / \sqrt t) \\
        p &= (1 - \gamma \lambda) p \\
        r &= \beta r + (1 - \beta) \operatorname{mean}_\text{columns}(g^2), \quad
        c = \beta c + (1 - \beta) \operatorname{mean}_\text{rows}(g^2) \\
        u &= g / \sqrt{\max(r c / \max(\operatorname{mean}(r), \epsilon_1), \epsilon_1^2)} \\
        p &= p - \alpha \, u / \max(1, \operatorname{RMS}(u) / d)

    The last two dimensions of a parameter are the matrix; one with fewer has the moment of `Adam`
    in place of :math:`r c`.

    Parameters
    ----------
    params, weight_decay, maximize, foreach
        As for `SGD`.
    lr
        The largest relative step, and the factor of weight decay.
    beta2_decay
        :math:`\tau`, not above 0.
    eps
        :math:`\epsilon_1`, by default the epsilon of the dtype, and :math:`\epsilon_2`.
    d
        The largest RMS of an update, at least 1.

    References
    ----------
    Shazeer and Stern, Adafactor: adaptive learning rates with sublinear memory cost, ICML 2018.

    Examples
    --------
    >>> p = fastnn.ones(2, 2, requires_grad=True)
    >>> optimizer = fastnn.optim.Adafactor([p], lr=0.5)
    >>> p.grad = fastnn.tensor([[3.0, -3.0], [3.0, 3.0]])
    >>> optimizer.step()
    >>> p.detach().numpy().round(4)
    array([[0.5, 1.5],
           [0.5, 0.5]], dtype=float32)
    """

    buffers = ("variance",)

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "beta2_decay": beta2_decay,
                "eps": eps,
                "d": d,
                "weight_decay": weight_decay,
                "foreach": foreach,
                "maximize": maximize,
            },
        )

    def check_options(self, options: dict[str, Any]) -> None:
        """Raise ValueError if an option of a group is invalid."""
        check_not_negative("Adafactor", options, "lr", "weight_decay")
        if not number("Adafactor", "beta2_decay", options["beta2_decay"]) <= 0:
            raise ValueError(f"Adafactor: beta2_decay must be <= 0, got {options['beta2_decay']}")
        if not number("Adafactor", "d", options["d"]) >= 1:
            raise ValueError(f"Adafactor: d must be at least 1, got {options['d']}")
        eps = options["eps"]
        if not isinstance(eps, (tuple, list)) or len(eps) != 2:
            raise TypeError(f"Adafactor: eps must be a tuple of two numbers, got {eps!r}")
        for i, value in enumerate(eps):
            if (i or value is not None) and not number("Adafactor", f"eps[{i}]", value) >= 0:
                raise ValueError(f"Adafactor: eps[{i}] must not be negative, got {value}")

    def shapes(self, p: Tensor) -> dict[str, tuple[int, ...]]:
        """The shapes of the state of a parameter; numbers are ()."""
        shape = p.shape
        if len(shape) < 2:
            return {"step": (), "variance": shape}
        return {"step": (), "row_var": (*shape[:-1], 1), "col_var": (*shape[:-2], 1, shape[-1])}

    def update_one(
        self, group: dict[str, Any], p: Tensor, g: Tensor, state: dict[str, Any]
    ) -> None:
        """Update `p`, which is outside of the graph, with gradient `g`."""
        lr, (eps1, eps2) = float(group["lr"]), group["eps"]
        eps1 = float(np.finfo(p._array.dtype).eps if eps1 is None else eps1)
        state["step"] += 1
        t = state["step"].item()
        alpha = max(float(eps2), rms(p)) * min(lr, 1 / sqrt(t))
        p.mul_(1 - lr * float(group["weight_decay"]))
        part, square = t ** float(group["beta2_decay"]), g * g
        if "row_var" in self.shapes(p):
            row, column = state["row_var"], state["col_var"]
            interpolate([row._array], [square.mean(-1, keepdim=True)._array], part)
            interpolate([column._array], [square.mean(-2, keepdim=True)._array], part)
            variance = row / row.mean(-2, keepdim=True).clamp(min=eps1) * column
        else:
            variance = state["variance"]
            interpolate([variance._array], [square._array], part)
        u = ops.rsqrt(variance.clamp(min=eps1 * eps1)) * g
        sign = 1 if group["maximize"] else -1
        scale = sign * alpha / max(1.0, rms(u) / float(group["d"]))
        add_scaled([p._array], [u._array], scale)


def rms(x: Tensor) -> float:
    """The root mean square of all elements."""
    return float(_core.grad_norm([x._array], 2.0)) / sqrt(x._array.size)
