"""Recurrent layers through time.

A layer is one native call forward and one back through time: see `fastnn.nn.LSTM` for whole stacks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record_many
from ...autograd.tape import mode
from ...tensor import Tensor, TensorLike

__all__ = [
    "gru_layer",
    "layer_norm_lstm_layer",
    "lstm_layer",
    "rnn_layer",
]

Params = Sequence[Sequence[TensorLike | None]]


class Kept:
    """What a layer's forward pass keeps for its backward.

    Backward writes the gradients over the gates: that saves as much memory again, and fetching it.
    A second walk over the same graph (``retain_graph=True``) computes the gates anew.
    """

    __slots__ = ("kernel", "saved")

    def __init__(self, kernel: Callable[..., Any], saved: tuple[Array | None, ...]) -> None:
        self.kernel = kernel
        self.saved: tuple[Array | None, ...] | None = saved

    def take(self, *args: Any) -> tuple[Array | None, ...]:
        """The kept arrays, once; from a new forward pass after that."""
        saved, self.saved = self.saved, None
        if saved is None:
            saved = self.kernel(*args)[-1]
        return saved


def optional(input: TensorLike | None) -> Array | None:
    """The array of what may be None."""
    return None if input is None else array(input)


def flat(params: Params) -> tuple[TensorLike | None, ...]:
    """The parameters of all directions in one tuple."""
    return tuple([p for direction in params for p in direction])


def unflat(grads: Sequence[Sequence[Array | None]], count: int) -> list[Array | None]:
    """The gradients of all directions in one list, Nones where there are none."""
    return [g for direction in grads for g in direction] if grads else [None] * count


def arrays_of(params: Params) -> tuple[tuple[Array | None, ...], ...]:
    """The arrays of the parameters of each direction."""
    return tuple([tuple([optional(p) for p in direction]) for direction in params])


def lstm_layer(
    input: TensorLike,
    params: Params,
    h_0: TensorLike | None = None,
    c_0: TensorLike | None = None,
    batch_sizes: Any = None,
    mask: TensorLike | None = None,
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

    Returns
    -------
    output
        (T, N, D·P) or (R, D·P).
    h_n, c_n
        States after each sequence's last step, of the shapes of `h_0` and `c_0`.

    Raises
    ------
    ValueError
        Where shapes do not fit, or `batch_sizes` grow or are not positive.

    Notes
    -----
    Hochreiter and Schmidhuber, Long short-term memory, 1997; Gers, Schmidhuber and Cummins,
    Learning to forget, 2000; projections by Sak, Senior and Beaufays, 2014. A mask drawn at random
    is the recurrent dropout of Gal and Ghahramani, A theoretically grounded application of dropout
    in recurrent neural networks, 2016.

    Examples
    --------
    >>> import fastnn
    >>> import fastnn.nn.functional as F
    >>> w, u = fastnn.ones(4 * 2, 3), fastnn.ones(4 * 2, 2)
    >>> y, h, c = F.lstm_layer(fastnn.ones(5, 1, 3), [(w, u, None, None)])
    >>> y.shape, h.shape
    ((5, 1, 2), (1, 1, 2))
    """
    return with_cell(_core.lstm, _core.lstm_backward, input, params, h_0, c_0, batch_sizes, mask)


