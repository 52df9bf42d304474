"""Plants faults and lists those that no test sees.

    python tools/mutate.py --seed 1 --count 40 csrc/ops fastnn/nn

Each fault (`tools/faults.py`) is planted in a copy of the tree that has a build folder of its own.
The tests with the name of the file's family or folder run first, the rest only if these pass.
Faults that do not build, those with the object code of the original, and those whose tests take
longer than `--limit` do not count. Survivors are printed as diffs: a test is missing, or the edit
changes nothing that can be observed.

The copy takes its tools from the active environment (CONTRIBUTING.md), which should have no
PyTorch: faults are to be seen without it. It is kept, so that a second run builds little.

With `--coverage FILE` a fault in a line of Python is judged by the tests that run the line, the
others cannot see it but through a child process. The file is written by (`pip install pytest-cov`)

    COVERAGE_FILE=FILE python -m pytest --cov=fastnn --cov-context=test --cov-report=
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from faults import Fault, faults

ROOT = Path(__file__).resolve().parents[1]
TIMED_OUT = 124
UNDECIDED = ("no build", "same code", "the time limit")


def listed(*options: str) -> list[str]:
    """Files that git knows."""
    command = ["git", "ls-files", *options]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()


def drawn(paths: list[str], seed: int) -> Iterator[Fault]:
    """Faults in random order: a file by its number of lines, then one of its edits."""
    rng = random.Random(seed)
    left = {path: faults(path, (ROOT / path).read_text()) for path in paths}
    while left := {path: found for path, found in left.items() if found}:
        lines = [len({fault.line for fault in found}) for found in left.values()]
        found = left[rng.choices(list(left), lines)[0]]
        yield found.pop(rng.randrange(len(found)))


class Tree:
    """A copy of the project."""

    def __init__(self, at: Path, limit: float) -> None:
        self.at, self.limit = at, limit

    def refresh(self) -> None:
        """Make its files those of the project; times of files that are the same stay."""
        for name in listed("--cached", "--others", "--exclude-standard"):
            file, copy = ROOT / name, self.at / name
            if file.is_file() and not (copy.exists() and copy.read_bytes() == file.read_bytes()):
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, copy)

    def run(self, *command: str, limit: float) -> tuple[int, str]:
        """Exit code and output."""
        try:
            done = subprocess.run(
                command,
                cwd=self.at,
                env={**os.environ, "PYTHONPATH": str(self.at)},
                timeout=limit,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
        except subprocess.TimeoutExpired:
            return TIMED_OUT, ""
        return done.returncode, done.stdout

    def build(self) -> bool:
        return self.run("make", "dev", limit=3600)[0] == 0

    def code(self) -> str:
        """What was built."""
        built = sorted((self.at / "fastnn").glob("_core*.so"))
        return hashlib.sha256(b"".join(path.read_bytes() for path in built)).hexdigest()

    def first_failure(self, tests: list[str]) -> str:
        """What fails, or nothing."""
        names = self.at / "build" / "tests.txt"  # more than a command line takes
        names.write_text("\n".join(tests))
        pytest = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
        code, output = self.run(*pytest, f"@{names}", limit=self.limit)
        if code in (0, 5):  # all passed, or there was none
            return ""
        failed = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", output, re.MULTILINE)
        reason = UNDECIDED[-1] if code == TIMED_OUT else f"pytest's exit code {code}"
        return failed[1] if failed else reason

    def concerning(self, path: str) -> list[str]:
        """The test files whose names share a word with a file or its folders."""
        here = words(Path(path))
        tests = [test.relative_to(self.at) for test in (self.at / "tests").rglob("test_*.py")]
        found = sorted(str(test) for test in tests if words(test) & here)
        return found or ["tests/ops", "tests/autograd"]


GENERAL = {"csrc", "fastnn", "ops", "core", "test", "tests", "kernel", "backward", "call", "nn"}


def words(path: Path) -> set[str]:
    """Those of a path that say what it is about, in the singular."""
    parts = [word for part in path.with_suffix("").parts for word in part.split("_")]
    return {word.rstrip("s") for word in parts if word and word not in GENERAL}


class Coverage:
    """The tests that run a line, from a file of coverage.py."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def tests(self, fault: Fault) -> list[str] | None:
        """None where the line runs at import, so that any test may see it."""
        query = """select context, numbits from line_bits join context on context.id = context_id
            join file on file.id = file_id where path like ?"""
        byte, bit = divmod(fault.line + 1, 8)
        with sqlite3.connect(self.file) as data:
            rows = data.execute(query, [f"%/{fault.path}"]).fetchall()
        found = {
            context.split("|")[0]
            for context, lines in rows
            if len(lines) > byte and lines[byte] >> bit & 1
        }
        return None if "" in found else sorted(found)


