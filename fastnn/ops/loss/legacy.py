"""The arguments by which losses were reduced before PyTorch 1.0."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from ...callers import warn

P = ParamSpec("P")
R = TypeVar("R")


def legacy_reduction(loss: Callable[P, R]) -> Callable[P, R]:
    """The loss, which also takes `size_average` and `reduce` by name and warns of them."""

    @functools.wraps(loss)
    def named(*args: Any, **kwargs: Any) -> Any:
        if "size_average" in kwargs or "reduce" in kwargs:
            average, reduce = kwargs.pop("size_average", None), kwargs.pop("reduce", None)
            if average is not None or reduce is not None:
                kwargs["reduction"] = reduction(average, reduce)
                warn(f"size_average and reduce are old; pass reduction={kwargs['reduction']!r}")
        return loss(*args, **kwargs)

    return named


def reduction(size_average: bool | None, reduce: bool | None) -> str:
    """What the two arguments mean; None stands for True."""
    if reduce is not None and not reduce:
        return "none"
    return "mean" if size_average is None or size_average else "sum"
