"""Single steps of recurrent layers."""

from __future__ import annotations

from ...autograd.record import array
from ...tensor import Tensor, TensorLike
from ..shape.reshape import reshape
from .elman import rnn_layer
from .gru import gru_layer
from .lstm import lstm_layer

__all__ = ["gru_cell", "lstm_cell", "rnn_relu_cell", "rnn_tanh_cell"]


def step_of(op: str, input: TensorLike, *states: TensorLike) -> tuple[Tensor, ...]:
    """Input and states of one step, (N, I) or (I,), as a sequence of length one."""
    x = array(input)
    if x.ndim not in (1, 2):
        raise ValueError(f"{op}: input must have shape (N, I) or (I,), got {x.shape}")
    found = [reshape(input, 1, -1 if x.size else x.shape[0] if x.ndim > 1 else 1, x.shape[-1])]
    for state in states:
        h = array(state)
        if h.ndim != x.ndim or h.shape[:-1] != x.shape[:-1]:
            want = f"({x.shape[0]}, H)" if x.ndim == 2 else "(H,)"
            raise ValueError(f"{op}: hx must have shape {want} to fit the input, got {h.shape}")
        found.append(reshape(state, 1, found[0].shape[1], h.shape[-1]))
    return tuple(found)


def state_like(input: TensorLike, state: Tensor) -> Tensor:
    """A state (1, N, H) as (N, H), or (H,) for an input without a batch."""
    return reshape(state, *array(input).shape[:-1], state.shape[-1])


def lstm_cell(
    input: TensorLike,
    hx: tuple[TensorLike, TensorLike],
    w_ih: TensorLike,
    w_hh: TensorLike,
    b_ih: TensorLike | None = None,
    b_hh: TensorLike | None = None,
) -> tuple[Tensor, Tensor]:
    """One step of an LSTM; see `lstm_layer`.

    Parameters
    ----------
    input
        x, (N, I) or (I,).
    hx
        h and c, each (N, H) or (H,).
    w_ih, w_hh, b_ih, b_hh
        (4H, I), (4H, H), and (4H,) or None.

    Returns
    -------
    tuple
        h' and c', of the shapes of h and c.

    Examples
    --------
    >>> h, c = fastnn.zeros(1, 2), fastnn.zeros(1, 2)
    >>> h, c = F.lstm_cell(fastnn.ones(1, 3), (h, c), fastnn.ones(8, 3), fastnn.ones(8, 2))
    >>> h.shape
    (1, 2)
    """
    x, h, c = step_of("lstm_cell", input, *hx)
    _, h, c = lstm_layer(x, ((w_ih, w_hh, b_ih, b_hh),), h, c)
    return state_like(input, h), state_like(input, c)


def gru_cell(
    input: TensorLike,
    hx: TensorLike,
    w_ih: TensorLike,
    w_hh: TensorLike,
    b_ih: TensorLike | None = None,
    b_hh: TensorLike | None = None,
) -> Tensor:
    """One step of a GRU; see `gru_layer`.

    Arguments and result are those of `rnn_tanh_cell`, but weights and biases have 3H rows.

    Examples
    --------
    >>> F.gru_cell(fastnn.ones(3), fastnn.zeros(2), fastnn.ones(6, 3), fastnn.ones(6, 2)).shape
    (2,)
    """
    x, h = step_of("gru_cell", input, hx)
    return state_like(input, gru_layer(x, ((w_ih, w_hh, b_ih, b_hh),), h)[1])


def rnn_tanh_cell(
    input: TensorLike,
    hx: TensorLike,
    w_ih: TensorLike,
    w_hh: TensorLike,
    b_ih: TensorLike | None = None,
    b_hh: TensorLike | None = None,
) -> Tensor:
    """One step of an Elman network: h' = tanh(W x + b + U h + b').

    Parameters
    ----------
    input
        x, (N, I) or (I,).
    hx
        h, (N, H) or (H,).
    w_ih, w_hh, b_ih, b_hh
        (H, I), (H, H), and (H,) or None.

    Returns
    -------
    Tensor
        h', of the shape of h.

    Examples
    --------
    >>> F.rnn_tanh_cell(fastnn.ones(3), fastnn.zeros(2), fastnn.ones(2, 3), fastnn.ones(2, 2))
    tensor([0.9951, 0.9951])
    """
    x, h = step_of("rnn_tanh_cell", input, hx)
    return state_like(input, rnn_layer(x, ((w_ih, w_hh, b_ih, b_hh),), h)[1])


def rnn_relu_cell(
    input: TensorLike,
    hx: TensorLike,
    w_ih: TensorLike,
    w_hh: TensorLike,
    b_ih: TensorLike | None = None,
    b_hh: TensorLike | None = None,
) -> Tensor:
    """One step of an Elman network with relu: h' = max(0, W x + b + U h + b').

    Arguments and result are those of `rnn_tanh_cell`.

    Examples
    --------
    >>> F.rnn_relu_cell(fastnn.ones(3), fastnn.zeros(2), fastnn.ones(2, 3), fastnn.ones(2, 2))
    tensor([3., 3.])
    """
    x, h = step_of("rnn_relu_cell", input, hx)
    return state_like(input, rnn_layer(x, ((w_ih, w_hh, b_ih, b_hh),), h, nonlinearity="relu")[1])
