"""Examples in the documents run, and links lead to existing files."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


# Written by a benchmark run, so they may be missing.
WRITTEN = {"benchmarks.md", "gemm-grid.md", "rnn-grid.md"}


def blocks(document):
    return re.findall(r"^```python\n(.*?)^```", document.read_text(), re.M | re.S)


def test_the_readme_example_learns(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks(ROOT / "README.md"):
        exec(compile(block, "README.md", "exec"), names)
    out = capsys.readouterr().out
    assert float(re.search(r"loss ([0-9.]+)", out)[1]) < 0.3
    assert "GF/s" in out
    assert (tmp_path / "trace.json").exists()


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


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_exist(document):
    prose = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", prose):
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
