"""Fixtures of the pytest-benchmark suites: the roofline, and a check-and-time function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fastnn

from .side_by_side.roofline import Roofline, measure


@pytest.fixture(scope="session")
def rooflines() -> dict[str, Roofline]:
    """The measured rooflines for the threads in use."""
    return measure(fastnn.get_num_threads())


@pytest.fixture
def run(benchmark: Any, rooflines: dict[str, Roofline]) -> Callable[..., None]:
    """Check the answer of a step, then time it and report its share of the roofline."""

    def check_and_time(
        step: Callable[[], Any],
        expected: Any,
        *,
        flops: float = 0.0,
        bytes: float = 0.0,
        tolerance: float = 1e-5,
        answer: Callable[[], Any] | None = None,
    ) -> None:
        found = np.asarray((answer or step)(), np.float64)
        expected = np.asarray(expected, np.float64)
        scale = max(float(np.max(np.abs(expected), initial=0)), 1e-30)
        np.testing.assert_allclose(found / scale, expected / scale, rtol=0, atol=tolerance)
        benchmark(step)
        if benchmark.stats is None:  # --benchmark-disable: answers only
            return
        if "best" in rooflines:
            least = rooflines["best"].seconds(flops, bytes)
            benchmark.extra_info["share_of_roofline"] = round(least / benchmark.stats["median"], 3)
        benchmark.extra_info["gflops"] = round(flops / benchmark.stats["median"] * 1e-9, 1)
        benchmark.extra_info["gbytes"] = round(bytes / benchmark.stats["median"] * 1e-9, 1)

    return check_and_time


def normal(*shape: int, seed: int = 0) -> Any:
    """Normal numbers in float32."""
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def training(
    call: Callable[[], Any], slope: Any, wanted: Any, *others: Any
) -> tuple[Callable[[], None], Callable[[], Any]]:
    """A step forward and backward for all leaves, and one that returns the gradient of `wanted`."""
    leaves = (wanted, *others)

    def step() -> None:
        for leaf in leaves:
            leaf.grad = None
        call().backward(slope)

    def gradient() -> Any:
        step()
        return wanted.grad.numpy()

    return step, gradient
