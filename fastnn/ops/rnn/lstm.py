"""LSTM layers through time."""

from __future__ import annotations

from typing import Any

from ... import _core
from ...tensor import Tensor, TensorLike
from .recurrent import Kernel, Params, recurrent_layer

__all__ = ["layer_norm_lstm_layer", "lstm_layer"]

LSTM = Kernel(_core.lstm, _core.lstm_backward)
LAYER_NORM_LSTM = Kernel(_core.layer_norm_lstm, _core.layer_norm_lstm_backward)


def lstm_layer(
    input: TensorLike,
    params: Params,
    h_0: TensorLike | None = None,
    c_0: TensorLike | None = None,
    batch_sizes: Any = None,
    mask: TensorLike | None = None,
    *,
    lengths: Any = None,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """One LSTM layer over a whole sequence, in one or two directions.

    For each step, with gates in the order i, f, g, o in the rows of the weights::

        i, f, o = sigmoid(W x + b + U h + b')     g = tanh(W x + b + U h + b')
        c' = f * c + i * g                        h' = o * tanh(c'), or V (o * tanh(c'))

    Parameters
    ----------
    input
        (T, N, I); or, with `batch_sizes`, (R, I): the R real steps of all sequences, step by step.
    params
        For each direction W (4H, I), U (4H, P), b (4H,) or None, b' (4H,) or None, and with a
        projection V (P, H). Without one P = H.
    h_0, c_0
        States at the start, (D, N, P) and (D, N, H) for D directions; zeros if None.
    batch_sizes
        How many sequences have a step t, (T,): they are sorted by length, longest first.
    mask
        What h is multiplied by where it enters the product with U, and there alone, the same at all
        steps: (D, N, P). A constant: it gets no gradient. Ones if None.
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
        (T, N, D·P) or (R, D·P).
    h_n, c_n
        States after each sequence's last step, of the shapes of `h_0` and `c_0`.

    Raises
    ------
    ValueError
        Where shapes do not fit, `batch_sizes` grow or are not positive, or a length is less than 1
        or more than T.

    Notes
    -----
    Hochreiter and Schmidhuber, Long short-term memory, 1997; Gers, Schmidhuber and Cummins,
    Learning to forget, 2000; projections by Sak, Senior and Beaufays, 2014. A mask drawn at random
    is the recurrent dropout of Gal and Ghahramani, A theoretically grounded application of dropout
    in recurrent neural networks, 2016.

    Examples
    --------
    >>> w, u = fastnn.ones(4 * 2, 3), fastnn.ones(4 * 2, 2)
    >>> y, h, c = F.lstm_layer(fastnn.ones(5, 1, 3), [(w, u, None, None)])
    >>> y.shape, h.shape
    ((5, 1, 2), (1, 1, 2))
    """
    return recurrent_layer(  # type: ignore[return-value]
        LSTM, input, params, (h_0, c_0), batch_sizes, mask, lengths, total_length
    )


def layer_norm_lstm_layer(
    input: TensorLike,
    params: Params,
    h_0: TensorLike | None = None,
    c_0: TensorLike | None = None,
    batch_sizes: Any = None,
    mask: TensorLike | None = None,
    eps: float = 1e-5,
    *,
    lengths: Any = None,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """One LSTM layer with layer normalisation over a whole sequence, in one or two directions.

    For each step, with gates in the order i, f, g, o in the rows of the weights::

        s = N(W x; a, b) + N(U h; a', b')
        i, f, o = sigmoid(s)                      g = tanh(s)
        c' = f * c + i * g                        h' = o * tanh(N(c'; a'', b''))
        N(s; a, b) = a * (s - mean(s)) / sqrt(var(s) + eps) + b

    The sums of the four gates are normalised together, over all 4H of them, as in the paper: one
    mean and one deviation for W x, one for U h. The cell that is carried on is c', not N(c').

    Parameters
    ----------
    input, h_0, c_0, batch_sizes, mask, lengths, total_length
        As for `lstm_layer` without a projection, and so are the result and the errors.
    params
        For each direction W (4H, I), U (4H, H), b (4H,), b' (4H,), a (4H,), a' (4H,), a'' (H,) and
        b'' (H,). The three b may be None.
    eps
        Keeps a deviation away from zero; it must not be negative.

    Notes
    -----
    Ba, Kiros and Hinton, Layer normalization, 2016, equations 20 to 22.

    Examples
    --------
    >>> w, u, a = fastnn.rand(8, 3), fastnn.rand(8, 2), fastnn.ones(8)
    >>> params = (w, u, None, None, a, a, fastnn.ones(2), None)
    >>> y, h, c = F.layer_norm_lstm_layer(fastnn.ones(5, 1, 3), [params])
    >>> y.shape, h.shape
    ((5, 1, 2), (1, 1, 2))
    """
    return recurrent_layer(  # type: ignore[return-value]
        LAYER_NORM_LSTM, input, params, (h_0, c_0), batch_sizes, mask, lengths, total_length, eps
    )
