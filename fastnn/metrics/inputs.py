"""Checks of what metrics are given: each once, with messages that name metric and argument."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..dtypes import kind
from ..tensor import Tensor
from .metric import Array

__all__: list[str] = []


def numbers(owner: str, argument: str, value: Any) -> Array:
    """An array of booleans, integers or floats with at least one dimension."""
    array = array_of(owner, argument, value)
    if array.ndim == 0:
        raise ValueError(f"{owner}: {argument} must have shape (N, ...), got a single number")
    return array


def array_of(owner: str, argument: str, value: Any) -> Array:
    """An array of booleans, integers or float64."""
    if isinstance(value, Tensor):
        value = value.numpy(force=True)
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{owner}: {argument} is no array: {error}") from None
    letter = kind(array.dtype)
    if letter not in "biuf":
        raise TypeError(f"{owner}: {argument} must hold numbers, got type {array.dtype}")
    return array.astype(np.float64) if letter == "f" else array


def labels(owner: str, argument: str, value: Any) -> Array:
    """An array of int64."""
    array = numbers(owner, argument, value)
    if array.dtype.kind == "f" and array.size:
        raise TypeError(f"{owner}: {argument} must be labels, which are integers, got floats")
    return array.astype(np.int64)


def weights(owner: str, weight: Any, shape: tuple[int, ...]) -> Array:
    """Weights in a shape, from those of that shape or of its first dimension."""
    if weight is None:
        return np.ones(shape)
    array = numbers(owner, "weight", weight).astype(np.float64)
    if array.shape not in (shape, shape[:1]):
        raise ValueError(
            f"{owner}: weight must have shape {shape} or {shape[:1]}, got {array.shape}"
        )
    if not (np.isfinite(array).all() and (array >= 0).all()):
        raise ValueError(f"{owner}: weights must be finite and not negative")
    return np.broadcast_to(array.reshape(array.shape + (1,) * (len(shape) - array.ndim)), shape)


def check_range(owner: str, argument: str, array: Array, size: int) -> None:
    """Raise ValueError unless labels are those of `size` classes."""
    wrong = array[(array < 0) | (array >= size)]
    if wrong.size:
        raise ValueError(
            f"{owner}: {argument} must be labels from 0 to {size - 1}, got {wrong.flat[0]}"
        )


def check_shape(owner: str, shape: tuple[int, ...], targets: Array) -> None:
    """Raise ValueError unless predictions have the shape of the targets."""
    if shape != targets.shape:
        raise ValueError(
            f"{owner}: predictions must have the shape of targets, {targets.shape}, got {shape}"
        )


def check_not_nan(owner: str, scores: Array) -> None:
    """Raise ValueError if a score is NaN."""
    if np.isnan(scores).any():
        raise ValueError(f"{owner}: predictions hold NaN")


def check_finite(owner: str, argument: str, array: Array) -> None:
    """Raise ValueError if a number is NaN or infinite."""
    if not np.isfinite(array).all():
        raise ValueError(f"{owner}: {argument} must be finite, got NaN or inf")


def class_rows(owner: str, scores: Array, targets: Array) -> Array:
    """Scores (N, C, d...) of targets (N, d...) as rows (N * d..., C)."""
    if scores.shape[:1] + scores.shape[2:] != targets.shape or scores.ndim != targets.ndim + 1:
        raise ValueError(
            f"{owner}: predictions must have shape (N, C, d...) where targets have (N, d...), "
            f"got {scores.shape} and {targets.shape}"
        )
    if scores.shape[1] == 0:
        raise ValueError(f"{owner}: predictions have no class, in shape {scores.shape}")
    check_not_nan(owner, scores)
    return np.moveaxis(scores, 1, -1).reshape(-1, scores.shape[1])


def probabilities(owner: str, scores: Array, logits: bool) -> Array:
    """Probabilities of 1, from themselves or from logits."""
    check_not_nan(owner, scores)
    if logits:
        return ops.sigmoid(scores.astype(np.float64)).numpy()
    if scores.size and not (scores.min() >= 0 and scores.max() <= 1):
        raise ValueError(
            f"{owner}: predictions must be probabilities, from 0 to 1, got numbers from "
            f"{scores.min():g} to {scores.max():g}; for logits set logits=True"
        )
    return scores.astype(np.float64)


def class_probabilities(owner: str, rows: Array, logits: bool) -> Array:
    """Rows of probabilities that sum to 1, from themselves or from logits."""
    if logits:
        check_finite(owner, "predictions", rows)
        return ops.softmax(rows.astype(np.float64), 1).numpy()
    rows = probabilities(owner, rows, False)
    sums = rows.sum(1)
    # Rounding of bfloat16 probabilities: each has an error of up to 2**-9 of itself.
    if len(rows) and np.abs(sums - 1).max() > 2**-8:
        raise ValueError(
            f"{owner}: the probabilities of a sample must sum to 1, got sums from {sums.min():g} "
            f"to {sums.max():g}; for logits set logits=True"
        )
    return rows
