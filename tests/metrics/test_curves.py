"""ROC and precision-recall curves and their areas beside scikit-learn."""

import warnings

import numpy as np
import pytest
from sklearn import metrics as sk

from fastnn.metrics import AUROC, ROC, AveragePrecision, PrecisionRecallCurve

from .streams import same, streamed

pytestmark = pytest.mark.any_threading

RNG = np.random.default_rng(7)
C, N = 3, 120
TARGETS = RNG.integers(0, C, N)
SCORES = RNG.dirichlet(np.ones(C), N) * 0.6
SCORES[np.arange(N), TARGETS] += 0.4
BINARY = (TARGETS == 1).astype(np.int64)
SCORE = SCORES[:, 1].round(1)  # with ties
WEIGHT = RNG.uniform(0, 2, N)
LABELS = (RNG.uniform(size=(N, C)) < 0.4).astype(np.int64)
AREAS = {"auroc": (AUROC, sk.roc_auc_score), "ap": (AveragePrecision, sk.average_precision_score)}


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
def test_curves_of_two_classes(weight):
    got = streamed(ROC, SCORE, BINARY, weight)
    same(got, sk.roc_curve(BINARY, SCORE, sample_weight=weight))
    got = streamed(PrecisionRecallCurve, SCORE, BINARY, weight)
    same(got, sk.precision_recall_curve(BINARY, SCORE, sample_weight=weight))


@pytest.mark.parametrize("name", AREAS)
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
def test_areas_of_two_classes(name, weight):
    ours, theirs = AREAS[name]
    expected = theirs(BINARY, SCORE, sample_weight=weight)
    same(streamed(ours, SCORE, BINARY, weight), expected)
    pairs = np.stack([1 - SCORE, SCORE], 1)
    same(streamed(ours, pairs, BINARY, weight), expected)
    same(ours()(SCORE * 100 - 30, BINARY, weight), expected)  # the order alone counts
    logits = np.stack([np.zeros(N), SCORE * 4], 1)
    same(ours(logits=True)(logits, BINARY, weight), expected)
    same(ours(logits=True)(SCORE * 4, BINARY, weight), expected)


@pytest.mark.parametrize("average", ["macro", "weighted", None])
@pytest.mark.parametrize("name", AREAS)
def test_areas_of_several_classes(name, average):
    ours, theirs = AREAS[name]
    one_hot = np.eye(C)[TARGETS]
    got = streamed(lambda: ours(C, average=average), SCORES, TARGETS, WEIGHT)
    same(got, theirs(one_hot, SCORES, average=average, sample_weight=WEIGHT))
    got = streamed(lambda: ours(C, average=average, multilabel=True), SCORES, LABELS, WEIGHT)
    same(got, theirs(LABELS, SCORES, average=average, sample_weight=WEIGHT))
    if (name, average) == ("auroc", "macro"):
        same(
            ours(C)(SCORES / SCORES.sum(1, keepdims=True), TARGETS),
            theirs(TARGETS, SCORES / SCORES.sum(1, keepdims=True), multi_class="ovr"),
        )


def test_curves_of_several_classes():
    for c, points in enumerate(streamed(lambda: ROC(C), SCORES, TARGETS)):
        same(points, sk.roc_curve(c == TARGETS, SCORES[:, c]))
    images = SCORES.reshape(4, 30, C).transpose(0, 2, 1)
    same(AUROC(C)(images, TARGETS.reshape(4, 30)), AUROC(C)(SCORES, TARGETS))


@pytest.mark.parametrize("only", [0, 1])
def test_one_class_only(only):
    target, score = np.full(4, only), np.array([0.1, 0.4, 0.4, 0.8])
    assert np.isnan(AUROC()(score, target))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        same(AveragePrecision()(score, target), sk.average_precision_score(target, score))
        same(ROC()(score, target), sk.roc_curve(target, score, pos_label=1))
        same(
            PrecisionRecallCurve()(score, target),
            sk.precision_recall_curve(target, score, pos_label=1),
        )


def test_an_absent_class():
    there = TARGETS != 2
    areas = AUROC(C, average=None)(SCORES[there], TARGETS[there])
    assert np.isnan(areas).tolist() == [False, False, True]
    assert np.isnan(AUROC(C)(SCORES[there], TARGETS[there]))
    assert AveragePrecision(C, average=None)(SCORES[there], TARGETS[there])[2] == 0


