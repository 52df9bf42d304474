"""The workloads in JAX: whole steps under ``jit``, state donated, waiting for the result."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import numpy as np
from jax import numpy as jnp

from .. import inputs, reference
from ..workloads import Size
from . import Case

wait = jax.block_until_ready


def setup(threads: int) -> str:
    """JAX takes its threads from the affinity of the process; return the version."""
    return str(jax.__version__)


def plain(function: Callable[..., Any], *args: Any) -> Case:
    """A pure function of its arguments."""
    compiled = jax.jit(function)
    return Case(lambda: wait(compiled(*args)), lambda: np.asarray(jax.device_get(compiled(*args))))


def matmul(size: Size, variant: str) -> Case:
    a, b = map(jnp.asarray, inputs.matmul_inputs(size))
    return plain(jnp.matmul, a, b)


def forward(params: Any, x: Any) -> Any:
    for weight, bias in params[:-1]:
        x = jax.nn.relu(x @ weight.T + bias)
    return x @ params[-1][0].T + params[-1][1]


def loss_of(logits: Any, labels: Any) -> Any:
    picked = jnp.take_along_axis(logits, labels[:, None], 1)[:, 0]
    return jnp.mean(jax.nn.logsumexp(logits, axis=1) - picked)


def mlp_infer(size: Size, variant: str) -> Case:
    data = inputs.mlp_inputs(size)
    params = jax.tree.map(jnp.asarray, data.layers)
    compiled = jax.jit(forward)

    def step() -> Any:
        return wait(compiled(params, data.x))

    return Case(step, lambda: np.asarray(step()))


def adam_update(params: Any, state: Any, grads: Any) -> Any:
    """Adam over a tree of parameters, with PyTorch's defaults."""
    m, v, t = state
    t = t + 1
    m = jax.tree.map(lambda m, g: m + 0.1 * (g - m), m, grads)
    v = jax.tree.map(lambda v, g: v + 0.001 * (g * g - v), v, grads)
    first, second = 1 - 0.9**t, 1 - 0.999**t

    def move(p: Any, m: Any, v: Any) -> Any:
        return p - reference.LR * (m / first) / (jnp.sqrt(v / second) + 1e-8)

    return jax.tree.map(move, params, m, v), (m, v, t)


def adam_state(params: Any) -> Any:
    return jax.tree.map(jnp.zeros_like, params), jax.tree.map(jnp.zeros_like, params), jnp.zeros(())


def mlp_step(size: Size, variant: str) -> Case:
    data = inputs.mlp_inputs(size)
    x, labels = jnp.asarray(data.x), jnp.asarray(data.labels, jnp.int32)
    state: Any

    @partial(jax.jit, donate_argnums=(0, 1))
    def train(params: Any, moments: Any, x: Any, labels: Any) -> Any:
        loss, grads = jax.value_and_grad(lambda p: loss_of(forward(p, x), labels))(params)
        return *adam_update(params, moments, grads), loss

    def reset() -> None:
        nonlocal state
        params = jax.tree.map(jnp.array, data.layers)
        state = params, adam_state(params)

    def step() -> Any:
        nonlocal state
        *state, loss = train(*state, x, labels)
        wait(state)
        return loss

    def answer() -> Any:
        reset()
        return np.array([float(step()) for _ in range(reference.TRAIN_STEPS)])

    reset()
    return Case(step, answer, reset)


def cross_entropy(size: Size, variant: str) -> Case:
    logits, labels = inputs.logits_inputs(size)
    args = jnp.asarray(logits), jnp.asarray(labels, jnp.int32)
    compiled = jax.jit(jax.value_and_grad(loss_of))

    def step() -> Any:
        return wait(compiled(*args))

    def answer() -> Any:
        loss, gradient = step()
        return np.concatenate([[loss], inputs.sample(gradient) * gradient.size])

    return Case(step, answer)


def pointwise(function: Callable[[Any], Any]) -> Callable[[Size, str], Case]:
    def build(size: Size, variant: str) -> Case:
        x, dy = map(jnp.asarray, inputs.pointwise_inputs(size))

        @jax.jit
        def both(x: Any, dy: Any) -> Any:
            y, pull = jax.vjp(function, x)
            return y, pull(dy)[0]

        def step() -> Any:
            return wait(both(x, dy))

        return Case(step, lambda: np.stack([inputs.sample(a) for a in step()]))

    return build


def layer_norm(size: Size, variant: str) -> Case:
    x, dy, weight, bias = map(jnp.asarray, inputs.layer_norm_inputs(size))

    def norm(x: Any, weight: Any, bias: Any) -> Any:
        h = x - x.mean(1, keepdims=True)
        return h / jnp.sqrt((h * h).mean(1, keepdims=True) + 1e-5) * weight + bias

    @jax.jit
    def both(x: Any, weight: Any, bias: Any, dy: Any) -> Any:
        y, pull = jax.vjp(norm, x, weight, bias)
        return y, *pull(dy)

    def step() -> Any:
        return wait(both(x, weight, bias, dy))

    def answer() -> Any:
        y, dx, dw, _ = step()
        return np.concatenate([inputs.sample(y), inputs.sample(dx), np.asarray(dw)])

    return Case(step, answer)


def embedding(size: Size, variant: str) -> Case:
    table, ids, dy = map(jnp.asarray, inputs.embedding_inputs(size))

    @jax.jit
    def both(table: Any, ids: Any, dy: Any) -> Any:
        y, pull = jax.vjp(lambda t: t[ids], table)
        return y, pull(dy)[0]

    def step() -> Any:
        return wait(both(table, ids, dy))

    return Case(step, lambda: np.concatenate([inputs.sample(a) for a in step()]))


def adam(size: Size, variant: str) -> Case:
    first, slopes = inputs.adam_inputs(size)
    grads = [jnp.asarray(g) for g in slopes]
    update = jax.jit(adam_update, donate_argnums=(0, 1))
    state: Any

    def reset() -> None:
        nonlocal state
        params = [jnp.array(p) for p in first]
        state = params, adam_state(params)

    def step() -> None:
        nonlocal state
        state = wait(update(*state, grads))

    def answer() -> Any:
        reset()
        for _ in range(reference.ADAM_STEPS):
            step()
        return np.stack([inputs.sample(p) for p in state[0]])

    reset()
    return Case(step, answer, reset)


BUILDERS = {
    "matmul": matmul,
    "mlp_infer": mlp_infer,
    "mlp_step": mlp_step,
    "cross_entropy": cross_entropy,
    "tanh": pointwise(jnp.tanh),
    "gelu": pointwise(partial(jax.nn.gelu, approximate=False)),
    "layer_norm": layer_norm,
    "embedding": embedding,
    "adam": adam,
}
