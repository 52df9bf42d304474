"""Regions compute in the caller's floating-point mode: rounding, and subnormal numbers as zero.

A mode belongs to a thread. Libraries change it (``torch.set_flush_denormal``, everything built with
``-ffast-math``), and helpers that kept their own would give other bits than the caller alone.
"""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Iterator

import numpy as np
import pytest

import fastnn
from fastnn import kernels

from .harness.machine import THREADS, threads

pytestmark = [
    pytest.mark.any_threading,
    pytest.mark.skipif(
        platform.machine() != "x86_64" or platform.libc_ver()[0] != "glibc",
        reason="sets the mode through glibc's fesetenv on x86-64",
    ),
]

FLUSH, SUBNORMALS_ARE_ZERO = 1 << 15, 1 << 6
ROUNDING = {"down": 1 << 13, "up": 2 << 13, "to zero": 3 << 13}
MODES = {"flush to zero": FLUSH | SUBNORMALS_ARE_ZERO, **ROUNDING}


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> Iterator[str]:
    """Set bits of the calling thread's MXCSR register for one test."""
    libm = ctypes.CDLL("libm.so.6")
    before = (ctypes.c_uint32 * 8)()
    assert libm.fegetenv(before) == 0
    changed = (ctypes.c_uint32 * 8)(*before)
    changed[7] |= MODES[request.param]  # the last word of fenv_t
    assert libm.fesetenv(changed) == 0
    yield request.param
    assert libm.fesetenv(before) == 0


@pytest.mark.parametrize("threading", ["pool", "openmp"])
def test_same_bits_for_any_number_of_threads(mode: str, threading: str, restored: None) -> None:
    fastnn.set_threading(threading)
    random = np.random.default_rng(0)
    a = random.standard_normal((512, 512)).astype(np.float32) * np.float32(1e-20)
    x = random.standard_normal((8, 16, 40, 40)).astype(np.float32) * np.float32(1e-19)
    w = random.standard_normal((16, 16, 3, 3)).astype(np.float32) * np.float32(1e-19)
    calls = {
        "matmul": lambda: kernels.matmul(a, a),
        "tanh": lambda: kernels.tanh(x),
        "softmax": lambda: kernels.softmax(x, 1),
        "sum": lambda: kernels.sum(a, None),
        "conv": lambda: kernels.conv(x, w, None, 1, 1),
    }
    for name, call in calls.items():
        results = set()
        for n in THREADS:
            with threads(n):
                results |= {np.asarray(call()).tobytes() for _ in range(5)}
        assert len(results) == 1, name


def test_a_helper_keeps_its_own_mode(restored: None) -> None:
    """After a region under another mode, one in the default mode gives the default's bits."""
    a = np.full((512, 512), 1e-20, np.float32)
    with threads(1):
        expected = kernels.matmul(a, a)
    libm = ctypes.CDLL("libm.so.6")
    before = (ctypes.c_uint32 * 8)()
    libm.fegetenv(before)
    changed = (ctypes.c_uint32 * 8)(*before)
    changed[7] |= MODES["flush to zero"]
    with threads(3):
        libm.fesetenv(changed)
        flushed = kernels.matmul(a, a)
        libm.fesetenv(before)
        assert not flushed.any()
        np.testing.assert_array_equal(kernels.matmul(a, a), expected)
