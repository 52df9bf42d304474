"""Entities beside a slow reading of the rules of conlleval, and beside counts of scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

import fastnn
from fastnn.metrics import EntityF1

from .streams import same, streamed

pytestmark = pytest.mark.any_threading

TAGS = {
    "BIO": ["O", "B-X", "I-X", "B-Y", "I-Y"],
    "BIOES": ["O", "B-X", "I-X", "E-X", "S-X", "B-Y", "I-Y", "E-Y", "S-Y"],
}


def ends(before, tag):
    """Whether an entity ends between two tags."""
    if before == "O":
        return False
    return before[0] in "ES" or tag == "O" or tag[0] in "BS" or before[2:] != tag[2:]


def begins(before, tag):
    """Whether an entity begins with the second of two tags."""
    if tag == "O":
        return False
    return tag[0] in "BS" or before == "O" or before[0] in "ES" or before[2:] != tag[2:]


def entities(tags):
    found, start = set(), None
    for i, (before, tag) in enumerate(zip(["O", *tags], [*tags, "O"])):
        if ends(before, tag):
            found.add((before[2:], start, i))
        if begins(before, tag):
            start = i
    return found


def reference(predictions, targets):
    """F1 from the entities of all sentences, each a binary decision."""
    pairs = [(entities(p), entities(t)) for p, t in zip(predictions, targets)]
    every = [(p, t, e) for p, t in pairs for e in p | t]
    true = [e in t for _, t, e in every]
    return f1_score(true, [e in p for p, _, e in every], zero_division=0) if every else 0.0


def tagged(scheme):
    tag = st.sampled_from(TAGS[scheme])
    pair = st.lists(st.tuples(tag, tag), max_size=8)
    return st.lists(pair, max_size=5)


@pytest.mark.parametrize("scheme", TAGS)
@settings(max_examples=40)
@given(data=st.data())
def test_micro_is_that_of_conlleval(scheme, data):
    sentences = data.draw(tagged(scheme))
    predictions = [[p for p, _ in sentence] for sentence in sentences]
    targets = [[t for _, t in sentence] for sentence in sentences]
    got = streamed(lambda: EntityF1(scheme), predictions, targets)
    same(got, reference(predictions, targets))
    number = {tag: n for n, tag in enumerate(TAGS[scheme])}
    numbers = [[[number[tag] for tag in s] for s in side] for side in (predictions, targets)]
    same(EntityF1(scheme, tags=TAGS[scheme])(*numbers), got)


PREDICTED = ["B-X", "I-X", "O", "I-Y", "B-Y", "I-X", "B-X"]
TRUE = ["B-X", "I-X", "O", "B-Y", "B-Y", "I-Y", "I-X"]


def test_lenient_and_strict():
    """Lenient: X 0-2, Y 3, Y 4, X 5, X 6 against X 0-2, Y 3, Y 4-6, X 6."""
    assert EntityF1()([PREDICTED], [TRUE]) == pytest.approx(2 * 3 / (5 + 4))
    # strict: X 0-2, Y 4, X 6 against X 0-2, Y 3, Y 4-6
    assert EntityF1(strict=True)([PREDICTED], [TRUE]) == pytest.approx(2 * 1 / (3 + 3))
    bioes = EntityF1("BIOES", strict=True)
    whole = ["S-X", "B-X", "I-X", "E-X", "B-Y", "E-Y"]
    assert bioes([whole], [whole]) == 1
    assert bioes.per_type()["X"].support == 2
    broken = ["B-X", "O", "I-X", "E-X", "B-Y", "S-Y", "E-X"]  # of which S-Y alone is one
    bioes.reset()
    assert bioes([broken], [["O"] * 5 + ["S-Y", "O"]]) == 1


def test_types_and_averages():
    predictions, targets = [["B-X", "B-Y", "O", "B-Y"]], [["B-X", "B-X", "B-Z", "B-Y"]]
    metric = EntityF1()
    assert metric(predictions, targets) == pytest.approx(2 * 2 / (3 + 4))
    scores = metric.per_type()
    assert list(scores) == ["X", "Y", "Z"]
    same(scores["X"], (1.0, 0.5, 2 / 3, 2.0))
    same(scores["Y"], (0.5, 1.0, 2 / 3, 1.0))
    same(scores["Z"], (0.0, 0.0, 0.0, 1.0))
    assert EntityF1(average="macro")(predictions, targets) == pytest.approx(4 / 9)
    assert EntityF1(average="weighted")(predictions, targets) == pytest.approx(0.5)
    rows = [line.split() for line in metric.table().splitlines()]
    assert rows[0] == ["precision", "recall", "f1", "support"]
    assert rows[1] == ["X", "1.000", "0.500", "0.667", "2"]
    assert rows[-1] == ["all", "0.667", "0.500", "0.571", "4"]


def test_weights_count_sentences():
    sentences = [["B-X", "O"], ["B-X", "B-X"]]
    targets = [["B-X", "O"], ["O", "B-X"]]
    got = streamed(EntityF1, sentences, targets, [3.0, 1.0])
    assert got == pytest.approx(2 * (3 + 1) / (3 + 2 + 3 + 1))


def test_scores_and_ignored_positions():
    tags = TAGS["BIO"]
    targets = np.array([[1, 2, 0, -100], [3, 0, -100, -100]])
    scores = np.random.default_rng(0).normal(size=(2, 5, 4)).astype(np.float32)
    scores[0, 1, 0] = scores[0, 2, 1] = scores[0, 0, 2] = 9
    scores[1, 1, 0] = scores[1, 0, 1] = 9
    metric = EntityF1(tags=tags)
    assert metric(fastnn.from_numpy(scores).requires_grad_(), fastnn.tensor(targets)) == 0.5
    assert metric(scores, targets) == 0.5
    assert metric(scores.argmax(1), targets) == 0.5


def test_no_entities():
    for average in ("micro", "macro", "weighted"):
        assert EntityF1(average=average).compute() == 0
        assert EntityF1(average=average)([["O"], []], [["O"], []]) == 0
    assert EntityF1()([["B"]], [["B"]]) == 1  # without a type


@pytest.mark.parametrize(
    ("settings", "predictions", "targets", "error", "text"),
    [
        ({}, [["O"]], [["O"], ["O"]], ValueError, "got 1 predicted sentences, 2 targets"),
        ({}, [["O"]], [["O", "O"]], ValueError, "sentence 0 has 1 predicted tags and 2 targets"),
        ({}, [["E-X"]], [["O"]], ValueError, "'E-X' is no tag of the scheme BIO"),
        ({}, [["O-X"]], [["O"]], ValueError, "'O-X' is no tag"),
        ({}, [[""]], [["O"]], ValueError, "'' is no tag"),
        ({}, None, [["O"]], TypeError, "predictions must be sentences, got None"),
        ({}, [["O"]], "O", TypeError, "targets must be sentences, got 'O'"),
        ({}, ["O"], ["O"], TypeError, "expected lists of lists of tags"),
        ({}, [[1]], [[1]], TypeError, "tags must be strings, got 1; for numbers give tags"),
        ({"tags": ["O"]}, [[1]], [[0]], ValueError, "predictions must be labels from 0 to 0"),
        ({"tags": ["O"]}, [[0]], [[-1]], ValueError, "targets must be labels from 0 to 0, got -1"),
        ({"tags": ["O"]}, [[0.5]], [[0]], TypeError, "predictions must be labels"),
        ({"tags": ["O"]}, [[[0]]], [[[0]]], ValueError, "one number for each position"),
    ],
)
def test_bad_inputs_change_nothing(settings, predictions, targets, error, text):
    metric = EntityF1(**settings)
    with pytest.raises(error, match=text):
        metric.update(predictions, targets)
    assert metric.state_dict() == {}


def test_bad_settings():
    with pytest.raises(ValueError, match="scheme must be one of"):
        EntityF1("BILOU")
    with pytest.raises(ValueError, match="average must be one of"):
        EntityF1(average=None)
    with pytest.raises(ValueError, match="'Q-X' is no tag"):
        EntityF1(tags=["O", "Q-X"])
    with pytest.raises(ValueError, match=r"expects shape \(3,\) of 'X'"):
        EntityF1().load_state_dict({"X": np.zeros(2)})
