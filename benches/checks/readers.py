"""Damaged files, by the hundred thousand: each is read, or is a ValueError of `fastnn.load`.

``python -m benches.checks.readers --inputs 100000`` changes files of every kind that `load` reads:
bytes, lengths and offsets anywhere, parts cut out, repeated or taken from another file, and, behind
checksums, the pickle and the directory of PyTorch's files. No input may raise anything else, take
longer than `SECONDS`, or more memory than `MEMORY` times its size and some more.
"""

from __future__ import annotations

import argparse
import io
import random
import resource
import struct
import sys
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np

import fastnn
from fastnn.serialization.fault import Fault
from fastnn.serialization.torch_zip import Storage, find
from fastnn.serialization.unpickler import Unpickler
from tests.serialization.torch_files import (
    Call,
    Global,
    pickled,
    storage,
    tensor,
    torch_file,
    zipped,
)

SECONDS = 1.0
MEMORY, SOME = 200, 1 << 22  # of Python's objects, per byte of the file; bytes
INTERESTING = [0, 1, 2, 7, 8, 127, 128, 255, 256, 2**15, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**63]
INTERESTING += [2**64 - 1, 100_000_000]


# The storage of every tensor where pickles are read without their files.
MEMORY_OF_ALL = Storage("0", np.zeros(24, np.uint8), np.dtype(np.float32), False)


def safetensors_files() -> list[bytes]:
    """Files that `save` writes, and one without its structure."""
    model = fastnn.nn.Sequential(fastnn.nn.Linear(3, 2), fastnn.nn.BatchNorm1d(2))
    optimizer = fastnn.optim.Adam(model.parameters())
    model(fastnn.ones(4, 3)).sum().backward()
    optimizer.step()
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}
    shared = np.arange(6.0)
    values: list[Any] = [
        model.state_dict(),
        {**state, "random": fastnn.get_rng_state()},
        [shared, shared, (True, None, 1 << 70, float("nan"), 1j, b"ab", "é"), {(1, 2): {3, "x"}}],
        {"c": np.ones(2, complex), "h": np.ones((0, 3), np.float16), "b": np.array([True, False])},
    ]
    files = []
    for value in values:
        file = io.BytesIO()
        fastnn.save(value, file)
        files.append(file.getvalue())
    text = b'{"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}'
    return [*files, len(text).to_bytes(8, "little") + text + bytes(8)]


def pickles() -> list[tuple[Any, dict[str, bytes]]]:
    """Values as PyTorch pickles them, and the storages that they name."""
    place = storage("FloatStorage", "0", 6)
    weight = tensor(place, 0, (2, 3), (3, 1))
    parameter = Global("torch._utils", "_rebuild_parameter")
    hooks = Call(Global("collections", "OrderedDict"), ())
    bytes_ = storage("UntypedStorage", "1", 6, module="torch.storage")
    state = {
        "model": {"w": weight, "row": tensor(place, 3, (3,), (1,)), "wide": weight},
        "optimizer": {"state": {0: {"step": 3.0}}, "param_groups": [{"params": [0, 1]}]},
        "p": Call(parameter, (weight, True, hooks)),
        "u": tensor(bytes_, 0, (3,), (1,), dtype="uint16"),
        "s": Call(Global("__builtin__", "set"), ([1, 2],)),
        "size": Call(Global("torch", "Size"), ((1, 2),)),
        "more": [1 << 70, -5, 1.5, None, True, (), ("a", Global("torch", "float32"))],
    }
    memo = b"\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01]q\x02(h\x02h\x01eu."
    return [
        (pickled(state), {"0": np.arange(6, dtype="f4").tobytes(), "1": bytes(6)}),
        (pickled({"w": weight}), {"0": bytes(24)}),
        (memo, {}),
    ]


