"""What to do where a compiled part of fastnn cannot be imported."""

from __future__ import annotations

import platform
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

__all__: list[str] = []

COMPILED = ("_core", "autograd/_block", "text/_tokens")


def unbuilt(error: ImportError) -> ImportError:
    """The error to raise in place of one from an import of a compiled part."""
    package = Path(__file__).resolve().parent
    files = {part: [path.name for path in package.glob(f"{part}.*.*")] for part in COMPILED}
    missing = [
        part
        for part, names in files.items()
        if not any(name == Path(part).name + end for name in names for end in EXTENSION_SUFFIXES)
    ]
    if not missing:
        return error  # it is there, and cannot be loaded
    here = f"in {package.parent}, from which Python {platform.python_version()} imports it"
    if (package.parent / "pyproject.toml").exists():
        text = (
            f"fastnn is not built {here}: run `make dev` there (Set up in CONTRIBUTING.md), or "
            "`pip install .` and then start Python in another folder"
        )
    else:
        text = f"a compiled part of fastnn is missing {here}: install fastnn again"
    found = sorted(name for names in files.values() for name in names)
    return ImportError(f"{text} (it has only {', '.join(found)})" if found else text)
