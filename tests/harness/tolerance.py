"""Tolerances, and comparison with the reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .record import Record, Sample
from .running import arrays_in, is_float


def number(rule: Any, sample: Sample) -> float:
    """The value of a rule: a constant, or a function of the arguments."""
    return float(rule(*sample.args, **sample.kwargs)) if callable(rule) else float(rule)


def largest(values: Any) -> float:
    """The largest finite magnitude among some arrays."""
    sizes = [np.abs(v[np.isfinite(v)]).max(initial=0.0) for v in arrays_in(values) if is_float(v)]
    return float(max(sizes, default=0.0))


def compare(got: np.ndarray, want: Any, tolerance: float, what: str) -> None:
    """Equal infinities and NaNs, everything else within `tolerance`."""
    want = np.asarray(want)
    assert got.shape == want.shape, f"{what}: shape {got.shape}, expected {want.shape}"
    if want.dtype.kind != "f" or tolerance == 0:
        np.testing.assert_array_equal(got, want, err_msg=what)
        return
    finite = np.isfinite(want)
    np.testing.assert_array_equal(got[~finite], want[~finite], err_msg=what)
    gap = np.abs(got[finite].astype(np.float64) - want[finite])
    worst = gap.max(initial=0.0)
    if not worst <= tolerance:
        i = int(np.argmax(np.where(np.isnan(gap), np.inf, gap)))
        raise AssertionError(
            f"{what}: off by {gap[i]:.3g}, allowed {tolerance:.3g}; "
            f"got {got[finite][i]!r}, expected {want[finite][i]!r}"
        )


def compare_all(got: Sequence[Any], want: Sequence[Any], tolerance: float, what: str) -> None:
    """Compare pairs of outputs or gradients; None stands for no gradient."""
    assert len(got) == len(want), f"{what}: {len(got)} results, expected {len(want)}"
    for g, w in zip(got, want):
        assert (g is None) == (w is None), what
        if g is not None:
            compare(g, w, tolerance, what)


def tolerance(record: Record, sample: Sample, want: Sequence[Any], dtype: str) -> float:
    """depth x epsilon x magnitude of the outputs."""
    if record.exact:
        return 0.0
    size = largest(list(want)) if record.magnitude is None else number(record.magnitude, sample)
    tiny = float(np.finfo(dtype).tiny)
    return number(record.depth, sample) * (float(np.finfo(dtype).eps) * size + tiny)


def gradient_tolerance(record: Record, sample: Sample, want: Sequence[Any], dtype: str) -> float:
    """depth x epsilon x magnitude of the gradients."""
    depth = record.backward_depth
    rounds = 4 * number(record.depth, sample) if depth is None else number(depth, sample)
    size = max(largest([g for g in want if g is not None]), 1.0)
    if record.magnitude is not None:
        size = max(size, number(record.magnitude, sample))
    return max(rounds, 4.0) * float(np.finfo(dtype).eps) * size
