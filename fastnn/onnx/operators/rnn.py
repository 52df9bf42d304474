"""Recurrent layers."""

from __future__ import annotations

from typing import Any

from ... import ops
from ...tensor import Tensor
from .table import operator

# Blocks of rows in fastnn's order, by their places in ONNX's: see the translator.
ORDERS = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}
ACTIVATIONS = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"]}


def rows(x: Tensor, kind: str) -> Tensor:
    """A weight or a bias, (G H, ...), with its blocks in fastnn's order."""
    order = ORDERS[kind]
    if len(order) == 1:
        return x
    if x.shape[0] % len(order):
        raise ValueError(f"weights must have {len(order)} blocks of rows, got shape {x.shape}")
    parts = ops.split(x, x.shape[0] // len(order))
    return ops.cat([parts[i] for i in order])


def layer(
    kind: str,
    function: Any,
    x: Tensor,
    w: Tensor,
    r: Tensor,
    b: Tensor | None,
    lengths: Tensor | None,
    states: list[Tensor | None],
    direction: str,
    hidden_size: int | None,
    layout: int,
    **options: Any,
) -> tuple[Tensor, ...]:
    """One layer: Y (T, D, N, H) and the last states."""
    count = 2 if direction == "bidirectional" else 1
    if direction not in ("forward", "bidirectional", "reverse"):
        raise ValueError(f"direction {direction!r} is not known")
    if layout:
        raise ValueError("layout must be 0")
    if x.ndim != 3 or w.ndim != 3 or r.ndim != 3 or w.shape[0] != count or r.shape[0] != count:
        raise ValueError(
            f"X, W and R must have three axes, the last two {count} directions, got "
            f"{x.shape}, {w.shape} and {r.shape}"
        )
    h = r.shape[2]
    if h < 1 or (hidden_size is not None and hidden_size != h):
        raise ValueError(f"hidden_size must be that of R, {h}, got {hidden_size}")
    gates = r.shape[1]
    if b is not None and b.shape != (count, 2 * gates):
        raise ValueError(f"B must have shape {(count, 2 * gates)}, got {b.shape}")
    params = []
    for d in range(count):
        biases: tuple[Tensor | None, ...] = (None, None)
        if b is not None:
            biases = rows(b[d, :gates], kind), rows(b[d, gates:], kind)
        params.append((rows(w[d], kind), rows(r[d], kind), *biases))
    if direction == "reverse":
        if lengths is not None:
            raise ValueError("a reverse layer with sequence_lens cannot be loaded")
        x = ops.flip(x, 0)
    y, *last = function(x, tuple(params), *states, lengths=lengths, **options)
    if direction == "reverse":
        y = ops.flip(y, 0)
    t, n = x.shape[:2]
    return y.reshape(t, n, count, h).transpose(1, 2), *last


def check(kind: str, activations: list[Any] | None, clip: float | None, count: int) -> None:
    """Refuse what fastnn's layers do not compute."""
    if clip is not None:
        raise ValueError("clip cannot be loaded")
    if activations is not None and list(activations) != ACTIVATIONS[kind] * count:
        raise ValueError(f"activations must be {ACTIVATIONS[kind]}, got {activations}")


@operator("LSTM")
def lstm(
    x: Tensor,
    w: Tensor,
    r: Tensor,
    b: Tensor | None = None,
    sequence_lens: Tensor | None = None,
    initial_h: Tensor | None = None,
    initial_c: Tensor | None = None,
    *,
    activations: list[str] | None = None,
    clip: float | None = None,
    direction: str = "forward",
    hidden_size: int | None = None,
    input_forget: int = 0,
    layout: int = 0,
) -> tuple[Tensor, ...]:
    check("LSTM", activations, clip, 2 if direction == "bidirectional" else 1)
    if input_forget:
        raise ValueError("input_forget must be 0")
    states = [initial_h, initial_c]
    options = (direction, hidden_size, layout)
    return layer("LSTM", ops.lstm_layer, x, w, r, b, sequence_lens, states, *options)


@operator("GRU")
def gru(
    x: Tensor,
    w: Tensor,
    r: Tensor,
    b: Tensor | None = None,
    sequence_lens: Tensor | None = None,
    initial_h: Tensor | None = None,
    *,
    activations: list[str] | None = None,
    clip: float | None = None,
    direction: str = "forward",
    hidden_size: int | None = None,
    layout: int = 0,
    linear_before_reset: int = 0,
) -> tuple[Tensor, ...]:
    check("GRU", activations, clip, 2 if direction == "bidirectional" else 1)
    if not linear_before_reset:
        raise ValueError("linear_before_reset must be 1")
    options = (direction, hidden_size, layout)
    return layer("GRU", ops.gru_layer, x, w, r, b, sequence_lens, [initial_h], *options)


@operator("RNN")
def rnn(
    x: Tensor,
    w: Tensor,
    r: Tensor,
    b: Tensor | None = None,
    sequence_lens: Tensor | None = None,
    initial_h: Tensor | None = None,
    *,
    activations: list[str] | None = None,
    clip: float | None = None,
    direction: str = "forward",
    hidden_size: int | None = None,
    layout: int = 0,
) -> tuple[Tensor, ...]:
    kinds = set(activations or ["Tanh"])
    if clip is not None or len(kinds) != 1 or not kinds <= {"Tanh", "Relu"}:
        raise ValueError(f"activations must be Tanh or Relu, got {activations}; clip is not known")
    nonlinearity = kinds.pop().lower()
    options = (direction, hidden_size, layout)
    states = [initial_h]
    return layer(
        "RNN",
        ops.rnn_layer,
        *(x, w, r, b, sequence_lens, states, *options),
        nonlinearity=nonlinearity,
    )
