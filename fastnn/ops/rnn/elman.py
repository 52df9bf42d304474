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
    input
        (T, N, I); or, with `batch_sizes`, (R, I): the R real steps of all sequences, step by step.
    params
        For each direction W (H, I), U (H, H), b (H,) or None, b' (H,) or None.
    h_0
        The state at the start, (D, N, H) for D directions; zeros if None.
    batch_sizes
        How many sequences have a step t, (T,): they are sorted by length, longest first.
    nonlinearity
        f: "tanh" or "relu".
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
    Elman, Finding structure in time, 1990.

    Examples
    --------
    >>> import fastnn
    >>> import fastnn.nn.functional as F
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
