"""Parts of ops/gemm without a binding, and products on machines with other caches (gemm.cpp)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from fastnn import _core

from ..simd import toolchain

CSRC = toolchain.INCLUDE
DRIVERS = [
    *sorted(set((CSRC / "core").glob("*.cpp")) - {CSRC / "core/machine.cpp"}),
    *(CSRC / "ops/gemm" / f"{name}.cpp" for name in ("gemm", "partition", "plan", "packed")),
    CSRC / "ops/activation/activation.cpp",
]
KERNELS = ["gemm/gemm_f32", "activation/activation"]


def test_gemm_native(tmp_path: Path) -> None:
    if toolchain.compiler() is None:
        pytest.skip("no C++ compiler")
    level = _core.config.isa()
    flags = [*toolchain.STRICT, *toolchain.KERNEL, "-O1", *toolchain.core_flags(level)]
    kernel = [*toolchain.LEVELS[level], f"-DFASTNN_ISA={level}"]

    def compile(*command: str | Path) -> None:
        done = subprocess.run(
            [toolchain.compiler(), *flags, *command], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

    objects = [tmp_path / f"{Path(name).name}.o" for name in KERNELS]
    for name, output in zip(KERNELS, objects):
        compile(*kernel, "-c", CSRC / f"ops/{name}_kernel.cpp", "-o", output)
    program = tmp_path / "gemm"
    source = Path(__file__).with_name("gemm.cpp")
    compile(source, *DRIVERS, *objects, "-o", program)
    done = subprocess.run(
        [program], capture_output=True, text=True, env={**os.environ, "FASTNN_ISA": level}
    )
    assert done.returncode == 0, done.stdout + done.stderr
