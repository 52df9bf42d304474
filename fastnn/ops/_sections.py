"""Sections of docstrings that many operations share.

The docstring of an operation says what is its own (formula, source, example); `shared` puts the
rest in its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

# Before these a section about parameters and results stands.
LATER = re.compile(r"^( *)(?:Raises|Notes|References|Examples)$", re.MULTILINE)


def shared(sections: str) -> Callable[[F], F]:
    """Insert `sections` into a function's docstring, where numpydoc wants them."""

    def insert(function: F) -> F:
        text = function.__doc__
        later = LATER.search(text) if text else None
        if text and later:
            indent, at = later[1], later.start()
            lines = [indent + line if line else line for line in sections.split("\n")]
            function.__doc__ = text[:at] + "\n".join(lines) + "\n" + text[at:]
        return function

    return insert
