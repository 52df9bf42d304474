"""Sections of docstrings that many operations share.

The docstring of an operation says what is its own (formula, source, example); `shared` puts the
rest in its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

ONE = """\
Parameters
----------
input
    ``x``, of any shape.

Returns
-------
Tensor
    ``y``, of the same shape.
"""
TWO = """\
Parameters
----------
input, other
    Tensors whose shapes broadcast, or one of them a number.

Returns
-------
Tensor
    ``y``, of the common shape.
"""
COMPARED = """\
Parameters
----------
input, other
    Tensors whose shapes broadcast, or one of them a number. NaN equals nothing and is neither
    less nor greater.

Returns
-------
Tensor
    Boolean, of the common shape.
"""
BOTH_TRUTHS = """\
Parameters
----------
input, other
    Tensors of any dtype whose shapes broadcast.

Returns
-------
Tensor
    Boolean, of the common shape.
"""
TESTED = """\
Parameters
----------
input
    Of any shape.

Returns
-------
Tensor
    Boolean, of the same shape.
"""
ACTIVATED = """\
Parameters
----------
input
    Any shape.
"""
ACTIVATED_INPLACE = """\
Parameters
----------
input
    Any shape.
inplace
    Taken for PyTorch's sake; the output is always a new tensor.
"""
ERROR = """\
Parameters
----------
input, target
    Any shape, the same for both.
reduction
    ``"mean"``, ``"sum"`` or ``"none"``.

Returns
-------
Tensor
    A scalar, or the shape of `input` for ``reduction="none"``.
"""

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
