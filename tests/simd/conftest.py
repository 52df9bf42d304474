"""Fixtures: a directory for compiled programs, and the instruction sets to test."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import toolchain


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of compiled programs, shared by all tests of a session."""
    if toolchain.compiler() is None:
        pytest.skip("no C++ compiler")
    return tmp_path_factory.mktemp("simd")


@pytest.fixture(params=toolchain.LEVELS)
def level(request: pytest.FixtureRequest, programs: Path) -> str:
    """Every instruction set."""
    if request.param not in toolchain.offered(programs):
        pytest.skip(f"this CPU has no {request.param}")
    return request.param