def layer_norm_lstm_layer(
    input: TensorLike,
    params: Params,
    h_0: TensorLike | None = None,
    c_0: TensorLike | None = None,
    batch_sizes: Any = None,
    mask: TensorLike | None = None,
    eps: float = 1e-5,
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
    input
        (T, N, I); or, with `batch_sizes`, (R, I): the R real steps of all sequences, step by step.
    params
        For each direction W (4H, I), U (4H, H), b (4H,), b' (4H,), a (4H,), a' (4H,), a'' (H,) and
        b'' (H,). The three b may be None.
    h_0, c_0
        States at the start, (D, N, H) for D directions; zeros if None.
    batch_sizes
        How many sequences have a step t, (T,): they are sorted by length, longest first.
    mask
        What h is multiplied by where it enters the product with U, and there alone, the same at all
        steps: (D, N, H). A constant: it gets no gradient. Ones if None.
    eps
        Keeps a deviation away from zero.

    Returns
    -------
    output
        (T, N, D·H) or (R, D·H).
    h_n, c_n
        States after each sequence's last step, of the shapes of `h_0` and `c_0`.

    Raises
    ------
    ValueError
        Where shapes do not fit, `batch_sizes` grow or are not positive, or `eps` is negative.

    Notes
    -----
    Ba, Kiros and Hinton, Layer normalization, 2016, equations 20 to 22.

    Examples
    --------
    >>> import fastnn
    >>> import fastnn.nn.functional as F
    >>> w, u, a = fastnn.rand(8, 3), fastnn.rand(8, 2), fastnn.ones(8)
    >>> params = (w, u, None, None, a, a, fastnn.ones(2), None)
    >>> y, h, c = F.layer_norm_lstm_layer(fastnn.ones(5, 1, 3), [params])
    >>> y.shape, h.shape
    ((5, 1, 2), (1, 1, 2))
    """
    return with_cell(
        _core.layer_norm_lstm,
        _core.layer_norm_lstm_backward,
        input,
        params,
        h_0,
        c_0,
        batch_sizes,
        mask,
        eps,
    )


def with_cell(
    kernel: Callable[..., Any],
    backward: Callable[..., Any],
    input: TensorLike,
    params: Params,
    h_0: TensorLike | None,
    c_0: TensorLike | None,
    batch_sizes: Any,
    mask: TensorLike | None,
    *options: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """A layer whose state is h and c."""
    x, h, c, weights = array(input), optional(h_0), optional(c_0), arrays_of(params)
    sizes, m = optional(batch_sizes), optional(mask)
    y, h_n, c_n, saved = kernel(x, weights, h, c, sizes, mode.enabled, m, *options)
    return record_many(  # type: ignore[return-value]
        (y, h_n, c_n),
        with_cell_backward,
        (input, h_0, c_0, *flat(params)),
        x,
        weights,
        h,
        c,
        y,
        sizes,
        m,
        options,
        Kept(kernel, saved),
        backward,
    )


def with_cell_backward(
    node: Node, dy: Array | None, dh_n: Array | None, dc_n: Array | None
) -> Grads:
    x, weights, h, c, y, sizes, m, options, kept, backward = node.saved
    saved = kept.take(x, weights, h, c, sizes, True, m, *options)
    needs = node.needs
    dx, dh, dc, grads = backward(
        dy, dh_n, dc_n, x, weights, h, c, y, saved, sizes, needs[0], True in needs[3:], True, m
    )
    return [dx, dh, dc, *unflat(grads, len(needs) - 3)]


def gru_layer(
    input: TensorLike,
    params: Params,
    h_0: TensorLike | None = None,
    batch_sizes: Any = None,
    mask: TensorLike | None = None,
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

    Returns
    -------
    output
        (T, N, D·H) or (R, D·H).
    h_n
        The state after each sequence's last step, (D, N, H).

    Raises
    ------
    ValueError
        Where shapes do not fit, or `batch_sizes` grow or are not positive.

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
    x, h, weights = array(input), optional(h_0), arrays_of(params)
    sizes, m = optional(batch_sizes), optional(mask)
    y, h_n, saved = _core.gru(x, weights, h, sizes, mode.enabled, m)
    return record_many(  # type: ignore[return-value]
        (y, h_n),
        gru_layer_backward,
        (input, h_0, *flat(params)),
        x,
        weights,
        h,
        y,
        sizes,
        m,
        Kept(_core.gru, saved),
    )


def gru_layer_backward(node: Node, dy: Array | None, dh_n: Array | None) -> Grads:
    x, weights, h, y, sizes, m, kept = node.saved
    saved = kept.take(x, weights, h, sizes, True, m)
    needs = node.needs
    dx, dh, grads = _core.gru_backward(
        dy, dh_n, x, weights, h, y, saved, sizes, needs[0], True in needs[2:], True, m
    )
    return [dx, dh, *unflat(grads, len(needs) - 2)]


def rnn_layer(
    input: TensorLike,
    params: Params,
    h_0: TensorLike | None = None,
    batch_sizes: Any = None,
    nonlinearity: str = "tanh",
    mask: TensorLike | None = None,
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

    Returns
    -------
    output
        (T, N, D·H) or (R, D·H).
    h_n
        The state after each sequence's last step, (D, N, H).

    Raises
    ------
    ValueError
        Where shapes do not fit, or `batch_sizes` grow or are not positive.

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
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"rnn_layer: nonlinearity must be 'tanh' or 'relu', got {nonlinearity!r}")
    tanh = nonlinearity == "tanh"
    x, h, weights = array(input), optional(h_0), arrays_of(params)
    sizes, m = optional(batch_sizes), optional(mask)
    y, h_n, _ = (_core.rnn_tanh if tanh else _core.rnn_relu)(x, weights, h, sizes, mode.enabled, m)
    return record_many(  # type: ignore[return-value]
        (y, h_n), rnn_layer_backward, (input, h_0, *flat(params)), x, weights, h, y, sizes, m, tanh
    )


def rnn_layer_backward(node: Node, dy: Array | None, dh_n: Array | None) -> Grads:
    x, weights, h, y, sizes, m, tanh = node.saved
    needs = node.needs
    kernel = _core.rnn_tanh_backward if tanh else _core.rnn_relu_backward
    dx, dh, grads = kernel(
        dy, dh_n, x, weights, h, y, (), sizes, needs[0], True in needs[2:], False, m
    )
    return [dx, dh, *unflat(grads, len(needs) - 2)]
