"""PyTorch's ``.pt`` files: a zip file of a pickle and of the bytes of tensors, uncompressed.

``<name>/data.pkl`` has the structure, in which storages are named by their type and key;
``<name>/data/<key>`` has the bytes of a storage, on which several tensors may lie.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from ..devices import CPU
from ..dtypes import kind
from ..nn.parameter import Parameter
from ..tensor import Size, Tensor
from .element_types import DIMENSIONS, STORAGES, TORCH, check_bool, check_shape, element_type
from .fault import Fault
from .source import Source
from .unpickler import Global, Unfinished, Unpickler, shown

__all__ = ["read", "refuse_legacy"]

PICKLE_LIMIT = 100_000_000  # bytes; the values of a pickle take up to 70 times as many
LOCAL_HEADER = 30  # bytes before the name
LARGEST_STEP = 1 << 47  # elements, more than any memory has
MAGIC = 0x1950A86A20F9469CFC6C.to_bytes(10, "little")  # begins files of PyTorch before 1.6


def read(source: Source) -> Any:
    """The value of a file, with tensors that share memory where they shared a storage."""
    archive = Archive(source)
    pickle = archive.record("data.pkl", PICKLE_LIMIT)
    if pickle is None:
        raise archive.no_pickle()
    return Unpickler(pickle.tobytes(), find, Storages(archive).persistent).load()


def refuse_legacy(source: Source) -> None:
    """Raise a Fault that says so for a file of PyTorch before its version 1.6."""
    if source.size > 14 and MAGIC in source.bytes(0, 14):
        raise Fault(
            "PyTorch wrote it in its format before version 1.6, which is a pickle as a whole; load "
            "it in PyTorch and save it again, without _use_new_zipfile_serialization=False"
        )


class Archive:
    """The records of a zip file below its one folder."""

    def __init__(self, source: Source) -> None:
        self.source = source
        try:
            entries = zipfile.ZipFile(source).infolist()
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            ArithmeticError,
            LookupError,
            ValueError,
            struct.error,
        ) as problem:
            raise Fault(f"it is no complete zip file: {problem}") from None
        self.entries = {entry.filename: entry for entry in entries}
        if len(self.entries) != len(entries):
            raise Fault("its zip directory has a name twice")
        pickles = [name for name in self.entries if name.endswith("/data.pkl")]
        self.root = pickles[0][: -len("data.pkl")] if len(pickles) == 1 else ""
        begins = sorted(entry.header_offset for entry in entries)
        self.ends: dict[int, int] = {}  # of records, where the next one begins
        for begin, end in zip(begins, [*begins[1:], source.size]):
            self.ends.setdefault(begin, end)

    def no_pickle(self) -> Fault:
        """Why there is nothing to read."""
        if any(name.endswith(".npy") for name in self.entries):
            return Fault("it is an .npz file of NumPy's; read it with np.load")
        return Fault("it is a zip file without one data.pkl, which torch.save writes")

    def record(self, name: str, limit: int, mapped: bool = False) -> Any:
        """The bytes of a record, or None."""
        entry = self.entries.get(self.root + name) if self.root else None
        if entry is None:
            return None
        what = f"record {entry.filename!r:.80}"
        if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1:
            raise Fault(f"{what} is compressed or encrypted, which torch.save does not do")
        if entry.compress_size != entry.file_size or entry.file_size > limit:
            raise Fault(f"{what} has a size of {entry.file_size} bytes")
        header = self.source.bytes(entry.header_offset, LOCAL_HEADER)
        if header[:4] != b"PK\3\4":
            raise Fault(f"{what} is not where the zip directory has it")
        name_size, extra_size = struct.unpack_from("<HH", header, 26)
        begin = entry.header_offset + LOCAL_HEADER + name_size + extra_size
        end = begin + entry.file_size
        if end > self.ends[entry.header_offset]:
            raise Fault(f"{what} overlaps another or ends behind the file")
        data = self.source.array(begin, entry.file_size, mapped)
        # PyTorch can be told not to compute checksums, and writes 0 then.
        check = entry.CRC and not (mapped and self.source.map is not None)
        if check and zlib.crc32(data.data) != entry.CRC:
            raise Fault(f"{what} has changed since it was written: its checksum differs")
        return data


class Storage(Unfinished):
    """The memory of tensors, as elements of one type or, with None, as bytes of any."""

    name = "a storage"

    def __init__(self, key: str, data: Any, dtype: np.dtype[Any] | None, big_endian: bool) -> None:
        self.key, self.dtype, self.big_endian = key, dtype, big_endian
        self.data = data
        self.typed: dict[str, Any] = {}

    def elements(self, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
        """The memory as elements of a type, in the byte order of the machine."""
        if dtype.name not in self.typed:
            if self.data.size % dtype.itemsize:
                raise Fault(
                    f"storage {self.key!r:.40} of {dtype} has {self.data.size} bytes, no multiple "
                    f"of {dtype.itemsize}"
                )
            array = self.data.view(dtype)
            if not array.flags.aligned:
                array = array.copy()
            if self.big_endian and dtype.itemsize > 1:
                array = array.byteswap()
            check_bool(f"storage {self.key!r:.40}", array)
            self.typed[dtype.name] = array
        result: np.ndarray[Any, Any] = self.typed[dtype.name]
        return result


class Storages:
    """The storages of an archive, each of which is read once, when the pickle first names it."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.read: dict[str, Storage] = {}
        order = archive.record("byteorder", 16)
        if order is not None and order.tobytes() not in (b"little", b"big"):
            raise Fault(f"its byteorder is {order.tobytes()!r}, neither little nor big")
        self.big_endian = order is not None and order.tobytes() == b"big"

    def persistent(self, given: Any) -> Storage:
        """The storage that a persistent id names: ``("storage", type, key, location, size)``."""
        if type(given) is not tuple or len(given) != 5:
            raise Fault("its pickle has a persistent id that names no storage")
        word, elements, key, _, count = given
        types = [type(word), type(elements), type(key), type(count)]
        if types != [str, StorageType, str, int] or word != "storage":
            raise Fault("its pickle has a persistent id that names no storage")
        dtype = None if elements.dtype is None else element_type(elements.dtype)
        if key not in self.read:
            data = self.archive.record(f"data/{key}", self.archive.source.size, mapped=True)
            if data is None:
                raise Fault(f"it has no record of storage {key!r:.40}")
            self.read[key] = Storage(key, data, dtype, self.big_endian)
        storage = self.read[key]
        if storage.dtype != dtype or count * (1 if dtype is None else dtype.itemsize) != (
            storage.data.size
        ):
            raise Fault(
                f"storage {key!r:.40} should be {shown(count)} of {elements.dtype or 'bytes'}, and "
                f"its record has {storage.data.size} bytes"
            )
        return storage


