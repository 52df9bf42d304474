"""What comes with scikit-learn."""

import sys

import numpy as np
import pytest

from fastnn.data import datasets

pytestmark = pytest.mark.any_threading
TABLES = {
    "load_iris": (150, 4, 3),
    "load_wine": (178, 13, 3),
    "load_breast_cancer": (569, 30, 2),
    "load_diabetes": (442, 10, 0),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables(name):
    found = pytest.importorskip("sklearn.datasets")
    count, features, classes = TABLES[name]
    dataset, original = getattr(datasets, name)(), getattr(found, name)()
    assert dataset.data.shape == (count, features) == (len(dataset), len(dataset.feature_names))
    assert len(dataset.classes) == classes
    assert dataset.data.dtype == np.float32
    np.testing.assert_array_equal(dataset.data.numpy(), original.data.astype(np.float32))
    np.testing.assert_array_equal(dataset.targets.numpy(), original.target)
    assert dataset.targets.dtype == (np.int64 if classes else np.float32)
    x, y = dataset[7]
    assert (x.tolist(), y.item()) == (dataset.data[7].tolist(), dataset.targets[7].item())


def test_digits():
    found = pytest.importorskip("sklearn.datasets").load_digits()
    digits = datasets.load_digits()
    assert digits.data.dtype == np.float32
    np.testing.assert_array_equal(digits.data.numpy()[:, 0] * 16, found.images)
    np.testing.assert_array_equal(digits.targets.numpy(), found.target)
    assert digits.classes == tuple("0123456789")


def test_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    match = "load_iris needs scikit-learn: pip install scikit-learn"
    with pytest.raises(ImportError, match=match):
        datasets.load_iris()
