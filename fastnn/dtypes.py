"""Element types: NumPy's dtypes under PyTorch's names, and the rule by which they meet.

Wherever operands of several types meet, `result_type` says which type the result has; elementwise
kernels have the same rule for float32 and float64 in ``csrc/ops/elementwise/bind_call.cpp``.
"""

from __future__ import annotations

import builtins
from importlib import import_module
from typing import Any

import numpy as np

__all__ = [
    "bool",
    "can_cast",
    "double",
    "dtype",
    "finfo",
    "float",
    "float16",
    "float32",
    "float64",
    "half",
    "iinfo",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "long",
    "promote_types",
    "result_type",
    "short",
    "uint8",
]

float16 = half = np.dtype(np.float16)
float32 = float = np.dtype(np.float32)
float64 = double = np.dtype(np.float64)
uint8 = np.dtype(np.uint8)
int8 = np.dtype(np.int8)
int16 = short = np.dtype(np.int16)
int32 = int = np.dtype(np.int32)
int64 = long = np.dtype(np.int64)
bool = np.dtype(np.bool_)

dtype = np.dtype
iinfo = np.iinfo


def __getattr__(name: str) -> Any:
    if name != "bfloat16":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return np.dtype(narrow_floats().bfloat16)


def narrow_floats() -> Any:
    """The package that gives NumPy its bfloat16; ImportError where it is missing."""
    try:
        return import_module("ml_dtypes")
    except ImportError:
        raise ImportError("bfloat16 needs ml_dtypes: pip install ml_dtypes") from None


def kind(dtype: np.dtype[Any]) -> str:
    """NumPy's letter for the kind of a type; of bfloat16, which NumPy does not know, also "f"."""
    code = dtype.kind
    if code != "V" or dtype.type.__name__ != "bfloat16" or issubclass(dtype.type, np.void):
        return code
    return "f"


def finfo(type: Any = float32) -> Any:
    """The limits of a float type: `eps`, `max`, `min`, `tiny`, `bits` and so on.

    Parameters
    ----------
    type
        A float type, by default float32.

    Raises
    ------
    ValueError
        If the type is none of floats.

    Examples
    --------
    >>> fastnn.finfo(fastnn.float16).max.item()
    65504.0
    """
    given = np.dtype(type)
    if given.kind == "V" and kind(given) == "f":
        return narrow_floats().finfo(given)
    return np.finfo(given)


LEGACY: dict[str, np.dtype[Any]] = {
    "FloatTensor": float32,
    "DoubleTensor": float64,
    "HalfTensor": float16,
    "BoolTensor": bool,
    "LongTensor": int64,
    "IntTensor": int32,
    "ShortTensor": int16,
    "CharTensor": int8,
    "ByteTensor": uint8,
}
"""PyTorch's old names of element types, those of its typed constructors."""


def legacy_name(dtype: np.dtype[Any]) -> str:
    """The old name of a type as PyTorch gives it: ``torch.FloatTensor``."""
    for name, value in LEGACY.items():
        if value == dtype:
            return f"torch.{name}"
    return "torch.BFloat16Tensor" if kind(dtype) == "f" else str(dtype)


def named(dtype: Any) -> np.dtype[Any]:
    """A type given as such, by a typed constructor, or by the name of one."""
    if isinstance(dtype, str) and dtype.endswith("Tensor"):
        module, _, name = dtype.rpartition(".")
        if module not in ("", "torch", "fastnn") or name not in LEGACY:
            raise ValueError(
                f"type: expected a type of the CPU as torch.FloatTensor, got {dtype!r}"
            )
        return LEGACY[name]
    result: np.dtype[Any] = np.dtype(getattr(dtype, "dtype", dtype))
    return result


CATEGORIES = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}
"""Kinds of types in ascending order: truth values, integers, floats."""


def category(dtype: np.dtype[Any]) -> builtins.int:
    """The place of a type among the kinds; TypeError for what holds no numbers."""
    try:
        return CATEGORIES[kind(dtype)]
    except KeyError:
        raise TypeError(f"dtype: expected a float, integer or bool type, got {dtype}") from None


def promote_types(type1: Any, type2: Any) -> np.dtype[Any]:
    """The smallest type of the higher kind that holds both: of bool, integers and floats.

    Integers with floats give the float type, whatever their sizes; uint8 with int8 gives int16.

    Examples
    --------
    >>> fastnn.promote_types(fastnn.int64, fastnn.float32)
    dtype('float32')
    >>> fastnn.promote_types(fastnn.uint8, fastnn.int8)
    dtype('int16')
    """
    a, b = native(type1), native(type2)
    higher = category(a) - category(b)
    if higher and builtins.max(category(a), category(b)) >= CATEGORIES["f"]:
        return a if higher > 0 else b
    if a.itemsize == b.itemsize == 2 and a != b and category(a) == CATEGORIES["f"]:
        return float32  # neither of float16 and bfloat16 holds the other
    return np.promote_types(a, b)


def native(dtype: Any) -> np.dtype[Any]:
    """A type in the byte order of the machine, the only one that kernels know."""
    result: np.dtype[Any] = np.dtype(dtype)
    return result if result.isnative else result.newbyteorder("=")


def can_cast(from_: Any, to: Any) -> builtins.bool:
    """Whether a result of type `from_` may be stored in a tensor of type `to` in place.

    Not floats in integers, nor numbers in truth values; sizes do not matter.

    Examples
    --------
    >>> fastnn.can_cast(fastnn.float64, fastnn.float32)
    True
    >>> fastnn.can_cast(fastnn.float32, fastnn.int64)
    False
    """
    return category(np.dtype(from_)) <= category(np.dtype(to)) or kind(np.dtype(to)) == "f"


