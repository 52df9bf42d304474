"""Pictures of metrics, drawn without a screen."""

import numpy as np
import pytest

from fastnn.metrics import (
    AUROC,
    ROC,
    AveragePrecision,
    CalibrationError,
    ConfusionMatrix,
    PrecisionRecallCurve,
)

pytestmark = pytest.mark.any_threading

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

RNG = np.random.default_rng(2)
TARGETS = RNG.integers(0, 3, 400)
SCORES = RNG.dirichlet(np.ones(3), 400)
SCORES[np.arange(400), TARGETS] += 0.4
SCORES /= SCORES.sum(1, keepdims=True)
BINARY = (TARGETS == 1).astype(np.int64)
NAMES = ["ant", "beetle", "cicada"]


@pytest.fixture(autouse=True)
def closed():
    yield
    pyplot.close("all")


def drawn(metric, path, **settings):
    """The axes of a metric, whose picture is a file of some size."""
    ax = metric.plot(**settings)
    ax.figure.savefig(path / f"{metric.name}{len(settings)}.png", dpi=90)
    assert (path / f"{metric.name}{len(settings)}.png").stat().st_size > 2000
    return ax


def test_confusion_matrix(tmp_path):
    metric = ConfusionMatrix(3)
    matrix = metric(SCORES, TARGETS)
    ax = drawn(metric, tmp_path, class_names=NAMES)
    assert [t.get_text() for t in ax.texts] == [f"{n:g}" for n in matrix.ravel()]
    assert [t.get_text() for t in ax.get_yticklabels()] == NAMES
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true")
    shares = ConfusionMatrix(3, normalize="true")
    shares.update(SCORES, TARGETS)
    _, ours = pyplot.subplots()
    assert shares.plot(ours) is ours
    assert ours.texts[0].get_text() == f"{matrix[0, 0] / matrix[0].sum():.2f}"
    large = ConfusionMatrix(30)
    large.update([1], [1])
    ax = drawn(large, tmp_path)
    assert not ax.texts
    assert [t.get_text() for t in ax.get_xticklabels()] == [str(i) for i in range(0, 30, 2)]
    with pytest.raises(ValueError, match="expected 3 class_names, got 2"):
        metric.plot(class_names=["a", "b"])


@pytest.mark.parametrize("make", [ROC, AUROC, PrecisionRecallCurve, AveragePrecision])
def test_curves(make, tmp_path):
    metric = make()
    metric.update(SCORES[:, 1], BINARY)
    ax = drawn(metric, tmp_path)
    area = AUROC if issubclass(make, ROC) else AveragePrecision
    legend = [t.get_text() for t in ax.get_legend().get_texts()]
    assert len(legend) == 1
    assert legend[0].endswith(f"{area()(SCORES[:, 1], BINARY):.3f}")
    several = make(3)
    several.update(SCORES, TARGETS)
    ax = drawn(several, tmp_path, class_names=NAMES)
    legend = [t.get_text().partition(",")[0] for t in ax.get_legend().get_texts()]
    assert legend == NAMES
    x = np.asarray(ax.lines[0].get_xdata())
    assert (np.diff(x) >= 0).all()
    if area is AveragePrecision:  # the area below the steps that are drawn
        y = np.asarray(ax.lines[0].get_ydata())
        assert ax.lines[0].get_drawstyle() == "steps-pre"
        assert np.diff(x) @ y[1:] == pytest.approx(area(3, average=None)(SCORES, TARGETS)[0])
    with pytest.raises(ValueError, match="expected 1 class_names, got 3"):
        metric.plot(class_names=NAMES)


def test_reliability_diagram(tmp_path):
    metric = CalibrationError(10)
    error = metric(SCORES, TARGETS)
    ax = drawn(metric, tmp_path)
    line = next(line for line in ax.lines if line.get_marker() == "o")
    np.testing.assert_array_equal(line.get_ydata(), metric.curve().accuracy)
    assert line.get_label() == f"accuracy, ECE {error:.3f}"
    assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(1)


def test_nothing_to_draw():
    for metric in (ROC(), PrecisionRecallCurve(3), CalibrationError()):
        with pytest.raises(ValueError, match="no samples"):
            metric.plot()
    assert not pyplot.get_fignums()
