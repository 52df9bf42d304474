"""No invalid input may crash the process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fastnn

from . import hostile

FUZZ = Path(__file__).with_name("fuzz.py")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "module",
    [
        "fastnn._core",
        "fastnn._core.autograd",
        "fastnn._core.config",
        "fastnn.ops",
        "fastnn.nn.functional",
        "fastnn.data",
        "fastnn.data.datasets",
    ],
)
def test_invalid_arguments_give_python_exceptions(module: str, seed: int) -> None:
    run = subprocess.run(
        [sys.executable, str(FUZZ), module, str(seed), "400"],
        capture_output=True,
        text=True,
        timeout=300,
    )
    last = run.stdout.splitlines()[-1:]
    assert last == ["done"], f"last call: {last}\n{run.stderr[-2000:]}"
    assert run.returncode == 0


@pytest.mark.parametrize("only", ["kernels", "ops", "modules"])
def test_hostile_arguments_give_python_exceptions(only: str) -> None:
    """FASTNN_HOSTILE_CALLS says how many calls are made, instead of a few thousand."""
    calls = int(os.environ.get("FASTNN_HOSTILE_CALLS", "3000"))
    faults = hostile.fuzz(only, seed=0, begin=0, calls=calls)
    assert not faults, "\n".join(faults)


HUGE = np.broadcast_to(np.float32(1), (1 << 40,))


@pytest.mark.parametrize("op", ["exp", "relu", "tanh", "neg"])
def test_an_output_larger_than_memory_is_a_memory_error(op: str) -> None:
    with pytest.raises(MemoryError):
        getattr(fastnn, op)(HUGE)


def test_a_product_larger_than_memory_is_a_memory_error() -> None:
    tall = np.broadcast_to(np.float32(1), (1 << 24, 1))
    with pytest.raises(MemoryError):
        fastnn.matmul(tall, tall.T)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: fastnn.tile(x, (2**62, 2**62)),
        lambda x: fastnn.repeat(x, 2**62, 4, 1),
        lambda x: fastnn.repeat_interleave(x, 2**62, dim=0),
    ],
)
def test_repetitions_whose_product_wraps_around_are_a_memory_error(call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(MemoryError, match="does not fit in memory"):
        call(np.ones((2, 3), np.float32))


@pytest.mark.parametrize("op", ["sum", "amax", "var", "logsumexp", "norm"])
def test_views_of_astronomic_size_are_refused(op: str) -> None:
    view = np.broadcast_to(np.float32(1), (1 << 30, 1 << 30))
    with pytest.raises(
        MemoryError, match=r"more than 2\*\*40 elements, of which most are the same"
    ):
        getattr(fastnn.kernels, op)(view)
