"""The command `fastnn`. Each subcommand is a module with `add(subparsers)`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ..config import __version__
from . import info

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="fastnn", description="Neural networks on CPUs.")
    parser.add_argument("--version", action="version", version=f"fastnn {__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="command", required=True)
    for command in (info,):
        command.add(subparsers)
    options = parser.parse_args(arguments)
    status: int = options.run(options)
    return status
