"""The loss of a batch, with weights of classes and samples, and how much the batch counts."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..nn import Module
from ..tensor import Tensor

__all__: list[str] = []

Array = NDArray[Any]


class Objective:
    """What is minimized: a loss, and the weights of classes.

    Parameters
    ----------
    loss
        ``loss(predictions, targets)`` gives one number: the mean, or with ``reduction="sum"`` the
        sum.
    class_weight
        The weight of each class, as an array (C,) or by class; None for 1.

    Attributes
    ----------
    is_sum
        Whether the loss is a sum.
    counts_samples
        Whether each sample of a batch without weights counts as one, so that `count` need not be
        asked.
    """

    def __init__(self, loss: Any, class_weight: Any) -> None:
        if isinstance(loss, type):
            raise TypeError(f"Trainer: loss must be a function; make an object: {loss.__name__}()")
        if not callable(loss):
            raise TypeError(
                f"Trainer: loss must be a function of predictions and targets, got {loss!r}"
            )
        self.loss = loss
        reduction = option(loss, "reduction")
        if reduction == "none":
            raise ValueError(
                "Trainer: loss must have reduction='mean' or 'sum': it gives one number"
            )
        self.is_sum = reduction == "sum"
        self.ignored = option(loss, "ignore_index")
        own = option(loss, "weight") if self.ignored is not None else None
        self.own_weight: Array | None = None if own is None else np.asarray(own, np.float64)
        self.others_count = isinstance(class_weight, Mapping)
        self.class_weight = None if class_weight is None else weights_of_classes(class_weight)
        self.counts_samples = self.ignored is None and self.own_weight is None
        self.each: Any = None
        if reduction is not None:
            self.each = unreduced(loss)
        if self.class_weight is not None:
            self.check_each("class_weight needs")

    def check_each(self, what: str) -> None:
        """Raise TypeError unless the losses of all samples can be had."""
        if self.each is None:
            raise TypeError(
                f"Trainer: {what} a loss with an argument `reduction`, as those of fastnn.nn have, "
                f"got {getattr(self.loss, '__name__', type(self.loss).__name__)}"
            )

    def __call__(self, predictions: Any, targets: Any, weight: Any, training: bool) -> Tensor:
        """The mean of the losses of a batch, those of classes and samples as their weights say."""
        each = self.weights(targets, weight, training)
        if each is None:
            result: Tensor = self.loss(predictions, targets)
            return result
        losses = self.each(predictions, targets)
        if losses.shape[: each.ndim] != each.shape:
            raise ValueError(
                f"Trainer: losses of shape {losses.shape} cannot have weights of shape {each.shape}"
            )
        each = np.broadcast_to(
            each.reshape(each.shape + (1,) * (losses.ndim - each.ndim)), losses.shape
        )
        total = each.sum()
        if self.own_weight is not None and np.shape(targets) == losses.shape:
            total = (each * self.own_weight[self.classes(targets)]).sum()
        share = each if self.is_sum else each / (total or 1.0)
        weighted: Tensor = (losses * Tensor(share.astype(losses.dtype))).sum()
        return weighted

    def classes(self, targets: Any) -> Array:
        """The targets as numbers of classes, 0 where they are ignored."""
        labels = np.asarray(targets)
        return labels if self.ignored is None else np.where(labels == self.ignored, 0, labels)

    def weights(self, targets: Any, weight: Any, training: bool) -> Array | None:
        """The weights of the targets: (N,) or the shape of targets; None if all count alike."""
        if weight is None and (self.class_weight is None or not training):
            return None
        self.check_each("weights of samples need")
        labels = np.asarray(targets)
        each = None
        if weight is not None:
            each = np.asarray(weight, np.float64)
            if each.shape not in (labels.shape, labels.shape[:1]):
                raise ValueError(
                    f"Trainer: weights of samples must have shape {labels.shape[:1]} or "
                    f"{labels.shape}, got {each.shape}"
                )
            if not (np.isfinite(each).all() and (each >= 0).all()):
                raise ValueError("Trainer: weights of samples must be finite and not negative")
            if labels.dtype.kind in "iu" or self.ignored is not None:
                each = each.reshape(each.shape + (1,) * (labels.ndim - each.ndim))
                each = np.broadcast_to(each, labels.shape)
        if self.class_weight is not None and training:
            if labels.dtype.kind not in "iu":
                raise TypeError(f"Trainer: class_weight needs integer targets, got {labels.dtype}")
            classes = self.classes(labels)
            beyond = int(classes.max(initial=0)) + 1 - len(self.class_weight)
            if beyond > 0 and self.others_count:
                self.class_weight = np.append(self.class_weight, np.ones(beyond))
            if classes.size and not 0 <= classes.min() <= classes.max() < len(self.class_weight):
                raise ValueError(
                    f"Trainer: class_weight has {len(self.class_weight)} classes, targets are from "
                    f"{classes.min()} to {classes.max()}"
                )
            own = self.class_weight[classes]
            each = own if each is None else each * own
        if self.ignored is not None and labels.dtype.kind in "iu":
            each = each * (labels != self.ignored)
        return each

    def count(self, targets: Any, weight: Any, training: bool) -> float:
        """How much a batch counts: what the mean of its losses has been divided by."""
        each = self.weights(targets, weight, training)
        if each is None and self.counts_samples:
            return float(samples(targets))
        labels = np.asarray(targets)
        if self.ignored is None or labels.dtype.kind not in "iu":
            return float(samples(targets) if each is None else each.sum())
        if each is None:
            each = (labels != self.ignored).astype(np.float64)
        if self.own_weight is not None:
            each = each * self.own_weight[self.classes(labels)]
        return float(each.sum())

    def has_ignored(self, targets: Any) -> bool:
        """Whether some of the targets do not count."""
        return self.own_weight is not None or bool(
            self.ignored is not None and (np.asarray(targets) == self.ignored).any()
        )


def samples(targets: Any) -> int:
    """The number of samples of a batch, 1 where it has no length."""
    first = targets
    if isinstance(targets, Mapping):
        first = next(iter(targets.values()), ())
    elif isinstance(targets, tuple):
        first = targets[0] if targets else ()
    try:
        return len(first)
    except TypeError:
        return 1


def option(loss: Any, name: str) -> Any:
    """What an argument of a loss is set to; None if it has no such argument."""
    if isinstance(loss, Module):
        return getattr(loss, name, None)
    if isinstance(loss, partial) and name in loss.keywords:
        return loss.keywords[name]
    try:
        found = inspect.signature(loss).parameters.get(name)
    except (TypeError, ValueError):
        return None
    return None if found is None or found.default is inspect.Parameter.empty else found.default


def unreduced(loss: Any) -> Any:
    """The loss of each sample."""
    if not isinstance(loss, Module):
        return partial(loss, reduction="none")
    each = copy.copy(loss)
    each.reduction = "none"
    return each


def weights_of_classes(given: Any) -> Array:
    """Weights by class as an array."""
    if isinstance(given, Mapping):
        keys = list(given)
        if not keys or any(not hasattr(k, "__index__") or int(k) < 0 for k in keys):
            raise ValueError(f"Trainer: class_weight must have classes as keys, got {keys}")
        weights = np.ones(int(max(keys)) + 1)
        for key, value in given.items():
            weights[int(key)] = value
    else:
        try:
            weights = np.array(given, np.float64)
        except (TypeError, ValueError):
            weights = np.zeros((0, 0))
    if weights.ndim != 1 or not len(weights):
        raise TypeError(
            f"Trainer: class_weight must be a list of numbers or a dict by class, got {given!r}"
        )
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueError("Trainer: class_weight must be finite and not negative")
    return weights
