"""The packages that some metrics use, imported when they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .metric import Metric

__all__: list[str] = []


def scikit_learn(owner: Metric) -> Any:
    """``sklearn.metrics``."""
    return extra(owner.name, "sklearn.metrics", "scikit-learn")


def axes(owner: Metric, ax: Any) -> Any:
    """`ax`, or those of a new figure of Matplotlib."""
    if ax is not None:
        return ax
    pyplot = extra(owner.name, "matplotlib.pyplot", "matplotlib")
    return pyplot.subplots(figsize=(5, 4.2), layout="constrained")[1]


def extra(owner: str, module: str, package: str) -> Any:
    """A module of a package that fastnn does not require."""
    try:
        import_module(module.partition(".")[0])
    except ModuleNotFoundError:
        raise ImportError(f"{owner} needs {package}: pip install {package}") from None
    return import_module(module)
