"""The gradients of a step: of one batch, or of several that count as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..nn.clip_grad import clip_grad_norm_
from ..random import default_generator
from ..tensor import Tensor
from .batches import check_batch, output_of
from .evaluation import value_of
from .not_finite import NotFinite, origin
from .objective import samples

if TYPE_CHECKING:
    from .loop import Loop

__all__: list[str] = []

Gradients = Callable[[Any], tuple[float, float]]


def gradients_of(loop: Loop) -> Gradients:
    """What computes the gradients of a step, and returns its loss and how much it counts.

    It is a closure, as variables of one take less time than attributes, and small steps are short.
    """
    trainer, counts = loop.trainer, loop.counts
    model, objective = trainer.model, trainer.objective
    loss_of, seen = objective.loss, loop.seen if loop.train_metrics else None
    clips = trainer.clip_norm is not None

    def of_one(batch: Any, share: float | None = None) -> tuple[float, float]:
        offset = default_generator.source.stream.item(1)
        if clips and share is None:
            loop.offset = offset
        try:
            x, y = batch
            weight = None
        except ValueError:
            check_batch("fit", batch)
            x, y, weight = batch
        scores = model(x) if type(x) is Tensor else output_of(model, x)
        if counts or weight is not None:
            loss = objective(scores, y, weight, True)
            count = 0.0 if share is not None else objective.count(y, weight, True)
        else:
            loss = loss_of(scores, y)
            count = len(y) if type(y) is Tensor else samples(y)
        try:
            value = loss.item()
        except (AttributeError, RuntimeError):
            value = value_of(loss)  # says what it should be
        if value - value != 0.0:  # NaN or infinite
            refuse(loop, "loss", value, [batch], offset)
        if share is None:
            loss.backward()
        else:
            (loss * share).backward()
        if seen is not None:
            seen.append((scores, y, weight))
        return value, count

    def of_several(batches: list[Any]) -> tuple[float, float]:
        each = []
        for batch in batches:
            check_batch("fit", batch)
            each.append(objective.count(batch[1], batch[2] if len(batch) > 2 else None, True))
        count, loss = sum(each), 0.0
        loop.offset = default_generator.source.stream.item(1)
        for batch, own in zip(batches, each):
            share = 1.0 if objective.is_sum else own / (count or 1.0)
            loss += share * of_one(batch, share)[0]
        return loss, count

    return of_one if trainer.accumulate == 1 else of_several


def clip(loop: Loop, batches: list[Any]) -> None:
    """Limit the norm of all gradients of a step."""
    trainer = loop.trainer
    assert trainer.clip_norm is not None
    norm = float(clip_grad_norm_(trainer.parameters, trainer.clip_norm).item())
    if norm - norm != 0.0:
        refuse(loop, "norm of the gradients", norm, batches, loop.offset)


def refuse(loop: Loop, what: str, value: float, batches: list[Any], offset: int) -> None:
    """Raise NotFinite, with where a value came from."""
    reason = origin(loop.model, loop.objective, batches, offset)
    raise NotFinite(what, value, reason)
