"""Losses that are negative log likelihoods, or divergences, of distributions."""

from __future__ import annotations

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record
from ...tensor import Tensor, TensorLike
from ..elementwise.arithmetic import div
from .legacy import legacy_reduction
from .operands import from_kernel, pair, triple

__all__ = ["gaussian_nll_loss", "kl_div", "poisson_nll_loss"]


@legacy_reduction
def kl_div(
    input: TensorLike, target: TensorLike, *, reduction: str = "mean", log_target: bool = False
) -> Tensor:
    """Divergence of Kullback and Leibler from log probabilities: ``l = t * (log(t) - x)``.

    Parameters
    ----------
    input
        x, logarithms of probabilities, any shape.
    target
        t, probabilities, the shape of `input`; their logarithms with `log_target`, for which
        ``l = exp(t) * (t - x)``.
    reduction
        ``"mean"``, over all elements; ``"batchmean"``: their sum divided by the size of dim 0,
        which is the divergence itself; ``"sum"`` or ``"none"``.
    log_target
        Whether the target is logarithms.

    Returns
    -------
    Tensor
        A scalar, or the shape of `input` for ``reduction="none"``.

    Notes
    -----
    Where t is 0, so is l; the infinite slope of ``t * log(t)`` there counts as 0.

    Examples
    --------
    >>> x = fastnn.log_softmax(fastnn.tensor([[0.0, 0.0]]), dim=1)
    >>> round(fastnn.kl_div(x, fastnn.tensor([[0.5, 0.5]]), reduction="batchmean").item(), 6)
    0.0
    """
    if reduction == "batchmean":
        x = array(input)
        if x.ndim == 0 or len(x) == 0:
            raise ValueError(
                f"kl_div: reduction='batchmean' needs a batch in dim 0, got shape {x.shape}"
            )
        return div(kl_div(input, target, reduction="sum", log_target=log_target), len(x))
    input, target, x, t = pair("kl_div", input, target)
    y = _core.kl_div(x, t, reduction, log_target)
    return record(y, kl_div_backward, (input, target), x, t, reduction, log_target)


kl_div_backward = from_kernel(_core.kl_div_backward)


@legacy_reduction
def poisson_nll_loss(
    input: TensorLike,
    target: TensorLike,
    log_input: bool = True,
    *,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Tensor:
    """Negative log likelihood of counts under Poisson distributions: ``l = exp(x) - t * x``.

    Parameters
    ----------
    input
        x, the logarithms of the rates, any shape; the rates themselves without `log_input`, for
        which ``l = x - t * log(x + eps)``.
    target
        t, the counts, the shape of `input`.
    log_input
        Whether the input is logarithms.
    full
        Whether to add Stirling's approximation of ``log(t!)`` for t > 1,
        ``t * log(t) - t + log(2 * pi * t) / 2``.
    eps
        Keeps the logarithm of a rate finite.
    reduction
        As for `mse_loss`, and so is the result.

    Examples
    --------
    >>> fastnn.poisson_nll_loss([0.0, 0.0], [3.0, 1.0]).item()
    1.0
    """
    input, target, x, t = pair("poisson_nll_loss", input, target)
    y = _core.poisson_nll_loss(x, t, reduction, log_input, full, eps)
    backward, options = poisson_nll_loss_backward, (reduction, log_input, full, eps)
    return record(y, backward, (input, target), x, t, *options)


poisson_nll_loss_backward = from_kernel(_core.poisson_nll_loss_backward)


def gaussian_nll_loss(
    input: TensorLike,
    target: TensorLike,
    var: TensorLike,
    *,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """Negative log likelihood under normal distributions: ``l = (log(v) + (x - t)**2 / v) / 2``.

    Parameters
    ----------
    input
        x, the means, any shape.
    target
        t, the shape of `input`.
    var
        v, the variances, none negative: the shape of `input`, that without the last dimension, or
        1 in any dimension.
    full
        Whether to add the constant ``log(2 * pi) / 2``.
    eps
        The least variance, greater than 0. The gradient of a smaller one is that at `eps`.
    reduction
        As for `mse_loss`, and so is the result.

    Raises
    ------
    ValueError
        Shapes do not fit, a variance is negative, or `eps` is not positive.

    Notes
    -----
    Nix and Weigend, Estimating the mean and variance of the target probability distribution, 1994.

    Examples
    --------
    >>> fastnn.gaussian_nll_loss([1.0, 3.0], [1.0, 1.0], [1.0, 1.0]).item()
    1.0
    """
    op = "gaussian_nll_loss"
    if not eps > 0:
        raise ValueError(f"{op}: eps must be greater than 0, got {eps}")
    v = var if isinstance(var, Tensor) else Tensor(array(var))
    if (v._array < 0).any():
        raise ValueError(f"{op}: var must not be negative, got {v._array.min()}")
    x = array(input)
    if v.shape == x.shape[:-1] != x.shape:
        v = v[..., None]
    operands, arrays = triple(op, input=input, target=target, var=v)
    y = _core.gaussian_nll_loss(*arrays, reduction, full, eps)
    return record(y, gaussian_nll_loss_backward, operands, *arrays, reduction, full, eps)


def gaussian_nll_loss_backward(node: Node, dy: Array) -> Grads:
    x, t, v, reduction, full, eps = node.saved
    return _core.gaussian_nll_loss_backward(dy, x, t, v, reduction, full, eps, node.needs)
