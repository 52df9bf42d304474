"""Regions compute in the caller's floating-point mode: rounding, and subnormal numbers as zero.

A mode belongs to a thread. Libraries change it (``torch.set_flush_denormal``, everything built with
``-ffast-math``), and helpers that kept their own would give other bits than the caller alone.
"""

from __future__ import annotations

import platform

import numpy as np
import pytest

import fastnn
from fastnn import kernels

from .harness.circumstances import MODES, floating_point
from .harness.machine import THREADS, threads

pytestmark = [
    pytest.mark.any_threading,
    pytest.mark.skipif(
        platform.machine() != "x86_64" or platform.libc_ver()[0] != "glibc",
        reason="sets the mode through glibc's fesetenv on x86-64",
    ),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("threading", ["pool", "openmp"])
def test_same_bits_for_any_number_of_threads(threading: str, mode: str, restored: None) -> None:
    fastnn.set_threading(threading)
    random = np.random.default_rng(0)
    a = random.standard_normal((512, 512)).astype(np.float32) * np.float32(1e-20)
    results = set()
    with floating_point(MODES[mode]):
        for n in (*THREADS, 16):
            with threads(n):
                results |= {kernels.matmul(a, a).tobytes() for _ in range(5)}
    assert len(results) == 1


def test_a_helper_keeps_its_own_mode(restored: None) -> None:
    """After a region under another mode, one in the default mode gives the default's bits."""
    a = np.full((512, 512), 1e-20, np.float32)
    with threads(1):
        expected = kernels.matmul(a, a)
    with threads(3):
        with floating_point(MODES["flushing"]):
            assert not kernels.matmul(a, a).any()
        np.testing.assert_array_equal(kernels.matmul(a, a), expected)
