"""Muon."""

from __future__ import annotations

from math import sqrt
from typing import Any

from .. import _core
from ..tensor import Tensor
from .arithmetic import add_scaled, interpolate
from .composed import ComposedOptimizer
from .groups import Params, check_not_negative, number

COEFFICIENTS = (3.4445, -4.7750, 2.0315)


class Muon(ComposedOptimizer):
    r"""Muon: momentum made orthogonal, for the matrices of hidden layers.

    With gradient :math:`g`, parameter :math:`p` of shape (A, B), learning rate :math:`\gamma`,
    momentum :math:`\mu` and weight decay :math:`\lambda`, which is decoupled:

    .. math::
        m &= \mu m + (1 - \mu) g \\
        X &= \mu m + (1 - \mu) g \quad (\text{without Nesterov: } m), \quad
        X = X / \max(\lVert X \rVert, \epsilon) \\
        X &= a X + (b X X^T + c (X X^T)^2) X \quad \text{(`ns\_steps` times)} \\
        p &= (1 - \gamma \lambda) p - \gamma f X

    After the iteration, one of Newton and Schulz, the singular values of :math:`X` are near 1. The
    factor :math:`f` is :math:`\sqrt{\max(1, A / B)}` (``"original"``), or
    :math:`0.2 \sqrt{\max(A, B)}` (``"match_rms_adamw"``), with the step size of `AdamW`.

    Parameters
    ----------
    params
        Matrices, or dicts as for `SGD`. Others, embeddings and the last layer are better off with
        `AdamW`.
    lr, weight_decay, momentum
        As in the formula.
    nesterov
        Whether :math:`X` begins with Nesterov's momentum.
    ns_coefficients
        :math:`a`, :math:`b` and :math:`c`.
    eps
        The smallest norm that is divided by.
    ns_steps
        How often the iteration runs, below 100.
    adjust_lr_fn
        Which factor; by default the first.

    Notes
    -----
    The iteration runs in the dtype of the parameter; PyTorch's runs in bfloat16, so that results
    differ in the third digit.

    References
    ----------
    Jordan et al., Muon: an optimizer for hidden layers in neural networks, 2024.
    Liu et al., Muon is scalable for LLM training, 2025.

    Examples
    --------
    >>> p = fastnn.zeros(2, 2, requires_grad=True)
    >>> optimizer = fastnn.optim.Muon([p], lr=1.0)
    >>> p.grad = fastnn.tensor([[3.0, 0.0], [0.0, 1.0]])
    >>> optimizer.step()
    >>> bool((abs(p.detach() + fastnn.eye(2)) < 0.4).all())
    True
    """

    buffers = ("momentum_buffer",)
    numbers = ()

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = COEFFICIENTS,
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "weight_decay": weight_decay,
                "momentum": momentum,
                "nesterov": nesterov,
                "ns_coefficients": ns_coefficients,
                "eps": eps,
                "ns_steps": ns_steps,
                "adjust_lr_fn": adjust_lr_fn,
            },
        )

    def check_options(self, options: dict[str, Any]) -> None:
        """Raise ValueError if an option of a group is invalid."""
        check_not_negative("Muon", options, "lr", "weight_decay", "momentum", "eps")
        for p in options["params"]:
            if p.ndim != 2:
                raise ValueError(f"Muon: params must be matrices, got shape {p.shape}")
        coefficients, steps, adjust = (
            options[key] for key in ("ns_coefficients", "ns_steps", "adjust_lr_fn")
        )
        if not isinstance(coefficients, (tuple, list)) or len(coefficients) != 3:
            raise ValueError(f"Muon: ns_coefficients must be three numbers, got {coefficients!r}")
        for value in coefficients:
            number("Muon", "ns_coefficients", value)
        if not isinstance(steps, int) or not 0 <= steps < 100:
            raise ValueError(f"Muon: ns_steps must be an int in [0, 100), got {steps!r}")
        if adjust not in (None, "original", "match_rms_adamw"):
            raise ValueError(
                f"Muon: adjust_lr_fn must be 'original' or 'match_rms_adamw', got {adjust!r}"
            )

    def shapes(self, p: Tensor) -> dict[str, tuple[int, ...]]:
        """The shapes of the state of a parameter."""
        return {"momentum_buffer": p.shape}

    def update_one(
        self, group: dict[str, Any], p: Tensor, g: Tensor, state: dict[str, Any]
    ) -> None:
        """Update `p`, which is outside of the graph, with gradient `g`."""
        lr, momentum = float(group["lr"]), float(group["momentum"])
        x = state["momentum_buffer"]
        interpolate([x._array], [g._array], 1 - momentum)
        if group["nesterov"]:
            buffer, x = x, g.clone()
            interpolate([x._array], [buffer._array], momentum)
        a, b, c = map(float, group["ns_coefficients"])
        x = orthogonal(x, a, b, c, float(group["eps"]), group["ns_steps"])
        rows, columns = p.shape
        factor = sqrt(max(1, rows / columns))
        if group["adjust_lr_fn"] == "match_rms_adamw":
            factor = 0.2 * sqrt(max(rows, columns))
        p.mul_(1 - lr * float(group["weight_decay"]))
        add_scaled([p._array], [x._array], -lr * factor)


def orthogonal(x: Tensor, a: float, b: float, c: float, eps: float, steps: int) -> Tensor:
    """A matrix near to `x` with singular values near 1, by the iteration of Newton and Schulz."""
    wide = x.shape[0] <= x.shape[1]
    x = (x if wide else x.T) / max(float(_core.grad_norm([x._array], 2.0)), eps)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return x if wide else x.T
