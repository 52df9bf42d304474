"""Switches of matrix products on GPUs, of which there are none."""

from __future__ import annotations

from types import SimpleNamespace

from ..names import offer

__all__ = ["is_built", "matmul"]

matmul = SimpleNamespace(allow_tf32=False, allow_fp16_reduced_precision_reduction=True)


def is_built() -> bool:
    """False: fastnn computes on the CPU."""
    return False


offer(__name__)
