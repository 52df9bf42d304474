"""A file is the old one or the new one, whole, whatever ends the writing."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import fastnn
from fastnn.serialization.atomic import write_whole

pytestmark = pytest.mark.any_threading

ROOT = Path(fastnn.__file__).parents[1]


@pytest.fixture
def old(tmp_path):
    """A file that exists before."""
    path = tmp_path / "x.pt"
    fastnn.save({"w": fastnn.ones(3)}, path)
    return path


def is_whole(path, folder=None):
    """Whether the file has the old values, and its folder nothing else."""
    assert fastnn.load(path)["w"].tolist() == [1.0, 1.0, 1.0]
    assert [p.name for p in (folder or path.parent).iterdir()] == [path.name]


class Stop(BaseException):
    """Ctrl-C, or the end of a thread."""


@pytest.mark.parametrize("error", [ValueError, OSError, KeyboardInterrupt, Stop])
@pytest.mark.parametrize("after", [0, 1])
def test_an_exception_leaves_the_old_file(old, error, after):
    def write(file):
        file.write(b"x" * 100_000 * after)
        raise error("here")

    with pytest.raises(error):
        write_whole(str(old), write)
    is_whole(old)


@pytest.mark.parametrize("function", ["fsync", "replace", "fchmod"])
def test_an_error_of_the_system_leaves_the_old_file(old, function, monkeypatch):
    def fails(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, function, fails)
    with pytest.raises(OSError, match=r"No space left on device: '.*x\.pt'"):
        fastnn.save({"w": fastnn.zeros(3)}, old)
    is_whole(old)


LIMITED = """
import resource, signal, sys
import fastnn
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    fastnn.save({"w": fastnn.zeros(100_000)}, sys.argv[1])
except OSError as error:
    print(error)
"""


def test_a_full_disk(old):
    """As a limit of the size of files, at which the system refuses the rest."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(old)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "File too large" in done.stdout
    assert str(old) in done.stdout
    is_whole(old)


def test_what_does_not_fit_on_a_device():
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    with pytest.raises(OSError, match="No space left"):
        fastnn.save({"w": fastnn.zeros(100_000)}, "/dev/full")
    fastnn.save({"w": fastnn.zeros(3)}, os.devnull)
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


def test_the_file_is_on_the_disk_before_it_has_its_name(old, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        function = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda *args, f=function, n=name: (calls.append(n), f(*args))[1]
        )
    fastnn.save({"w": fastnn.ones(3)}, old)
    assert calls == ["fsync", "replace", "fsync"]
    is_whole(old)


def test_permissions_and_links_stay(old, tmp_path):
    old.chmod(0o640)
    link = tmp_path / "link.pt"
    link.symlink_to(old.name)
    fastnn.save({"w": fastnn.zeros(2)}, link)
    assert link.is_symlink()
    assert fastnn.load(old)["w"].tolist() == [0.0, 0.0]
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    before = os.umask(0o027)
    try:
        fastnn.save({}, tmp_path / "new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


def test_folders(tmp_path):
    with pytest.raises(IsADirectoryError):
        fastnn.save({}, tmp_path)
    with pytest.raises(FileNotFoundError, match=r"missing/x\.pt"):
        fastnn.save({}, tmp_path / "missing" / "x.pt")
    (tmp_path / ("n" * 250)).touch()
    fastnn.save({}, tmp_path / ("n" * 250))
    assert len([*tmp_path.iterdir()]) == 1


def test_processes_that_are_killed():
    """At some moment while they save."""
    done = subprocess.run(
        [sys.executable, "-m", "benches.checks.kills", "24"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert "24 processes killed" in done.stdout
    assert "every file is whole" in done.stdout
