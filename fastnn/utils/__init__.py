"""PyTorch's place for datasets and loaders, which are in `fastnn.data`, and for checkpoints."""

from __future__ import annotations

from typing import Any

from ..names import offer, submodule

__all__ = ["checkpoint", "data"]


def __getattr__(name: str) -> Any:
    return submodule(__name__, name)


offer(__name__)
