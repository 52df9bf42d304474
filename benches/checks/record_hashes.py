"""Hashes of the outputs and gradients of every op's record on each level, in one or two checkouts.

    python -m benches.checks.record_hashes [--against CHECKOUT]

Each checkout runs its own records in a separate process. Records whose hashes differ are printed
with their level.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

Hashes = dict[str, str]  # "op level dtype": hash
ROOT = Path(__file__).resolve().parents[2]


def records() -> Iterator[Any]:
    """Every record of the imported checkout."""
    import tests.ops

    folder = Path(tests.ops.__file__).parent
    for path in sorted(folder.rglob("test_*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        try:
            module = import_module(".".join(["tests.ops", *parts]))
        except pytest.skip.Exception:  # PyTorch, a second reference, is not installed
            continue
        yield from getattr(module, "RECORDS", [])


def hashes() -> Hashes:
    """One hash for each record, level and float type."""
    from tests.harness import isa, isa_levels, running

    found = {}
    for record in records():
        for level in isa_levels():
            for dtype in record.dtypes:
                digest = hashlib.sha256()
                with isa(level):
                    for sample in [*record.samples, *record.large]:
                        ys, grads = running.outcome(record, running.cast(sample, dtype))
                        for array in [*ys, *[g for g in grads if g is not None]]:
                            digest.update(f"{array.dtype}{array.shape}".encode())
                            digest.update(array.tobytes())
                found[f"{record.name} {level} {dtype}"] = digest.hexdigest()[:16]
    return found


def ask(checkout: Path) -> Hashes:
    """The hashes of a checkout with an extension built in place."""
    environment = dict(os.environ, PYTHONPATH=str(checkout))
    command = [sys.executable, __file__, "--print"]
    done = subprocess.run(
        command, cwd=checkout, env=environment, stdout=subprocess.PIPE, check=True, text=True
    )
    return dict(json.loads(done.stdout))


def main(argv: Sequence[str] | None = None) -> int:
    """Print the hashes, or the differences from another checkout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, metavar="CHECKOUT")
    parser.add_argument(
        "--print", action="store_true", help="print the hashes of this checkout as JSON"
    )
    options = parser.parse_args(argv)
    if options.print:
        print(json.dumps(hashes()))
        return 0
    here = ask(ROOT)
    for name, text in here.items() if options.against is None else ():
        print(f"{text}  {name}")
    if options.against is None:
        return 0
    there = ask(options.against.resolve())
    both = here.keys() & there.keys()
    different = sorted(name for name in both if here[name] != there[name])
    for name in different:
        print(f"different: {name}")
    for name in sorted(here.keys() ^ there.keys()):
        print(f"only {'here' if name in here else 'there'}: {name}")
    print(f"{len(both) - len(different)} of {len(both)} equal")
    return int(bool(different))


if __name__ == "__main__":
    raise SystemExit(main())
