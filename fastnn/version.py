"""The version, and those of compilers for GPUs, of which there are none."""

from __future__ import annotations

from .config import __version__ as __version__
from .names import offer

__all__ = ["cuda", "hip", "xpu"]

cuda: str | None = None
hip: str | None = None
xpu: str | None = None

offer(__name__)
