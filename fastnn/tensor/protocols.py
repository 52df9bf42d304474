"""Conversions of a tensor: NumPy, DLPack, Python numbers and sequences, pickle."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..autograd.contract import Array
from ..autograd.tape import mode
from .printing import text
from .properties import Properties

# What `array + tensor` and so on mean, which call these functions.
REFLECTED = {
    np.add: "__radd__",
    np.subtract: "__rsub__",
    np.multiply: "__rmul__",
    np.true_divide: "__rtruediv__",
    np.floor_divide: "__rfloordiv__",
    np.remainder: "__rmod__",
    np.power: "__rpow__",
    np.matmul: "__rmatmul__",
    np.bitwise_and: "__rand__",
    np.bitwise_or: "__ror__",
    np.bitwise_xor: "__rxor__",
    np.equal: "__eq__",
    np.not_equal: "__ne__",
    np.less: "__gt__",
    np.less_equal: "__ge__",
    np.greater: "__lt__",
    np.greater_equal: "__le__",
}

OPS = __name__.partition(".")[0] + ".ops."


class Protocols(Properties):
    """Base of tensors: the protocols of NumPy, DLPack, Python and pickle."""

    __slots__ = ()
    _requires_grad: bool
    _grad: Any
    node: Any

    def numpy(self, *, force: bool = False) -> Array:
        """A NumPy array that shares memory; a tensor that requires a gradient needs `force`."""
        if self._requires_grad and not force:
            raise RuntimeError("numpy: the tensor requires a gradient; use detach().numpy()")
        return self._array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if self._requires_grad:
            raise RuntimeError("numpy: the tensor requires a gradient; use detach().numpy()")
        if copy:
            return np.array(self._array, dtype=dtype)
        if dtype is None or dtype == self._array.dtype:
            return self._array
        if copy is False:
            raise ValueError(f"numpy: {self.dtype} becomes {dtype} only by copying")
        return self._array.astype(dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """NumPy's functions of arrays; between an array and a tensor, operators are the tensor's.

        ``array += tensor`` changes the array.
        """
        if method == "__call__" and not options and len(inputs) == 2 and ufunc in REFLECTED:
            array, other = inputs
            if other is self and not isinstance(array, Protocols):
                return getattr(self, REFLECTED[ufunc])(array)
        arrays = [x.__array__() if isinstance(x, Protocols) else x for x in inputs]
        return getattr(ufunc, method)(*arrays, **options)

    def __dlpack__(self, **kwargs: Any) -> Any:
        if self._requires_grad:
            raise BufferError("dlpack: the tensor requires a gradient; use detach()")
        return self._array.__dlpack__(**kwargs)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._array.__dlpack_device__()

    def item(self) -> Any:
        """The value of a one-element tensor as a Python number."""
        if self._array.size != 1:
            raise RuntimeError(f"item: expected one element, got shape {self.shape}")
        return self._array.item()

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers."""
        return self._array.tolist()

    # -- Python ------------------------------------------------------------------------------

    def __len__(self) -> int:
        if self._array.ndim == 0:
            raise TypeError("len: a 0-d tensor has no length")
        return int(self._array.shape[0])

    def __iter__(self) -> Iterator[Any]:
        if self._array.ndim == 0:
            raise TypeError("iteration: cannot iterate over a 0-d tensor")
        this: Any = self
        return iter(this.unbind())

    def __bool__(self) -> bool:
        if self._array.size != 1:
            raise RuntimeError(
                f"bool: shape {self.shape} has no single truth value; use any() or all()"
            )
        return bool(self._array.item())

    def __float__(self) -> float:
        if self._requires_grad and sys._getframe(1).f_globals.get("__name__", "").startswith(OPS):
            # An operation, or its kernel, takes it for a number; others ask for its value.
            check_constant("float", "the tensor", self, TypeError)
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self._array.dtype.kind not in "iub":
            raise TypeError(f"index: only integer tensors can be an index, got {self.dtype}")
        return int(self.item())

    def __contains__(self, value: Any) -> bool:
        return bool(
            (self._array == (value._array if isinstance(value, Protocols) else value)).any()
        )

    def __format__(self, spec: str) -> str:
        value = self.item() if spec and self._array.ndim == 0 else str(self)
        return format(value, spec)

    def __repr__(self) -> str:
        usual = self._array.dtype in (np.float32, np.int64, np.bool_) and self._array.size > 0
        parts = [text(self._array)]
        if not usual:
            parts.append(f"dtype={self._array.dtype}")
        if self.node is not None:
            parts.append(f"grad_fn=<{self.node.name()}>")
        elif self._requires_grad:
            parts.append("requires_grad=True")
        return f"tensor({', '.join(parts)})"

    def __reduce__(self) -> Any:
        if self.node is not None:
            raise RuntimeError("pickle: only leaves can be pickled; use detach()")
        return rebuild, (type(self), self._array, self._requires_grad)

    def __copy__(self) -> Any:
        # As in PyTorch a leaf over the same memory, also of what an operation made.
        copy = rebuild(type(self), self._array, self._requires_grad)
        if hasattr(self, "__dict__"):
            copy.__dict__.update(self.__dict__)
        return copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if self.node is not None:
            raise RuntimeError("deepcopy: only leaves can be deep-copied; use detach().clone()")
        copy = rebuild(type(self), self._array.copy(), self._requires_grad)
        copy._grad = None if self._grad is None else self._grad.__deepcopy__(memo)
        memo[id(self)] = copy
        return copy


def check_constant(op: str, name: str, value: Any, error: type[Exception] = RuntimeError) -> None:
    """Refuse a tensor that requires a gradient where an operation takes it as a constant."""
    if isinstance(value, Protocols) and value._requires_grad and mode.enabled:
        raise error(f"{op}: no gradient flows to {name}, which requires one; use detach()")


def rebuild(kind: Any, data: Array, requires_grad: bool) -> Any:
    """Make a leaf from its pickled parts."""
    out = kind.__new__(kind)
    out._array, out._requires_grad = data, requires_grad
    out._grad = out.node = out.hooks = out.alias = None
    return out
