"""Entities in tagged sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..tensor import Tensor
from . import inputs
from .averages import averaged, quotients
from .decisions import check_choice
from .metric import Array, Metric, State
from .spans import PREFIXES, Span, Tag, parsed, spans, well_formed

__all__ = ["EntityF1"]


class EntityScores(NamedTuple):
    """Precision, recall and F1 of a type, and how many entities of it there are."""

    precision: float
    recall: float
    f1: float
    support: float


class EntityF1(Metric):
    """F1 of whole entities in tagged sentences: ``2 tp / (predicted + true)``.

    An entity is right if its type, its first and its last position are. Entities are read as by
    conlleval, the program of the CoNLL-2000 shared task (Tjong Kim Sang and Buchholz, 2000).

    Parameters
    ----------
    scheme
        "BIO" or "IOB2", the same: B begins an entity and I goes on with it; "BIOES": E ends it,
        and S is one of a single position. Default: "BIO".
    tags
        The tag of each number, ["O", "B-PER", ...]. Predictions and targets then are numbers
        (N, T) or lists of lists, or predictions are scores (N, C, T). Default: None, lists of lists
        of strings.
    strict
        Whether entities that the scheme does not allow, such as an I after an O, are none.
        Default: False, they are entities.
    average
        "micro": of all entities together; "macro": the mean over types; "weighted": weighted by how
        many entities each has. Default: "micro".
    ignore_index
        With `tags`, positions with this target are left out. Default: -100.

    Raises
    ------
    TypeError, ValueError
        Before anything is changed: if sentences differ in number or length, or a tag is none of the
        scheme.

    Notes
    -----
    Memory: three numbers for each type. `weight` is that of sentences, (N,). Where there are no
    entities the value is 0.

    Examples
    --------
    >>> f1 = fastnn.metrics.EntityF1()
    >>> f1.update([["B-PER", "I-PER", "O", "B-LOC"]], [["B-PER", "I-PER", "O", "B-ORG"]])
    >>> f1.update([["O", "B-LOC"]], [["O", "B-LOC"]])
    >>> round(f1.compute(), 3)
    0.667
    >>> print(f1.table())
            precision  recall      f1  support
    LOC         0.500   1.000   0.667        1
    ORG         0.000   0.000   0.000        1
    PER         1.000   1.000   1.000        1
    all         0.667   0.667   0.667        3
    """

    name = "entity_f1"

    def __init__(
        self,
        scheme: str = "BIO",
        *,
        tags: Sequence[str] | None = None,
        strict: bool = False,
        average: str = "micro",
        ignore_index: int | None = -100,
    ) -> None:
        check_choice(self, "scheme", scheme, tuple(PREFIXES))
        check_choice(self, "average", average, ("micro", "macro", "weighted"))
        self.scheme, self.strict, self.average = scheme, strict, average
        self.tags = None if tags is None else list(tags)
        self.ignore_index = ignore_index
        self._parsed = [self._tag(tag) for tag in self.tags or ()]
        super().__init__()

    def per_type(self) -> dict[str, EntityScores]:
        """The scores of each type, by its name."""
        total = self._total()
        return {kind: scores(total[kind]) for kind in sorted(total)}

    def table(self) -> str:
        """The scores of each type and of all entities together, as text."""
        rows = {**self.per_type(), "all": scores(together(self._total()))}
        wide = max(6, *map(len, rows))
        lines = [f"{'':{wide}}  {'precision':>9}  {'recall':>6}  {'f1':>6}  {'support':>7}"]
        for kind, (precision, recall, f1, support) in rows.items():
            lines.append(f"{kind:{wide}}  {precision:9.3f}  {recall:6.3f}  {f1:6.3f}  {support:7g}")
        return "\n".join(lines)

    def _empty(self) -> State:
        return {}

    def _batch(self, predictions: Any, targets: Any, weight: Any) -> State:
        predicted, true = self._sentences(predictions, targets)
        each = inputs.weights(self.name, weight, (len(true),))
        state: State = {}
        for own, other, amount in zip(predicted, true, each):
            mine, theirs = self._entities(own), self._entities(other)
            for column, found in enumerate((mine & theirs, mine, theirs)):
                for kind, _, _ in found:
                    state.setdefault(kind, np.zeros(3))[column] += amount
        return state

    def _value(self, state: State) -> float:
        if self.average == "micro":
            return scores(together(state)).f1
        if not state:
            return 0.0
        values = np.array([scores(counts).f1 for counts in state.values()])
        support = np.array([counts[2] for counts in state.values()])
        return float(averaged(values, support, self.average))

    def _joined(self, states: Sequence[State]) -> State:
        kinds = {kind for state in states for kind in state}
        return {k: np.sum([s[k] for s in states if k in s], axis=0) for k in kinds}

    def _check_state(self, state: State) -> None:
        for kind, counts in state.items():
            if counts.shape != (3,):
                raise ValueError(
                    f"{self.name}: load_state_dict expects shape (3,) of {kind!r}, "
                    f"got {counts.shape}"
                )

    def _tag(self, tag: object) -> Tag:
        return parsed(self.name, tag, self.scheme)

    def _entities(self, tags: Sequence[Tag]) -> set[Span]:
        found = spans(tags)
        if self.strict:
            return {span for span in found if well_formed(tags, span, self.scheme)}
        return set(found)

    def _sentences(self, predictions: Any, targets: Any) -> tuple[list[list[Tag]], list[list[Tag]]]:
        """The tags of each predicted and of each true sentence."""
        for argument, given in (("predictions", predictions), ("targets", targets)):
            if not hasattr(given, "__len__") or isinstance(given, str):
                raise TypeError(f"{self.name}: {argument} must be sentences, got {given!r:.60}")
        read = self._read_strings if self.tags is None else self._read_numbers
        if self.tags is not None:
            predictions = self._numbered(predictions, targets)
        if len(predictions) != len(targets):
            raise ValueError(
                f"{self.name}: got {len(predictions)} predicted sentences, {len(targets)} targets"
            )
        pairs = [read(n, own, other) for n, (own, other) in enumerate(zip(predictions, targets))]
        return [own for own, _ in pairs], [other for _, other in pairs]

    def _read_strings(self, n: int, own: Any, other: Any) -> tuple[list[Tag], list[Tag]]:
        if isinstance(own, str) or isinstance(other, str):
            raise TypeError(f"{self.name}: expected lists of lists of tags, got a list of strings")
        self._check_length(n, len(own), len(other))
        return [self._tag(tag) for tag in own], [self._tag(tag) for tag in other]

    def _read_numbers(self, n: int, own: Any, other: Any) -> tuple[list[Tag], list[Tag]]:
        predicted = inputs.labels(self.name, "predictions", own)
        true = inputs.labels(self.name, "targets", other)
        if (predicted.ndim, true.ndim) != (1, 1):
            raise ValueError(f"{self.name}: sentences must have one number for each position")
        self._check_length(n, len(predicted), len(true))
        kept = true != self.ignore_index if self.ignore_index is not None else slice(None)
        found = []
        for argument, numbers in (("predictions", predicted[kept]), ("targets", true[kept])):
            inputs.check_range(self.name, argument, numbers, len(self._parsed))
            found.append([self._parsed[number] for number in numbers])
        return found[0], found[1]

    def _check_length(self, n: int, own: int, other: int) -> None:
        if own != other:
            raise ValueError(
                f"{self.name}: sentence {n} has {own} predicted tags and {other} targets"
            )

    def _numbered(self, predictions: Any, targets: Any) -> Any:
        """Numbers (N, T) of scores (N, C, T); anything else as it is."""
        if not isinstance(predictions, (Tensor, np.ndarray)) or predictions.ndim != 3:
            return predictions
        target = inputs.labels(self.name, "targets", targets)
        scores = inputs.numbers(self.name, "predictions", predictions)
        return inputs.class_rows(self.name, scores, target).argmax(1).reshape(target.shape)


def together(state: State) -> Array:
    """The counts of all types."""
    total: Array = np.sum([*state.values(), np.zeros(3)], axis=0)
    return total


def scores(counts: Array) -> EntityScores:
    """The scores of right, predicted and true entities."""
    right, predicted, true = counts
    above = np.array([right, right, 2 * right])
    below = np.array([predicted, true, predicted + true])
    precision, recall, f1 = quotients(above, below, 0.0)
    return EntityScores(float(precision), float(recall), float(f1), float(true))
