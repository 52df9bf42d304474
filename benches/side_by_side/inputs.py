"""Inputs of the workloads, the same in every process: NumPy arrays from a fixed seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Layer = tuple[Array, Array]
STRIDE = 4001  # a prime, so that samples of a large answer cover all lanes and rows


def normal(seed: int, *shape: int) -> Array:
    """Normal numbers in float32."""
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def matmul_inputs(size: Sequence[int]) -> tuple[Array, Array]:
    """Operands ``(m, k)`` and ``(k, n)``."""
    m, n, k = size
    return normal(1, m, k), normal(2, k, n)


def sample(array: Any) -> Any:
    """Every 4001st element of a large answer."""
    return np.asarray(array).reshape(-1)[::STRIDE].copy()


def digest(answer: Any) -> NDArray[np.float64]:
    """An answer as a flat float64 array; a large one is sampled."""
    return np.asarray(answer if np.size(answer) <= 100_000 else sample(answer), float).reshape(-1)


@dataclass
class Mlp:
    """A batch and the initial weights of a network; ``weight`` is ``(out, in)`` as in PyTorch."""

    x: Array
    labels: NDArray[np.int64]
    layers: list[Layer]


def mlp_inputs(size: Sequence[int]) -> Mlp:
    """Batch size and layer widths -> a batch, labels and weights."""
    batch, *dims = size
    rng = np.random.default_rng(3)
    layers = []
    for fan_in, fan_out in pairwise(dims):
        bound = fan_in**-0.5
        weight = rng.uniform(-bound, bound, (fan_out, fan_in)).astype(np.float32)
        layers.append((weight, rng.uniform(-bound, bound, fan_out).astype(np.float32)))
    labels = rng.integers(0, dims[-1], batch)
    return Mlp(normal(4, batch, dims[0]), labels, layers)


def logits_inputs(size: Sequence[int]) -> tuple[Array, NDArray[np.int64]]:
    """Logits and class ids."""
    rows, classes = size
    return normal(5, rows, classes), np.random.default_rng(6).integers(0, classes, rows)


def pointwise_inputs(size: Sequence[int]) -> tuple[Array, Array]:
    """``x`` and ``dy``."""
    return normal(7, *size) * np.float32(2), normal(8, *size)


def layer_norm_inputs(size: Sequence[int]) -> tuple[Array, Array, Array, Array]:
    """Rows, the gradient of the output, weight and bias."""
    rows, n = size
    return normal(70, rows, n), normal(71, rows, n), normal(72, n), normal(73, n)


def embedding_inputs(size: Sequence[int]) -> tuple[Array, NDArray[np.int64], Array]:
    """A table, ids, and the gradient of the output."""
    rows, width, *shape = size
    ids = np.random.default_rng(75).integers(0, rows, shape)
    return normal(74, rows, width), ids, normal(76, *shape, width)


def adam_inputs(size: Sequence[int]) -> tuple[list[Array], list[Array]]:
    """Parameters and gradients."""
    count, *shape = size
    return [normal(10 + i, *shape) for i in range(count)], [
        normal(40 + i, *shape) for i in range(count)
    ]


@dataclass
class Encoder:
    """A batch, the gradient of its output, and parameters by PyTorch's names."""

    x: Array
    dy: Array
    state: dict[str, Array]


def encoder_inputs(size: Sequence[int]) -> Encoder:
    """Batch, length, features, heads and inner features of an encoder layer."""
    batch, length, features, _, inner = size
    shapes = {
        "self_attn.in_proj_weight": (3 * features, features),
        "self_attn.in_proj_bias": (3 * features,),
        "self_attn.out_proj.weight": (features, features),
        "self_attn.out_proj.bias": (features,),
        "linear1.weight": (inner, features),
        "linear1.bias": (inner,),
        "linear2.weight": (features, inner),
        "linear2.bias": (features,),
        "norm1.weight": (features,),
        "norm1.bias": (features,),
        "norm2.weight": (features,),
        "norm2.bias": (features,),
    }
    state = {}
    for i, (name, shape) in enumerate(shapes.items()):
        state[name] = normal(70 + i, *shape) * np.float32(shape[-1] ** -0.5)
        if name.startswith("norm") and name.endswith("weight"):
            state[name] += np.float32(1)
    return Encoder(normal(60, batch, length, features), normal(61, batch, length, features), state)


def encoder_answer(y: Any, dx: Any, dweight: Any) -> Any:
    """Samples of an output and two gradients, scaled to similar magnitudes."""
    return np.concatenate([sample(y), sample(dx), sample(dweight) / len(dweight) ** 0.5])


@dataclass
class Digits:
    """Handwritten digits, three quarters of them for training."""

    x: Array
    labels: NDArray[np.int64]
    test_x: Array
    test_labels: NDArray[np.int64]


@cache
def digits_inputs(path: str) -> Digits:
    """Read the file that ``save_digits`` wrote."""
    with np.load(path) as file:
        return Digits(file["x"], file["labels"], file["test_x"], file["test_labels"])


def save_digits(path: str) -> None:
    """Write scikit-learn's digits, shuffled and scaled to 0…1, for libraries without it."""
    from sklearn.datasets import load_digits

    x, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(9).permutation(len(x))
    x, labels = (x[order] / 16).astype(np.float32), labels[order].astype(np.int64)
    np.savez(path, x=x[:1347], labels=labels[:1347], test_x=x[1347:], test_labels=labels[1347:])
