"""Damaged data files, by the hundred thousand: each is read, or is an error that says why.

``python -m benches.checks.data_readers --inputs 100000`` changes files of every kind that
`fastnn.data.readers` reads, also beneath gzip's checksum. No input may raise anything but
ValueError and OSError, take longer than `SECONDS`, or more memory than `MEMORY` times its size and
some more.
"""

from __future__ import annotations

import argparse
import gzip
import io
import random
import resource
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benches.checks.readers import changed
from fastnn.data.readers import map_npy, read_csv, read_idx, read_image

SECONDS = 1.0
MEMORY, SOME = 200, 1 << 22  # of Python's objects, per byte of the file; bytes
RATIO = 1032  # of gzip, on top of it: 4 bytes of a file can be 4 kB of zeros
PIXELS = 1 << 16  # that a picture may have here; a byte of a file can be a thousand

DATES = "2026-01-31,2026-02-28 10:30,1999-12-31T23:59:59,,NA"
TABLES = [
    "a,b,c\n1,2.5,x\n-3,nan,y\n,1e9,x\n",
    f'n,d,"t ""u"", v"\r\n{DATES[:10]},yes,"two\nlines"\r\n2026-02-01,no,"""q"""\r\n',
    "x\n" + DATES.replace(",", "\n") + "\n",
    "имя,город\nАня,Осло\nБорис,Рим\n",
]


def idx(array: Any) -> bytes:
    """An array as an IDX file."""
    code = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}[array.dtype.str[1:]]
    sizes = np.array(array.shape, ">u4").tobytes()
    big = array.astype(array.dtype.newbyteorder(">"))
    return bytes([0, 0, code, array.ndim]) + sizes + big.tobytes()


def npy(array: Any, version: tuple[int, int] = (1, 0)) -> bytes:
    """An array as an NPY file."""
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version)
    return file.getvalue()


def pictures() -> list[bytes]:
    """Small pictures in several formats."""
    from PIL import Image

    pixels = (np.arange(20 * 17 * 3) * 7 % 251).astype(np.uint8).reshape(20, 17, 3)
    image, files = Image.fromarray(pixels), []
    for form in ("PNG", "JPEG", "BMP", "GIF", "PPM", "TIFF"):
        file = io.BytesIO()
        image.save(file, form)
        files.append(file.getvalue())
    return files


def files() -> dict[str, list[bytes]]:
    """Good files of each kind."""
    arrays = [np.arange(24).reshape(2, 3, 4).astype(t) for t in ("u1", "i1", "i2", "i4", "f4")]
    arrays += [np.float64(3).reshape(()), np.zeros((0, 5), np.uint8), np.zeros(200, np.uint8)]
    others = [np.asfortranarray(arrays[4]), np.array([1j, 2]), np.array([True, False])]
    return {
        "idx": [idx(a) for a in arrays],
        "npy": [npy(a) for a in [*arrays, *others]] + [npy(arrays[4], (2, 0))],
        "csv": [text.encode() for text in TABLES] + [TABLES[0].encode("utf-8-sig")],
        "image": pictures(),
    }


def inputs(reader: str, seed: int) -> Iterator[bytes]:
    """Endless damaged inputs for a reader."""
    rng = random.Random(f"{reader} {seed}")
    kind = "idx" if reader == "gzip" else reader
    good = files()[kind]
    packed = [gzip.compress(data, mtime=0) for data in good]
    while True:
        if reader != "gzip":
            yield changed(rng, rng.choice(good), good)
        elif rng.random() < 0.5:
            yield changed(rng, rng.choice(packed), packed)
        else:
            yield gzip.compress(changed(rng, rng.choice(good), good), mtime=0)


def read_image_here(path: Path) -> Any:
    return read_image(path, max_pixels=PIXELS)


READERS: dict[str, Callable[[Path], Any]] = {
    "idx": read_idx,
    "gzip": read_idx,
    "npy": lambda path: map_npy(path).tobytes(),  # every page of the map
    "csv": read_csv,
    "image": read_image_here,
}


def read(reader: str, path: Path) -> bool:
    """Whether a file is read; False for the errors that it may raise."""
    try:
        READERS[reader](path)
    except (ValueError, OSError) as error:
        if path.name not in str(error):
            raise AssertionError(f"{error!r} does not name the file") from error
        return False
    return True


def check(reader: str, count: int, seed: int) -> tuple[int, float, list[str]]:
    """Read `count` inputs: how many were read, the longest time, and what went wrong."""
    good, longest, faults = 0, 0.0, []
    factor = MEMORY + (RATIO if reader == "gzip" else 0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "damaged.bin")
        for number, data in zip(range(count), inputs(reader, seed)):
            path.unlink(missing_ok=True)
            path.write_bytes(data)
            measured = number % 50 == 0
            if measured:
                tracemalloc.start()
            begin = time.thread_time()
            try:
                good += read(reader, path)
            except Exception as error:
                faults.append(f"{reader} {seed} {number}: {type(error).__name__}: {error}")
            seconds = time.thread_time() - begin
            if measured:
                peak = tracemalloc.get_traced_memory()[1]
                tracemalloc.stop()
                if peak > factor * len(data) + SOME:
                    faults.append(f"{reader} {seed} {number}: {peak} bytes for {len(data)}")
            elif seconds > SECONDS:
                faults.append(f"{reader} {seed} {number}: {seconds:.1f} s")
            longest = longest if measured else max(longest, seconds)
    return good, longest, faults


def main() -> int:
    """Check all readers; print what went wrong."""
    parser = argparse.ArgumentParser(description="Damaged data files.")
    parser.add_argument("--inputs", type=int, default=100_000, help="for each reader")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=READERS, action="append", help="a reader")
    given = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    failed = False
    for reader in given.only or READERS:
        good, longest, faults = check(reader, given.inputs, given.seed)
        failed |= bool(faults)
        print(
            f"{reader}: {given.inputs} inputs, {good} of them read, at most "
            f"{1e3 * longest:.1f} ms each, {len(faults)} faults",
            *faults[:20],
            sep="\n  ",
            flush=True,
        )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
