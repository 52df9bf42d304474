"""`fastnn info`: the build, and its configuration on this machine."""

from __future__ import annotations

import argparse
import json
from typing import Any

from ..config import show_config


def add(subparsers: Any) -> None:
    """Add the subcommand to the parser."""
    parser = subparsers.add_parser("info", help="show the build and its configuration")
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the configuration."""
    if options.json:
        print(json.dumps(show_config("dicts"), indent=2))
    else:
        show_config()
    return 0
