"""The small data sets that come with scikit-learn."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from .labelled import LabelledDataset

__all__ = ["load_breast_cancer", "load_diabetes", "load_digits", "load_iris", "load_wine"]


def bundled(name: str) -> Any:
    """What scikit-learn's function of a name returns; ImportError where it is missing."""
    try:
        library = import_module("sklearn.datasets")
    except ImportError:
        raise ImportError(f"{name} needs scikit-learn: pip install scikit-learn") from None
    return getattr(library, name)()


def table(name: str) -> LabelledDataset:
    """A table of features with classes."""
    found = bundled(name)
    return LabelledDataset(
        np.ascontiguousarray(found.data, np.float32),
        found.target.astype(np.int64),
        [str(c) for c in found.target_names],
        [str(f) for f in found.feature_names],
    )


def load_digits() -> LabelledDataset:
    """Load 1797 handwritten digits, float32 of shape (1797, 1, 8, 8) from 0 to 1, in 10 classes.

    From the UCI repository's "Optical Recognition of Handwritten Digits", through scikit-learn.

    Examples
    --------
    >>> digits = fastnn.data.datasets.load_digits()
    >>> digits.data.shape, digits.data.max().item(), len(digits.classes)
    ((1797, 1, 8, 8), 1.0, 10)
    """
    found = bundled("load_digits")
    pixels = (found.images / 16).astype(np.float32)[:, None]
    classes = [str(digit) for digit in found.target_names]
    return LabelledDataset(pixels, found.target.astype(np.int64), classes)


def load_iris() -> LabelledDataset:
    """Load the measures of 150 flowers, float32 of shape (150, 4), in 3 classes of 50.

    From R. A. Fisher, The use of multiple measurements in taxonomic problems (1936), through
    scikit-learn.

    Examples
    --------
    >>> iris = fastnn.data.datasets.load_iris()
    >>> iris.data.shape, iris.classes
    ((150, 4), ('setosa', 'versicolor', 'virginica'))
    """
    return table("load_iris")


def load_wine() -> LabelledDataset:
    """Load the analyses of 178 wines, float32 of shape (178, 13), in 3 classes.

    From the UCI repository, through scikit-learn.

    Examples
    --------
    >>> wine = fastnn.data.datasets.load_wine()
    >>> wine.data.shape, wine.feature_names[:2]
    ((178, 13), ('alcohol', 'malic_acid'))
    """
    return table("load_wine")


def load_breast_cancer() -> LabelledDataset:
    """Load the features of 569 tumours, float32 of shape (569, 30), in 2 classes.

    The "Breast Cancer Wisconsin (Diagnostic)" data of the UCI repository, through scikit-learn.

    Examples
    --------
    >>> cells = fastnn.data.datasets.load_breast_cancer()
    >>> cells.data.shape, cells.classes
    ((569, 30), ('malignant', 'benign'))
    """
    return table("load_breast_cancer")


def load_diabetes() -> LabelledDataset:
    """Load ten features of 442 patients and the progress of their disease: a regression.

    Inputs are float32 of shape (442, 10), of which each column has mean 0 and sum of squares 1;
    targets are float32, of shape (442,). From B. Efron et al., Least angle regression (2004),
    through scikit-learn.

    Examples
    --------
    >>> patients = fastnn.data.datasets.load_diabetes()
    >>> patients.data.shape, patients.targets.dtype
    ((442, 10), dtype('float32'))
    """
    found = bundled("load_diabetes")
    return LabelledDataset(
        found.data.astype(np.float32),
        found.target.astype(np.float32),
        feature_names=[str(f) for f in found.feature_names],
    )
