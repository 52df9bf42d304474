"""Questions about values, as functions."""

from __future__ import annotations

from typing import Any

from .tensor import Tensor, TensorLike, as_array

__all__ = [
    "is_complex",
    "is_floating_point",
    "is_nonzero",
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
    return as_array(input).dtype.kind == "f"


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
    x = as_array(input)
    if x.size != 1:
        raise RuntimeError(f"is_nonzero: expected one element, got shape {x.shape}")
    return bool(x.item())


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
