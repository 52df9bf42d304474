"""The examples and the smoke test of an installation run and reach their stated results."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

import fastnn.smoke
from tests.harness import threads

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
    accuracy = load("digits").main(["--output", str(picture)])
    assert accuracy["MLP"] >= 0.965
    assert accuracy["CNN"] >= 0.985
    assert picture.read_bytes().startswith(b"\x89PNG")
    said = capsys.readouterr().out
    for word in ("test accuracy", "time per epoch", "ISA in use", "threads"):
        assert word in said


def test_transformer_classifier(capsys):
    assert load("transformer_classifier").main(["--epochs", "5"]) > 0.8
    assert "time per epoch" in capsys.readouterr().out


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_image_rows(cell, capsys):
    assert load("image_rows").main(["--epochs", "8", "--hidden", "32", "--cell", cell]) > 0.8
    assert "of 450 digits" in capsys.readouterr().out


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_char_lm(cell, tmp_path, capsys):
    """The model memorizes a repeating text; results do not depend on the number of threads."""
    path = tmp_path / "text.txt"
    path.write_text("the quick brown fox jumps over the lazy dog.\n" * 150)
    options = "--epochs 4 --batch 8 --steps 30 --hidden 48 --layers 1 --lr 0.01 --dropout 0"
    found = []
    for n in (1, 3):
        with threads(n):
            arguments = ["--text", str(path), "--cell", cell, "--sample", "60", *options.split()]
            found.append((load("char_lm").main(arguments), capsys.readouterr().out))
    assert found[0][0] == found[1][0]
    assert found[0][0] < 0.5
    text = [out.split("a sample at temperature 0.8:")[1] for _, out in found]
    assert text[0] == text[1]
    assert "quick brown fox" in text[0]


def test_gradients_through_time(tmp_path, capsys):
    picture = tmp_path / "gradients.png"
    load("gradients_through_time").main(["--steps", "30", "--picture", str(picture)])
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert len(capsys.readouterr().out.splitlines()) == 7


def test_char_lm_bad_input(tmp_path, capsys):
    example = load("char_lm")
    path = tmp_path / "text.txt"
    path.write_text("short")
    with pytest.raises(SystemExit, match="too short"):
        example.main(["--text", str(path)])
    with pytest.raises(SystemExit, match=r"cannot read .*: No such file"):
        example.main(["--text", str(tmp_path / "none.txt")])
    for option, value, message in (
        ("temperature", "0", "must be positive, got 0"),
        ("prompt", "", "must not be empty"),
        ("batch", "0", "must be at least 1, got 0"),
        ("limit", "-5", "must be at least 1, got -5"),
    ):
        with pytest.raises(SystemExit):
            example.main(["--text", str(path), f"--{option}={value}"])
        assert message in capsys.readouterr().err


def test_char_lm_samples():
    """Near temperature 0 the most likely character is drawn; an unknown one never is."""
    example = load("char_lm")
    alphabet = example.Alphabet("abc" * 9)
    model = example.CharLM(len(alphabet), "rnn", 4, 4, 1, 0.0)
    for parameter in model.output.parameters():
        parameter._array[:] = 0
    model.output.bias._array[:] = [9, 0, 1, 0]
    rng = np.random.default_rng(0)
    for temperature in (0.01, 1e-300):
        assert example.sample(model, alphabet, "?a", 3, temperature, rng) == "?abbb"
    text = example.sample(model, alphabet, "a", 3000, 0.5, rng)
    assert text.count("b") / 3000 == pytest.approx(np.exp(2) / (np.exp(2) + 2), abs=0.05)


def test_smoke(capsys):
    assert fastnn.smoke.main() == 0
    assert capsys.readouterr().out.count("OK ") == len(fastnn.smoke.CHECKS)
