"""Answers in slow, simple float64 NumPy, checked before a time is printed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import convolution, inputs, networks_reference, norms, pooling, recurrent, resampling

Float64 = NDArray[np.float64]
TRAIN_STEPS = 5
ADAM_STEPS = 3
LR = 1e-3


class Adam:
    """Adam of Kingma and Ba (2015) with PyTorch's defaults."""

    def __init__(self, params: list[Float64], lr: float) -> None:
        self.params, self.lr, self.t = params, lr, 0
        self.m = [np.zeros_like(p) for p in params]
        self.v = [np.zeros_like(p) for p in params]

    def step(self, grads: list[Float64]) -> None:
        self.t += 1
        for p, g, m, v in zip(self.params, grads, self.m, self.v, strict=True):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            scale = np.sqrt(v / (1 - 0.999**self.t)) + 1e-8
            p -= self.lr * (m / (1 - 0.9**self.t)) / scale


def forward(x: Float64, params: list[Float64]) -> list[Float64]:
    """Inputs of every layer, and the logits last."""
    values = [x]
    for i in range(0, len(params), 2):
        y = values[-1] @ params[i].T + params[i + 1]
        values.append(np.maximum(y, 0) if i + 2 < len(params) else y)
    return values


def cross_entropy(logits: Float64, labels: NDArray[np.int64]) -> tuple[float, Float64]:
    """Mean loss and its gradient."""
    shifted = logits - logits.max(1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    rows = np.arange(len(labels))
    gradient = np.exp(logp)
    gradient[rows, labels] -= 1
    return float(-logp[rows, labels].mean()), gradient / len(labels)


def mlp_step(size: Sequence[int]) -> Float64:
    """Losses of the first steps."""
    data = inputs.mlp_inputs(size)
    params = [p.astype(np.float64) for layer in data.layers for p in layer]
    optimizer = Adam(params, LR)
    losses = []
    for _ in range(TRAIN_STEPS):
        values = forward(data.x.astype(np.float64), params)
        loss, dy = cross_entropy(values[-1], data.labels)
        losses.append(loss)
        grads: list[Float64] = []
        for i in range(len(params) - 2, -1, -2):
            x = values[i // 2]
            grads[:0] = [dy.T @ x, dy.sum(0)]
            dy = (dy @ params[i]) * (x > 0)
        optimizer.step(grads)
    return np.array(losses)


def matmul(size: Sequence[int]) -> Float64:
    a, b = inputs.matmul_inputs(size)
    return a.astype(np.float64) @ b.astype(np.float64)


def mlp_infer(size: Sequence[int]) -> Float64:
    data = inputs.mlp_inputs(size)
    params = [p.astype(np.float64) for layer in data.layers for p in layer]
    return forward(data.x.astype(np.float64), params)[-1]


def softmax_cross_entropy(size: Sequence[int]) -> Float64:
    logits, labels = inputs.logits_inputs(size)
    loss, gradient = cross_entropy(logits.astype(np.float64), labels)
    return np.concatenate([[loss], inputs.sample(gradient) * gradient.size])


def tanh(size: Sequence[int]) -> Float64:
    x, dy = (inputs.sample(a).astype(np.float64) for a in inputs.pointwise_inputs(size))
    y = np.tanh(x)
    return np.stack([y, dy * (1 - y * y)])


def gelu(size: Sequence[int]) -> Float64:
    x, dy = (inputs.sample(a).astype(np.float64) for a in inputs.pointwise_inputs(size))
    cdf = np.array([0.5 * (1 + math.erf(v / math.sqrt(2))) for v in x])
    return np.stack([x * cdf, dy * (cdf + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi))])


def layer_norm(size: Sequence[int]) -> Float64:
    """Output and gradient of the input, samples of both."""
    x, dy, w, b = (a.astype(np.float64) for a in inputs.layer_norm_inputs(size))
    x -= x.mean(1, keepdims=True)
    r = 1 / np.sqrt((x**2).mean(1, keepdims=True) + 1e-5)
    h, g = x * r, dy * w
    dx = r * (g - g.mean(1, keepdims=True) - h * (g * h).mean(1, keepdims=True))
    return np.concatenate([inputs.sample(h * w + b), inputs.sample(dx), (dy * h).sum(0)])


def embedding(size: Sequence[int]) -> Float64:
    """Samples of the output and of the gradient of the table."""
    table, ids, dy = inputs.embedding_inputs(size)
    gradient = np.zeros(table.shape)
    np.add.at(gradient, ids.reshape(-1), dy.reshape(-1, size[1]))
    return np.concatenate([inputs.sample(table[ids]), inputs.sample(gradient)])


def adam(size: Sequence[int]) -> Float64:
    params, grads = inputs.adam_inputs(size)
    first = [inputs.sample(p).astype(np.float64) for p in params]
    slopes = [inputs.sample(g).astype(np.float64) for g in grads]
    optimizer = Adam(first, LR)
    for _ in range(ADAM_STEPS):
        optimizer.step(slopes)
    return np.stack(first)


def normalize(x: Float64, weight: Float64, bias: Float64) -> tuple[Float64, Float64, Float64]:
    """Output, normalized input and 1 / sigma."""
    centred = x - x.mean(-1, keepdims=True)
    factor = 1 / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
    return centred * factor * weight + bias, centred * factor, factor


def normalize_backward(
    dy: Float64, weight: Float64, normalized: Float64, factor: Float64
) -> Float64:
    """Gradient of the input."""
    g = dy * weight
    mean = g.mean(-1, keepdims=True)
    slope: Float64 = factor * (g - mean - normalized * (g * normalized).mean(-1, keepdims=True))
    return slope


def encoder_layer(size: Sequence[int]) -> Float64:
    """Samples of the output and of the gradients of the input and of the projection weight."""
    batch, length, features, heads, _ = size
    data = inputs.encoder_inputs(size)
    x, dy = data.x.astype(np.float64), data.dy.astype(np.float64)
    p = {name: value.astype(np.float64) for name, value in data.state.items()}
    rows = x @ p["self_attn.in_proj_weight"].T + p["self_attn.in_proj_bias"]
    q, k, v = rows.reshape(batch, length, 3, heads, -1).transpose(2, 0, 3, 1, 4)
    scale = q.shape[-1] ** -0.5
    scores = scale * q @ k.swapaxes(-1, -2)
    e = np.exp(scores - scores.max(-1, keepdims=True))
    w = e / e.sum(-1, keepdims=True)
    joined = (w @ v).transpose(0, 2, 1, 3).reshape(x.shape)
    attended = joined @ p["self_attn.out_proj.weight"].T + p["self_attn.out_proj.bias"]
    mid, normal1, factor1 = normalize(x + attended, p["norm1.weight"], p["norm1.bias"])
    inner = np.maximum(mid @ p["linear1.weight"].T + p["linear1.bias"], 0)
    total = mid + inner @ p["linear2.weight"].T + p["linear2.bias"]
    y, normal2, factor2 = normalize(total, p["norm2.weight"], p["norm2.bias"])
    # The backward pass.
    dtotal = normalize_backward(dy, p["norm2.weight"], normal2, factor2)
    dinner = (dtotal @ p["linear2.weight"]) * (inner > 0)
    dmid = dtotal + dinner @ p["linear1.weight"]
    dsum = normalize_backward(dmid, p["norm1.weight"], normal1, factor1)
    djoined = dsum @ p["self_attn.out_proj.weight"]
    dout = djoined.reshape(batch, length, heads, -1).transpose(0, 2, 1, 3)
    dv, dw = w.swapaxes(-1, -2) @ dout, dout @ v.swapaxes(-1, -2)
    ds = scale * w * (dw - (dw * w).sum(-1, keepdims=True))
    drows = np.stack([ds @ k, ds.swapaxes(-1, -2) @ q, dv]).transpose(1, 3, 0, 2, 4)
    flat = drows.reshape(batch * length, -1)
    dx = dsum + (flat @ p["self_attn.in_proj_weight"]).reshape(x.shape)
    dweight = flat.T @ x.reshape(-1, features)
    return inputs.encoder_answer(y, dx, dweight)


def char_lm(size: Sequence[int]) -> Float64:
    """Losses of the first steps."""
    data = recurrent.char_lm_inputs(size)
    params = [value.astype(np.float64) for value in data.state.values()]
    table, lstm, (w, b) = params[0], params[1:5], params[5:]
    ids, labels = data.ids[:-1], data.ids[1:].reshape(-1)
    optimizer = Adam(params, LR)
    losses = []
    for _ in range(ADAM_STEPS):
        h, kept = recurrent.forward("lstm", table[ids], lstm)
        rows = h.reshape(-1, h.shape[-1])
        loss, dy = cross_entropy(rows @ w.T + b, labels)
        losses.append(loss)
        dx, grads = recurrent.backward("lstm", (dy @ w).reshape(h.shape), table[ids], lstm, kept)
        dtable = np.zeros_like(table)
        np.add.at(dtable, ids, dx)
        optimizer.step([dtable, *grads, dy.T @ rows, dy.sum(0)])
    return np.array(losses)


def digits(size: Sequence[int]) -> Float64:
    """Test accuracy that every library reaches within the tolerance."""
    return np.array([0.975])


REFERENCES: dict[str, Callable[[Sequence[int]], Any]] = {
    "matmul": matmul,
    "mlp_step": mlp_step,
    "mlp_infer": mlp_infer,
    "cross_entropy": softmax_cross_entropy,
    "tanh": tanh,
    "gelu": gelu,
    "layer_norm": layer_norm,
    "embedding": embedding,
    "adam": adam,
    "encoder_layer": encoder_layer,
    "digits": digits,
    **{f"{kind}_step": partial(recurrent.step_answer, kind) for kind in recurrent.GATES},
    **{f"{kind}_infer": partial(recurrent.infer_answer, kind) for kind in recurrent.GATES},
    "lstm_lengths": partial(recurrent.lengths_answer, "lstm"),
    "char_lm": char_lm,
    **{kind: partial(convolution.part_answer, kind) for kind in convolution.PARTS},
    "conv_step": convolution.step_answer,
    "conv_first": convolution.first_answer,
    "max_pool": pooling.step_answer,
    **{f"{mode}_infer": resampling.outputs(mode) for mode in resampling.MODES},
    **{f"{mode}_step": resampling.step(mode) for mode in resampling.MODES},
    **{kind: norms.reference(kind) for kind in norms.KINDS},
    "resnet_step": partial(networks_reference.step_answer, cross_entropy, "resnet"),
    "resnet_infer": partial(networks_reference.infer_answer, "resnet"),
    "vgg_step": partial(networks_reference.step_answer, cross_entropy, "vgg"),
}


def error(shape: Sequence[int], answer: Sequence[float], expected: Float64) -> float:
    """Largest difference over the largest expected value; infinite for a wrong shape or NaN."""
    if tuple(shape) != expected.shape or not np.all(np.isfinite(answer)):
        return math.inf
    expected = inputs.digest(expected)
    return float(np.max(np.abs(np.array(answer) - expected)) / np.max(np.abs(expected)))