class StorageType(Unfinished):
    """A class of storages: elements of one type, or with None bytes of any."""

    name = "a class of storages"

    def __init__(self, dtype: str | None) -> None:
        self.dtype = dtype


# -- what pickles may call ---------------------------------------------------------------------


def rebuild_tensor(
    storage: Any,
    offset: Any,
    size: Any,
    stride: Any,
    requires_grad: Any,
    backward_hooks: Any,
    metadata: Any = None,
) -> Tensor:
    """A tensor on a storage that has a type."""
    if type(storage) is not Storage or storage.dtype is None:
        raise Fault("its pickle has a tensor without a storage of its type")
    return tensor(storage, storage.dtype, offset, size, stride, requires_grad)


def rebuild_tensor_of_dtype(
    storage: Any,
    offset: Any,
    size: Any,
    stride: Any,
    requires_grad: Any,
    backward_hooks: Any,
    dtype: Any,
    metadata: Any = None,
) -> Tensor:
    """A tensor of some type on a storage of bytes."""
    if type(storage) is not Storage or not isinstance(dtype, np.dtype):
        raise Fault("its pickle has a tensor without a storage and a type")
    return tensor(storage, dtype, offset, size, stride, requires_grad)


def tensor(
    storage: Storage, dtype: np.dtype[Any], offset: Any, size: Any, stride: Any, grad: Any
) -> Tensor:
    """A view of a storage, inside its bounds."""
    what = f"a tensor on storage {storage.key!r:.40}"
    tuples = isinstance(size, tuple) and isinstance(stride, tuple)
    if not tuples or not len(size) == len(stride) <= DIMENSIONS:
        raise Fault(
            f"{what} has sizes {shown(size)} and strides {shown(stride)}, no two tuples of up to "
            f"{DIMENSIONS}"
        )
    if not all(type(n) is int and n >= 0 for n in (offset, *size, *stride)):
        raise Fault(
            f"{what} has sizes {shown(size)} and strides {shown(stride)} from {shown(offset)}"
        )
    if type(grad) is not bool or (grad and kind(dtype) != "f"):
        raise Fault(f"{what} has requires_grad {shown(grad)}")
    elements = storage.elements(dtype)
    if not check_shape(what, tuple(size), dtype):
        return Tensor(np.empty(size, dtype), grad)
    last = offset + sum((n - 1) * step for n, step in zip(size, stride))
    if last >= elements.size:
        raise Fault(f"{what} goes up to element {last}, and that has {elements.size} elements")
    # Where a size is 1, a stride means nothing and may be any number.
    steps = [min(step, LARGEST_STEP) * dtype.itemsize for step in stride]
    memory = elements.view(np.uint8)  # whose bounds NumPy checks once more
    view = np.ndarray(size, dtype, memory, offset * dtype.itemsize, steps)
    return Tensor(view, grad)


