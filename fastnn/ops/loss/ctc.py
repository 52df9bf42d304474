"""Connectionist temporal classification."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record
from ...tensor import Tensor, TensorLike

__all__ = ["ctc_loss"]


def ctc_loss(
    log_probs: TensorLike,
    targets: TensorLike,
    input_lengths: TensorLike | Sequence[int],
    target_lengths: TensorLike | Sequence[int],
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Negative log likelihood of sequences, summed over all their alignments with the steps.

    An alignment gives each step a symbol or a blank; it spells the target once repetitions and then
    blanks are taken out.

    Parameters
    ----------
    log_probs
        Logarithms of the probabilities of C symbols, as `log_softmax` gives them: (T, N, C), or
        (T, C) for one sample.
    targets
        The symbols of each target, integers from 0 to C - 1 other than `blank`: (N, S), or all of
        them one after the other, or (S,) for one sample.
    input_lengths, target_lengths
        Steps and symbols of each sample, (N,), or () for one sample.
    blank
        The symbol that stands for none.
    reduction
        ``"mean"``: of the losses divided by the lengths of their targets; ``"sum"``; ``"none"``.
    zero_infinity
        Whether the loss of a target that does not fit into its steps is 0, with a gradient of 0. It
        is infinite otherwise, and its gradient NaN.

    Returns
    -------
    Tensor
        A scalar, or (N,) for ``reduction="none"``.

    Raises
    ------
    IndexError
        A target has a symbol outside the range.
    ValueError
        Shapes or lengths do not fit.

    Notes
    -----
    The gradient is that of the loss as a function of `log_probs`, whatever these add up to. PyTorch
    adds ``exp(log_probs)`` to it, which a `log_softmax` before takes off again.

    References
    ----------
    Graves, Fernandez, Gomez, Schmidhuber, Connectionist temporal classification, ICML 2006.

    Examples
    --------
    >>> x = fastnn.log_softmax(fastnn.zeros(2, 1, 2), dim=2)
    >>> loss = fastnn.ctc_loss(x, fastnn.tensor([[1]]), [2], [1])
    >>> round(float(np.exp(-loss.item())), 4)  # "1 1", "1 -" and "- 1" of four
    0.75
    """
    x, t = array(log_probs), array(targets)
    inputs, outputs = (
        as_lengths("input_lengths", input_lengths),
        as_lengths("target_lengths", target_lengths),
    )
    alone = x.ndim == 2
    if alone:
        x, t = x[:, None], t if t.ndim != 1 else t[None]
        inputs, outputs = inputs.reshape(-1), outputs.reshape(-1)
    with_gradient = isinstance(log_probs, Tensor) and log_probs.requires_grad
    loss, gradient = _core.ctc_loss(
        x, t, inputs, outputs, blank, reduction, zero_infinity, with_gradient
    )
    y = loss.reshape(()) if alone else loss
    return record(y, ctc_loss_backward, (log_probs,), gradient, alone)


def ctc_loss_backward(node: Node, dy: Array) -> Grads:
    gradient, alone = node.saved
    dx: Array = _core.mul(gradient, dy[:, None] if dy.ndim else dy)
    return (dx[:, 0] if alone else dx,)


def as_lengths(name: str, lengths: TensorLike | Sequence[int]) -> Array:
    """An array of integers from a tensor, an array, or a sequence of numbers."""
    if isinstance(lengths, (Tensor, np.ndarray)):
        return array(lengths)
    try:
        a = np.asarray(lengths)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"ctc_loss: {name} must be integers: {error}") from None
    return a.astype(np.int64) if a.size == 0 else a
