"""The types that kernels sort, and the others in terms of these."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...autograd.record import Array
from ...dtypes import check_real

__all__: list[str] = []  # for the operations of this folder

KERNEL = tuple(np.dtype(name) for name in ("f4", "f8", "i8", "i4", "u1", "?"))
WIDER = {"f2": "f4", "V2": "f4", "i1": "i4", "i2": "i4", "u2": "i4", "u4": "i8"}
SIGN = np.uint64(1 << 63)


def as_kernel_type(op: str, x: Array, name: str = "input") -> Array:
    """An array in the same order, of a type that kernels know."""
    if x.dtype in KERNEL:
        return x if x.dtype.isnative else x.astype(x.dtype.newbyteorder("="))
    check_real(op, x, name, stored=True)
    code = x.dtype.str[1:]
    if code == "u8":
        signed: Array = (x.astype(np.uint64) ^ SIGN).view(np.int64)
        return signed
    return x.astype(WIDER[code]) if code in WIDER else x


def from_kernel_type(x: Array, dtype: np.dtype[Any]) -> Array:
    """Elements that a kernel chose, in the type they had before `as_kernel_type`."""
    if x.dtype == dtype:
        return x
    if dtype.str[1:] == "u8":
        x = x.view(np.uint64) ^ SIGN
    return x.astype(dtype)
