"""Import time of whole processes, wheel sizes and installed sizes."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

from .libraries import ROOT

IMPORTS = ("numpy", "fastnn", "torch", "jax", "sklearn.neural_network")
DISTRIBUTIONS = ("torch", "jaxlib", "scikit-learn", "onnxruntime")

SIZE = """
import json, sys
from importlib import metadata
found = {}
for name in sys.argv[1:]:
    try:
        files = metadata.files(name) or []
    except metadata.PackageNotFoundError:
        continue
    paths = [file.locate() for file in files]
    found[name] = sum(path.stat().st_size for path in paths if path.exists())
print(json.dumps(found))
"""


def python_for(name: str, own: str, peers: str) -> str:
    """Interpreter of a library: ``own`` for fastnn and its NumPy, else ``peers``."""
    return own if name in ("fastnn", "numpy") else peers


def import_times(own: str, peers: str, rounds: int) -> dict[str, list[float]]:
    """Seconds of ``python -c "import x"`` per round, libraries in turn; "" is Python alone."""
    names = ["", *IMPORTS]
    # A pip installation has all byte code on disk; in a source tree the first turn
    # writes it.
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    times: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds + 1):
        for name in names:
            command = [python_for(name, own, peers), "-c", f"import {name}" if name else "pass"]
            start = perf_counter()
            done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True)
            taken = perf_counter() - start
            # The first turn reads or writes the files on disk.
            if done.returncode == 0 and turn:
                times[name].append(taken)
    return {name: found for name, found in times.items() if found}


def beyond(times: dict[str, list[float]], name: str, base: str = "numpy") -> float:
    """Median over rounds of the time beyond ``base``."""
    return median(a - b for a, b in zip(times[name], times[base], strict=False))


def sizes(peers: str, folders: Sequence[Path]) -> dict[str, dict[str, float]]:
    """Megabytes (10^6) without dependencies: peers as installed, fastnn from its newest wheel."""
    command = [peers, "-c", SIZE, *DISTRIBUTIONS]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = {name: {"installed": size / 1e6} for name, size in json.loads(output).items()}
    wheels = [wheel for folder in folders for wheel in folder.glob("*.whl")]
    for wheel in sorted(wheels, key=lambda path: path.stat().st_mtime):
        with zipfile.ZipFile(wheel) as archive:
            installed = sum(entry.file_size for entry in archive.infolist())
        name = wheel.name.split("-")[0]
        found[name] = {"installed": installed / 1e6, "wheel": wheel.stat().st_size / 1e6}
    return found