def rebuild_parameter(data: Any, requires_grad: Any, backward_hooks: Any) -> Parameter:
    """A parameter with the values of a tensor."""
    if not isinstance(data, Tensor) or type(requires_grad) is not bool:
        raise Fault("its pickle has a parameter without a tensor")
    if requires_grad and kind(data.dtype) != "f":
        raise Fault(f"its pickle has a parameter of type {data.dtype} that requires a gradient")
    return Parameter(data, requires_grad)


def ordered_dict(*items: Any) -> OrderedDict[Any, Any]:
    """An empty OrderedDict; its items are set later."""
    if items:
        raise Fault("its pickle has an OrderedDict with arguments")
    return OrderedDict()


def size_of(values: Any) -> Size:
    if type(values) is not tuple or not all(type(n) is int for n in values):
        raise Fault("its pickle has a torch.Size without integers")
    return Size(values)


def complex_of(real: Any, imag: Any) -> complex:
    if type(real) is not float or type(imag) is not float:
        raise Fault("its pickle has a complex number of other than floats")
    return complex(real, imag)


def encoded(text: Any, encoding: Any) -> bytes:
    """Bytes, which protocol 2 writes as a text in latin-1."""
    if type(text) is not str or type(encoding) is not str or encoding != "latin1":
        raise Fault("its pickle has bytes in another form than pickle's")
    return text.encode("latin1")


def device_of(*where: Any) -> Any:
    """The CPU: whatever device a tensor was on, here it is on that."""
    return CPU


FUNCTIONS: dict[tuple[str, str], Callable[..., Any]] = {
    ("collections", "OrderedDict"): ordered_dict,
    ("torch._utils", "_rebuild_tensor_v2"): rebuild_tensor,
    ("torch._utils", "_rebuild_tensor_v3"): rebuild_tensor_of_dtype,
    ("torch._utils", "_rebuild_parameter"): rebuild_parameter,
    ("torch", "Size"): size_of,
    ("torch", "device"): device_of,
    ("__builtin__", "set"): set,
    ("__builtin__", "frozenset"): frozenset,
    ("__builtin__", "complex"): complex_of,
    ("_codecs", "encode"): encoded,
}


def find(module: str, name: str) -> Any:
    """What a pickle calls by this name, if that is one of PyTorch's plain values."""
    if (module, name) in FUNCTIONS:
        return Global(module, name, FUNCTIONS[module, name])
    if module == "torch" and name in STORAGES:
        return StorageType(STORAGES[name])
    if (module, name) == ("torch.storage", "UntypedStorage"):
        return StorageType(None)
    if module == "torch" and name in TORCH:
        return element_type(TORCH[name])
    raise Fault(
        f"it needs {module}.{name}, an object of a class or a function; tensors, numbers, strings, "
        "dicts, lists, tuples and sets are read. In PyTorch, load it and save the state_dict()"
    )
