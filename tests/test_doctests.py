"""The examples in docstrings give the results that they show."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import kernels
from tests.harness import isa, isa_levels, threads

MODULES = ["fastnn"] + [
    module.name
    for module in pkgutil.walk_packages(fastnn.__path__, "fastnn.")
    if not module.name.rsplit(".", 1)[1].startswith("_")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(name)
    fastnn.manual_seed(0)
    result = doctest.testmod(module, extraglobs=GIVEN, optionflags=FLAGS)
    assert result.failed == 0


@pytest.mark.parametrize("name", kernels.__all__)
def test_examples_of_kernels(name):
    """They give the same on every instruction set and for every number of threads."""
    finder = doctest.DocTestFinder()
    for level in isa_levels():
        for count in (1, 3):
            given = {**GIVEN, "kernels": kernels}
            (examples,) = finder.find(getattr(kernels, name), name, module=False, globs=given)
            with isa(level), threads(count):
                assert doctest.DocTestRunner(optionflags=FLAGS).run(examples).failed == 0


GIVEN = {"fastnn": fastnn, "F": F, "np": np}
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