def changed(rng: random.Random, data: bytes, others: list[bytes]) -> bytes:
    """Bytes with a few changes."""
    out = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 4, 16])):
        at = rng.randrange(len(out)) if out else 0
        kind = rng.randrange(8)
        if kind == 0 and out:
            out[at] ^= 1 << rng.randrange(8)
        elif kind == 1 and out:
            out[at] = rng.randrange(256)
        elif kind == 2:
            number = rng.choice(INTERESTING)
            form = rng.choice("BHIQ")
            packed = struct.pack(f"<{form}", number % (1 << 8 * struct.calcsize(f"<{form}")))
            out[at : at + len(packed)] = packed
        elif kind == 3:
            del out[at : at + rng.choice([1, 2, 8, 64, len(out)])]
        elif kind == 4:
            count = rng.choice([1, 4, 16, 64])
            out[at:at] = out[at : at + count] * rng.choice([1, 2, 100])
        elif kind == 5:
            other = rng.choice(others)
            start = rng.randrange(len(other))
            piece = other[start : start + rng.choice([1, 8, 64])]
            out[at : at + rng.choice([0, len(piece)])] = piece
        elif kind == 6:  # numbers of JSON and of names
            digits = [i for i, c in enumerate(out) if chr(c).isdigit()]
            if digits:
                i = rng.choice(digits)
                out[i : i + 1] = str(rng.choice(INTERESTING)).encode()
        else:
            words = [b"[" * 50, b"{", b"}", b'"', b"null", b"NaN", b"1e999", b"$tuple", b"(", b"R"]
            words += [b"\x85", b"Q", b"b", b"h\x00", b"c", b"2", b"t", b"s", b"\xed\xa0\x80"]
            out[at : at + rng.randrange(2)] = rng.choice(words)
    return bytes(out)


def inputs(reader: str, seed: int) -> Iterator[bytes]:
    """Endless damaged inputs for a reader: ``safetensors``, ``zip`` or ``pickle``."""
    rng = random.Random(f"{reader} {seed}")
    files, parts = safetensors_files(), pickles()
    contents = [pickle for pickle, _ in parts]
    archives = [torch_file(pickle, storages) for pickle, storages in parts]
    while True:
        if reader == "safetensors":
            data = rng.choice(files)
            length = int.from_bytes(data[:8], "little")
            if rng.random() < 0.7:  # the header alone, with its length as it is then
                header = changed(rng, data[8 : 8 + length], files)
                yield len(header).to_bytes(8, "little") + header + data[8 + length :]
            else:
                yield changed(rng, data, files)
        elif reader == "pickle":
            yield changed(rng, rng.choice(contents), contents)
        elif rng.random() < 0.5:
            yield changed(rng, rng.choice(archives), archives)
        else:
            pickle, storages = rng.choice(parts)
            storages = {key: changed(rng, v, contents)[:64] for key, v in storages.items()}
            records = {"data.pkl": changed(rng, pickle, contents), "byteorder": b"little"}
            records |= {f"data/{k}": v for k, v in storages.items() if rng.random() < 0.9}
            yield zipped(records, rng.choice([zipfile.ZIP_STORED] * 9 + [zipfile.ZIP_DEFLATED]))


def read(reader: str, data: bytes) -> bool:
    """Whether an input is read; False for the one error that it may raise."""
    if reader == "pickle":
        with suppress(Fault):
            Unpickler(data, find, lambda given: MEMORY_OF_ALL).load()
            return True
        return False
    try:
        fastnn.load(io.BytesIO(data))
    except ValueError as error:
        if not str(error).startswith("load: cannot read the BytesIO: "):
            raise
        return False
    return True


def check(reader: str, count: int, seed: int) -> tuple[int, float, list[str]]:
    """Read `count` inputs: how many were read, the longest time, and what went wrong."""
    good, longest, faults = 0, 0.0, []
    for number, data in zip(range(count), inputs(reader, seed)):
        measured = number % 50 == 0
        if measured:
            tracemalloc.start()
        begin = time.thread_time()
        try:
            good += read(reader, data)
        except Exception as error:
            faults.append(f"{reader} {seed} {number}: {type(error).__name__}: {error}")
        seconds = time.thread_time() - begin
        if measured:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            if peak > MEMORY * len(data) + SOME:
                faults.append(f"{reader} {seed} {number}: {peak} bytes for {len(data)}")
        elif seconds > SECONDS:
            faults.append(f"{reader} {seed} {number}: {seconds:.1f} s")
        longest = longest if measured else max(longest, seconds)
    return good, longest, faults


READERS = ("safetensors", "zip", "pickle")


def main() -> int:
    """Check all readers; print what went wrong."""
    parser = argparse.ArgumentParser(description="Damaged files.")
    parser.add_argument("--inputs", type=int, default=100_000, help="for each reader")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    failed = False
    for reader in READERS:
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
