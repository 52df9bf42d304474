"""Element types by their names in files: those of safetensors and of PyTorch."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from .fault import Fault

__all__ = [
    "DIMENSIONS",
    "SAFETENSORS",
    "SAFETENSORS_NAMES",
    "STORAGES",
    "TORCH",
    "check_bool",
    "check_shape",
    "element_type",
]

SAFETENSORS = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "U16": "uint16",
    "I16": "int16",
    "F16": "float16",
    "BF16": "bfloat16",
    "U32": "uint32",
    "I32": "int32",
    "F32": "float32",
    "U64": "uint64",
    "I64": "int64",
    "F64": "float64",
    "C64": "complex64",
}
SAFETENSORS_NAMES = {name: code for code, name in SAFETENSORS.items()}

TORCH = {name: name for name in SAFETENSORS.values()} | {"complex128": "complex128"}
"""NumPy's names of types by PyTorch's, as in ``torch.float32``."""

STORAGES = {
    "BoolStorage": "bool",
    "ByteStorage": "uint8",
    "CharStorage": "int8",
    "ShortStorage": "int16",
    "IntStorage": "int32",
    "LongStorage": "int64",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "FloatStorage": "float32",
    "DoubleStorage": "float64",
    "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128",
}

ML_DTYPES = {"bfloat16", "float8_e4m3fn", "float8_e5m2"}
KNOWN = {*TORCH.values()}


def element_type(name: str) -> np.dtype[Any]:
    """The type with a name that NumPy or ml_dtypes gives it.

    Raises
    ------
    ModuleNotFoundError
        If it is one of ml_dtypes, and that is not installed.
    """
    if name in ML_DTYPES:
        try:
            scalar = getattr(import_module("ml_dtypes"), name)
        except ModuleNotFoundError:
            raise ModuleNotFoundError(
                f"load: the file has numbers of type {name}, which NumPy reads with ml_dtypes: "
                "pip install ml_dtypes",
                name="ml_dtypes",
            ) from None
        result: np.dtype[Any] = np.dtype(scalar)
        return result
    if name not in KNOWN:
        raise Fault(f"there is no type {name!r:.40}")
    return np.dtype(name)


DIMENSIONS = 32
"""The most that an array has: NumPy 1's limit."""

LARGEST = 1 << 47
"""More bytes than any address space has; NumPy's own checks are later, and of other kinds."""


def check_shape(what: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    """The number of bytes of an array; Fault for sizes that no array has."""
    if len(shape) > DIMENSIONS:
        raise Fault(f"{what} has {len(shape)} dimensions, more than {DIMENSIONS}")
    size = dtype.itemsize
    for n in shape:
        size *= n or 1
        if size >= LARGEST:
            raise Fault(f"{what} has sizes {shape!r:.80}, which no memory holds")
    return 0 if 0 in shape else size


def check_bool(what: str, array: np.ndarray[Any, Any]) -> None:
    """Fault for truth values that are neither 0 nor 1, of which NumPy has no notion."""
    if array.dtype == np.bool_ and array.size and array.view(np.uint8).max() > 1:
        raise Fault(f"{what} has truth values other than 0 and 1")
