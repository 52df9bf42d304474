"""Where the random numbers of datasets, transforms and splits come from."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..random import Generator, default_generator

__all__ = ["generator_of"]


def generator_of(op: str, generator: Any) -> Generator:
    """A generator: the one that is given, one with a given seed, or for None the default one.

    Raises
    ------
    TypeError
        If it is none of these.
    """
    if generator is None:
        return default_generator
    if isinstance(generator, Generator):
        return generator
    if isinstance(generator, (int, np.integer)) and not isinstance(generator, bool):
        return Generator(int(generator))
    raise TypeError(
        f"{op}: generator must be a fastnn.Generator, an integer or None, got "
        f"{type(generator).__name__}"
    )
