"""Public modules show what they offer: in completion, in help and in star imports."""

import importlib
import inspect
import pydoc
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import fastnn
from fastnn.names import SUBMODULES

pytestmark = pytest.mark.any_threading

MODULES = {name: importlib.import_module(name) for name in SUBMODULES}


def shown(module):
    return [name for name in dir(module) if not (name.startswith("__") and name.endswith("__"))]


@pytest.mark.parametrize("name", MODULES)
def test_a_module_shows_its_public_names_only(name):
    module = MODULES[name]
    names = shown(module)
    assert len(names) == len(set(names)) > 0
    assert set(names) == set(module.__all__)
    values = {n: getattr(module, n) for n in names}
    assert not [n for n in names if n.startswith("_")]
    modules = {n for n, value in values.items() if isinstance(value, ModuleType)}
    assert modules == set(SUBMODULES[name])
    assert all(values[n] is MODULES[f"{name}.{n}"] for n in modules)
    for n, value in values.items():  # nothing of typing, NumPy or the standard library
        home = getattr(value, "__module__", None) or ""
        assert home.partition(".")[0] in ("fastnn", "") or n in fastnn.dtypes.__all__, n
    assert {"__name__", "__doc__"} <= set(dir(module))


@pytest.mark.parametrize("name", MODULES)
def test_a_star_import_takes_the_public_names(name):
    found = {}
    exec(f"from {name} import *", found)
    found.pop("__builtins__")
    assert set(found) == set(shown(MODULES[name]))


def test_names_that_every_program_uses():
    assert {"Tensor", "tensor", "relu", "float32", "nn", "text", "no_grad", "profile"} <= set(
        shown(fastnn)
    )
    assert {"linear", "cross_entropy", "dropout"} <= set(shown(fastnn.nn.functional))
    assert {"Linear", "Module", "Parameter", "init"} <= set(shown(fastnn.nn))
    assert "__version__" in dir(fastnn)
    for module in (fastnn, fastnn.nn.functional):
        assert not {"conv", "index", "methods", "annotations", "Methods"} & set(vars(module))


@pytest.mark.parametrize("name", ["fastnn", "fastnn.nn.functional", "fastnn.text", "fastnn.optim"])
def test_help_lists_functions_and_classes(name):
    module = MODULES[name]
    text = pydoc.plain(pydoc.render_doc(module))
    for n in module.__all__:
        value = getattr(module, n)
        if inspect.isfunction(value):
            assert f"    {value.__name__}(" in text
        elif inspect.isclass(value):
            assert f"class {value.__name__}" in text


def test_public_submodules_are_imported_with_the_package():
    """In a new process, which has imported nothing else."""
    code = "import fastnn; print(" + ", ".join(f"{name}.__name__" for name in SUBMODULES) + ")"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(fastnn.__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == list(SUBMODULES)
