"""Adam and its variants."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import numpy as np

from .. import _core
from ..autograd.record import Array
from ..tensor import Tensor
from .groups import Params, check_not_negative, number
from .optimizer import DATA, Optimizer

OPTIONS = itemgetter("lr", "betas", "eps", "weight_decay", "maximize", "decoupled_weight_decay")
AMSGRAD = itemgetter("amsgrad")
STEP = itemgetter("step")
EXP_AVG = itemgetter("exp_avg")
EXP_AVG_SQ = itemgetter("exp_avg_sq")


class Adam(Optimizer):
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

    buffers = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
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

    def update(self, params: list[Tensor], grads: list[Array], counts: list[int]) -> None:
        """Update `params` with gradients `grads`; ``counts[i]`` of them belong to group i."""
        groups = self.param_groups
        hyper = self.hyper(list(map(OPTIONS, groups)))
        try:
            states = list(map(self.state.__getitem__, params))
            steps = list(map(DATA, map(STEP, states)))
            exp_avgs = list(map(DATA, map(EXP_AVG, states)))
            exp_avg_sqs = list(map(DATA, map(EXP_AVG_SQ, states)))
            most = self.largest(states, counts) if True in map(AMSGRAD, groups) else None
        except (KeyError, AttributeError):  # some parameters have no state, or a part of it
            self.start(params, counts)
            self.update(params, grads, counts)
            return
        _core.adam_step(
            list(map(DATA, params)), grads, exp_avgs, exp_avg_sqs, most, steps, counts, hyper
        )

    def start(self, params: list[Tensor], counts: list[int]) -> None:
        """Create what the state of parameters lacks."""
        amsgrad = [
            group["amsgrad"] for group, n in zip(self.param_groups, counts) for _ in range(n)
        ]
        for p, a in zip(params, amsgrad):
            start_moments(self.state[p], p, *(["max_exp_avg_sq"] if a else []))

    def largest(self, states: list[dict[str, Any]], counts: list[int]) -> list[Any]:
        """The largest second moments, None for parameters of groups without `amsgrad`."""
        amsgrad = [
            group["amsgrad"] for group, n in zip(self.param_groups, counts) for _ in range(n)
        ]
        return [s["max_exp_avg_sq"]._array if a else None for s, a in zip(states, amsgrad)]


def check_betas(name: str, options: dict[str, Any]) -> None:
    """Raise TypeError or ValueError if decay rates are not two numbers from [0, 1)."""
    betas = options["betas"]
    if not isinstance(betas, (tuple, list)) or len(betas) != 2:
        raise TypeError(f"{name}: betas must be a tuple of two numbers, got {betas!r}")
    for i, beta in enumerate(betas):
        if not 0 <= number(name, f"betas[{i}]", beta) < 1:
            raise ValueError(f"{name}: betas[{i}] must be in [0, 1), got {beta}")


def start_moments(state: dict[str, Any], p: Tensor, *more: str) -> None:
    """Create the step, the two moments and `more` of a parameter, where there are none."""
    for key in ("step", "exp_avg", "exp_avg_sq", *more):
        if state.get(key) is None:
            zeros = np.zeros(()) if key == "step" else np.zeros_like(p._array, subok=False)
            state[key] = Tensor(zeros)
        elif not isinstance(state[key], Tensor):
            raise TypeError(f"state of Adam: {key} must be a Tensor, got {state[key]!r}")


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
        lr: float = 1e-3,
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
