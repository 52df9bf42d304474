"""Truth values and counts over dimensions of a tensor.

Floats go through kernels, integers and truth values through NumPy. NaN is not zero.
"""

from __future__ import annotations

import numpy as np

from ... import _core
from ...autograd.record import array
from ...dtypes import check_real
from ...tensor import Tensor, TensorLike
from ..numpy_names import numpy_names
from .sums import Dims, axes_of

__all__ = ["all", "any", "count_nonzero"]


@numpy_names
def any(input: TensorLike, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Whether at least one element is not zero.

    Examples
    --------
    >>> fastnn.any(fastnn.tensor([[0.0, 1.0], [0.0, 0.0]]), 1).tolist()
    [True, False]
    """
    x = array(input)
    if x.dtype.kind != "f":
        check_real("any", x)
        return Tensor(np.asarray(np.any(x, axes_of(dim), keepdims=keepdim)))
    return Tensor(_core.any(x, dim, keepdim))


@numpy_names
def all(input: TensorLike, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Whether no element is zero.

    Examples
    --------
    >>> fastnn.all(fastnn.tensor([[1.0, 1.0], [0.0, 1.0]]), 1).tolist()
    [True, False]
    """
    x = array(input)
    if x.dtype.kind != "f":
        check_real("all", x)
        return Tensor(np.asarray(np.all(x, axes_of(dim), keepdims=keepdim)))
    return Tensor(_core.all(x, dim, keepdim))


@numpy_names
def count_nonzero(input: TensorLike, dim: Dims = None) -> Tensor:
    """How many elements are not zero.

    Examples
    --------
    >>> fastnn.count_nonzero(fastnn.tensor([[1.0, 0.0], [0.0, 0.0]]), 1).tolist()
    [1, 0]
    """
    x = array(input)
    if x.dtype.kind != "f":
        check_real("count_nonzero", x)
        return Tensor(np.asarray(np.count_nonzero(x, axes_of(dim)), np.int64))
    return Tensor(_core.count_nonzero(x, dim))
