"""The libraries, and the processes that run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Library:
    """A library in one configuration; its ``variants`` run in the same process."""

    name: str
    module: str
    variants: tuple[str, ...] = ("",)
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def entries(self) -> list[str]:
        """Names of the rows this library fills."""
        return [f"{self.name} {variant}".strip() for variant in self.variants]


LIBRARIES = (
    Library("fastnn", "fastnn"),
    Library("fastnn-v3", "fastnn", environment={"FASTNN_ISA": "v3"}),
    Library("torch", "torch", ("", "foreach", "fused", "channels_last")),
    Library("jax", "jax", environment={"JAX_PLATFORMS": "cpu"}),
    Library("onnxruntime", "onnxruntime"),
    Library("sklearn", "sklearn"),
    Library("numpy", "numpy"),
    Library("numpy-avx2", "numpy", environment={"OPENBLAS_CORETYPE": "Haswell"}),
)


class Process:
    """A running worker; ``absent`` is the reason if it could not import its library.

    ``root`` is the checkout that provides the benches, and fastnn if it is built there.
    """

    def __init__(self, library: Library, python: str, threads: int, root: Path = ROOT) -> None:
        environment = dict(os.environ, **library.environment)
        environment.update({name: str(threads) for name in THREAD_VARIABLES})
        environment["PYTHONPATH"] = os.pathsep.join(
            [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
        )
        cpus = sorted(os.sched_getaffinity(0))[:threads]
        self.child = subprocess.Popen(
            [python, "-m", "benches.side_by_side.worker", library.module, str(threads)],
            cwd=root,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if "FASTNN_BENCH_LOG" not in os.environ else sys.stderr,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, cpus),
        )
        self.library = library
        self.root = root
        self.threads = threads

    def greet(self) -> None:
        """Wait for the import; set ``version`` and ``absent``."""
        hello = self.read()
        self.absent = str(hello.get("absent") or hello.get("failed") or "")
        self.version = str(hello.get("version", ""))

    def read(self) -> dict[str, Any]:
        """Read a reply; a dead worker gives a "failed" reply instead of an exception."""
        assert self.child.stdout is not None
        line = self.child.stdout.readline()
        if line:
            return dict(json.loads(line))
        return {"failed": f"worker ended with code {self.child.wait()}"}

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Send a request and wait for its reply."""
        assert self.child.stdin is not None
        try:
            self.child.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
            self.child.stdin.flush()
        except BrokenPipeError:
            return {"failed": f"worker ended with code {self.child.wait()}"}
        return self.read()

    def close(self) -> None:
        """End the worker."""
        if self.child.stdin is not None:
            self.child.stdin.close()
        try:
            self.child.wait(5)
        except subprocess.TimeoutExpired:
            self.child.kill()
