"""Peak memory of an LSTM step, forward and backward, beside PyTorch's.

Each library runs in a process of its own. Counted is what the step takes at most beyond the
library, the layer and the input: the peak of resident memory over three steps.

    python -m benches.proofs.peak_memory [--peers-python PYTHON]
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ..side_by_side.libraries import ROOT

SIZE = (128, 64, 256, 512, 1, 1)  # T, N, I, H, layers, directions


def memory(field: str) -> float:
    """A line of the process's status in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    raise KeyError(field)


def measure(library: str) -> None:
    """Print the MB that a step needs."""
    impl = importlib.import_module(f"..side_by_side.impl.with_{library}", __package__)
    impl.setup(2)
    small = impl.BUILDERS["lstm_step"]((4, 64, 256, 512, 1, 1), "")
    small.step()  # threads and code are there
    case = impl.BUILDERS["lstm_step"](SIZE, "")
    before = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins here
    for _ in range(3):
        case.step()
    print(f"{memory('VmHWM') - before:.1f}")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure each library; fail if fastnn needs more than PyTorch."""
    parser = argparse.ArgumentParser(prog="python -m benches.proofs.peak_memory")
    parser.add_argument("--peers-python", default=sys.executable, help="has PyTorch")
    parser.add_argument("--library", help="measure this one in this process")
    options = parser.parse_args(argv)
    if options.library:
        measure(options.library)
        return 0
    found = {}
    for library, python in (("fastnn", sys.executable), ("torch", options.peers_python)):
        command = [python, "-m", "benches.proofs.peak_memory", "--library", library]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            print(f"{library}: {done.stderr.strip().splitlines()[-1]}")
            continue
        found[library] = float(done.stdout)
        print(f"{library}: {found[library]:.1f} MB beyond layer and input, {SIZE}")
    return int(found["fastnn"] > found.get("torch", found["fastnn"]))


if __name__ == "__main__":
    raise SystemExit(main())
