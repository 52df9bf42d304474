"""Peak memory and time of training steps and inference (LSTM, ResNet, VGG), against PyTorch.

Each library runs each workload in a separate process. The figure is the peak of resident memory
over three runs, less that of the library, the layers and the input. Steps of networks include
gradients of all weights and the state of SGD with momentum. For PyTorch, the memory format that
needs less counts.

    python -m benches.checks.peak_memory [--only vgg_step] [--peers-python PYTHON]
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from ..side_by_side.libraries import ROOT

# Kind of workload -> a small size for a warm-up, and the size to measure.
WORKLOADS = {
    "lstm_step": ((4, 64, 256, 512, 1, 1), (128, 64, 256, 512, 1, 1)),  # T, N, I, H, layers, ways
    "resnet_step": ((18, 2, 32, 10), (50, 4, 224, 1000)),  # depth, N, side, classes
    "vgg_step": (None, (16, 4, 224, 1000)),
    "resnet_infer": ((18, 1, 32, 10), (18, 1, 224, 1000)),  # norms folded
}
RUNS = (("fastnn", ""), ("torch", ""), ("torch", "channels_last"))


def memory(field: str) -> float:
    """A field of the process's status in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    raise KeyError(field)


def measure(library: str, kind: str, variant: str) -> None:
    """Print the MB and the seconds that a step needs."""
    impl = importlib.import_module(f"..side_by_side.impl.with_{library}", __package__)
    impl.setup(2)
    small, size = WORKLOADS[kind]
    if small is not None:
        impl.BUILDERS[kind](small, variant).step()
    case = impl.BUILDERS[kind](size, variant)
    before = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak
    times = []
    for _ in range(3):
        begin = perf_counter()
        case.step()
        times.append(perf_counter() - begin)
    print(f"{memory('VmHWM') - before:.1f} {min(times):.3f}")


def compare(kind: str, peers_python: str) -> bool:
    """Measure each library; return whether fastnn needs no more than PyTorch."""
    found: dict[str, float] = {}
    for library, variant in RUNS:
        if variant and kind == "lstm_step":
            continue
        python = sys.executable if library == "fastnn" else peers_python
        command = [python, "-m", "benches.checks.peak_memory", "--library", library]
        command += ["--only", kind, "--variant", variant]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            print(f"{library}: {done.stderr.strip().splitlines()[-1]}")
            continue
        size, seconds = map(float, done.stdout.split())
        found[library] = min(size, found.get(library, size))
        name = f"{library} {variant}".strip()
        print(
            f"{kind} {WORKLOADS[kind][1]}, {name}: {size:.0f} MB beyond the layers, {seconds:.3f} s"
        )
    return found["fastnn"] <= found.get("torch", found["fastnn"])


def main(argv: Sequence[str] | None = None) -> int:
    """Measure each library; fail if fastnn needs more than PyTorch."""
    parser = argparse.ArgumentParser(prog="python -m benches.checks.peak_memory")
    parser.add_argument("--peers-python", default=sys.executable, help="has PyTorch")
    parser.add_argument("--only", choices=WORKLOADS, help="one kind of workload")
    parser.add_argument("--library", help="measure this one in this process")
    parser.add_argument("--variant", default="", help="memory format of PyTorch")
    options = parser.parse_args(argv)
    if options.library:
        measure(options.library, options.only, options.variant)
        return 0
    kinds = [options.only] if options.only else list(WORKLOADS)
    return int(False in [compare(kind, options.peers_python) for kind in kinds])


if __name__ == "__main__":
    raise SystemExit(main())