def judge(
    tree: Tree, fault: Fault, original: str, rest: list[str], coverage: Coverage | None
) -> str:
    """What caught a fault: a failed test, one of `UNDECIDED`, or nothing."""
    file = tree.at / fault.path
    text = file.read_text()
    file.write_text(fault.planted(text))
    try:
        if fault.path.endswith(".py"):
            if tree.run(sys.executable, "-m", "py_compile", fault.path, limit=60)[0] != 0:
                return "no build"
        elif not tree.build():
            return "no build"
        elif tree.code() == original:
            return "same code"
        first = tree.concerning(fault.path)
        tests = coverage.tests(fault) if coverage and fault.path.endswith(".py") else None
        if tests is not None:
            first, rest = sorted(tests, key=lambda test: test.split("::")[0] not in first), []
        caught = tree.first_failure(first) if first else ""
        if rest and not caught:
            caught = tree.first_failure([*rest, *(f"--deselect={test}" for test in first)])
        return caught
    finally:
        file.write_text(text)


def main() -> int:
    """Print each fault as it is judged, then the score and the survivors."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("under", nargs="*", default=["csrc", "fastnn"], help="files or folders to edit")
    add("--seed", type=int, default=0)
    add("--count", type=int, default=20, help="faults that build")
    add("--seconds", type=float, default=float("inf"), help="begin none after this time")
    add("--limit", type=float, default=900, help="seconds of one run of tests")
    add("--rest", nargs="*", default=["tests"], help="tests that run after the first ones")
    add("--tree", type=Path, default=ROOT / "build" / "mutants", help="where the copy is kept")
    add("--coverage", type=Path, help="which test runs which line")
    add("--list", action="store_true", help="only print the faults")
    args = parser.parse_args()
    sources = [p for p in listed("--", *args.under) if p.endswith((".cpp", ".h", ".py"))]
    draw = drawn(sources, args.seed)
    if args.list:
        print(*[fault for _, fault in zip(range(args.count), draw)], sep="\n\n")
        return 0
    tree = Tree(args.tree.resolve(), args.limit)
    tree.refresh()
    if not tree.build():
        sys.exit(f"the project does not build without a fault: run `make dev` in {tree.at}")
    if failed := tree.first_failure(["tests/test_import.py", "tests/test_layout.py"]):
        sys.exit(f"{failed} fails without a fault")
    original, start = tree.code(), time.monotonic()
    coverage = Coverage(args.coverage) if args.coverage else None
    judged = 0
    survivors = []
    for fault in draw:
        if judged == args.count or time.monotonic() - start > args.seconds:
            break
        by = judge(tree, fault, original, args.rest, coverage)
        print(f"{fault}\n  {by or 'SURVIVED'}\n", flush=True)
        if by not in UNDECIDED:
            judged += 1
            survivors += [] if by else [fault]
    print(f"seed {args.seed}: {judged - len(survivors)} of {judged} caught; survivors:\n")
    print(*survivors, sep="\n\n")
    return bool(survivors)


if __name__ == "__main__":
    sys.exit(main())
