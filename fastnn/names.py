"""The names that modules offer to completion, to ``help`` and to ``from module import *``."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

__all__: list[str] = []

# Public modules, and those of their submodules that are public.
SUBMODULES = {
    "fastnn": [
        *("autograd", "config", "data", "kernels", "models", "nn", "optim", "random", "testing"),
        *(
            "accelerator",
            "amp",
            "backends",
            "compat",
            "cuda",
            "distributed",
            "distributions",
            "func",
        ),
        *("fx", "hub", "jit", "linalg", "metrics", "onnx", "serialization", "special", "text"),
        *("train", "utils", "version"),
    ],
    "fastnn.accelerator": [],
    "fastnn.amp": [],
    "fastnn.autograd": ["functional"],
    "fastnn.autograd.functional": [],
    "fastnn.backends": ["cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp"],
    "fastnn.backends.cuda": [],
    "fastnn.backends.cudnn": [],
    "fastnn.backends.mkl": [],
    "fastnn.backends.mkldnn": [],
    "fastnn.backends.mps": [],
    "fastnn.backends.openmp": [],
    "fastnn.compat": [],
    "fastnn.config": [],
    "fastnn.cuda": ["amp"],
    "fastnn.cuda.amp": [],
    "fastnn.data": ["datasets", "readers", "transforms"],
    "fastnn.data.datasets": [],
    "fastnn.data.readers": [],
    "fastnn.data.transforms": [],
    "fastnn.distributed": [],
    "fastnn.distributions": ["constraints", "transforms"],
    "fastnn.distributions.constraints": [],
    "fastnn.distributions.transforms": [],
    "fastnn.func": [],
    "fastnn.fx": [],
    "fastnn.hub": [],
    "fastnn.jit": [],
    "fastnn.kernels": [],
    "fastnn.linalg": [],
    "fastnn.metrics": [],
    "fastnn.models": [],
    "fastnn.nn": ["functional", "init", "parallel", "utils"],
    "fastnn.nn.functional": [],
    "fastnn.nn.init": [],
    "fastnn.nn.parallel": [],
    "fastnn.nn.utils": ["parametrizations", "parametrize", "prune", "rnn", "stateless"],
    "fastnn.nn.utils.parametrizations": [],
    "fastnn.nn.utils.parametrize": [],
    "fastnn.nn.utils.prune": [],
    "fastnn.nn.utils.rnn": [],
    "fastnn.nn.utils.stateless": [],
    "fastnn.onnx": [],
    "fastnn.optim": ["lr_scheduler", "swa_utils"],
    "fastnn.optim.lr_scheduler": [],
    "fastnn.optim.swa_utils": [],
    "fastnn.random": [],
    "fastnn.serialization": [],
    "fastnn.special": [],
    "fastnn.testing": [],
    "fastnn.text": [],
    "fastnn.train": [],
    "fastnn.utils": ["checkpoint", "data"],
    "fastnn.utils.checkpoint": [],
    "fastnn.utils.data": ["dataloader", "dataset", "distributed", "sampler"],
    "fastnn.utils.data.dataloader": [],
    "fastnn.utils.data.dataset": [],
    "fastnn.utils.data.distributed": [],
    "fastnn.utils.data.sampler": [],
    "fastnn.version": [],
}


def offer_public_names() -> None:
    """Make every public module that is loaded show its public names, and no others."""
    for module in SUBMODULES:
        if module in sys.modules:
            offer(module)


def offer(name: str) -> None:
    """Give a module a list of its names, and a `dir` that shows these and the special ones.

    Modules that `fastnn` imports when they are asked for call it at their end.
    """
    module = sys.modules[name]
    names = getattr(module, "__all__", None) or public_names(vars(module))
    names = sorted({*names, *SUBMODULES[name]})

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


def submodule(package: str, name: str) -> ModuleType:
    """A public submodule that is imported when it is asked for: ``__getattr__`` of a package."""
    if name in SUBMODULES[package]:
        return import_module(f"{package}.{name}")
    raise AttributeError(f"module {package!r} has no attribute {name!r}")
