"""Tensors in the type of another one: PyTorch's ``x.new_zeros(2, 3)`` and its siblings."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...devices import check_device
from ...tensor import Tensor, as_array
from ...tensor.size import are_sizes, uninitialised
from .filled import empty, empty_strided, full, ones, zeros
from .values import tensor

__all__: list[str] = []  # methods only


def new_tensor(
    input: Tensor, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A copy of `data` in the type of the tensor, or in `dtype`.

    Examples
    --------
    >>> fastnn.ones(2, dtype=fastnn.float64).new_tensor([1, 2])
    tensor([1., 2.], dtype=float64)
    """
    dtype = dtype or input.dtype
    return tensor(data, dtype=dtype, device=device, requires_grad=requires_grad)


def new_zeros(
    input: Tensor, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Zeros in the type of the tensor, or in `dtype`.

    Examples
    --------
    >>> fastnn.arange(2).new_zeros(2, 2)
    tensor([[0, 0],
            [0, 0]])
    """
    return zeros(*size, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)


def new_ones(
    input: Tensor, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Ones in the type of the tensor, or in `dtype`."""
    return ones(*size, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)


def new_empty(
    input: Tensor, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Elements of no particular values in the type of the tensor, or in `dtype`."""
    return empty(*size, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)


def new_empty_strided(
    input: Tensor,
    size: Any,
    stride: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """As `fastnn.empty_strided`, in the type of the tensor, or in `dtype`."""
    dtype = dtype or input.dtype
    return empty_strided(size, stride, dtype=dtype, device=device, requires_grad=requires_grad)


def new_full(
    input: Tensor,
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`fill_value` in the shape `size`, in the type of the tensor, or in `dtype`."""
    dtype = dtype or input.dtype
    return full(size, fill_value, dtype=dtype, device=device, requires_grad=requires_grad)


def new(input: Tensor, *data: Any, device: Any = None) -> Tensor:
    """As the typed constructor of the tensor's type: of sizes, or of the numbers of a list.

    Examples
    --------
    >>> x = fastnn.ones(2, 3)
    >>> x.new(x.size()).zero_().shape, x.new([7.0])
    ((2, 3), tensor([7.]))
    """
    check_device("new", device)
    if are_sizes(data):
        return Tensor(uninitialised("new", data, input.dtype))
    if len(data) > 1:
        raise TypeError(f"new: expected sizes or one list of data, got {data!r:.60}")
    return Tensor(np.array(as_array(data[0], input.dtype), input.dtype))
