"""What is probably wrong with the labels or scores that a loss refused.

Asked for after the kernel has raised, so that a call that succeeds pays nothing.
"""

from __future__ import annotations

from typing import Any

from ...autograd.record import Array
from ...tensor.spelling import spelled

__all__: list[str] = []


def advise(error: Exception, advice: str, about: Any) -> None:
    """Add advice about a value to an error's message."""
    if advice:
        error.args = (f"{error}; {spelled(advice, about)}",)


def class_advice(
    error: Exception, x: Array, t: Array, ignore_index: int, probabilities: bool
) -> str:
    """The likely fix for scores (N, C, ...) and labels that do not go together, or nothing.

    Parameters
    ----------
    error
        What the loss raised, of its input or target if there is to be advice.
    x, t, ignore_index
        Scores and labels.
    probabilities
        Whether the loss also takes the probabilities of classes as labels.
    """
    if isinstance(error, IndexError):
        return id_advice(x.shape[min(1, x.ndim - 1)], t[t != ignore_index])
    if ": input" not in str(error) and ": target" not in str(error):
        return ""
    axis = min(1, x.ndim - 1)
    rows = (*x.shape[:axis], *x.shape[axis + 1 :]) if x.ndim else ()
    if x.dtype.kind != "f":
        if t.dtype.kind == "f":
            return "the scores come first, then the labels"
        return "scores are floats: input.float() converts them"
    if t.dtype.kind not in "iuf":
        return "target.long() converts class ids"
    ids = "target" if t.dtype.kind in "iu" else "target.long()"
    if t.shape == rows:
        return "" if ids == "target" else f"{ids} converts class ids"
    if t.shape == x.shape and x.ndim > 1:
        advice = f"target.argmax({axis}) converts one-hot labels to class ids"
        return f"{advice}, target.float() to probabilities" if probabilities else advice
    for i, n in enumerate(t.shape):
        if n == 1 and (*t.shape[:i], *t.shape[i + 1 :]) == rows:
            return f"{ids.replace('target', f'target.squeeze({i})')} has the shape of class ids"
    if x.ndim > 2 and t.shape == x.shape[:-1]:
        order = ", ".join(map(str, (0, x.ndim - 1, *range(1, x.ndim - 1))))
        return f"classes are dimension 1 of input: input.permute({order}) puts them there"
    return ""


def id_advice(classes: int, t: Array) -> str:
    """Advice on class ids that are out of range."""
    if classes == 1:
        return "one score for each sample is for binary_cross_entropy_with_logits"
    if t.min() == 1 and t.max() == classes:
        return f"class ids count from 0 to {classes - 1}: target - 1 makes those of 1 to {classes}"
    if t.min() < 0:
        return "ignore_index leaves out the rows of one such id"
    return f"class ids must lie between 0 and {classes - 1}"


def shape_advice(x: Array, t: Array) -> str:
    """The likely fix for an input and a target of different shapes, after a semicolon."""
    for name, a, b in (("input", x, t), ("target", t, x)):
        if a.ndim == b.ndim + 1 and a.shape[-1] == 1 and a.shape[:-1] == b.shape:
            return f"; {name}.squeeze(-1) drops the last dimension"
    return ""
