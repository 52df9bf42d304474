"""Errors of numbers beside scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from fastnn.metrics import R2, MeanAbsoluteError, MeanSquaredError, RootMeanSquaredError

from .streams import same, streamed

pytestmark = pytest.mark.any_threading

RNG = np.random.default_rng(3)
N = 90
TARGETS = RNG.normal(size=N)
PREDICTIONS = TARGETS + 0.3 * RNG.normal(size=N)
WEIGHT = RNG.uniform(0, 2, N)
REFERENCES = {
    MeanSquaredError: sk.mean_squared_error,
    RootMeanSquaredError: lambda *a, **k: np.sqrt(sk.mean_squared_error(*a, **k)),
    MeanAbsoluteError: sk.mean_absolute_error,
    R2: sk.r2_score,
}


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
@pytest.mark.parametrize("metric", REFERENCES)
def test_values(metric, weight):
    got = streamed(metric, PREDICTIONS, TARGETS, weight)
    same(got, REFERENCES[metric](TARGETS, PREDICTIONS, sample_weight=weight))


@pytest.mark.parametrize("metric", REFERENCES)
@given(shape=st.lists(st.integers(1, 4), min_size=1, max_size=4), seed=st.integers(0, 2**16))
def test_shapes(metric, shape, seed):
    rng = np.random.default_rng(seed)
    predictions, targets = rng.normal(size=shape), rng.normal(size=shape)
    if targets.size > 1:
        got = metric()(predictions, targets)
        same(got, REFERENCES[metric](targets.ravel(), predictions.ravel()), 1e-10)


def test_r2_far_from_zero():
    """Sums of squares would lose all digits: the variance is 1 beside a mean of 10**9.

    Means are rounded to their last place, and enter into the variance twice.
    """
    far = R2()
    for start in range(0, N, 7):
        batch = slice(start, start + 7)
        far.update(PREDICTIONS[batch] + 1e9, TARGETS[batch] + 1e9)
    expected = sk.r2_score(TARGETS + 1e9, PREDICTIONS + 1e9)
    assert far.compute() == pytest.approx(expected, abs=4 * np.spacing(1e9))


def test_squares_that_overflow():
    assert MeanSquaredError()([1e200], [-1e200]) == np.inf


def test_r2_of_constant_targets_and_of_one():
    assert R2()([1.0, 1.0], [1.0, 1.0]) == sk.r2_score([1.0, 1.0], [1.0, 1.0]) == 1
    assert R2()([1.0, 2.0], [1.0, 1.0]) == sk.r2_score([1.0, 1.0], [1.0, 2.0]) == 0
    assert np.isnan(R2()([1.0], [1.0]))


@pytest.mark.parametrize("metric", REFERENCES)
def test_bad_inputs(metric):
    metric = metric()
    for predictions, targets, text in (
        ([1.0], [1.0, 2.0], "predictions must have the shape of targets"),
        ([np.nan], [1.0], "predictions must be finite"),
        ([1.0], [np.inf], "targets must be finite"),
        (1.0, 1.0, "got a single number"),
    ):
        with pytest.raises(ValueError, match=text):
            metric.update(predictions, targets)
    with pytest.raises(TypeError, match="must hold numbers, got type complex"):
        metric.update([1j], [1.0])
    with pytest.raises(ValueError, match="no samples"):
        metric.compute()
