"""Recurrent workloads: inputs, and answers in float64 NumPy, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import inputs

Float64 = NDArray[np.float64]
GATES = {"lstm": 4, "gru": 3, "rnn": 1}


def names(layers: int, directions: int) -> list[str]:
    """Parameter names in PyTorch's order."""
    return [
        f"{kind}_l{i}{tail}"
        for i in range(layers)
        for tail in ("", "_reverse")[:directions]
        for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    ]


def weights(kind: str, size: Sequence[int]) -> dict[str, inputs.Array]:
    """Parameters of a stack, uniform in ±1/√H."""
    _, _, inner, hidden, layers, directions = size
    rng = np.random.default_rng(21)
    found = {}
    for name in names(layers, directions):
        columns = inner if "_l0" in name else directions * hidden
        shape: tuple[int, ...] = (GATES[kind] * hidden,)
        if name.startswith("weight"):
            shape += (columns if "ih" in name else hidden,)
        found[name] = rng.uniform(-(hidden**-0.5), hidden**-0.5, shape).astype(np.float32)
    return found


def sequences(size: Sequence[int]) -> tuple[inputs.Array, inputs.Array]:
    """An input (T, N, I) and a gradient of the output."""
    steps, batch, inner, hidden, _, directions = size
    return inputs.normal(22, steps, batch, inner), inputs.normal(
        23, steps, batch, directions * hidden
    )


class CharLM(NamedTuple):
    """A character language model: its batch of ids and its parameters."""

    ids: NDArray[np.int64]  # T + 1, N: each row is the target of the one before
    state: dict[str, inputs.Array]


def char_lm_inputs(size: Sequence[int]) -> CharLM:
    """Inputs for T steps, a batch of N, V characters, E embedding features and H hidden units."""
    steps, batch, characters, inner, hidden = size
    ids = np.random.default_rng(24).integers(0, characters, (steps + 1, batch))
    lstm = weights("lstm", (steps, batch, inner, hidden, 1, 1))
    return CharLM(
        ids,
        {
            "embedding.weight": inputs.normal(25, characters, inner),
            **{f"lstm.{name}": value for name, value in lstm.items()},
            "linear.weight": inputs.normal(26, characters, hidden) * np.float32(hidden**-0.5),
            "linear.bias": np.zeros(characters, np.float32),
        },
    )


def answer(y: Any, dx: Any, grads: Sequence[Any]) -> Float64:
    """The answer to compare: samples of the output and of each gradient, scaled separately."""
    parts = [inputs.sample(a).astype(float) for a in (y, dx, *grads)]
    scales = [np.sqrt(np.mean(np.square(np.asarray(a, float)))) for a in (y, dx, *grads)]
    return np.concatenate([p / s for p, s in zip(parts, scales)])


def sigmoid(x: Float64) -> Float64:
    return 1 / (1 + np.exp(-x))


def forward(kind: str, x: Float64, w: list[Float64]) -> tuple[Float64, list[Any]]:
    """Output of one layer and direction, and what its backward pass needs from each step."""
    h = c = np.zeros((x.shape[1], w[1].shape[1]))
    ys, kept = [], []
    for row in x:
        before = h
        a, b = row @ w[0].T + w[2], h @ w[1].T + w[3]
        if kind == "lstm":
            i, f, g, o = np.split(a + b, 4, axis=1)
            i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
            old, c = c, f * c + i * g
            h = o * np.tanh(c)
            kept.append((before, i, f, g, o, old, c))
        elif kind == "gru":
            (ar, az, an), (br, bz, bn) = np.split(a, 3, axis=1), np.split(b, 3, axis=1)
            r, z = sigmoid(ar + br), sigmoid(az + bz)
            n = np.tanh(an + r * bn)
            h = (1 - z) * n + z * h
            kept.append((before, r, z, n, bn))
        else:
            h = np.tanh(a + b)
            kept.append((before, h))
        ys.append(h)
    return np.stack(ys), kept


