"""Switches of matrix products and of attention on GPUs, of which there are none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from types import SimpleNamespace
from typing import Any

from ..names import offer

__all__ = ["SDPBackend", "is_built", "matmul", "sdp_kernel", "sdpa_kernel"]

matmul = SimpleNamespace(allow_tf32=False, allow_fp16_reduced_precision_reduction=True)


class SDPBackend(Enum):
    """Ways in which PyTorch computes attention; fastnn has one of its own."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4


@contextmanager
def sdpa_kernel(backends: Any, set_priority: bool = False) -> Iterator[None]:
    """A block in which nothing changes: a choice among ways of PyTorch's."""
    yield


@contextmanager
def sdp_kernel(*args: Any, **kwargs: Any) -> Iterator[None]:
    """The older name of `sdpa_kernel`, with a switch for each way."""
    yield


def is_built() -> bool:
    """False: fastnn computes on the CPU."""
    return False


offer(__name__)
