"""Examples in the documents run, and links and names lead to what exists."""

import importlib
import itertools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").glob("*.md")]
)
# Those that tell what was, or what will be, may name what is not there.
PRESENT = [d for d in DOCUMENTS if d.name not in ("CHANGELOG.md", "ROADMAP.md")]


# Written by a benchmark run, so they may be missing.
WRITTEN = {"benchmarks.md", "gemm-grid.md", "rnn-grid.md"}


def blocks(document):
    return re.findall(r"^```python\n(.*?)^```", document.read_text(), re.M | re.S)


def prose(document):
    return re.sub(r"^```.*?^```", "", document.read_text(), flags=re.M | re.S)


def test_the_readme_example_learns(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks(ROOT / "README.md"):
        exec(compile(block, "README.md", "exec"), names)
    out = capsys.readouterr().out
    assert float(re.search(r"loss ([0-9.]+)", out)[1]) < 0.3
    assert float(re.search(r"accuracy ([0-9.]+)", out)[1]) > 0.8
    assert "GF/s" in out
    assert (tmp_path / "trace.json").exists()


def test_the_guide_to_training_runs():
    names = {}
    for block in blocks(ROOT / "docs" / "guide" / "training.md"):
        exec(compile(block, "training.md", "exec"), names)
    assert names["last"].item() < names["first"].item()
    assert names["averaged"].n_averaged.item() == 6


def test_the_guide_to_sequences_runs():
    names = {}
    for block in blocks(ROOT / "docs" / "guide" / "sequences.md"):
        exec(compile(block, "sequences.md", "exec"), names)
    assert names["pooled"].shape == (3, 8)
    assert names["encoded"].shape == (3, 20, 32)


def test_the_guide_to_images_runs(capsys):
    names = {}
    for block in blocks(ROOT / "docs" / "guide" / "images.md"):
        exec(compile(block, "images.md", "exec"), names)
    assert "0: Conv2d" in capsys.readouterr().out
    assert names["scores"].shape == (4, 10)


def test_the_guide_to_data_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks(ROOT / "docs" / "guide" / "data.md"):
        if "download=True" not in block:
            exec(compile(block, "data.md", "exec"), names)
    assert names["x"].shape == (2, 4)


def test_the_guide_to_types_runs(capsys):
    for block in blocks(ROOT / "docs" / "guide" / "types.md"):
        exec(compile(block, "types.md", "exec"), {"fastnn": importlib.import_module("fastnn")})
    assert capsys.readouterr().out == "200000 True\n"


def test_the_guide_to_metrics_runs(capsys, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib").use("Agg")
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks(ROOT / "docs" / "guide" / "metrics.md"):
        exec(compile(block, "metrics.md", "exec"), names)
    assert (tmp_path / "evaluation.png").stat().st_size > 10000
    assert names["nobody"] == {"accuracy": 0.95, "balanced": 0.5, "f1": 0.0, "auroc": 0.5}
    assert names["model_values"]["auroc"] > 0.9
    assert names["found"][0.5] < 0.3 < 0.7 < names["found"][0.1]
    assert names["whole"].compute() == names["accuracy"].compute()
    assert "ORG" in capsys.readouterr().out


def test_the_guide_to_exporting_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace = {}
    for block in blocks(ROOT / "docs" / "guide" / "exporting.md"):
        exec(block, namespace)
    assert namespace["difference"] < 1e-5


def test_the_guide_to_fitting_runs(capsys, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib").use("Agg")
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks(ROOT / "docs" / "guide" / "fitting.md"):
        exec(compile(block, "fitting.md", "exec"), names)
    assert names["history"]["val_accuracy"][-1] > 0.75
    assert names["probabilities"].shape == (200, 3)
    assert names["several"].step == 2 * 11
    assert len(names["norms"].norms) == len(names["stopped"]) < 40
    files = {path.name for path in tmp_path.iterdir()}
    assert len(files) == 4
    assert {"best.safetensors", "run.safetensors"} < files
    assert "log made NaN of finite inputs" in names["reason"]
    assert 1e-4 < names["curve"].suggestion < 1
    assert "epoch 8/8" in capsys.readouterr().out


def test_the_guide_to_saving_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks(ROOT / "docs" / "guide" / "saving.md"):
        exec(compile(block, "saving.md", "exec"), names)
    files = {"model.safetensors", "run.pt", "whole.safetensors", "applied.safetensors"}
    assert repr(names["copy"]) == repr(names["model"])
    assert {p.name for p in tmp_path.iterdir()} == files
    resumed = (tmp_path / "run.pt").read_bytes()
    names["model"].load_state_dict(names["weights"])
    names["convert"]("run.pt")
    assert (tmp_path / "converted.safetensors").read_bytes() == resumed


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_exist(document):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", prose(document)):
        if "://" not in target and Path(target).name not in WRITTEN:
            assert (document.parent / target).exists(), target


@pytest.mark.parametrize("page", ["activation", "loss", "optimizer"])
def test_walk_throughs_show_the_sources(page):
    """Each line of their diffs is in the file, in this order, and at most seven files change."""
    (document,) = (ROOT / "docs" / "dev").glob(f"adding-a*-{page}.md")
    diffs = re.findall(r"^```diff\n\+\+\+ b/(\S+)\n(.*?)^```", document.read_text(), re.M | re.S)
    assert 5 <= len({path for path, _ in diffs}) <= 7
    for path, diff in diffs:
        source = iter((ROOT / path).read_text().splitlines())
        for line in diff.splitlines():
            if line != "…":
                assert line[:1] in ("+", " "), (path, line)
                assert any(line[1:] == there for there in source), (path, line)


@pytest.mark.parametrize("command", ["demo", "test", "bench", "lint", "dev", "sanitize"])
def test_commands_are_in_the_makefile(command):
    assert re.search(rf"^{command}:", (ROOT / "Makefile").read_text(), re.M)


def files_and_folders():
    folders = ("benches", "csrc", "docs", "examples", "fastnn", "tests", "tools")
    found = [*ROOT.glob("*"), *itertools.chain(*((ROOT / f).rglob("*") for f in folders))]
    return {f"/{path.relative_to(ROOT).as_posix()}" for path in found}


def spelled_out(text):
    """``{a,b}.h`` as ``a.h`` and ``b.h``."""
    parts = [part.split(",") for part in re.split(r"[{}]", text)]
    return ["".join(choice) for choice in itertools.product(*parts)]


@pytest.mark.parametrize("document", PRESENT, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_folders_exist(document):
    """Those in quotation marks, named by the end of their path."""
    there = files_and_folders()
    path = r"`([\w.{},/-]+(?:/|\.(?:cpp|h|md|py|pyx|toml|txt))|(?:csrc|fastnn|tests)/[\w./-]+)`"
    for quoted in re.findall(path, prose(document)):
        for name in spelled_out(quoted):
            assert any(each.endswith(f"/{name.rstrip('/')}") for each in there), name


@pytest.mark.parametrize("document", PRESENT, ids=lambda p: str(p.relative_to(ROOT)))
def test_names_of_the_package_exist(document):
    for name in re.findall(r"\bfastnn(?:\.\w+)+", prose(document)):
        if re.search(r"\.(com|py|git)$", name):
            continue
        value = importlib.import_module("fastnn")
        for part in name.split(".")[1:]:
            value = getattr(value, part)


def test_layers_are_the_modules():
    text = (ROOT / "ARCHITECTURE.md").read_text()
    block = re.search(r"In Python a module imports.*?:\n\n(.*?)\n\n", text, re.S)[1]
    listed = set(block.replace(",", " ").split())
    for name in listed - {"_core"}:
        path = ROOT / "fastnn" / name.replace(".", "/")
        assert path.is_dir() or path.with_suffix(".py").exists(), name
    modules = {p.stem for p in (ROOT / "fastnn").iterdir() if p.suffix == ".py" or p.is_dir()}
    modules -= {"__init__", "__main__", "__pycache__", "_core"}
    assert modules == {name.partition(".")[0] for name in listed} - {"_core"}


def test_the_readme_counts_the_lines_of_the_tape():
    count, path = re.search(
        r"(\d+) lines of Python \(`(\S+)`\)", prose(ROOT / "README.md")
    ).groups()
    assert int(count) == len((ROOT / path).read_text().splitlines())


def test_extras_are_those_that_somebody_installs():
    """By the Makefile, whose targets have their names, by CI, or by a reader of the documents."""
    text = (ROOT / "pyproject.toml").read_text()
    block = re.search(r"\[project.optional-dependencies\]\n(.*?)\n\n", text, re.S)[1]
    extras = set(re.findall(r"^(\w+) = ", block, re.M))
    makefile = (ROOT / "Makefile").read_text()
    used = {e for e in extras if f"$(VENV)/.{e}" in makefile}
    for document in PRESENT:
        for several in re.findall(r"'\.\[([\w,]+)\]'", document.read_text()):
            assert set(several.split(",")) <= extras
            used |= set(several.split(","))
    assert used == extras
