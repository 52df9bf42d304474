"""``check_wheel.py WHEEL SITE_PACKAGES`` checks a wheel: complete, self-contained, small."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

MB = 1e6
WHEEL_MB, INSTALLED_MB = 5, 20


def main(wheel: Path, site: Path) -> int:
    """Print the sizes; return the number of failed checks."""
    names = zipfile.ZipFile(wheel).namelist()
    folders = [p for p in site.iterdir() if p.name.startswith("fastnn")]
    installed = sum(f.stat().st_size for p in folders for f in p.rglob("*") if f.is_file()) / MB
    size = wheel.stat().st_size / MB
    checks = {
        "has the extension": any(
            n.startswith("fastnn/_core.") and n.endswith(".so") for n in names
        ),
        "has the text module": any(n.startswith("fastnn/text/_tokens.") for n in names),
        "has the grad modes": any(n.startswith("fastnn/autograd/_block.c") for n in names),
        "carries libgomp under its own name": any(
            n.startswith("fastnn.libs/libgomp-") for n in names
        ),
        "is typed": "fastnn/py.typed" in names and "fastnn/_core/__init__.pyi" in names,
        "has no sources": not any(n.endswith((".cpp", ".c", ".h", ".pyx")) for n in names),
        "has a licence": any(n.endswith("/LICENSE") for n in names),
        f"is at most {WHEEL_MB} MB": size <= WHEEL_MB,
        f"is at most {INSTALLED_MB} MB installed": installed <= INSTALLED_MB,
    }
    print(f"{wheel.name}: {size:.2f} MB, installed {installed:.2f} MB without NumPy")
    wrong = [what for what, holds in checks.items() if not holds]
    for what in wrong:
        print(f"{wheel.name}: failed: {what}")
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])) > 0)
