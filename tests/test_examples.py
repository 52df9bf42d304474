"""The examples and the smoke test of an installation run and reach their stated results."""

import gzip
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


def test_char_lm_reads_compressed_texts(tmp_path):
    """As the tagger does: .gz, a mark of the byte order, any line ends."""
    read = load("char_lm").read
    text = "one\ntwo é\n"
    for content in (text, "\ufeff" + text, text.replace("\n", "\r\n")):
        (tmp_path / "a.txt").write_bytes(content.encode())
        (tmp_path / "a.txt.gz").write_bytes(gzip.compress(content.encode()))
        assert read(tmp_path / "a.txt") == read(tmp_path / "a.txt.gz") == text
    (tmp_path / "a.txt").write_bytes(b"caf\xe9")
    assert read(tmp_path / "a.txt") == "caf\ufffd"
    whole = gzip.compress(text.encode())
    for name, content, message in (
        ("a.gz", text.encode(), "Not a gzipped file"),
        ("a.gz", whole[:-9], "ended before"),
        ("a.gz", whole[:12] + b"\xff" * 9 + whole[21:], "cannot read"),
        ("packed.txt", gzip.compress(bytes(1000)), "is no text: it has bytes of 0"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(SystemExit, match=message):
            read(tmp_path / name)


# -- what is missing is said at once -----------------------------------------------------------

PACKAGES = {
    "bilstm_tagger": ("numpy", "fastnn", "tqdm"),
    "char_lm": ("numpy", "fastnn"),
    "digits": ("numpy", "fastnn", "tqdm", "sklearn", "matplotlib"),
    "fashion": ("numpy", "fastnn"),
    "gradients_through_time": ("numpy", "fastnn", "tqdm"),
    "image_classifier": ("numpy", "fastnn"),
    "image_rows": ("numpy", "fastnn", "tqdm", "sklearn"),
    "kernels_two_layer": ("numpy", "fastnn"),
    "transformer_classifier": ("numpy", "fastnn", "tqdm", "sklearn"),
    "vanishing_gradient": ("numpy", "fastnn", "tqdm"),
}


def test_every_example_is_in_the_table():
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(PACKAGES)


@pytest.mark.parametrize(
    ("name", "package"), [(name, each) for name, several in PACKAGES.items() for each in several]
)
def test_a_missing_package_is_one_line(name, package, monkeypatch):
    for each in [each for each in sys.modules if each.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, each)
    monkeypatch.setitem(sys.modules, package, None)  # an import of it fails
    with pytest.raises(SystemExit) as stopped:
        load(name)
    assert package in str(stopped.value)
    assert "in the clone: pip install" in str(stopped.value)
    assert "\n" not in str(stopped.value)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("digits", "--output none/demo.png", "there is no folder none"),
        ("gradients_through_time", "--picture none/a.png", "there is no folder none"),
        ("vanishing_gradient", "--picture none/a.png", "there is no folder none"),
        ("bilstm_tagger", "--train a.conll --predict none/a", "there is no folder none"),
        ("image_classifier", "--data . --pictures a.txt", "a.txt is a file, not a folder"),
    ],
)
def test_a_missing_folder_is_said_before_any_work(name, arguments, message, tmp_path, capsys):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        (tmp_path / "a.txt").touch()
        with pytest.raises(SystemExit):
            load(name).main(arguments.split())
    out, err = capsys.readouterr()
    assert message in err.splitlines()[-1]
    assert out == ""


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("gradients_through_time", "--picture a.png"),
        ("vanishing_gradient", "--picture a.png"),
        ("image_classifier", "--data . --pictures ."),
    ],
)
def test_drawing_needs_matplotlib(name, arguments, monkeypatch, capsys):
    example = load(name)
    monkeypatch.setattr(example, "find_spec", lambda package: None)
    with pytest.raises(SystemExit):
        example.main(arguments.split())
    out, err = capsys.readouterr()
    assert "to draw, install matplotlib: pip install matplotlib" in err.splitlines()[-1]
    assert out == ""


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
