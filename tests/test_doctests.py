"""The examples in docstrings give the results that they show."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import fastnn

MODULES = ["fastnn"] + [
    module.name
    for module in pkgutil.walk_packages(fastnn.__path__, "fastnn.")
    if not module.name.rsplit(".", 1)[1].startswith("_")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(name)
    fastnn.manual_seed(0)
    result = doctest.testmod(module, extraglobs={"fastnn": fastnn, "np": np}, optionflags=FLAGS)
    assert result.failed == 0


FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
