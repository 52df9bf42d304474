"""The command `fastnn`."""

import json
import subprocess
import sys

import pytest

import fastnn
from fastnn.cli import main


def test_info(capsys):
    assert main(["info"]) == 0
    assert capsys.readouterr().out.startswith(f"fastnn {fastnn.__version__}\n")


def test_info_as_json(capsys):
    assert main(["info", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["version"] == fastnn.__version__


@pytest.mark.parametrize(
    ("arguments", "status"), [([], 2), (["nonsense"], 2), (["--version"], 0), (["info", "-h"], 0)]
)
def test_status(arguments, status, capsys):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == status


def test_as_a_module():
    done = subprocess.run(
        [sys.executable, "-OO", "-m", "fastnn", "info"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "ISA in use" in done.stdout


def test_a_reader_that_has_seen_enough():
    command = f"{sys.executable} -u -m fastnn info --json | head -c 10"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert len(done.stdout) == 10
