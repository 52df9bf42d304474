"""Ctrl-C stops a long run within a second."""

from __future__ import annotations

import signal
import subprocess
import sys
from time import perf_counter, sleep

from ..side_by_side.libraries import ROOT

# A background process may inherit SIGINT as ignored, and Python does not change that.
HANDLE_SIGINT = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"

RUNS = {
    "training": (
        "from benches.checks.training_runs import train\nprint('go', flush=True)\ntrain(10**9)"
    ),
    "one op after another": (
        "import fastnn, numpy as np\n"
        "a = fastnn.from_numpy(np.ones((2000, 2000), np.float32))\n"
        "print('go', flush=True)\n"
        "while True:\n    fastnn.matmul(a, a)"
    ),
    "one product of a minute": (
        "import fastnn, numpy as np\n"
        "a = np.broadcast_to(np.float32(1), (20000, 20000))\n"
        "print('go', flush=True)\n"
        "fastnn.matmul(a, a)"
    ),
}


def seconds_to_stop(program: str) -> float:
    """Start a program, interrupt it while it computes, and return the seconds until it ends."""
    child = subprocess.Popen(
        [sys.executable, "-c", HANDLE_SIGINT + program],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    child.stdout.readline()
    sleep(1)
    start = perf_counter()
    child.send_signal(signal.SIGINT)
    try:
        errors = child.communicate(timeout=10)[1]
    except subprocess.TimeoutExpired:
        child.kill()
        return float("inf")
    taken = perf_counter() - start
    return taken if "KeyboardInterrupt" in errors else float("inf")


def main() -> int:
    """Interrupt every run."""
    times = {name: seconds_to_stop(program) for name, program in RUNS.items()}
    for name, taken in times.items():
        print(f"{name}: stopped after {taken:.2f} s")
    return 0 if max(times.values()) < 1 else 1


if __name__ == "__main__":
    raise SystemExit(main())
