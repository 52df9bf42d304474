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
    input, h_0, batch_sizes, mask, lengths, total_length
        As for `lstm_layer` without a projection, and so are the errors.
    params
        For each direction W (3H, I), U (3H, H), b (3H,) or None, b' (3H,) or None.

    Returns
    -------
    output
        (T, N, D·H) or (R, D·H).
    h_n
        The state after each sequence's last step, (D, N, H).

    Notes
    -----
    Cho et al., Learning phrase representations using RNN encoder-decoder, 2014; with the reset
    gate behind the product, as in cuDNN.

    Examples
    --------
    >>> w, u = fastnn.ones(3 * 2, 3), fastnn.ones(3 * 2, 2)
    >>> y, h = F.gru_layer(fastnn.ones(5, 1, 3), [(w, u, None, None)])
    >>> y.shape, h.shape
    ((5, 1, 2), (1, 1, 2))
    """
    return recurrent_layer(  # type: ignore[return-value]
        GRU, input, params, (h_0,), batch_sizes, mask, lengths, total_length
    )
