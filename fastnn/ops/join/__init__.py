"""Joining tensors and taking them apart, and repeating them."""

from __future__ import annotations

from .concatenate import *
from .repeat import *
from .split import *

__all__ = [
    "cat",
    "chunk",
    "concat",
    "hstack",
    "meshgrid",
    "repeat",
    "repeat_interleave",
    "split",
    "stack",
    "tile",
    "unbind",
    "vstack",
]
