"""simd/vec.h: every operation, and tails that end at a page boundary, on every level."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from . import toolchain

pytestmark = pytest.mark.any_threading


def test_operations(level: str, programs: Path) -> None:
    program = toolchain.kernel("vec.cpp", level, programs)
    done = subprocess.run([program], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_no_weak_symbol_outside_its_namespace(level: str, programs: Path) -> None:
    # Two copies of one inline function, compiled for different CPUs, would be merged by the linker.
    objects = toolchain.kernel("functions.cpp", level, programs / "objects", "-c")
    symbols = subprocess.run(["nm", "-C", objects], check=True, capture_output=True, text=True)
    weak = [s for s in symbols.stdout.splitlines() if re.search(r" [WwVvu] ", s)]
    assert all(f"fastnn::{level}::" in s for s in weak), weak
