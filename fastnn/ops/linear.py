"""The linear layer with its activation, and the bilinear one."""

from __future__ import annotations

import numpy as np

from .. import _core
from ..autograd.changes import read_for
from ..autograd.record import Array, Grads, Node, array, record
from ..autograd.tape import mode
from ..dtypes import check_same
from ..tensor import Tensor, TensorLike
from .activation.fused import Fused
from .gemm import product
from .sparse import is_sparse, linear_of_csr

__all__ = ["bilinear", "linear"]


def linear(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    *,
    activation: Fused = None,
) -> Tensor:
    """The linear map of a layer, with its activation: y = f(x · Wᵀ + b).

    Parameters
    ----------
    input
        x, (*, I): any number of leading dimensions, none included. Or a CSR matrix of SciPy,
        (N, I), of which only the stored elements are multiplied; it gets no gradient.
    weight
        W, (O, I).
    bias
        b, (O,), or None.
    activation
        f: None, the name of a pointwise activation such as "relu", "gelu" or "silu", or a tuple of
        its name and parameters such as ("leaky_relu", 0.2). Computed with the product, which saves
        passes over the output, with the bits of the function called by itself.

    Returns
    -------
    Tensor
        y, (*, O).

    Raises
    ------
    TypeError
        Where types differ: layers do not promote them.
    ValueError
        Where shapes do not fit or the activation is unknown.

    Examples
    --------
    >>> x, w = fastnn.tensor([[1.0, -2.0]]), fastnn.tensor([[3.0, 1.0], [1.0, 1.0]])
    >>> F.linear(x, w, fastnn.tensor([0.5, 0.0]), activation="relu").tolist()
    [[1.5, 0.0]]
    """
    # Not by `array` alone: one place that sees both tensors and parameters is slow in CPython.
    if isinstance(input, Tensor):
        x = input._array
    elif is_sparse(input):
        return linear_of_csr(input, weight, bias, activation)
    else:
        x = array(input)
    w = weight._array if isinstance(weight, Tensor) else array(weight)
    b = bias._array if isinstance(bias, Tensor) else None if bias is None else array(bias)
    if not mode.enabled:
        return Tensor(_core.linear(x, w, b, activation))
    y, saved = _core.linear(x, w, b, activation, True)
    return record(y, linear_backward, (input, weight, bias), x, w, saved, activation)


@read_for((1,), (0,))
def linear_backward(node: Node, dy: Array) -> Grads:
    x, w, saved, activation = node.saved
    return _core.linear_backward(dy, x, w, saved, activation, node.needs)


def bilinear(
    input1: TensorLike, input2: TensorLike, weight: TensorLike, bias: TensorLike | None = None
) -> Tensor:
    """A form of two inputs: y[..., o] = Σᵢⱼ x1[..., i] · W[o, i, j] · x2[..., j] + b[o].

    Parameters
    ----------
    input1
        x1, (*, I).
    input2
        x2, (*, J), with the same leading dimensions.
    weight
        W, (O, I, J).
    bias
        b, (O,), or None.

    Returns
    -------
    Tensor
        y, (*, O).

    Examples
    --------
    >>> F.bilinear(fastnn.ones(4, 2), fastnn.ones(4, 3), fastnn.ones(5, 2, 3)).shape
    (4, 5)
    """
    x1, x2, w = array(input1), array(input2), array(weight)
    b = None if bias is None else array(bias)
    check_same("bilinear", input1=x1, input2=x2, weight=w, bias=b)
    if w.ndim != 3:
        raise ValueError(f"bilinear: weight must have shape (O, I, J), got {w.shape}")
    out, i, j = w.shape
    if x1.ndim < 1 or x1.shape[-1] != i:
        raise ValueError(f"bilinear: input1 must have shape (*, {i}), got {x1.shape}")
    if x2.shape != (*x1.shape[:-1], j):
        raise ValueError(f"bilinear: input2 must have shape {(*x1.shape[:-1], j)}, got {x2.shape}")
    if b is not None and b.shape != (out,):
        raise ValueError(f"bilinear: bias must have shape ({out},), got {b.shape}")
    # t[n, o, j] = Σᵢ x1[n, i] W[o, i, j], then a sum over j.
    rows = x1.reshape(-1, i)
    t = product(rows, w.transpose(1, 0, 2).reshape(i, out * j)).reshape(-1, out, j)
    y = product(t, x2.reshape(-1, j, 1)).reshape(*x1.shape[:-1], out)
    if b is not None:
        y = y + b
    return record(y, bilinear_backward, (input1, input2, weight, bias), x1, x2, w, t)


@read_for((1, 2), (0, 2), (0, 1))
def bilinear_backward(node: Node, dy: Array) -> Grads:
    x1, x2, w, t = node.saved
    out, i, j = w.shape
    g, a, c = dy.reshape(-1, out), x1.reshape(-1, i), x2.reshape(-1, j)
    d1 = d2 = dw = db = None
    if node.needs[1]:
        d2 = product(g[:, None, :], t).reshape(x2.shape).astype(x2.dtype, copy=False)
    if node.needs[0] or node.needs[2]:
        dt = (g[:, :, None] * c[:, None, :]).reshape(-1, out * j)
        if node.needs[0]:
            wide = w.transpose(1, 0, 2).reshape(i, out * j)
            d1 = product(dt, wide.T).reshape(x1.shape).astype(x1.dtype, copy=False)
        if node.needs[2]:
            dw = product(a.T, dt).reshape(i, out, j).transpose(1, 0, 2)
            dw = np.ascontiguousarray(dw, w.dtype)
    if node.needs[3]:
        db = g.sum(axis=0)
    return d1, d2, dw, db
