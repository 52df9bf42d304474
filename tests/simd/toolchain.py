"""The C++ programs of this directory, compiled once per instruction set."""

from __future__ import annotations

import functools
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
INCLUDE = HERE.parent.parent / "csrc"

# As in csrc/CMakeLists.txt.
X86 = {
    "v2": ["-march=x86-64-v2"],
    "v3": ["-march=x86-64-v3"],
    "v4": ["-march=x86-64-v4", "-mprefer-vector-width=512"],
}
ARM: dict[str, list[str]] = {"neon": []}
LEVELS = ARM if platform.machine() in ("aarch64", "arm64") else X86
STRICT = ["-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
KERNEL = ["-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]

ONE_ARGUMENT = (
    "exp", "log", "expm1", "log1p", "tanh", "sigmoid", "erf", "sin", "cos", "rsqrt",
)  # fmt: skip
FUNCTIONS = (*ONE_ARGUMENT, "pow")
# Errors in activation.h: {activation: (unit, (float, double), (float, double) of the gradient)}.
ACTIVATIONS = {
    name: (unit, (float(single), float(double)), (float(gradient), float(gradient_double)))
    for name, single, unit, double, gradient, gradient_double in re.findall(
        r"// (\w+): at most ([\d.]+) (ULP|epsilon) in float, ([\d.]+) in double; "
        r"gradient ([\d.]+) and ([\d.]+) epsilon",
        (INCLUDE / "simd" / "activation.h").read_text(),
    )
}


def core_flags(*levels: str) -> list[str]:
    """Compiler flags of csrc/core: CMake's definitions, and OpenMP."""
    return [
        "-DFASTNN_ISA_LEVELS=" + ",".join(f"Isa::{level}" for level in levels),
        '-DFASTNN_THREADING="pool"',
        f"-I{INCLUDE}",
        "-fopenmp",
    ]


def compiler() -> str | None:
    """The C++ compiler, or None if there is none."""
    return shutil.which(os.environ.get("CXX", "g++"))


def build(source: str, output: Path, *flags: str) -> Path:
    """Compile one source file of this directory unless `output` exists."""
    if not output.exists():
        output.parent.mkdir(exist_ok=True)
        command = [compiler(), *STRICT, *flags, f"-I{INCLUDE}", HERE / source, "-o", output, "-ldl"]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    return output


def kernel(source: str, level: str, directory: Path, *flags: str) -> Path:
    """Compile for one instruction set, with the flags of a kernel."""
    output = directory / f"{Path(source).stem}_{level}"
    return build(source, output, *KERNEL, *LEVELS[level], f"-DFASTNN_ISA={level}", *flags)


def library(level: str, directory: Path) -> Path:
    """functions.cpp as a shared library for one instruction set."""
    return kernel("functions.cpp", level, directory, "-shared", "-fPIC")


def measure(directory: Path, *arguments: object) -> list[str]:
    """Lines that measure.cpp prints."""
    program = build("measure.cpp", directory / "measure", "-O2", "-ffp-contract=off")
    command = [program, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


@functools.cache
def offered(directory: Path) -> list[str]:
    """The instruction sets of this CPU."""
    return measure(directory, "levels")


def libm(directory: Path) -> Path:
    """libm.cpp, compiled with all optimizations for this CPU."""
    flags = ["-O3", "-ffast-math", "-march=native", "-mprefer-vector-width=512"]
    return build("libm.cpp", directory / "libm", *flags, "-shared", "-fPIC")
