"""A missing build dependency gives one line that names what to install."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.any_threading

PREFLIGHT = Path(__file__).parents[1] / "tools" / "preflight"
SHELL = shutil.which("sh")


def script(path, body):
    path.write_text(f"#!{SHELL}\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def tools(tmp_path):
    """A folder with all tools of a build, used as the only entry of PATH."""
    for name in ("grep", "cut", "sh", "env"):
        (tmp_path / name).symlink_to(shutil.which(name))
    script(tmp_path / "python3", f'exec "{sys.executable}" "$@"')
    script(
        tmp_path / "g++",
        'case $1 in -dumpversion) echo 12 ;; *) echo "Free Software Foundation" ;; esac',
    )
    return tmp_path


def run(tools, python="python3", **environment):
    environment = {"PATH": str(tools), "HOME": os.environ.get("HOME", "/"), **environment}
    done = subprocess.run(
        [SHELL, str(PREFLIGHT), python], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == (done.returncode != 0), done.stderr
    return done.stderr


def fake_python(tools, lacks):
    """An interpreter that fails checks whose code contains `lacks`."""
    script(
        tools / "python3",
        f'case "$*" in *"{lacks}"*) exit 1 ;; *-V*) echo "Python 3.9.2" ;;'
        f' *) exec "{sys.executable}" "$@" ;; esac',
    )


def test_nothing_is_missing(tools):
    assert run(tools) == ""


def test_no_python(tools):
    (tools / "python3").unlink()
    assert "no python3 found. Install Python 3.10 or newer" in run(tools)


def test_old_python(tools):
    fake_python(tools, "version_info")
    assert "python3 is Python 3.9.2, but Python 3.10 or newer is needed" in run(tools)


def test_no_venv(tools):
    fake_python(tools, "ensurepip")
    assert "apt install python3-venv" in run(tools)


def test_no_headers(tools):
    script(
        tools / "python3",
        'case "$*" in *sysconfig*) echo /nowhere/Python.h ;;'
        f' *) exec "{sys.executable}" "$@" ;; esac',
    )
    assert "apt install python3-dev" in run(tools)


def test_no_compiler(tools):
    (tools / "g++").unlink()
    assert "no C++ compiler (g++) found. Install one (Debian, Ubuntu: apt install g++" in run(tools)
    assert "no C++ compiler (clang++-99 -v)" in run(tools, CXX="clang++-99 -v")


def test_old_compiler(tools):
    script(
        tools / "g++",
        'case $1 in -dumpversion) echo 9 ;; *) echo "Free Software Foundation" ;; esac',
    )
    assert "g++ is GCC 9, but GCC 12 or newer is needed" in run(tools)
