"""The caller of fastnn: the line of a user's program that a warning or a report is about."""

from __future__ import annotations

import sys
import warnings
from types import FrameType

__all__: list[str] = []

PACKAGE = __name__.partition(".")[0]


def is_own(frame: FrameType) -> bool:
    """Whether a frame runs code of this package."""
    return bool(frame.f_globals.get("__name__", "").partition(".")[0] == PACKAGE)


def calling_frame() -> tuple[FrameType, int]:
    """The innermost frame outside of fastnn, and how many frames are above it."""
    frame, above = sys._getframe(1), 0
    while is_own(frame) and frame.f_back is not None:
        frame, above = frame.f_back, above + 1
    return frame, above


def warn(text: str) -> None:
    """Warn about the line that called fastnn."""
    warnings.warn(text, stacklevel=calling_frame()[1] + 1)
