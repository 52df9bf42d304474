"""Expressions in advice: methods of a tensor, or what does the same to a NumPy array."""

from __future__ import annotations

import re
from typing import Any

from .tensor import Tensor

__all__: list[str] = []

FOR_ARRAYS = (
    (r"\.float\(\)", ".astype('float32')"),
    (r"\.double\(\)", ".astype('float64')"),
    (r"\.long\(\)", ".astype('int64')"),
    (r"\.permute\(", ".transpose("),
    (r"\.unsqueeze\(0\)", "[None]"),
    (r"\.unsqueeze\(1\)", "[:, None]"),
    (r"(\w+)\.flatten\(1\)", r"\1.reshape(len(\1), -1)"),
)


def spelled(advice: str, value: Any) -> str:
    """Advice on a tensor, in the words that fit the value that it is about.

    Examples
    --------
    >>> spelled("x.permute(1, 0).long()", np.zeros((2, 3)))
    "x.transpose(1, 0).astype('int64')"
    """
    if isinstance(value, Tensor):
        return advice
    for pattern, replacement in FOR_ARRAYS:
        advice = re.sub(pattern, replacement, advice)
    return advice
