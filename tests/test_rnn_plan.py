"""Plans of recurrent layers, made and not run (rnn_plan.cpp)."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .simd import toolchain

CSRC = toolchain.INCLUDE
RNN = [CSRC / "ops" / "rnn" / f"{name}.cpp" for name in ("plan", "partition", "sequence")]
SOURCES = [Path(__file__).with_name("rnn_plan.cpp"), *RNN, *sorted((CSRC / "core").glob("*.cpp"))]


def test_rows_samples_and_workspace(tmp_path: Path) -> None:
    if toolchain.compiler() is None:
        pytest.skip("no C++ compiler")
    program = tmp_path / "rnn_plan"
    flags = [*toolchain.STRICT, *toolchain.core_flags(*toolchain.LEVELS)]
    command = [toolchain.compiler(), *flags, *SOURCES, "-o", program]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    done = subprocess.run([program], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
