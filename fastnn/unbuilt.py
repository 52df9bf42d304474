"""What to do where the compiled part of fastnn cannot be imported."""

from __future__ import annotations

import platform
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

__all__: list[str] = []


def unbuilt(error: ImportError) -> ImportError:
    """The error to raise in place of one from the import of the extension."""
    package = Path(__file__).resolve().parent
    root = package.parent
    built = sorted(path.name for path in package.glob("_core.*") if path.is_file())
    if any(name == f"_core{suffix}" for name in built for suffix in EXTENSION_SUFFIXES):
        return error  # it is there, and cannot be loaded
    here = f"in {root}, from which Python {platform.python_version()} imports it"
    if (root / "pyproject.toml").exists():
        text = (
            f"fastnn is not built {here}: run `make dev` there (Set up in CONTRIBUTING.md), or "
            "`pip install .` and then start Python in another folder"
        )
    else:
        text = f"the compiled part of fastnn is missing {here}: install fastnn again"
    return ImportError(f"{text} (it has only {', '.join(built)})" if built else text)
