"""Questions about values, as functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from .dtypes import kind
from .tensor import Size, Tensor, TensorLike, as_array

__all__ = [
    "broadcast_shapes",
    "get_device",
    "is_complex",
    "is_floating_point",
    "is_nonzero",
    "is_same_size",
    "is_signed",
    "is_storage",
    "is_tensor",
    "numel",
    "typename",
]


def is_tensor(obj: Any) -> bool:
    """Whether an object is a tensor.

    Examples
    --------
    >>> fastnn.is_tensor(fastnn.ones(2)), fastnn.is_tensor(np.ones(2))
    (True, False)
    """
    return isinstance(obj, Tensor)


def is_storage(obj: Any) -> bool:
    """Whether an object is a storage of PyTorch: False, a tensor's memory is a NumPy array."""
    return False


def is_floating_point(input: TensorLike) -> bool:
    """Whether the elements are floats."""
    return kind(as_array(input).dtype) == "f"


def is_complex(input: TensorLike) -> bool:
    """Whether the elements are complex numbers."""
    return as_array(input).dtype.kind == "c"


def is_nonzero(input: TensorLike) -> bool:
    """Whether a tensor's only element is not 0.

    Examples
    --------
    >>> fastnn.is_nonzero(fastnn.tensor([0.5]))
    True
    """
    return Tensor(as_array(input)).is_nonzero()


def is_signed(input: TensorLike) -> bool:
    """Whether the element type has negative numbers."""
    return Tensor(as_array(input)).is_signed()


def is_same_size(input: TensorLike, other: TensorLike) -> bool:
    """Whether two tensors have the same shape."""
    return as_array(input).shape == as_array(other).shape


def get_device(input: TensorLike) -> int:
    """The number of a tensor's GPU: -1, as for every tensor of the CPU."""
    return -1


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape to which tensors of these shapes are broadcast.

    Examples
    --------
    >>> fastnn.broadcast_shapes((2, 1), (3,))
    (2, 3)
    """
    try:
        return Size(np.broadcast_shapes(*shapes))
    except ValueError:
        raise RuntimeError(
            f"broadcast_shapes: {', '.join(map(str, shapes))} cannot be broadcast to one shape"
        ) from None


def numel(input: TensorLike) -> int:
    """The number of elements.

    Examples
    --------
    >>> fastnn.numel(fastnn.ones(2, 3))
    6
    """
    return as_array(input).size


def typename(obj: Any) -> str:
    """The name of an object's type: of a tensor ``torch.FloatTensor`` and so on."""
    if isinstance(obj, Tensor) and type(obj) is Tensor:
        return str(obj.type())
    return f"{type(obj).__module__}.{type(obj).__qualname__}"
