"""The workloads that plain NumPy can do well."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import inputs
from ..workloads import Size
from . import Case


def setup(threads: int) -> str:
    """NumPy takes its threads from the environment; return the version."""
    return str(np.__version__)


def matmul(size: Size, variant: str) -> Case:
    a, b = inputs.matmul_inputs(size)

    def step() -> Any:
        return a @ b

    return Case(step, step)


def mlp_infer(size: Size, variant: str) -> Case:
    data = inputs.mlp_inputs(size)
    weights = [(np.ascontiguousarray(w.T), b) for w, b in data.layers]

    def step() -> Any:
        x = data.x
        for weight, bias in weights[:-1]:
            x = np.maximum(x @ weight + bias, 0)
        return x @ weights[-1][0] + weights[-1][1]

    return Case(step, step)


BUILDERS = {"matmul": matmul, "mlp_infer": mlp_infer}
