"""The workloads in scikit-learn."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from .. import inputs
from ..workloads import Size
from . import Case


def setup(threads: int) -> str:
    """scikit-learn takes its threads from the environment; return the version."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    return str(sklearn.__version__)


def digits(size: Size, variant: str, path: str = "") -> Case:
    data = inputs.digits_inputs(path)

    def train() -> Any:
        model = MLPClassifier(
            size[2:-1],
            solver="adam",
            alpha=0.0,
            batch_size=size[0],
            learning_rate_init=1e-3,
            max_iter=30,
            n_iter_no_change=30,
            tol=0.0,
            random_state=0,
        )
        return model.fit(data.x, data.labels)

    return Case(train, lambda: np.array([train().score(data.test_x, data.test_labels)]))


BUILDERS = {"digits": digits}
