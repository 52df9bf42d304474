"""Runs operations on tensors made from samples; returns outputs and gradients as arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import fastnn
from fastnn import Tensor

from .record import Record, Sample


def tree(f: Callable[[Any], Any], value: Any) -> Any:
    """`value` with `f` applied to every array in its lists, tuples and dicts."""
    if isinstance(value, np.ndarray):
        return f(value)
    if isinstance(value, (list, tuple)):
        return type(value)([tree(f, v) for v in value])
    if isinstance(value, dict):
        return {k: tree(f, v) for k, v in value.items()}
    return value


def arrays_in(value: Any) -> list[np.ndarray]:
    """Every array in nested lists, tuples (named ones too) and dicts."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [x for part in value for x in arrays_in(part)]
    return []


def is_float(x: np.ndarray) -> bool:
    return x.dtype.kind == "f"


def cast(sample: Sample, dtype: str) -> Sample:
    """A copy of the arguments, float arrays in `dtype`."""
    make = lambda x: np.array(x, dtype=dtype if is_float(x) else x.dtype)  # noqa: E731
    return Sample(*tree(make, sample.args), **tree(make, sample.kwargs))


def widened(sample: Sample) -> Sample:
    """The same numbers in float64, for the reference."""
    make = lambda x: x.astype(np.float64) if is_float(x) else x  # noqa: E731
    return Sample(*tree(make, sample.args), **tree(make, sample.kwargs))


def each_array(record: Record, sample: Sample, make: Callable[[bool, np.ndarray], Any]) -> Sample:
    """The arguments with ``make(has_gradient, x)`` instead of each array x."""

    def change(name: int | str, value: Any) -> Any:
        constant = name in record.constants
        return tree(lambda x: make(is_float(x) and not constant, x), value)

    args = [change(i, a) for i, a in enumerate(sample.args)]
    return Sample(*args, **{k: change(k, a) for k, a in sample.kwargs.items()})


def tensors(record: Record, sample: Sample, requires_grad: bool) -> tuple[Sample, list[Tensor]]:
    """The arguments with arrays wrapped in tensors, and the list of those that need a gradient."""
    leaves: list[Tensor] = []

    def make(has_gradient: bool, x: np.ndarray) -> Tensor:
        t = Tensor(x)
        if requires_grad and has_gradient:
            t.requires_grad = True
            leaves.append(t)
        return t

    return each_array(record, sample, make), leaves


def moved(record: Record, sample: Sample, by: float) -> tuple[Sample, list[np.ndarray]]:
    """The sample moved along a random direction, and this direction for each array."""
    rng = np.random.Generator(np.random.PCG64(2))
    direction: list[np.ndarray] = []

    def make(has_gradient: bool, x: np.ndarray) -> np.ndarray:
        if not has_gradient:
            return x
        direction.append(rng.uniform(-1, 1, x.shape))
        return x + by * direction[-1]

    return each_array(record, sample, make), direction


def weights(ys: Sequence[Any]) -> list[np.ndarray]:
    """What outputs are weighted by in the sum that gradients are taken of."""
    rng = np.random.Generator(np.random.PCG64(1))
    return [rng.uniform(0.5, 1.5, y.shape).astype(y.dtype) for y in ys]


def listed(result: Any) -> list[Any]:
    """One output or several, as a list."""
    return list(result) if isinstance(result, (tuple, list)) else [result]


def expected(record: Record, sample: Sample) -> list[np.ndarray]:
    """What the reference gives."""
    return [np.asarray(y) for y in listed(record.reference(*sample.args, **sample.kwargs))]


def run(record: Record, sample: Sample) -> list[np.ndarray]:
    """Outputs as arrays."""
    wrapped, _ = tensors(record, sample, False)
    return [np.asarray(y._array) for y in listed(record.op(*wrapped.args, **wrapped.kwargs))]


def differentiable(record: Record, sample: Sample) -> list[bool]:
    """Which outputs have a gradient."""
    wrapped, _ = tensors(record, sample, True)
    return [y.requires_grad for y in listed(record.op(*wrapped.args, **wrapped.kwargs))]


def run_backward(record: Record, sample: Sample) -> tuple[list[np.ndarray], list[Any]]:
    """Outputs, and the gradients of a fixed weighted sum of outputs by every float argument."""
    wrapped, leaves = tensors(record, sample, True)
    ys = listed(record.op(*wrapped.args, **wrapped.kwargs))
    outs = [y for y in ys if y.requires_grad]
    if outs:
        fastnn.autograd.backward(outs, weights(outs))
    return [y._array for y in ys], [None if x.grad is None else x.grad._array for x in leaves]


def outcome(record: Record, sample: Sample) -> tuple[list[np.ndarray], list[Any]]:
    """Outputs, and gradients if there are any."""
    return run_backward(record, sample) if record.gradient else (run(record, sample), [])
