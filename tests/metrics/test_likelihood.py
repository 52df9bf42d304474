"""Perplexity, running means of losses, and calibration."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import log_loss

import fastnn
from fastnn.metrics import CalibrationError, MeanLoss, Perplexity
from fastnn.nn import functional as F

from .streams import same, streamed

pytestmark = pytest.mark.any_threading

RNG = np.random.default_rng(11)
C, N = 5, 100
LOGITS = RNG.normal(size=(N, C))
PROBABILITIES = np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)
TARGETS = RNG.integers(0, C, N)
WEIGHT = RNG.uniform(0, 2, N)
CHANCE = RNG.uniform(size=N)
BINARY = (RNG.uniform(size=N) < CHANCE**2).astype(np.int64)


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
def test_perplexity(weight):
    expected = np.exp(log_loss(TARGETS, PROBABILITIES, sample_weight=weight, labels=range(C)))
    same(streamed(Perplexity, LOGITS, TARGETS, weight), expected)
    same(streamed(lambda: Perplexity(logits=False), PROBABILITIES, TARGETS, weight), expected)


def test_perplexity_is_the_exponential_of_cross_entropy():
    ignored = np.where(RNG.uniform(size=N) < 0.3, -100, TARGETS)
    logits, targets = LOGITS.reshape(10, 10, C).transpose(0, 2, 1), ignored.reshape(10, 10)
    loss = F.cross_entropy(fastnn.from_numpy(logits.copy()), fastnn.from_numpy(targets))
    same(Perplexity()(logits, targets), np.exp(loss.item()))


def test_perplexity_of_what_was_impossible():
    perplexity = Perplexity(logits=False)
    assert perplexity([[1.0, 0.0]], [1]) == np.inf
    assert perplexity([[1.0, 0.0]], [0]) == 1
    assert Perplexity(logits=False)([[1.0, 0.0]] * 2, [0, 1], [1, 0]) == 1


def test_mean_loss():
    loss = MeanLoss()
    total = 0.0
    for start in range(0, N, 7):
        batch = slice(start, start + 7)
        value = F.cross_entropy(fastnn.from_numpy(LOGITS[batch]), fastnn.from_numpy(TARGETS[batch]))
        assert loss(value.requires_grad_(), TARGETS[batch]) == value.item()
        total += value.item() * len(TARGETS[batch])
    assert loss.compute() == pytest.approx(total / N, rel=1e-12)
    each = F.cross_entropy(
        fastnn.from_numpy(LOGITS), fastnn.from_numpy(TARGETS), reduction="none"
    ).numpy()
    same(streamed(MeanLoss, each, TARGETS, WEIGHT), np.average(each, weights=WEIGHT))
    same(loss.compute(), each.mean())
    ignoring = MeanLoss()
    ignoring.update(2.0, [1, -100, -100])
    ignoring.update(1.0, [1, 1, 1])
    assert ignoring.compute() == 1.25
    assert MeanLoss()([1.0, 2.0]) == 1.5
    assert np.isnan(MeanLoss()(float("nan")))


def test_calibration_of_the_chance_of_one():
    for bins in (1, 5, 15):
        metric = CalibrationError(bins)
        metric.update(CHANCE, BINARY)
        accuracy, confidence = calibration_curve(BINARY, CHANCE, n_bins=bins)
        same(metric.curve().accuracy, accuracy)
        same(metric.curve().confidence, confidence)
        gaps, counts = abs(accuracy - confidence), metric.curve().weight
        got = streamed(lambda bins=bins: CalibrationError(bins), CHANCE, BINARY)
        same(got, (gaps * counts).sum() / N)
        same(CalibrationError(bins, norm="max")(CHANCE, BINARY), gaps.max())


def test_calibration_of_classes():
    right = (PROBABILITIES.argmax(1) == TARGETS).astype(np.int64)
    expected = CalibrationError()(PROBABILITIES.max(1), right, WEIGHT)
    same(streamed(CalibrationError, PROBABILITIES, TARGETS, WEIGHT), expected)
    same(streamed(lambda: CalibrationError(logits=True), LOGITS, TARGETS, WEIGHT), expected)
    ignored = np.where(right == 0, -1, TARGETS)
    got = CalibrationError(ignore_index=-1)(PROBABILITIES, ignored)
    same(got, CalibrationError()(PROBABILITIES[right == 1], TARGETS[right == 1]))


def test_probabilities_on_the_edges():
    points = CalibrationError(2)
    points.update([0.0, 0.5, 1.0], [0, 1, 1])
    same(points.curve().weight, [2, 1])
    same(points.curve().confidence, [0.25, 1.0])


@pytest.mark.parametrize(
    ("metric", "predictions", "targets", "text"),
    [
        (Perplexity(), [[0.0, np.nan]], [0], "predictions hold NaN"),
        (Perplexity(), [[0.0, np.inf]], [0], "must be finite"),
        (Perplexity(), [[0.0, 1.0]], [2], "targets must be labels from 0 to 1"),
        (Perplexity(logits=False), [[0.5, 0.9]], [0], "must sum to 1, got sums from 1.4"),
        (Perplexity(logits=False), [[-2.0, 0.9]], [0], "must be probabilities"),
        (MeanLoss(), [0.5, 0.1], [1, 1, 1], "must have the shape of targets"),
        (MeanLoss(), [[0.5], [0.1, 0.2]], None, "losses is no array"),
        (CalibrationError(), [0.5, 2.0], [1, 1], "for logits set logits=True"),
        (CalibrationError(), [0.5], [2], "targets must be labels from 0 to 1"),
        (CalibrationError(), [0.5], [1, 1], "must have the shape of targets"),
    ],
)
def test_bad_inputs_change_nothing(metric, predictions, targets, text):
    with pytest.raises(ValueError, match=text):
        metric.update(predictions, targets)
    with pytest.raises(ValueError, match="no samples"):
        metric.compute()


def test_bad_settings():
    with pytest.raises(ValueError, match="num_bins must be at least 1"):
        CalibrationError(0)
    with pytest.raises(ValueError, match="norm must be one of 'l1', 'max'"):
        CalibrationError(norm="l2")
