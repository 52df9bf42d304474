"""Downloading files, through pooch."""

from __future__ import annotations

import os
from importlib import import_module

__all__ = ["download"]

SECONDS = 30  # without a byte from the server


def download(op: str, url: str, name: str, checksum: str, folder: str) -> str:
    """The path of a file in a folder, fetched unless it is there with this SHA-256 sum.

    It is written under another name and takes its own once its sum has been compared, so no part of
    a file stays where a connection is cut.

    Raises
    ------
    ValueError
        If what came has another sum.
    OSError
        If it cannot be fetched or written.
    ImportError
        If pooch is not installed.
    """
    try:
        pooch = import_module("pooch")
    except ImportError:
        raise ImportError(f"{op}: downloading needs pooch: pip install pooch") from None
    source, path = url + name, os.path.join(folder, name)
    fetch = pooch.HTTPDownloader(progressbar=False, timeout=SECONDS)
    try:
        pooch.retrieve(source, f"sha256:{checksum}", name, folder, downloader=fetch)
    except ValueError as problem:
        raise ValueError(f"{op}: {source} is not the file that it was: {problem}") from problem
    except OSError as problem:
        raise OSError(f"{op}: cannot download {source} to {path}: {problem}") from problem
    return path
