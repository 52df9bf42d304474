"""Kernel objects define no weak symbols outside the namespace of their level.

Copies of an inline function compiled with different flags have the same name. The linker keeps an
arbitrary one, which may contain instructions that an older CPU does not have.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.any_threading

ROOT = Path(__file__).parents[1]
NM = shutil.which("nm")


def kernel_objects():
    """(level, object file) of every kernel in the newest build directory."""
    builds = [Path(p) for p in os.environ.get("FASTNN_BUILD_DIR", "").split(os.pathsep) if p]
    builds = builds or sorted(ROOT.glob("build/*"), key=lambda p: p.stat().st_mtime)[-1:]
    return [
        (folder.name.removesuffix(".dir").rsplit("_", 1)[1], file)
        for build in builds
        for folder in sorted(build.glob("csrc/CMakeFiles/fastnn_*_*.dir"))
        for file in sorted(folder.rglob("*.o"))
    ]


def test_weak_symbols_are_in_the_namespace_of_their_level():
    objects = kernel_objects()
    if not objects or NM is None:
        pytest.skip("needs a build directory and nm")
    for level, file in objects:
        text = subprocess.run(
            [NM, "-C", "--defined-only", str(file)], capture_output=True, text=True, check=True
        ).stdout
        # W, V: weak; u: unique in the process; lower case w, v: weak and undefined elsewhere.
        weak = re.findall(r"^[0-9a-f]* [WVuwv] (.*)$", text, re.M)
        outside = [name for name in weak if f"fastnn::{level}::" not in name]
        assert not outside, f"{file}: {outside}"
