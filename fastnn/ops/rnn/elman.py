"""Elman layers through time."""

from __future__ import annotations

from typing import Any

from ... import _core
from ...tensor import Tensor, TensorLike
from .recurrent import Kernel, Params, recurrent_layer

__all__ = ["rnn_layer"]

KERNELS = {
    "tanh": Kernel(_core.rnn_tanh, _core.rnn_tanh_backward),
    "relu": Kernel(_core.rnn_relu, _core.rnn_relu_backward),
}


def rnn_layer(
    input: TensorLike,
    params: Params,
    h_0: TensorLike | None = None,
    batch_sizes: Any = None,
    nonlinearity: str = "tanh",
    mask: TensorLike | None = None,
    *,
    lengths: Any = None,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """One Elman layer over a whole sequence, in one or two directions.

    For each step ``h' = f(W x + b + U h + b')``.

    Parameters
    ----------
    input, h_0, batch_sizes, mask, lengths, total_length
        As for `gru_layer`, and so are the result and the errors.
    params
        For each direction W (H, I), U (H, H), b (H,) or None, b' (H,) or None.
    nonlinearity
        f: "tanh" or "relu".

    Notes
    -----
    Elman, Finding structure in time, 1990.

    Examples
    --------
    >>> y, h = F.rnn_layer(
    ...     fastnn.ones(5, 1, 3), [(fastnn.ones(2, 3), fastnn.ones(2, 2), None, None)]
    ... )
    >>> y.shape, h.shape
    ((5, 1, 2), (1, 1, 2))
    """
    if nonlinearity not in KERNELS:
        raise ValueError(f"rnn_layer: nonlinearity must be 'tanh' or 'relu', got {nonlinearity!r}")
    return recurrent_layer(  # type: ignore[return-value]
        KERNELS[nonlinearity], input, params, (h_0,), batch_sizes, mask, lengths, total_length
    )