def result_type(*operands: Any) -> np.dtype[Any]:
    """The type of what an operation makes of tensors, arrays and numbers.

    Operands count in three ranks: tensors and arrays with dimensions, those without (0-d), and
    numbers of Python or NumPy, of which a float counts as float32 and an integer as int64. Types of
    one rank are promoted as by `promote_types`. A lower rank decides only where its kind is higher:
    truth values, integers, floats.

    Parameters
    ----------
    operands
        Tensors, arrays and numbers, at least one.

    Returns
    -------
    dtype
        The common type.

    Examples
    --------
    >>> x = fastnn.ones(2)
    >>> fastnn.result_type(x, 1.5), fastnn.result_type(x, fastnn.tensor(1.5, dtype=fastnn.float64))
    (dtype('float32'), dtype('float32'))
    >>> fastnn.result_type(fastnn.ones(2, dtype=fastnn.int32), 1.5)
    dtype('float32')
    >>> fastnn.result_type(x, np.ones(2))
    dtype('float64')
    """
    ranks: list[np.dtype[Any] | None] = [None, None, None]
    for x in operands:
        rank, dtype = ranked(x)
        known = ranks[rank]
        if known is None:
            ranks[rank] = dtype
        elif known is not dtype or kind(dtype) not in CATEGORIES:
            ranks[rank] = promote_types(known, dtype)
    if not operands:
        raise TypeError("result_type: expected at least one tensor or number, got none")
    result, *lower = [dtype for dtype in ranks if dtype is not None]
    for dtype in lower:
        if category(dtype) > category(result):
            result = promote_types(dtype, result)
    return native(result)


LARGEST = {t.char: builtins.float(np.finfo(t).max) for t in (float16, float32, float64)}
"""The largest number of a float type, by NumPy's letter for it."""
BFLOAT16_MAX = 255 * 2.0**120


def element(op: str, value: Any, dtype: np.dtype[Any]) -> Any:
    """A number as an element of a tensor of this type; RuntimeError for one that it cannot hold.

    A fraction is cut off, and negative numbers count from the end of unsigned types; but infinity,
    NaN and numbers beyond the range have no place among integers, as in PyTorch.
    """
    number = value.item() if hasattr(value, "item") else value
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        lowest = info.min if dtype.kind == "i" else -info.max
        if not lowest <= number <= info.max:
            raise RuntimeError(f"{op}: {number} cannot be converted to {dtype} without overflow")
        number = builtins.int(number) % (info.max + 1) if dtype.kind == "u" else number
    elif kind(dtype) == "f" and largest(dtype) < builtins.abs(number) < np.inf:
        raise RuntimeError(f"{op}: {number} cannot be converted to {dtype} without overflow")
    return dtype.type(number)


def largest(dtype: np.dtype[Any]) -> builtins.float:
    """The largest number of a float type."""
    return BFLOAT16_MAX if dtype.kind == "V" else LARGEST.get(dtype.char, np.inf)


REAL = "fiub"
"""The kinds of types that tensors compute with."""


def check_real(op: str, x: Any, name: str = "input", stored: builtins.bool = False) -> None:
    """Raise TypeError for an array that holds neither numbers nor truth values, or complex ones.

    Also for bfloat16, unless the operation takes types that are for storage.
    """
    if x.dtype.kind in REAL or (stored and kind(x.dtype) == "f"):
        return
    if kind(x.dtype) == "f":
        raise TypeError(
            f"{op}: {name} must have dtype float32 or float64, got {x.dtype}; .float() converts it"
        )
    raise TypeError(f"{op}: {name} must have a float, integer or bool type, got {x.dtype}")


def no_floats(op: str, name: str, dtype: Any) -> TypeError:
    """The error of an argument that must be float32 or float64, in the words of the kernels."""
    return TypeError(
        f"{op}: {name} must have dtype float32 or float64, got {dtype}; .float() of a tensor, or "
        ".astype('float32') of an array, converts it"
    )


def cast_to(
    op: str, x: np.ndarray[Any, Any], dtype: Any, name: str = "input"
) -> np.ndarray[Any, np.dtype[Any]]:
    """An array in another type, at which no part of its elements may get lost: see `check_real`."""
    if x.dtype.kind not in REAL and x.dtype != dtype:
        check_real(op, x, name, stored=True)
    return x.astype(dtype, copy=False)


def check_same(op: str, **operands: Any) -> None:
    """Raise TypeError unless all of the arrays given by name have one type; None is none.

    The operands of products, layers and what puts elements into a tensor are not promoted.
    """
    first, *others = [(name, x.dtype) for name, x in operands.items() if x is not None]
    for name, dtype in others:
        if dtype is first[1] or dtype == first[1]:
            continue
        if kind(dtype) == kind(first[1]) == "f":
            fix = "one of them with .float() or .double()"
        else:
            lower = first if category(first[1]) <= category(dtype) else (name, dtype)
            fix = f"{lower[0]} with .to({dtype if lower is first else first[1]})"
        raise TypeError(f"{op}: {first[0]} has dtype {first[1]} and {name} {dtype}; convert {fix}")


def ranked(x: Any) -> tuple[builtins.int, np.dtype[Any]]:
    """The rank of an operand (0 with dimensions, 1 without, 2 a number), and its type."""
    if type(x) is np.ndarray:
        return (0 if x.ndim else 1), x.dtype
    if isinstance(x, (builtins.bool, np.bool_)):
        return 2, bool
    if isinstance(x, (builtins.int, np.integer)):
        return 2, int64
    if isinstance(x, (builtins.float, np.floating)):
        return 2, float32
    try:
        return (0 if x.ndim else 1), np.dtype(x.dtype)
    except AttributeError:
        raise TypeError(
            f"result_type: expected tensors, arrays and numbers, got {type(x).__name__}"
        ) from None
