"""The package that reads and writes the format's messages, imported when it is used."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

__all__: list[str] = []


def onnx(function: str) -> ModuleType:
    """The package `onnx`; ImportError that says how to get it."""
    try:
        return import_module("onnx")
    except ImportError:
        raise ImportError(
            f"onnx.{function} needs the package onnx: pip install 'fastnn[onnx]'"
        ) from None
