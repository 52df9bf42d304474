"""Functions of one tensor, element by element."""

from __future__ import annotations

from .algebra import *
from .exponential import *
from .rounding import *
from .trigonometric import *

__all__ = [
    "abs",
    "absolute",
    "acos",
    "asin",
    "atan",
    "ceil",
    "cos",
    "cosh",
    "erf",
    "exp",
    "expm1",
    "floor",
    "frac",
    "log",
    "log1p",
    "log2",
    "log10",
    "nan_to_num",
    "neg",
    "negative",
    "reciprocal",
    "round",
    "rsqrt",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "tan",
    "trunc",
]
