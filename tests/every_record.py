"""Every operation and module that has a record, and how one of its calls is run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fastnn
from fastnn import Tensor
from tests.harness import Record, Sample
from tests.harness.running import arrays_in, listed, tensors, weights
from tests.nn.records import MODULES
from tests.ops.records import records_by_file

FILES = records_by_file() | {"modules": MODULES}
RECORDS = [
    pytest.param(record, id=f"{name}-{record.name}-{i}")
    for name, records in FILES.items()
    for i, record in enumerate(records)
]
WITH_GRADIENT = [param for param in RECORDS if param.values[0].gradient]


def flat(record: Record, result: Any) -> list[Tensor]:
    """All outputs that are tensors: modules may nest them."""
    found: list[Tensor] = []
    for y in listed(result):
        found += flat(record, y) if isinstance(y, (tuple, list)) else [y] * isinstance(y, Tensor)
    return found


def some_samples(record: Record) -> list[Sample]:
    """A few calls of a record, of different kinds: those that have elements, or take no arrays."""
    full = [s for s in record.samples if any(x.size for x in arrays_in([s.args, s.kwargs]))]
    full = full or [s for s in record.samples if not arrays_in([s.args, s.kwargs])]
    return [*full[:2], *full[-1:]]


def forward_backward(
    record: Record,
    sample: Sample,
    change: Callable[[list[Tensor], list[Tensor]], None] = lambda inputs, ys: None,
) -> tuple[list[np.ndarray], list[Any]]:
    """Outputs and gradients, after `change` in between."""
    wrapped, leaves = tensors(record, sample, record.gradient)
    ys = flat(record, record.op(*wrapped.args, **wrapped.kwargs))
    values = [y._array.copy() for y in ys]
    outs = [y for y in ys if y.requires_grad]
    dys = weights(outs)
    change(leaves, ys)
    if outs:
        fastnn.autograd.backward(outs, dys)
    return values, [None if x.grad is None else x.grad.numpy() for x in leaves]
