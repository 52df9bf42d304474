"""``python -m fastnn.smoke`` tests an installation on this machine in a second or two.

It needs only NumPy, prints a line per check, and exits with status 1 if one fails.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np

import fastnn
import fastnn.nn.functional as F
from fastnn import nn
from fastnn.optim import Adam
from fastnn.testing import gradcheck

from . import _core
from .text import count, words


def learns_xor() -> str:
    """A two-layer network learns what one layer cannot."""
    fastnn.manual_seed(1)
    x = fastnn.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = fastnn.tensor([0, 1, 1, 0])
    model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
    loss = _fit(model, x, y, 200)
    right = (_read(model, x) == y.numpy()).all()
    if not right:
        raise AssertionError(f"XOR was not learned, loss {loss:.3f}")
    return f"loss {loss:.4f}"


def learns_blobs() -> str:
    """A network classifies ten noisy patterns of 64 pixels."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((10, 64))
    labels = rng.integers(0, 10, 1200)
    pixels = (centres[labels] + rng.standard_normal((1200, 64))).astype(np.float32)
    x, y = fastnn.from_numpy(pixels), fastnn.from_numpy(labels)
    fastnn.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    _fit(model, x[:1000], y[:1000], 60)
    accuracy = (_read(model, x[1000:]) == labels[1000:]).mean()
    if accuracy < 0.95:
        raise AssertionError(f"only {accuracy:.1%} of the patterns were classified correctly")
    return f"accuracy {accuracy:.1%}"


def gradients_are_right() -> str:
    """Gradients of a network agree with finite differences."""
    fastnn.manual_seed(0)
    x = fastnn.randn(3, 5, dtype=fastnn.float64, requires_grad=True)
    w = fastnn.randn(4, 5, dtype=fastnn.float64, requires_grad=True)
    y = fastnn.tensor([0, 3, 1])
    gradcheck(lambda x, w: F.cross_entropy(F.tanh(F.linear(x, w)), y), (x, w))
    return "to finite differences in float64"


def levels_agree() -> str:
    """All instruction set levels of this machine agree up to rounding."""
    x = fastnn.from_numpy(np.random.default_rng(0).standard_normal((37, 53)).astype(np.float32))
    w = fastnn.from_numpy(np.random.default_rng(1).standard_normal((29, 53)).astype(np.float32))
    results = {}
    for level in _core.config.isa_levels():
        with fastnn.isa(level):
            results[level] = F.softmax(F.linear(x, w), dim=1).numpy()
    first = next(iter(results.values()))
    for level, result in results.items():
        if not np.allclose(result, first, rtol=1e-4, atol=1e-6):
            raise AssertionError(f"{level} differs from {next(iter(results))}")
    return " ".join(results)


def text_is_tokenized() -> str:
    """The text module splits and counts words."""
    counts = count(words("The cat and the dog."))
    if counts != {"the": 2, "cat": 1, "and": 1, "dog": 1}:
        raise AssertionError(f"wrong counts: {counts}")
    return f"{len(counts)} words"


def _fit(model: nn.Module, x: fastnn.Tensor, y: fastnn.Tensor, steps: int) -> float:
    optimizer = Adam(model.parameters(), lr=0.03)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    return float(loss.item())


def _read(model: nn.Module, x: fastnn.Tensor) -> Any:
    with fastnn.no_grad():
        return model(x).numpy().argmax(1)


CHECKS: tuple[Callable[[], str], ...] = (
    learns_xor,
    learns_blobs,
    gradients_are_right,
    levels_agree,
    text_is_tokenized,
)


def main() -> int:
    """Run every check and return the number of failures."""
    threads = f"{fastnn.get_num_threads()} threads ({_core.config.threads_source()})"
    print(f"fastnn {fastnn.__version__}, {_core.config.compiler}, ISA {fastnn.isa()}, {threads}")
    failed = 0
    for check in CHECKS:
        begin = time.perf_counter()
        try:
            result = check()
        except Exception:
            traceback.print_exc()
            failed += 1
            result, mark = "", "FAILED"
        else:
            mark = "OK"
        took = time.perf_counter() - begin
        print(f"{mark:<7} {check.__name__.replace('_', ' '):<22} {result} [{took:.2f} s]")
    return failed


if __name__ == "__main__":
    sys.exit(main() > 0)
