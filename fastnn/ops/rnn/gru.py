"""GRU layers through time."""

from __future__ import annotations

from typing import Any

from ... import _core
from ...tensor import Tensor, TensorLike
from .recurrent import Kernel, Params, recurrent_layer

__all__ = ["gru_layer"]

GRU = Kernel(_core.gru, _core.gru_backward)


def gru_layer(
    input: TensorLike,
    params: Params,
    h_0: TensorLike | None = None,
    batch_sizes: Any = None,
    mask: TensorLike | None = None,
    *,
    lengths: Any = None,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """One GRU layer over a whole sequence, in one or two directions.

    For each step, with gates in the order r, z, n in the rows of the weights::

        r, z = sigmoid(W x + b + U h + b')        n = tanh(W x + b + r * (U h + b'))
        h' = (1 - z) * n + z * h

    Parameters
    ----------
    input
        (T, N, I); or, with `batch_sizes`, (R, I): the R real steps of all sequences, step by step.
    params
        For each direction W (3H, I), U (3H, H), b (3H,) or None, b' (3H,) or None.
    h_0
        The state at the start, (D, N, H) for D directions; zeros if None.
    batch_sizes
        How many sequences have a step t, (T,): they are sorted by length, longest first.
    mask
        What h is multiplied by where it enters the product with U, and there alone, the same at all
        steps: (D, N, H). A constant: it gets no gradient. Ones if None.
    lengths
        The real steps of each sequence, (N,), in any order and in place of `batch_sizes`: `input`
        is padded, (T, N, I), and so is the output, with zeros. Or `input` has the real steps alone,
        (R, I), longest sequence first.
    total_length
        T of the padded output, with `lengths`: that of a padded `input` if None; 0 for real steps
        alone.

    Returns
    -------
    output
        (T, N, D·H) or (R, D·H).
    h_n
        The state after each sequence's last step, (D, N, H).

    Raises
    ------
    ValueError
        Where shapes do not fit, `batch_sizes` grow or are not positive, or a length is less than 1
        or more than T.

    Notes
    -----
    Cho et al., Learning phrase representations using RNN encoder-decoder, 2014; with the reset
    gate behind the product, as in cuDNN.

    Examples
    --------
    >>> import fastnn
    >>> import fastnn.nn.functional as F
    >>> w, u = fastnn.ones(3 * 2, 3), fastnn.ones(3 * 2, 2)
    >>> y, h = F.gru_layer(fastnn.ones(5, 1, 3), [(w, u, None, None)])
    >>> y.shape, h.shape
    ((5, 1, 2), (1, 1, 2))
    """
    return recurrent_layer(  # type: ignore[return-value]
        GRU, input, params, (h_0,), batch_sizes, mask, lengths, total_length
    )
