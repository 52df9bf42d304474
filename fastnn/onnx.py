"""Files of ONNX, for programs that offer to write one: fastnn writes none."""

from __future__ import annotations

from typing import Any, NoReturn

from .names import offer

__all__ = ["export", "is_in_onnx_export"]


def export(model: Any, args: Any = (), f: Any = None, **kwargs: Any) -> NoReturn:
    """Raise an error: fastnn writes no files of ONNX."""
    raise RuntimeError("onnx.export: fastnn writes no files of ONNX")


def is_in_onnx_export() -> bool:
    """False, see `export`."""
    return False


offer(__name__)
