"""Switches of PyTorch's libraries, for programs that set them: setting one changes nothing.

Attributes may be set, ``backends.cudnn.benchmark = True``, and keep what they were set to.
"""

from __future__ import annotations

from typing import Any

from ..names import offer, submodule

__all__ = ["cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp"]


def __getattr__(name: str) -> Any:
    return submodule(__name__, name)


offer(__name__)
