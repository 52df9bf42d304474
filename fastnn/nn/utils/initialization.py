"""Modules without their initial values."""

from __future__ import annotations

from typing import Any, TypeVar

from ...random import fork_rng
from ..module import Module

M = TypeVar("M", bound=Module)


def skip_init(module_cls: type[M], *args: Any, **kwargs: Any) -> M:
    """A module whose parameters have no particular values, for what gets them from elsewhere.

    It saves no time: parameters are drawn, but of random numbers that others will draw again.

    Parameters
    ----------
    module_cls
        The class.
    args, kwargs
        Its arguments.

    Examples
    --------
    >>> fastnn.nn.utils.skip_init(fastnn.nn.Linear, 2, 3).weight.shape
    (3, 2)
    """
    with fork_rng():
        return module_cls(*args, **kwargs)
