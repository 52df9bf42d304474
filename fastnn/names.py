"""The names that modules offer to completion, to ``help`` and to ``from module import *``."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

__all__: list[str] = []

# Public modules, and those of their submodules that are public.
SUBMODULES = {
    "fastnn": [
        *("autograd", "config", "data", "kernels", "models", "nn", "optim", "random", "testing"),
        "text",
    ],
    "fastnn.autograd": [],
    "fastnn.config": [],
    "fastnn.data": [],
    "fastnn.kernels": [],
    "fastnn.models": [],
    "fastnn.nn": ["functional", "init", "utils"],
    "fastnn.nn.functional": [],
    "fastnn.nn.init": [],
    "fastnn.nn.utils": ["rnn"],
    "fastnn.nn.utils.rnn": [],
    "fastnn.optim": [],
    "fastnn.random": [],
    "fastnn.testing": [],
    "fastnn.text": [],
}


def offer_public_names() -> None:
    """Make every public module show its public names, and none that it needs for itself."""
    for module, submodules in SUBMODULES.items():
        offer(sys.modules[module], submodules)


def offer(module: ModuleType, submodules: list[str]) -> None:
    """Give a module a list of its names, and a `dir` that shows these and the special ones."""
    names = getattr(module, "__all__", None) or public_names(vars(module))
    names = sorted({*names, *submodules})

    def shown() -> list[str]:
        return [*names, *[name for name in vars(module) if name.startswith("__")]]

    vars(module).update(__all__=names, __dir__=shown)


def public_names(namespace: dict[str, Any]) -> list[str]:
    """The names in a package that imports all it offers: those without underscore of no module."""
    return [
        name
        for name, value in namespace.items()
        if not name.startswith("_") and name != "annotations" and not isinstance(value, ModuleType)
    ]
