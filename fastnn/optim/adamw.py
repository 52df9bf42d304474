"""Adam with decoupled weight decay."""

from __future__ import annotations

from .adam import Adam
from .groups import Params


class AdamW(Adam):
    r"""Adam with decoupled weight decay, which does not enter the moments.

    Each step sets :math:`p = (1 - \gamma \lambda) p`, then applies `Adam` without weight decay.

    Parameters
    ----------
    params
        Tensors, or dicts with the key ``"params"`` and options for the group.
    lr, betas, eps, amsgrad, maximize, foreach, fused
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
