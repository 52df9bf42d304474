"""Running sums and products along a dimension of a tensor.

What runs along is kept in float64. Floats go through kernels, integers through NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from ..autograd.record import Array, Grads, Node, array, record
from ..dtypes import check_real
from ..tensor import Tensor, TensorLike
from .backward import from_kernel
from .cast import to
from .numpy_names import numpy_names

__all__ = ["cumprod", "cumsum"]


@numpy_names
def cumsum(input: TensorLike, dim: int, *, dtype: Any = None) -> Tensor:
    r"""Running sum along a dimension, :math:`y_i = \sum_{j \le i} x_j`.

    Parameters
    ----------
    input
        Tensor of any shape. Integers and truth values add up to int64.
    dim
        The dimension.
    dtype
        Element type to cast to before summing.

    Raises
    ------
    IndexError
        If the dimension does not exist.

    Examples
    --------
    >>> fastnn.cumsum(fastnn.tensor([1.0, 2.0, 3.0]), 0).tolist()
    [1.0, 3.0, 6.0]
    """
    if dtype is not None:
        input = to(input, dtype)
    x = array(input)
    if x.dtype.kind != "f":
        check_real("cumsum", x)
        return Tensor(np.cumsum(x, dim, np.int64).reshape(x.shape))
    return record(_core.cumsum(x, dim), cumsum_backward, (input,), dim)


def cumsum_backward(node: Node, dy: Array) -> Grads:
    (dim,) = node.saved
    return (_core.cumsum_backward(dy, dim),)


@numpy_names
def cumprod(input: TensorLike, dim: int, *, dtype: Any = None) -> Tensor:
    r"""Running product along a dimension, :math:`y_i = \prod_{j \le i} x_j`.

    The gradient is :math:`dx_i = y_{i-1} s_i` with :math:`s_i = dy_i + x_{i+1} s_{i+1}`, which
    divides by nothing and so takes zeros as they come.

    Arguments are those of `cumsum`.

    Examples
    --------
    >>> fastnn.cumprod(fastnn.tensor([1.0, 2.0, 3.0]), 0).tolist()
    [1.0, 2.0, 6.0]
    """
    if dtype is not None:
        input = to(input, dtype)
    x = array(input)
    if x.dtype.kind != "f":
        check_real("cumprod", x)
        return Tensor(np.cumprod(x, dim, np.int64).reshape(x.shape))
    y = _core.cumprod(x, dim)
    return record(y, cumprod_backward, (input,), x, y, dim)


cumprod_backward = from_kernel(_core.cumprod_backward)
