"""What `import fastnn` says where the compiled part is missing."""

import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import fastnn
from fastnn.unbuilt import COMPILED

pytestmark = pytest.mark.any_threading

SOURCES = Path(fastnn.__file__).parent
# Where the parts are: among the sources, or elsewhere if the installation is editable.
BUILT = {
    part: Path(import_module(f"fastnn.{part.replace('/', '.')}").__file__) for part in COMPILED
}


SITE = str(Path(np.__file__).parents[1])


@pytest.fixture
def clone(tmp_path):
    """A source tree without the compiled part."""
    shutil.copytree(
        SOURCES, tmp_path / "fastnn", ignore=shutil.ignore_patterns("*.so", "_core", "__pycache__")
    )
    (tmp_path / "pyproject.toml").touch()
    return tmp_path


def failure(folder, *arguments):
    """The last line that Python prints; -S leaves out an editable installation of fastnn."""
    done = subprocess.run(
        [sys.executable, "-S", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), SITE])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    return done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "arguments", [("-c", "import fastnn"), ("-c", "from fastnn import nn"), ("-m", "fastnn")]
)
def test_an_unbuilt_clone_says_how_to_build(clone, arguments):
    text = failure(clone, *arguments)
    assert f"fastnn is not built in {clone}" in text
    assert "`make dev`" in text
    assert "`pip install .`" in text
    assert "circular" not in text


def test_a_clone_that_is_built_for_another_python(clone):
    (clone / "fastnn" / "_core.cpython-27-x.so").touch()
    text = failure(clone, "-c", "import fastnn")
    assert text.startswith("ImportError: fastnn is not built in")
    assert "(it has only _core.cpython-27-x.so)" in text


def test_a_build_that_is_older_than_the_sources(clone):
    for part, path in BUILT.items():
        if part != "autograd/_block":
            shutil.copy(path, (clone / "fastnn" / part).parent)
    text = failure(clone, "-c", "import fastnn")
    assert text.startswith("ImportError: fastnn is not built in")
    assert "(it has only _core." in text


def test_all_compiled_parts_are_known():
    cython = {str(p.relative_to(SOURCES).with_suffix("")) for p in SOURCES.rglob("*.pyx")}
    assert set(COMPILED) == {"_core", *cython}


def test_an_installation_without_its_compiled_part(clone):
    (clone / "pyproject.toml").unlink()
    text = failure(clone, "-c", "import fastnn")
    assert "a compiled part of fastnn is missing" in text
    assert "install fastnn again" in text


def test_an_extension_that_cannot_be_loaded_says_why(clone):
    for part, path in BUILT.items():
        ((clone / "fastnn" / part).parent / path.name).write_bytes(b"no library")
    assert "not built" not in failure(clone, "-c", "import fastnn")


def test_without_numpy_the_error_names_it(tmp_path):
    (tmp_path / "numpy.py").write_text('raise ModuleNotFoundError("no", name="numpy")')
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import fastnn"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "ImportError: fastnn needs NumPy: pip install numpy" in done.stderr
