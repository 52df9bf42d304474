"""The safetensors format: 8 bytes with the length of a header, a JSON header, the bytes of arrays.

The header has for each array its type, shape and place among the bytes, and text under
``__metadata__``. See https://huggingface.co/docs/safetensors for the format.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from .element_types import (
    SAFETENSORS,
    SAFETENSORS_NAMES,
    check_bool,
    check_shape,
    element_type,
)
from .fault import Fault
from .source import Source

__all__ = ["HEADER_LIMIT", "METADATA", "header_of", "parse_json", "read", "write_arrays"]

Array = np.ndarray[Any, np.dtype[Any]]

HEADER_LIMIT = 100_000_000  # bytes, the format's own limit
METADATA = "__metadata__"
ALIGNMENT = 64  # of the first array, for files that are mapped


# -- writing -----------------------------------------------------------------------------------


def header_of(arrays: Mapping[str, Array], metadata: Mapping[str, str]) -> tuple[bytes, list[str]]:
    """The first bytes of a file with these arrays, and the order in which the arrays follow.

    Larger types come first, so that all are aligned without gaps, which the format does not allow.
    """
    order = sorted(arrays, key=lambda name: -arrays[name].itemsize)
    header: dict[str, Any] = {METADATA: dict(metadata)}
    end = 0
    for name in order:
        array = arrays[name]
        begin, end = end, end + array.nbytes
        code = SAFETENSORS_NAMES[array.dtype.name]
        header[name] = {"dtype": code, "shape": list(array.shape), "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    text += b" " * (-(8 + len(text)) % ALIGNMENT)
    if len(text) > HEADER_LIMIT:
        raise ValueError(
            f"save: names and values besides tensors take {len(text)} bytes, more than the "
            f"{HEADER_LIMIT} of the format; make arrays of long lists"
        )
    return len(text).to_bytes(8, "little") + text, order


def write_arrays(write: Callable[[Any], None], arrays: Iterable[Array]) -> None:
    """Write the bytes of arrays one after the other, in C order and little-endian."""
    for array in arrays:
        if array.dtype.byteorder == ">":
            array = array.astype(array.dtype.newbyteorder("<"))
        write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


# -- reading -----------------------------------------------------------------------------------


class Entry(NamedTuple):
    """An array of a file: its type, its shape and its place among the bytes behind the header."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    begin: int
    end: int


def read(source: Source) -> tuple[dict[str, str], dict[str, Array]]:
    """The metadata and the arrays of a file, all of which is checked before the first is read."""
    start, metadata, entries = read_header(source)
    arrays = {}
    for name, entry in entries.items():
        data = source.array(start + entry.begin, entry.end - entry.begin)
        array = data.view(entry.dtype).reshape(entry.shape)
        check_bool(f"tensor {name!r:.80}", array)
        arrays[name] = array if array.flags.aligned else array.copy()
    return metadata, {name: arrays[name] for name in entries}


def read_header(source: Source) -> tuple[int, dict[str, str], dict[str, Entry]]:
    """Where arrays begin, the metadata, and the entries of arrays in the order of their bytes."""
    if source.size < 8:
        raise Fault(f"it has {source.size} bytes, no header")
    length = int.from_bytes(source.bytes(0, 8), "little")
    if length > HEADER_LIMIT:
        raise Fault(
            f"it is neither a safetensors file, whose header would have {length} bytes, nor a zip "
            "file of PyTorch's"
        )
    header = parse_json(source.bytes(8, length))
    if not isinstance(header, dict):
        raise Fault("its header is no JSON object")
    metadata = header.pop(METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise Fault(f"{METADATA} of its header is no object of strings")
    entries = {name: entry_of(f"tensor {name!r:.80}", value) for name, value in header.items()}
    in_order = dict(sorted(entries.items(), key=lambda item: item[1][2:]))
    end = 0
    for name, entry in in_order.items():
        if entry.begin != end:
            kind = "overlap those of another" if entry.begin < end else "do not follow another's"
            raise Fault(f"the bytes of tensor {name!r:.80}, {entry.begin} to {entry.end}, {kind}")
        end = entry.end
    if end != source.size - 8 - length:
        raise Fault(
            f"its tensors have {end} bytes, but {source.size - 8 - length} follow the header"
        )
    return 8 + length, metadata, in_order


def entry_of(what: str, value: Any) -> Entry:
    """An entry of a header, checked in itself."""
    if not isinstance(value, dict):
        raise Fault(f"{what} has no object with dtype, shape and data_offsets")
    get: Any = value.get
    code, shape, offsets = get("dtype"), get("shape"), get("data_offsets")
    if not isinstance(code, str) or code not in SAFETENSORS:
        raise Fault(f"{what} has dtype {code!r:.40}; those known are {', '.join(SAFETENSORS)}")
    if not is_sizes(shape):
        raise Fault(f"{what} has shape {shape!r:.80}, no list of sizes")
    if not is_sizes(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise Fault(f"{what} has data_offsets {offsets!r:.80}, no begin and end")
    dtype = element_type(SAFETENSORS[code])
    size = check_shape(what, tuple(shape), dtype)
    if offsets[1] - offsets[0] != size:
        raise Fault(
            f"{what} of {code} with shape {shape!r:.80} takes {size} bytes, data_offsets have "
            f"{offsets[1] - offsets[0]}"
        )
    return Entry(dtype, tuple(shape), *offsets)


def is_sizes(value: Any) -> bool:
    """Whether a value is a list of integers of at least 0."""
    return isinstance(value, list) and all(type(n) is int and n >= 0 for n in value)


def parse_json(text: bytes | str) -> Any:
    """A JSON text whose objects have no name twice, without NaN, infinity and endless numbers."""
    try:
        return json.loads(
            text.decode("utf-8") if isinstance(text, bytes) else text,
            object_pairs_hook=distinct,
            parse_int=bounded_int,
            parse_float=bounded_float,
            parse_constant=refuse_constant,
        )
    except UnicodeDecodeError as problem:
        raise Fault(f"its header is no UTF-8: {problem.reason} at {problem.start}") from None
    except json.JSONDecodeError as problem:
        raise Fault(f"its header is no JSON: {problem.msg} at {problem.pos}") from None
    except RecursionError:
        raise Fault("its header is nested too deeply") from None


def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise Fault(f"its header has the name {twice!r:.80} twice")
    return result


def bounded_int(digits: str) -> int:
    if len(digits) > 20:  # 2**64 - 1 has as many
        raise Fault(f"its header has the number {digits[:40]}…, beyond 64 bits")
    return int(digits)


def bounded_float(digits: str) -> float:
    if len(digits) > 40:
        raise Fault(f"its header has a number of {len(digits)} digits")
    return float(digits)


def refuse_constant(name: str) -> Any:
    raise Fault(f"its header has the number {name}, which JSON does not have")
