"""What to do where a compiled part of fastnn cannot be imported."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

__all__: list[str] = []

COMPILED = ("_core", "autograd/_block", "text/_tokens")


def unbuilt(error: ImportError) -> ImportError:
    """The error to raise in place of one from an import of a compiled part."""
    package = Path(__file__).resolve().parent
    if all(is_there(package, part) for part in COMPILED):  # but cannot be loaded
        needed = error.__context__
        if isinstance(needed, ModuleNotFoundError) and needed.name == "numpy":
            return ImportError("fastnn needs NumPy: pip install numpy")
        return error
    here = f"in {package.parent}, from which Python {platform.python_version()} imports it"
    if (package.parent / "pyproject.toml").exists():
        text = (
            f"fastnn is not built {here}: run `make dev` there (Set up in CONTRIBUTING.md), or "
            "`pip install .` and then start Python in another folder"
        )
    else:
        text = f"a compiled part of fastnn is missing {here}: install fastnn again"
    found = sorted(path.name for part in COMPILED for path in package.glob(f"{part}.*.*"))
    return ImportError(f"{text} (it has only {', '.join(found)})" if found else text)


def is_there(package: Path, part: str) -> bool:
    """Whether an import finds a part, in the package or where an editable install keeps it."""
    name = f"{package.name}.{part.replace('/', '.')}"
    folder = [str((package / part).parent)]
    specs = [finder.find_spec(name, folder) for finder in sys.meta_path]
    # A folder of that name, which may hold stubs, is a namespace without an origin.
    return any(spec is not None and spec.origin is not None for spec in specs)
