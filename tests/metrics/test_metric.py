"""What all metrics share: value of a batch, merging, states, and independence of the caller."""

import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest

import fastnn
from fastnn import metrics
from fastnn.metrics import AUROC, F1, Accuracy, MeanLoss, MeanSquaredError, Precision

pytestmark = pytest.mark.any_threading

ROOT = Path(__file__).parents[2]


def test_a_call_gives_the_value_of_its_batch():
    metric = Accuracy()
    assert metric([0, 1], [0, 1]) == 1.0
    assert metric([0, 1], [1, 1]) == 0.5
    assert metric.compute() == 0.75
    metric.reset()
    with pytest.raises(ValueError, match="accuracy: no samples"):
        metric.compute()


def test_a_batch_without_a_value_is_not_taken():
    metric = Accuracy()
    metric.update([1], [1])
    with pytest.raises(ValueError, match="no samples"):
        metric([], [])
    assert metric.compute() == 1.0


def test_the_name_is_in_messages_and_may_be_assigned():
    metric = Accuracy()
    metric.name = "validation accuracy"
    with pytest.raises(ValueError, match="validation accuracy: no samples"):
        metric.compute()
    other = Accuracy()
    other.update([1], [1])
    metric.merge(other)
    assert metric.compute() == 1.0


@pytest.mark.parametrize(
    ("metric", "other", "error", "text"),
    [
        (Accuracy(), MeanSquaredError(), TypeError, "expects a Accuracy, got MeanSquaredError"),
        (F1(3, average=None), F1(2), ValueError, "expects num_classes=3, got num_classes=2"),
        (F1(threshold=0.5), F1(threshold=0.6), ValueError, "expects threshold=0.5"),
    ],
)
def test_merging_what_differs(metric, other, error, text):
    with pytest.raises(error, match=text):
        metric.merge(other)


def test_merging_with_itself_and_with_nan_among_the_settings():
    metric = Precision(zero_division=float("nan"))
    metric.update([0.9, 0.8], [1, 0])
    metric.merge(metric)
    other = Precision(zero_division=float("nan"))
    other.update([0.9], [1])
    metric.merge(other)
    assert metric.compute() == 0.6


@pytest.mark.parametrize("metric", [Accuracy(), F1(3, average=None), AUROC(), AUROC(bins=4)])
def test_a_wrong_state_changes_nothing(metric):
    state = metric.state_dict()
    with pytest.raises(ValueError, match="load_state_dict expects"):
        metric.load_state_dict({**state, "more": np.zeros(())})
    with pytest.raises(ValueError, match="load_state_dict expects"):
        metric.load_state_dict({key: np.zeros((2, 9)) for key in state})
    for wrong in (None, dict.fromkeys(state, "a")):
        with pytest.raises(ValueError, match="load_state_dict expects arrays by name"):
            metric.load_state_dict(wrong)
    assert set(metric.state_dict()) == set(state)


def test_a_state_is_a_copy():
    metric = Accuracy()
    metric.update([1], [1])
    state = metric.state_dict()
    state["correct"][...] = 7
    assert metric.compute() == 1.0
    metric.load_state_dict(state)
    state["correct"][...] = 9
    assert metric.compute() == 7.0


@pytest.mark.parametrize("metric", [MeanLoss(), AUROC(), Accuracy()])
def test_no_tape_and_no_array_is_kept(metric):
    x = fastnn.tensor([0.2, 0.7, 0.4], requires_grad=True)
    y = x * 1.0
    alive = weakref.ref(y)
    metric.update(y, fastnn.tensor([0, 1, 1]))
    del y
    assert alive() is None
    before = metric.compute()
    with fastnn.no_grad():
        x.fill_(0.5)
    assert metric.compute() == before


def test_bfloat16():
    pytest.importorskip("ml_dtypes")
    scores = fastnn.tensor([[0.25, 0.75], [0.5, 0.25]]).to(fastnn.bfloat16)
    assert Accuracy()(scores, [1, 0]) == 1.0


def test_repr_shows_the_settings():
    assert repr(AUROC(3)).startswith("AUROC(average='macro', num_classes=3, logits=False")


@pytest.mark.parametrize(
    ("missing", "call", "package"),
    [
        ("sklearn", "m.AUROC()([0.1, 0.9], [0, 1])", "auroc needs scikit-learn"),
        ("sklearn", "m.PrecisionRecallCurve()([0.1], [1])", "needs scikit-learn"),
        ("matplotlib", "m.ConfusionMatrix().plot()", "confusion_matrix needs matplotlib"),
    ],
)
def test_without_the_package_one_line_says_so(missing, call, package):
    code = f"import sys; sys.modules[{missing!r}] = None; import fastnn.metrics as m; {call}"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: ")
    assert package in last
    assert "pip install" in last


def test_what_is_counting_needs_numpy_alone():
    code = (
        "import sys, fastnn; m = fastnn.metrics; m.Accuracy()([0, 1], [0, 1]); m.F1()([1], [1]);"
        "m.ConfusionMatrix()([1], [1]); m.R2()([1.0, 2.0], [1.0, 3.0]); m.EntityF1();"
        "m.CalibrationError()([0.5], [1]);"
        "print({'sklearn', 'matplotlib', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr


@pytest.mark.parametrize("name", metrics.__all__)
def test_every_metric_has_a_name_and_an_example(name):
    metric = getattr(metrics, name)
    assert ">>> " in metric.__doc__
    if name != "Metric":
        assert metric.name.isidentifier()