def backward(
    kind: str, dy: Float64, x: Float64, w: list[Float64], kept: list[Any]
) -> tuple[Float64, list[Float64]]:
    """Gradients of the input and of the parameters."""
    dh = dc = np.zeros_like(dy[0])
    dx = np.zeros_like(x)
    grads = [np.zeros_like(p) for p in w]
    for t in reversed(range(len(x))):
        before, *rest = kept[t]
        dh = dh + dy[t]
        direct = 0.0
        if kind == "lstm":
            i, f, g, o, old, c = rest
            u = np.tanh(c)
            dc = dc + dh * o * (1 - u * u)
            parts = [dc * g * i * (1 - i), dc * old * f * (1 - f)]
            parts += [dc * i * (1 - g * g), dh * u * o * (1 - o)]
            da = db = np.concatenate(parts, axis=1)
            dc = dc * f
        elif kind == "gru":
            r, z, n, bn = rest
            dn = dh * (1 - z) * (1 - n * n)
            both = [dn * bn * r * (1 - r), dh * (before - n) * z * (1 - z)]
            da = np.concatenate([*both, dn], axis=1)
            db = np.concatenate([*both, dn * r], axis=1)
            direct = dh * z
        else:
            da = db = dh * (1 - rest[0] ** 2)
        dx[t] = da @ w[0]
        dh = db @ w[1] + direct
        for grad, more in zip(grads, (da.T @ x[t], db.T @ before, da.sum(0), db.sum(0))):
            grad += more
    return dx, grads


def reference(kind: str, size: Sequence[int]) -> tuple[Float64, Float64, list[Float64]]:
    """Output, gradient of the input, gradients of the parameters."""
    _, _, _, hidden, layers, directions = size
    x, dy = (a.astype(float) for a in sequences(size))
    params = [p.astype(float) for p in weights(kind, size).values()]
    stack, runs = x, []
    for layer in range(layers):
        outputs = []
        for d in range(directions):
            w = params[4 * (layer * directions + d) :][:4]
            inner = stack[:: -1 if d else 1]
            y, kept = forward(kind, inner, w)
            outputs.append(y[:: -1 if d else 1])
            runs.append((inner, w, kept))
        stack = np.concatenate(outputs, axis=2)
    grads: list[Float64] = []
    slope = dy
    for layer in reversed(range(layers)):
        total, found = np.zeros_like(runs[layer * directions][0]), []
        for d in range(directions):
            inner, w, kept = runs[layer * directions + d]
            part = slope[:, :, d * hidden : (d + 1) * hidden]
            dx, g = backward(kind, part[:: -1 if d else 1], inner, w, kept)
            total = total + dx[:: -1 if d else 1]
            found += g
        slope = total
        grads = found + grads
    return stack, slope, grads


def lengths(size: Sequence[int]) -> NDArray[np.int64]:
    """Uniform in 1 … T; one sequence has all steps, as PyTorch's packing requires."""
    steps, batch = size[:2]
    found = np.random.default_rng(27).integers(1, steps + 1, batch)
    found[batch // 2] = steps
    return found


def lengths_answer(kind: str, size: Sequence[int]) -> Float64:
    """The answer for sequences of many lengths, one sequence at a time."""
    params = [p.astype(float) for p in weights(kind, size).values()]
    x, dy = (a.astype(float) for a in sequences(size))
    y, dx, grads = np.zeros_like(dy), np.zeros_like(x), [np.zeros_like(p) for p in params]
    for i, n in enumerate(lengths(size)):
        one = slice(i, i + 1)
        y[:n, one], kept = forward(kind, x[:n, one], params)
        dx[:n, one], more = backward(kind, dy[:n, one], x[:n, one], params, kept)
        for grad, part in zip(grads, more):
            grad += part
    return answer(y, dx, grads)


def step_answer(kind: str, size: Sequence[int]) -> Float64:
    """The answer of forward and backward."""
    return answer(*reference(kind, size))


def infer_answer(kind: str, size: Sequence[int]) -> Float64:
    """The answer of a forward pass of one layer."""
    params = [p.astype(float) for p in weights(kind, size).values()]
    return inputs.digest(forward(kind, sequences(size)[0].astype(float), params)[0])
