"""Parallel regions: threads that start late or never, long ones, Ctrl-C (parallel.cpp)."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .simd import toolchain

pytestmark = pytest.mark.any_threading

CSRC = toolchain.INCLUDE
SOURCES = [Path(__file__).with_name("parallel.cpp"), *sorted((CSRC / "core").glob("*.cpp"))]


# The thread sanitizer does not see how GCC's OpenMP synchronizes and reports false data races, so
# it checks only the pool.
@pytest.mark.parametrize(
    ("threading", "sanitizer"), [("pool", "none"), ("openmp", "none"), ("pool", "thread")]
)
def test_every_chunk_once_and_in_order(tmp_path: Path, threading: str, sanitizer: str) -> None:
    if toolchain.compiler() is None:
        pytest.skip("no C++ compiler")
    program = tmp_path / "parallel"
    flags = [*toolchain.STRICT, "-O1", *toolchain.core_flags(*toolchain.LEVELS)]
    if sanitizer != "none":
        flags.append(f"-fsanitize={sanitizer}")
    command = [toolchain.compiler(), *flags, *SOURCES, "-o", program]
    done = subprocess.run(command, capture_output=True, text=True)
    if sanitizer != "none" and "cannot find" in done.stderr:
        pytest.skip(f"the compiler has no {sanitizer} sanitizer")
    assert done.returncode == 0, done.stderr
    command = [program, threading, "3", "2000"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if "unexpected memory mapping" in done.stderr:
        pytest.skip("the thread sanitizer does not support this system's address layout")
    assert done.returncode == 0, done.stdout + done.stderr
