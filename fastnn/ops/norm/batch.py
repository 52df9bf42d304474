"""Normalization of channels over a batch: batch norm and batch renorm."""

from __future__ import annotations

from typing import Any

from ... import _core
from ...autograd.changes import changed
from ...autograd.record import Array, Grads, Node, array, record
from ...autograd.tape import mode
from ...tensor import Tensor, TensorLike
from ..activation.fused import Fused

__all__ = ["batch_norm", "batch_renorm"]


def batch_norm(
    input: TensorLike,
    running_mean: Tensor | Array | None = None,
    running_var: Tensor | Array | None = None,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
    *,
    activation: Fused = None,
    residual: TensorLike | None = None,
) -> Tensor:
    """Mean 0 and variance 1 in each channel: y = f((x - m) / √(v + eps) · w + b + residual).

    While training, m and v are mean and variance (divided by their number n) of a channel over the
    batch, and the running statistics move: ``running_mean`` towards m, ``running_var`` towards
    v n / (n - 1). Otherwise they are m and v. A batch without elements leaves them as they are.

    Parameters
    ----------
    input
        x, (N, C, *), in any memory order.
    running_mean, running_var
        (C,), changed in place while training; may be None then.
    weight, bias
        w and b, (C,); None for 1 and 0.
    training
        Whether statistics are those of the batch.
    momentum
        How far running statistics move: r ← (1 - momentum) r + momentum m.
    eps
        Keeps the root away from zero.
    activation
        f: None, the name of a pointwise activation, or a tuple of its name and parameters, such as
        ("leaky_relu", 0.2); computed in the same pass.
    residual
        Added before the activation in the same pass; of the shape of `input`.

    Returns
    -------
    Tensor
        y, of the shape and memory order of `input`.

    Raises
    ------
    ValueError
        One value per channel while training; parameters or statistics that are not one number per
        channel; an unknown activation.

    References
    ----------
    Ioffe and Szegedy, Batch Normalization, ICML 2015.

    Examples
    --------
    >>> x = fastnn.tensor([[1.0, 10.0], [3.0, 30.0]])
    >>> F.batch_norm(x, training=True, eps=0.0)
    tensor([[-1., -1.],
            [ 1.,  1.]])
    >>> F.batch_norm(x, fastnn.zeros(2), fastnn.ones(2), activation="relu", eps=0.0).tolist()
    [[1.0, 10.0], [3.0, 30.0]]
    """
    x = array(input)
    w = None if weight is None else array(weight)
    b = None if bias is None else array(bias)
    r = None if residual is None else array(residual)
    m, v = in_place(running_mean), in_place(running_var)
    options = (training, momentum, eps, activation, r)
    results = _core.batch_norm(x, m, v, w, b, *options, mode.enabled)
    if training and m is not None:
        changed((m, v))
    if not mode.enabled:
        return Tensor(results[0])
    y, mean, rstd, saved = results
    shift = None if activation is None or saved is not None else b  # for the sign of relu
    inputs = (input, weight, bias, residual)
    return record(
        y, batch_norm_backward, inputs, x, w, shift, saved, mean, rstd, training, activation
    )


def batch_norm_backward(node: Node, dy: Array) -> Grads:
    x, w, b, saved, mean, rstd, training, activation = node.saved
    return _core.batch_norm_backward(
        dy, x, mean, rstd, w, b, saved, training, activation, node.needs
    )


def in_place(statistic: Tensor | Array | None) -> Any:
    """The array of a tensor itself, since it is written to."""
    return statistic._array if isinstance(statistic, Tensor) else statistic


def batch_renorm(
    input: TensorLike,
    running_mean: Tensor | Array,
    running_var: Tensor | Array,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    training: bool = False,
    momentum: float = 0.01,
    eps: float = 1e-5,
    r_max: float = 3.0,
    d_max: float = 5.0,
    *,
    activation: Fused = None,
    residual: TensorLike | None = None,
) -> Tensor:
    """`batch_norm` brought near to what it will be at inference, for small or uneven batches.

    With σ = √(v + eps) of the batch, and m' and σ' of the running statistics, while training

        y = f(((x - m) / σ · r + d) · w + b + residual)
        r = clip(σ / σ', 1 / r_max, r_max),  d = clip((m - m') / σ', -d_max, d_max)

    where r and d count as constants in the gradient. Within the bounds y is what the running
    statistics give; r_max = 1 and d_max = 0 are `batch_norm`. The running statistics are those of
    `batch_norm` (the paper averages σ instead of the variance).

    Parameters
    ----------
    input, weight, bias, training, momentum, eps, activation, residual
        As for `batch_norm`, and so is the result.
    running_mean, running_var
        (C,), changed in place while training.
    r_max, d_max
        Bounds of r and d, at least 1 and 0.

    Raises
    ------
    ValueError
        As `batch_norm`; bounds below 1 and 0.

    References
    ----------
    Ioffe, Batch Renormalization: Towards Reducing Minibatch Dependence in Batch-Normalized Models,
    NIPS 2017.

    Examples
    --------
    >>> x = fastnn.tensor([[1.0], [3.0]])
    >>> F.batch_renorm(x, fastnn.zeros(1), fastnn.ones(1), training=True, eps=0.0).tolist()
    [[1.0], [3.0]]
    """
    if not training:
        return batch_norm(
            input,
            running_mean,
            running_var,
            weight,
            bias,
            False,
            momentum,
            eps,
            activation=activation,
            residual=residual,
        )
    x = array(input)
    w = None if weight is None else array(weight)
    b = None if bias is None else array(bias)
    add = None if residual is None else array(residual)
    m, v = in_place(running_mean), in_place(running_var)
    options = (momentum, eps, r_max, d_max, activation, add)
    results = _core.batch_renorm(x, m, v, w, b, *options, mode.enabled)
    changed((m, v))
    if not mode.enabled:
        return Tensor(results[0])
    y, mean, rstd, r, d, saved = results
    shift = None if activation is None or saved is not None else b
    inputs = (input, weight, bias, residual)
    return record(
        y, batch_renorm_backward, inputs, x, w, shift, saved, mean, rstd, r, d, activation
    )


def batch_renorm_backward(node: Node, dy: Array) -> Grads:
    x, w, b, saved, mean, rstd, r, d, activation = node.saved
    return _core.batch_renorm_backward(dy, x, mean, rstd, r, d, w, b, saved, activation, node.needs)
