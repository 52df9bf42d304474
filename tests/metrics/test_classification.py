"""Accuracy, precision, recall, F-measures and confusion matrices beside scikit-learn."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

import fastnn
from fastnn.metrics import F1, Accuracy, ConfusionMatrix, FBeta, Precision, Recall, TopKAccuracy

from .streams import same, streamed

pytestmark = pytest.mark.any_threading

RNG = np.random.default_rng(5)
C, N = 4, 101
SCORES = RNG.normal(size=(N, C))
TARGETS = RNG.choice([0, 1, 3], size=N)  # class 2 is absent
WEIGHT = RNG.uniform(0, 2, N)
BINARY = (RNG.uniform(size=N) < 0.2).astype(np.int64)
PROBABILITIES = np.clip(0.5 * BINARY + RNG.uniform(size=N) * 0.6, 0, 1)
LABELS = (RNG.uniform(size=(N, C)) < 0.3).astype(np.int64)
LABELS[:, 2] = 0
LABEL_SCORES = np.clip(LABELS * 0.3 + RNG.uniform(size=(N, C)) * 0.8, 0, 1)
AVERAGES = ["micro", "macro", "weighted", None]
REFERENCES = {
    "precision": (Precision, sk.precision_score),
    "recall": (Recall, sk.recall_score),
    "f1": (F1, sk.f1_score),
    "f2": (
        lambda *a, **k: FBeta(*a, beta=2.0, **k),
        lambda *a, **k: sk.fbeta_score(*a, beta=2.0, **k),
    ),
}


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
def test_accuracy(weight):
    best = SCORES.argmax(1)
    expected = sk.accuracy_score(TARGETS, best, sample_weight=weight)
    assert streamed(Accuracy, SCORES, TARGETS, weight) == pytest.approx(expected, rel=1e-12)
    assert streamed(Accuracy, best, TARGETS, weight) == pytest.approx(expected, rel=1e-12)
    got = streamed(lambda: Accuracy(threshold=0.4), PROBABILITIES, BINARY, weight)
    expected = sk.accuracy_score(BINARY, PROBABILITIES >= 0.4, sample_weight=weight)
    assert got == pytest.approx(expected, rel=1e-12)
    got = streamed(lambda: Accuracy(multilabel=True), LABEL_SCORES, LABELS, weight)
    expected = sk.accuracy_score(LABELS, LABEL_SCORES >= 0.5, sample_weight=weight)
    assert got == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("zero_division", [0.0, 1.0, np.nan])
@pytest.mark.parametrize("average", AVERAGES)
@pytest.mark.parametrize("name", REFERENCES)
def test_averages_over_classes(name, average, zero_division):
    ours, theirs = REFERENCES[name]
    settings = {"average": average, "zero_division": zero_division}
    best = np.where(SCORES.argmax(1) == 2, 0, SCORES.argmax(1))  # class 2 is not predicted either
    for weight in (None, WEIGHT):
        got = streamed(lambda: ours(C, **settings), best, TARGETS, weight)
        same(got, theirs(TARGETS, best, labels=range(C), sample_weight=weight, **settings))
        got = streamed(lambda: ours(C, multilabel=True, **settings), LABEL_SCORES, LABELS, weight)
        same(got, theirs(LABELS, LABEL_SCORES >= 0.5, sample_weight=weight, **settings))


@pytest.mark.parametrize("name", REFERENCES)
def test_two_classes(name):
    ours, theirs = REFERENCES[name]
    for threshold in (0.3, 0.5, 1.0):
        got = streamed(lambda t=threshold: ours(threshold=t), PROBABILITIES, BINARY, WEIGHT)
        decided = threshold <= PROBABILITIES
        same(got, theirs(BINARY, decided, sample_weight=WEIGHT, zero_division=0))
    logits = np.log(PROBABILITIES + 1e-9) - np.log(1 - PROBABILITIES + 1e-9)
    same(ours(logits=True)(logits, BINARY), theirs(BINARY, PROBABILITIES >= 0.5))
    pairs = np.stack([1 - PROBABILITIES, PROBABILITIES], 1)
    same(ours()(pairs, BINARY), theirs(BINARY, PROBABILITIES > 0.5))


@pytest.mark.parametrize("zero_division", [0.0, 1.0, np.nan])
@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize("only", [0, 1])
def test_one_class_only(name, only, zero_division):
    ours, theirs = REFERENCES[name]
    data = np.full(5, only)
    got = ours(zero_division=zero_division)(data, data)
    same(got, theirs(data, data, zero_division=zero_division))


@pytest.mark.parametrize("normalize", [None, "true", "pred", "all"])
def test_confusion_matrix(normalize):
    best = SCORES.argmax(1)
    got = streamed(lambda: ConfusionMatrix(C, normalize=normalize), SCORES, TARGETS, WEIGHT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = sk.confusion_matrix(
            TARGETS, best, labels=range(C), sample_weight=WEIGHT, normalize=normalize
        )
    same(got, expected)


@pytest.mark.parametrize("k", [1, 2, 4, 9])
def test_top_k(k):
    rounded = SCORES.round()  # with ties, of which the first comes first
    got = streamed(lambda: TopKAccuracy(k), rounded, TARGETS, WEIGHT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that k is the number of classes
        expected = sk.top_k_accuracy_score(
            C - 1 - TARGETS, rounded[:, ::-1], k=k, labels=range(C), sample_weight=WEIGHT
        )
    assert got == pytest.approx(expected, rel=1e-12)
    if k == 1:
        assert got == pytest.approx(Accuracy()(rounded, TARGETS, WEIGHT), rel=1e-12)


def test_ignored_targets_are_as_if_they_were_not_there():
    ignored = np.where(RNG.uniform(size=N) < 0.3, -100, TARGETS)
    kept = ignored != -100
    for make in (
        lambda **k: Accuracy(**k),
        lambda **k: TopKAccuracy(2, **k),
        lambda **k: F1(C, average=None, **k),
        lambda **k: ConfusionMatrix(C, **k),
    ):
        got = streamed(lambda make=make: make(ignore_index=-100), SCORES, ignored, WEIGHT)
        same(got, make()(SCORES[kept], TARGETS[kept], WEIGHT[kept]))
    marked = np.where(RNG.uniform(size=LABELS.shape) < 0.3, -1, LABELS)
    got = F1(C, multilabel=True, average=None, ignore_index=-1)(LABEL_SCORES, marked)
    for c in range(C):
        there = marked[:, c] >= 0
        decided = LABEL_SCORES[there, c] >= 0.5
        same(got[c], sk.f1_score(LABELS[there, c], decided, zero_division=0))
    partly = Accuracy(multilabel=True, ignore_index=-1)
    assert partly([[1, 0], [1, 1], [0, 0]], [[1, -1], [0, -1], [-1, -1]]) == 0.5


@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    classes=st.integers(2, 5),
    seed=st.integers(0, 2**16),
)
def test_shapes(shape, classes, seed):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(shape[0], classes, *shape[1:])).astype(np.float32)
    targets = rng.integers(0, classes, shape)
    best = scores.argmax(1)
    assert Accuracy()(scores, targets) == pytest.approx((best == targets).mean())
    expected = sk.confusion_matrix(targets.ravel(), best.ravel(), labels=range(classes))
    same(ConfusionMatrix(classes)(fastnn.from_numpy(scores), targets), expected)


BAD = [
    (Accuracy(), [0, 1], [0], ValueError, "predictions must have the shape of targets"),
    (Accuracy(), np.zeros((2, 3, 4)), [0, 1], ValueError, r"shape \(N, C, d...\)"),
    (Accuracy(), np.zeros((2, 0)), [0, 1], ValueError, "have no class"),
    (Accuracy(), [[0.0, 1.0]], [2], ValueError, "targets must be labels from 0 to 1, got 2"),
    (Accuracy(), [[0.0, np.nan]], [1], ValueError, "predictions hold NaN"),
    (Accuracy(), [0.5, np.nan], [1, 0], ValueError, "predictions hold NaN"),
    (Accuracy(), [0.5, 3.0], [1, 0], ValueError, "for logits set logits=True"),
    (Accuracy(), [0, 1], [0.0, 1.0], TypeError, "targets must be labels, which are integers"),
    (Accuracy(), ["a"], [0], TypeError, "predictions must hold numbers"),
    (Accuracy(), [[0], [1, 2]], [0, 1], ValueError, "predictions is no array"),
    (Accuracy(), 0, 0, ValueError, "got a single number"),
    (Accuracy(3), [[0.0, 1.0]], [1], ValueError, "must have 3 classes, got 2"),
    (Accuracy(3), [0.5], [1], ValueError, "got floats of the shape of targets"),
    (Accuracy(multilabel=True), [1], [1], ValueError, r"targets must have shape \(N, L, d...\)"),
    (Accuracy(multilabel=True), [[2]], [[1]], ValueError, "predictions must be labels from 0 to 1"),
    (F1(3, average="macro"), [0, 3], [0, 1], ValueError, "predictions must be labels from 0 to 2"),
    (F1(3, average="macro"), [0, 1], [0, -1], ValueError, "targets must be labels from 0 to 2"),
    (ConfusionMatrix(2), [0, 1], [0, 5], ValueError, "confusion_matrix: targets must be labels"),
    (TopKAccuracy(2), [0, 1], [0, 1], ValueError, r"shape \(N, C, d...\)"),
]


@pytest.mark.parametrize(("metric", "predictions", "targets", "error", "text"), BAD)
def test_bad_inputs_change_nothing(metric, predictions, targets, error, text):
    before = metric.state_dict()
    for call in (metric, metric.update):
        with pytest.raises(error, match=text):
            call(predictions, targets)
    same(list(metric.state_dict().values()), list(before.values()))


@pytest.mark.parametrize(
    ("weight", "text"),
    [
        ([1.0], "weight must have shape"),
        ([1.0, -1.0], "finite and not negative"),
        ([1.0, np.nan], "finite and not negative"),
    ],
)
def test_bad_weights(weight, text):
    with pytest.raises(ValueError, match=text):
        Accuracy().update([0, 1], [0, 1], weight)


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: Precision(3), ValueError, 'average="binary" is for two classes'),
        (lambda: Precision(average="all"), ValueError, "average must be one of 'binary'"),
        (lambda: Precision(1), ValueError, "num_classes must be at least 2, got 1"),
        (lambda: Precision(2.0), TypeError, "num_classes must be an integer"),
        (lambda: Recall(threshold=2), ValueError, "threshold must be from 0 to 1"),
        (lambda: FBeta(beta=-1.0), ValueError, "beta must be finite and at least 0"),
        (lambda: ConfusionMatrix(normalize="rows"), ValueError, "normalize must be one of"),
        (lambda: TopKAccuracy(0), ValueError, "k must be at least 1"),
    ],
)
def test_bad_settings(make, error, text):
    with pytest.raises(error, match=text):
        make()


def test_without_samples():
    for metric in (Accuracy(), TopKAccuracy()):
        with pytest.raises(ValueError, match="no samples to compute it from"):
            metric.compute()
    with pytest.raises(ValueError, match="no samples"):
        Accuracy()([], [])
    assert F1(zero_division=1.0).compute() == 1.0
    assert np.isnan(Precision(3, average="macro", zero_division=np.nan).compute())
    same(ConfusionMatrix().compute(), np.zeros((2, 2)))
