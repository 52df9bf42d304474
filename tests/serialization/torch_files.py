"""Files as torch.save writes them, without PyTorch: pickle's opcodes, and a zip around them."""

import io
import struct
import zipfile
from collections import OrderedDict
from typing import Any, NamedTuple


class Global(NamedTuple):
    """A function or class that a pickle names."""

    module: str
    name: str


class Call(NamedTuple):
    """A call of a global."""

    function: Global
    arguments: tuple


class Persistent(NamedTuple):
    """An object outside the pickle."""

    id: Any


class Opcodes(NamedTuple):
    """Opcodes as they are."""

    data: bytes


class Built(NamedTuple):
    """An object with attributes."""

    target: Any
    state: Any


def opcodes(value):
    """The opcodes of protocol 2 that make a value, without memo."""
    if value is None or value is True or value is False:
        return {None: b"N", True: b"\x88", False: b"\x89"}[value]
    if isinstance(value, Opcodes):
        return value.data
    if isinstance(value, Global):
        return f"c{value.module}\n{value.name}\n".encode()
    if isinstance(value, Call):
        return opcodes(value.function) + opcodes(value.arguments) + b"R"
    if isinstance(value, Persistent):
        return opcodes(value.id) + b"Q"
    if isinstance(value, Built):
        return opcodes(value.target) + opcodes(value.state) + b"b"
    if isinstance(value, int):
        if 0 <= value < 256:
            return b"K" + bytes([value])
        if -(2**31) <= value < 2**31:
            return b"J" + struct.pack("<i", value)
        size = value.bit_length() // 8 + 1
        return b"\x8a" + bytes([size]) + value.to_bytes(size, "little", signed=True)
    if isinstance(value, float):
        return b"G" + struct.pack(">d", value)
    if isinstance(value, str):
        text = value.encode("utf-8", "surrogatepass")
        return b"X" + struct.pack("<I", len(text)) + text
    if isinstance(value, tuple):
        return b"(" + b"".join(map(opcodes, value)) + b"t"
    if isinstance(value, list):
        return b"](" + b"".join(map(opcodes, value)) + b"e"
    assert isinstance(value, dict)
    empty = b"}"
    if isinstance(value, OrderedDict):
        empty = opcodes(Call(Global("collections", "OrderedDict"), ()))
    items = b"".join(opcodes(k) + opcodes(v) for k, v in value.items())
    return empty + b"(" + items + b"u"


def pickled(value):
    return b"\x80\x02" + opcodes(value) + b"."


def storage(kind, key, count, location="cpu", module="torch"):
    return Persistent(("storage", Global(module, kind), key, location, count))


def tensor(place, offset, size, stride, grad=False, dtype=None):
    """A tensor on a storage."""
    hooks = Call(Global("collections", "OrderedDict"), ())
    arguments = (place, offset, tuple(size), tuple(stride), grad, hooks)
    if dtype is None:
        return Call(Global("torch._utils", "_rebuild_tensor_v2"), arguments)
    return Call(Global("torch._utils", "_rebuild_tensor_v3"), (*arguments, Global("torch", dtype)))


def zipped(records, compression=zipfile.ZIP_STORED):
    """A zip file of these records, in a folder as PyTorch has it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in records.items():
            archive.writestr(zipfile.ZipInfo(f"archive/{name}"), data, compression)
    return out.getvalue()


def torch_file(value, storages=None, byteorder="little"):
    """The bytes of a file with a value, and storages by their keys."""
    data = value if isinstance(value, bytes) else pickled(value)
    records = {"data.pkl": data, "version": "3\n"}
    if byteorder:
        records["byteorder"] = byteorder
    records.update({f"data/{key}": bytes_ for key, bytes_ in (storages or {}).items()})
    return zipped(records)
