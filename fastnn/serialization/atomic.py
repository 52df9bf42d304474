"""Files that are written as a whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from typing import Any

__all__ = ["write_whole"]


def write_whole(path: str, write: Callable[[Any], None]) -> None:
    """Put what `write` writes to a file in the place of `path`, on the disk, in one step.

    It is written to a file beside it, whose name begins with ``.fastnn-save-``. An exception
    removes that and leaves the old file as it is; so does the end of the process, which may leave
    the new one behind. A link stays a link, permissions stay those of the old file, and devices and
    pipes are written to.
    """
    target = os.path.realpath(path)
    mode = None
    with suppress(FileNotFoundError):
        mode = os.stat(target).st_mode
    if mode is not None and not stat.S_ISREG(mode):
        with open(target, "wb") as file:
            write(file)
        return
    folder = os.path.dirname(target)
    temporary = os.path.join(folder, f".fastnn-save-{os.urandom(8).hex()}.tmp")
    try:
        with open(temporary, "xb") as file:
            if mode is not None:
                os.fchmod(file.fileno(), stat.S_IMODE(mode))
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException as problem:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        if isinstance(problem, OSError) and problem.filename in (None, temporary):
            problem.filename, problem.filename2 = path, None
        raise
    sync_folder(folder)


def sync_folder(folder: str) -> None:
    """Have the new name written to the disk, where the file system can do that for a folder."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:  # a folder that may be written to but not listed
        return
    try:
        os.fsync(handle)
    except OSError as problem:
        if problem.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)
