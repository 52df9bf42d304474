"""The examples run, and reach what they claim; so does the smoke test of an installation."""

import importlib.util
import sys
from pathlib import Path

import fastnn.smoke

EXAMPLES = Path(__file__).parents[1] / "examples"


def load(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_kernels_two_layer():
    assert load("kernels_two_layer").train() > 0.95


def test_digits(tmp_path, capsys):
    picture = tmp_path / "demo.png"
    assert load("digits").main(["--output", str(picture)]) >= 0.97
    assert picture.read_bytes().startswith(b"\x89PNG")
    said = capsys.readouterr().out
    for word in ("test accuracy", "time per epoch", "ISA in use", "threads"):
        assert word in said


def test_transformer_classifier(capsys):
    assert load("transformer_classifier").main(["--epochs", "5"]) > 0.8
    assert "time per epoch" in capsys.readouterr().out


def test_smoke(capsys):
    assert fastnn.smoke.main() == 0
    assert capsys.readouterr().out.count("OK ") == len(fastnn.smoke.CHECKS)
