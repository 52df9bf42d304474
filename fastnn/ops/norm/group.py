"""Normalization of channels within each sample: group norm and instance norm."""

from __future__ import annotations

from ... import _core
from ...autograd.changes import changed, read_for
from ...autograd.record import Array, Grads, Node, array, record
from ...autograd.tape import mode
from ...tensor import Tensor, TensorLike
from ..activation.fused import Fused
from .batch import batch_norm, in_place

__all__ = ["group_norm", "instance_norm"]


def group_norm(
    input: TensorLike,
    num_groups: int,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    eps: float = 1e-5,
    *,
    activation: Fused = None,
) -> Tensor:
    """Mean 0 and variance 1 in each group of channels: y = (x - E[x]) / √(Var[x] + eps) · w + b.

    Mean and variance (divided by the number of elements) are those of one sample over the channels
    of a group and all positions.

    Parameters
    ----------
    input
        x, (N, C, *), in any memory order.
    num_groups
        Number of groups, which divides C.
    weight, bias
        w and b, (C,); None for 1 and 0.
    eps, activation
        As for `layer_norm`; y has the shape of `input`.

    Raises
    ------
    ValueError
        Channels that cannot be divided into so many groups; parameters that are not one number per
        channel; one value per group of a single sample.

    References
    ----------
    Wu and He, Group Normalization, ECCV 2018.

    Examples
    --------
    >>> F.group_norm(fastnn.tensor([[1.0, 3.0, 10.0, 30.0]]), 2, eps=0.0)
    tensor([[-1.,  1., -1.,  1.]])
    """
    x = array(input)
    w = None if weight is None else array(weight)
    b = None if bias is None else array(bias)
    if not mode.enabled:
        return Tensor(_core.group_norm(x, num_groups, w, b, eps, activation)[0])
    y, mean, rstd, saved = _core.group_norm(x, num_groups, w, b, eps, activation, True)
    inputs = (input, weight, bias)
    return record(y, group_norm_backward, inputs, x, w, num_groups, mean, rstd, saved, activation)


@read_for((0, 1), (0,))
def group_norm_backward(node: Node, dy: Array) -> Grads:
    x, w, groups, mean, rstd, saved, activation = node.saved
    return _core.group_norm_backward(dy, x, groups, mean, rstd, w, node.needs, saved, activation)


def instance_norm(
    input: TensorLike,
    running_mean: Tensor | Array | None = None,
    running_var: Tensor | Array | None = None,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
    *,
    activation: Fused = None,
) -> Tensor:
    """Mean 0 and variance 1 in each channel of each sample: `group_norm` with C groups.

    Parameters
    ----------
    input, weight, bias, eps, activation
        As for `group_norm`, and so is the result.
    running_mean, running_var
        (C,) or None. With `use_input_stats` they are changed in place, as by `batch_norm`, with the
        mean over the samples.
    use_input_stats
        Without it x is normalized by the running statistics.
    momentum
        As for `batch_norm`.

    Raises
    ------
    ValueError
        One position per channel; parameters or statistics that are not one number per channel.

    References
    ----------
    Ulyanov, Vedaldi and Lempitsky, Instance Normalization, 2016.

    Examples
    --------
    >>> F.instance_norm(fastnn.tensor([[[1.0, 3.0], [10.0, 30.0]]]), eps=0.0)
    tensor([[[-1.,  1.],
             [-1.,  1.]]])
    """
    if not use_input_stats:
        statistics = (running_mean, running_var)
        return batch_norm(
            input, *statistics, weight, bias, False, momentum, eps, activation=activation
        )
    x = array(input)
    w = None if weight is None else array(weight)
    b = None if bias is None else array(bias)
    m, v = in_place(running_mean), in_place(running_var)
    results = _core.instance_norm(x, m, v, w, b, momentum, eps, activation, mode.enabled)
    if m is not None:
        changed((m, v))
    if not mode.enabled:
        return Tensor(results[0])
    y, mean, rstd, saved = results
    inputs = (input, weight, bias)
    return record(y, instance_norm_backward, inputs, x, w, mean, rstd, saved, activation)


@read_for((0, 1), (0,))
def instance_norm_backward(node: Node, dy: Array) -> Grads:
    x, w, mean, rstd, saved, activation = node.saved
    return _core.instance_norm_backward(dy, x, mean, rstd, w, node.needs, saved, activation)
