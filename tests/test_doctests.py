"""The examples in docstrings give the results that they show."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F

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


GIVEN = {"fastnn": fastnn, "F": F, "np": np}
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