def test_ignored_targets():
    marked = np.where(RNG.uniform(size=LABELS.shape) < 0.3, -1, LABELS)
    got = AUROC(C, average=None, multilabel=True, ignore_index=-1)(SCORES, marked)
    for c in range(C):
        there = marked[:, c] >= 0
        same(got[c], sk.roc_auc_score(LABELS[there, c], SCORES[there, c]))
    ignored = np.where(SCORE > 0.7, -100, BINARY)
    kept = SCORE <= 0.7
    same(AUROC(ignore_index=-100)(SCORE, ignored), sk.roc_auc_score(BINARY[kept], SCORE[kept]))
    ignored = np.where(SCORE > 0.7, -100, TARGETS)
    same(
        AUROC(C, average=None, ignore_index=-100)(SCORES, ignored),
        AUROC(C, average=None)(SCORES[kept], TARGETS[kept]),
    )


@pytest.mark.parametrize("bins", [4, 20, 500])
@pytest.mark.parametrize("name", AREAS)
def test_bins(name, bins):
    """They are the scores in steps; scores of a tenth fall between the edges of bins."""
    ours, theirs = AREAS[name]
    score = SCORES[:, 1]
    got = streamed(lambda: ours(bins=bins), score, BINARY, WEIGHT)
    same(got, theirs(BINARY, np.floor(score * bins), sample_weight=WEIGHT))
    got = streamed(lambda: ours(C, bins=bins, average=None), SCORES, TARGETS)
    same(got, theirs(np.eye(C)[TARGETS], np.floor(SCORES * bins), average=None))
    assert ours(bins=bins)([0.0, 1.0], [0, 1]) == 1.0
    assert sum(a.size for a in ours(bins=bins).state_dict().values()) == 2 * bins


def test_the_error_of_bins_is_within_what_is_said():
    score, bins = SCORES[:, 1], 8
    place = np.floor(score * bins)
    pairs = place[BINARY == 1][:, None] == place[BINARY == 0]
    error = abs(AUROC(bins=bins)(score, BINARY) - sk.roc_auc_score(BINARY, score))
    assert 0 < error <= pairs.mean() / 2


def test_memory_is_bounded():
    metric = AUROC(max_samples=5)
    metric.update([0.1, 0.2, 0.7], [0, 0, 1])
    other = AUROC(max_samples=5)
    other.update([0.5, 0.2, 0.7], [0, 0, 1])
    for change in (lambda: metric.update([0.1] * 3, [0] * 3), lambda: metric.merge(other)):
        with pytest.raises(ValueError, match="keeps at most max_samples=5 samples, got 6"):
            change()
    assert len(metric.state_dict()["score"]) == 3
    metric.update([0.3, 0.9], [0, 1], [1, 0])  # a weight of 0 keeps nothing
    assert len(metric.state_dict()["score"]) == 4


@pytest.mark.parametrize(
    ("metric", "predictions", "targets", "error", "text"),
    [
        (AUROC(), [0.1, np.nan], [0, 1], ValueError, "predictions hold NaN"),
        (AUROC(), [0.1, np.inf], [0, 1], ValueError, "predictions must be finite"),
        (AUROC(), [0.1, 0.2], [0, 2], ValueError, "targets must be labels from 0 to 1, got 2"),
        (AUROC(), [0.1, 0.2], [0], ValueError, r"shape \(N, C, d...\)"),
        (AUROC(), [0.1, 0.2], [0.0, 1.0], TypeError, "must be labels"),
        (AUROC(bins=5), [0.1, 1.2], [0, 1], ValueError, "for logits set logits=True"),
        (AUROC(3), [[0.1, 0.9]], [0], ValueError, "must have 3 classes, got 2"),
        (AUROC(3), [0.1, 0.9], [0, 1], ValueError, r"shape \(N, C, d...\)"),
        (AUROC(3, logits=True), [[1, 2, np.inf]], [0], ValueError, "must be finite"),
        (ROC(3, multilabel=True), [[0.1, 0.9]], [[0, 1]], ValueError, r"shape \(N, 3, d...\)"),
        (ROC(1, multilabel=True), [[0.1]], [[2]], ValueError, "targets must be labels"),
    ],
)
def test_bad_inputs_change_nothing(metric, predictions, targets, error, text):
    before = metric.state_dict()
    with pytest.raises(error, match=text):
        metric.update(predictions, targets)
    same(list(metric.state_dict().values()), list(before.values()))


def test_without_samples():
    for metric in (AUROC(), ROC(), AveragePrecision(3), PrecisionRecallCurve(bins=4)):
        with pytest.raises(ValueError, match="no samples to compute it from"):
            metric.compute()


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"average": "micro"}, "average must be one of"),
        ({"bins": 1}, "bins must be at least 2"),
        ({"max_samples": 0}, "max_samples must be at least 1"),
        ({"num_classes": 1}, "num_classes must be at least 2"),
    ],
)
def test_bad_settings(settings, text):
    with pytest.raises(ValueError, match=text):
        AUROC(**settings)
