"""Good arguments of every kernel: those of the calls that the records of operations make.

``python -m tests.kernel_calls FILE`` writes {name: [(args, kwargs), ...]}, pickled. It has a
process of its own, since modules of fastnn keep kernels that they import: these are noted before.
"""

from __future__ import annotations

import contextlib
import importlib.machinery
import importlib.util
import inspect
import pickle
import pkgutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

MOST = 40  # calls of a kernel that are kept
LARGEST = 20_000  # elements of the arrays of a call

Calls = dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]]


def load_core() -> ModuleType:
    """The extension, before any other module of the package."""
    package = importlib.util.find_spec("fastnn")
    assert package is not None
    folders = package.submodule_search_locations
    spec = importlib.machinery.PathFinder.find_spec("fastnn._core", folders)
    assert spec is not None
    assert spec.loader is not None
    core = importlib.util.module_from_spec(spec)
    sys.modules["fastnn._core"] = core
    spec.loader.exec_module(core)
    return core


def note_calls(core: ModuleType) -> Calls:
    """Replaces each kernel by one that notes its arguments."""
    calls: Calls = {}

    def noting(name: str, kernel: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            noted = calls[name]
            if len(noted) < MOST and is_small([args, kwargs]):
                noted.append((copied(args), copied(kwargs)))
            return kernel(*args, **kwargs)

        return call

    for name, value in list(vars(core).items()):
        if callable(value) and not name.startswith("_"):
            calls[name] = []
            setattr(core, name, noting(name, value))
    return calls


def copied(value: Any) -> Any:
    import numpy as np

    from .harness.running import tree

    return tree(lambda a: np.array(a, order="K"), value)


def is_small(value: Any) -> bool:
    from .harness.running import arrays_in

    return sum(a.size for a in arrays_in(value)) <= LARGEST


def records() -> Iterator[Any]:
    import pytest

    import tests.ops

    for module in pkgutil.iter_modules(tests.ops.__path__):
        with contextlib.suppress(pytest.skip.Exception):  # without PyTorch
            yield from getattr(importlib.import_module(f"tests.ops.{module.name}"), "RECORDS", [])


def run_records() -> None:
    """The forward and backward passes of all records, and steps of all optimizers."""
    import fastnn

    from .harness.running import cast, listed, tensors

    for record in records():
        for sample in record.samples[:8]:
            if is_small([sample.args, sample.kwargs]):
                given, _ = tensors(record, cast(sample, record.dtypes[0]), True)
                with contextlib.suppress(Exception):
                    for y in listed(record.op(*given.args, **given.kwargs)):
                        if y.requires_grad:
                            y.sum().backward(retain_graph=True)
    for make in vars(fastnn.optim).values():
        if inspect.isclass(make) and issubclass(make, fastnn.optim.Optimizer):
            parameters = [
                fastnn.nn.Parameter(fastnn.ones(3, 2)),
                fastnn.nn.Parameter(fastnn.ones(4)),
            ]
            for p in parameters:
                p.grad = fastnn.ones(*p.shape)
            with contextlib.suppress(TypeError, AttributeError, ValueError):  # other needs
                optimizer = make(parameters, 0.1)
                optimizer.step()
                optimizer.step()
            fastnn.nn.utils.clip_grad_norm_(parameters, 1.0)
            fastnn.nn.utils.clip_grad_value_(parameters, 1.0)


def main(file: str) -> None:
    calls = note_calls(load_core())
    run_records()
    Path(file).write_bytes(pickle.dumps(calls))


if __name__ == "__main__":
    main(sys.argv[1])
