"""Where a loss or a gradient that is not finite came from."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.anomaly import detect_anomaly
from ..random import default_generator
from ..tensor import Tensor
from .batches import output_of
from .objective import Objective

__all__: list[str] = []


class NotFinite(FloatingPointError):
    """A loss or a gradient is NaN or infinite; the loop adds in which step."""

    def __init__(self, what: str, value: float, reason: str) -> None:
        super().__init__(f"the {what} is {value}: {reason}")
        self.what, self.value, self.reason = what, value, reason


def origin(model: Any, objective: Objective, batches: list[Any], offset: int) -> str:
    """The first thing that is not finite in a step, which is computed again where need be.

    Weights are those of before the step. `offset` is that of the kernels' random numbers then, so
    that dropout drops the same.
    """
    for name, p in model.named_parameters():
        if found := fault(p):
            return (
                f"the parameter {name!r} has {found}: an earlier step had a gradient that was not "
                "finite, or was too long; see fastnn.autograd.detect_anomaly, and clip_norm"
            )
    for batch in batches:
        for name, part in zip(("inputs", "targets", "weights"), batch):
            several = part.values() if isinstance(part, dict) else part
            parts = several if isinstance(part, (dict, tuple, list)) else [part]
            for each in parts:
                if found := fault(each):
                    return f"the {name} of the batch have {found}"
    default_generator.source.stream[1] = offset
    try:
        with detect_anomaly():
            for x, y, *rest in batches:
                weight = rest[0] if rest else None
                objective(output_of(model, x), y, weight, True).backward()
    except RuntimeError as error:
        return str(error).removeprefix("detect_anomaly: ")
    finally:
        for p in model.parameters():
            p.grad = None
    return "it was finite when the step was computed again: does the model draw other numbers?"


def fault(value: Any) -> str:
    """How many elements are not finite; empty if all are."""
    if not isinstance(value, (Tensor, np.ndarray)):
        return ""
    array = np.asarray(value.detach() if isinstance(value, Tensor) else value)
    if array.dtype.kind not in "fc":
        return ""
    wrong = int(np.count_nonzero(~np.isfinite(array)))
    kind = "NaN" if np.isnan(array).any() else "infinity"
    return f"{kind} in {wrong} of {array.size} elements" if wrong else ""
