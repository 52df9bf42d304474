"""Negative log likelihoods as modules, with PyTorch's names and arguments."""

from __future__ import annotations

from .. import ops
from ..tensor import Tensor, TensorLike
from .loss import Loss

__all__ = ["CTCLoss", "GaussianNLLLoss", "KLDivLoss", "PoissonNLLLoss"]


class KLDivLoss(Loss):
    """Divergence of Kullback and Leibler. See `kl_div`.

    Parameters
    ----------
    reduction
        ``"mean"``, ``"batchmean"``, ``"sum"`` or ``"none"``.
    log_target
        Whether targets are logarithms.
    """

    reductions = ("none", "mean", "batchmean", "sum")

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction)
        self.log_target = log_target

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """The loss of log probabilities against a `target` of the same shape."""
        return ops.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class PoissonNLLLoss(Loss):
    """Negative log likelihood of counts. See `poisson_nll_loss`.

    Parameters
    ----------
    log_input, full, eps
        As for `poisson_nll_loss`.
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.
    """

    def __init__(
        self,
        log_input: bool = True,
        *,
        full: bool = False,
        eps: float = 1e-8,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """The loss of rates, or their logarithms, against counts of the same shape."""
        return ops.poisson_nll_loss(
            input, target, self.log_input, full=self.full, eps=self.eps, reduction=self.reduction
        )


class GaussianNLLLoss(Loss):
    """Negative log likelihood under normal distributions. See `gaussian_nll_loss`.

    Parameters
    ----------
    full, eps
        As for `gaussian_nll_loss`.
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: TensorLike, target: TensorLike, var: TensorLike) -> Tensor:
        """The loss of means and variances against a `target`."""
        return ops.gaussian_nll_loss(
            input, target, var, full=self.full, eps=self.eps, reduction=self.reduction
        )


class CTCLoss(Loss):
    """Connectionist temporal classification. See `ctc_loss`.

    Parameters
    ----------
    blank, zero_infinity
        As for `ctc_loss`.
    reduction
        ``"mean"``, ``"sum"`` or ``"none"``.

    Examples
    --------
    >>> x = fastnn.log_softmax(fastnn.zeros(5, 2, 4), dim=2)
    >>> fastnn.nn.CTCLoss(reduction="none")(x, fastnn.tensor([1, 2, 3]), [5, 4], [2, 1]).shape
    (2,)
    """

    def __init__(
        self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False
    ) -> None:
        super().__init__(reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(
        self,
        log_probs: TensorLike,
        targets: TensorLike,
        input_lengths: TensorLike,
        target_lengths: TensorLike,
    ) -> Tensor:
        """The loss of log probabilities (T, N, C) against symbols."""
        return ops.ctc_loss(
            log_probs,
            targets,
            input_lengths,
            target_lengths,
            self.blank,
            self.reduction,
            self.zero_infinity,
        )
