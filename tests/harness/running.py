"""Runs operations on tensors made from samples; returns outputs and gradients as arrays."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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


def tensors(record: Record, sample: Sample, requires_grad: bool) -> tuple[Sample, list[Tensor]]:
    """The arguments with arrays wrapped in tensors, and the list of those that need a gradient."""
    leaves: list[Tensor] = []

    def make(constant: bool, x: np.ndarray) -> Tensor:
        t = Tensor(x)
        if requires_grad and is_float(x) and not constant:
            t.requires_grad = True
            leaves.append(t)
        return t

    args = [tree(partial(make, i in record.constants), a) for i, a in enumerate(sample.args)]
    kwargs = {k: tree(partial(make, k in record.constants), a) for k, a in sample.kwargs.items()}
    return Sample(*args, **kwargs), leaves


def listed(result: Any) -> list[Any]:
    """One output or several, as a list."""
    return list(result) if isinstance(result, (tuple, list)) else [result]


def run(record: Record, sample: Sample) -> list[np.ndarray]:
    """Outputs as arrays."""
    wrapped, _ = tensors(record, sample, False)
    return [np.asarray(y._array) for y in listed(record.op(*wrapped.args, **wrapped.kwargs))]


def run_backward(record: Record, sample: Sample) -> tuple[list[np.ndarray], list[Any]]:
    """Outputs, and the gradients of a fixed weighted sum of outputs by every float argument."""
    wrapped, leaves = tensors(record, sample, True)
    ys = listed(record.op(*wrapped.args, **wrapped.kwargs))
    outs = [y for y in ys if y.requires_grad]
    rng = np.random.Generator(np.random.PCG64(1))
    dys = [rng.uniform(0.5, 1.5, y.shape).astype(y.dtype) for y in outs]
    if outs:
        fastnn.autograd.backward(outs, dys)
    return [y._array for y in ys], [None if x.grad is None else x.grad._array for x in leaves]


def outcome(record: Record, sample: Sample) -> tuple[list[np.ndarray], list[Any]]:
    """Outputs, and gradients if there are any."""
    return run_backward(record, sample) if record.gradient else (run(record, sample), [])
