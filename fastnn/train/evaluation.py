"""Loss, metrics and predictions of a model that is not trained meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..autograd import no_grad
from ..metrics import Metric
from ..tensor import Tensor
from .batches import check_batch, output_of
from .objective import Objective

__all__: list[str] = []

Hooks = Mapping[str, list[Callable[..., Any]]]


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """The model in evaluation mode, without a tape; its parts are as before afterwards."""
    modes = [(part, part.training) for part in model.modules()]
    model.eval()
    try:
        with no_grad():
            yield
    finally:
        for part, training in modes:
            part.training = training


def evaluation(
    op: str,
    model: Any,
    objective: Objective,
    metrics: Mapping[str, Metric],
    batches: Iterable[Any],
    hooks: Hooks,
) -> dict[str, float]:
    """The loss, and the values of `metrics`, of all batches."""
    total = weight = 0.0
    begin, end = (hooks.get(f"on_test_batch_{when}", []) for when in ("begin", "end"))
    for metric in metrics.values():
        metric.reset()
    number = -1
    with evaluating(model):
        for number, batch in enumerate(batches):
            if number == 0:
                check_batch(op, batch)
            for hook in begin:
                hook(number, {})
            x, y, *rest = batch
            w = rest[0] if rest else None
            scores = output_of(model, x)
            loss = value_of(objective(scores, y, w, False))
            count = objective.count(y, w, False)
            total += loss if objective.is_sum else loss * count
            weight += count
            for metric in metrics.values():
                metric.update(scores, y, w)
            for hook in end:
                hook(number, {"loss": loss})
    if number < 0:
        raise ValueError(f"{op}: there are no batches")
    return {"loss": total / weight if weight else float("nan"), **values_of(metrics)}


def value_of(loss: Any) -> float:
    """A loss as a number."""
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        what = f"shape {loss.shape}" if isinstance(loss, Tensor) else type(loss).__name__
        raise TypeError(
            f"Trainer: loss must give a tensor with one number, got {what}; "
            "reduce it by its mean or its sum"
        )
    return float(loss.item())


def values_of(metrics: Mapping[str, Metric]) -> dict[str, float]:
    """The values of metrics, which are numbers."""
    found = {}
    for name, metric in metrics.items():
        value = metric.compute()
        if not isinstance(value, (int, float, np.number)):
            raise TypeError(
                f"Trainer: metrics must give one number, {name!r} gives a {type(value).__name__}; "
                "update it in a callback, or of what predict returns"
            )
        found[name] = float(value)
    return found


def predictions(model: Any, batches: Iterable[Any]) -> Any:
    """What the model gives for the inputs of all batches, one after the other."""
    parts: list[Any] = []
    with evaluating(model):
        for batch in batches:
            inputs = batch[0] if isinstance(batch, (tuple, list)) else batch
            parts.append(output_of(model, inputs))
    if not parts:
        raise ValueError("predict: there are no batches")
    if isinstance(parts[0], (tuple, list)):
        return tuple(joined(column) for column in zip(*parts))
    return joined(parts)


def joined(parts: Iterable[Any]) -> Tensor:
    """The outputs of batches as one tensor."""
    arrays = []
    for part in parts:
        if not isinstance(part, Tensor) or part.ndim == 0:
            raise TypeError(
                "predict: the model must give tensors of shape (N, ...), or a tuple of them, got "
                f"{f'shape {part.shape}' if isinstance(part, Tensor) else type(part).__name__}"
            )
        arrays.append(part.detach().numpy())
    return Tensor(np.concatenate(arrays))
