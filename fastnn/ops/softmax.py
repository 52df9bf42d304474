"""Softmax and its logarithm, over any dimension."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _core
from ..autograd.record import Array, Grads, Node, array, record
from ..callers import warn
from ..dtypes import cast_to
from ..tensor import Tensor, TensorLike
from .create.filled import empty_like
from .draw import exponential_
from .elementwise.algebraic import neg
from .elementwise.arithmetic import add, div, sub
from .elementwise.compare import eq
from .elementwise.transcendental import log
from .numpy_names import numpy_names
from .reduce.extreme import amax

__all__ = ["gumbel_softmax", "log_softmax", "softmax", "softmin"]


def in_dtype(kernel: Callable[..., Any]) -> Callable[[Node, Array], Grads]:
    """The backward by `kernel`, with the gradient in the dtype of the input."""

    def backward(node: Node, dy: Array) -> Grads:
        y, dim, dtype = node.saved
        dx = kernel(dy, y, dim)
        return (dx if dtype is y.dtype else dx.astype(dtype, copy=False),)

    backward.__name__ = kernel.__name__  # which errors name
    return backward


def implied(op: str, x: Array) -> int:
    """The dimension that is meant where none is given."""
    dim = 0 if x.ndim in (0, 1, 3) else 1
    warn(f"{op}: dim is missing, {dim} is taken for an input of shape {x.shape}; pass dim={dim}")
    return dim


@numpy_names
def softmax(input: TensorLike, dim: int | None = None, dtype: Any = None) -> Tensor:
    """Positive numbers that sum to one: ``y[c] = exp(x[c]) / sum(exp(x))`` along `dim`.

    Parameters
    ----------
    input
        Scores, any shape.
    dim
        The dimension along which the results sum to one. Without it a warning says which one was
        taken, as in PyTorch: the first of an input with 0, 1 or 3 dimensions, else the second.
    dtype
        The float type to compute in, if not that of `input`.

    Returns
    -------
    Tensor
        Of the shape of `input`. Where all scores are minus infinity, NaN.

    Raises
    ------
    IndexError
        `input` has no dimension `dim`.

    Examples
    --------
    >>> fastnn.softmax([2.0, 1.0, 0.1], dim=0).numpy().round(2)
    array([0.66, 0.24, 0.1 ], dtype=float32)
    """
    x = array(input)
    dim = implied("softmax", x) if dim is None else dim
    y = _core.softmax(x if dtype is None else cast_to("softmax", x, dtype), dim)
    return record(y, softmax_backward, (input,), y, dim, x.dtype)


softmax_backward = in_dtype(_core.softmax_backward)


@numpy_names
def log_softmax(input: TensorLike, dim: int | None = None, dtype: Any = None) -> Tensor:
    """Logarithm of `softmax`, exact also where that is zero: ``y[c] = x[c] - log(sum(exp(x)))``.

    Arguments, result and errors are those of `softmax`.

    Examples
    --------
    >>> fastnn.log_softmax([1000.0, 0.0], dim=0)
    tensor([    0., -1000.])
    """
    x = array(input)
    dim = implied("log_softmax", x) if dim is None else dim
    y = _core.log_softmax(x if dtype is None else cast_to("log_softmax", x, dtype), dim)
    return record(y, log_softmax_backward, (input,), y, dim, x.dtype)


log_softmax_backward = in_dtype(_core.log_softmax_backward)


def softmin(input: TensorLike, dim: int, dtype: Any = None) -> Tensor:
    """The softmax of the negative scores: ``y[c] = exp(-x[c]) / sum(exp(-x))`` along `dim`.

    Arguments, result and errors are those of `softmax`.

    Examples
    --------
    >>> fastnn.softmin([2.0, 1.0, 0.1], dim=0).numpy().round(2)
    array([0.1 , 0.26, 0.64], dtype=float32)
    """
    return softmax(neg(input), dim, dtype)


def gumbel_softmax(
    logits: TensorLike, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """Softmax of logits with noise: a draw of one index that gradients flow through.

    ``y = softmax((logits + g) / tau)`` for g of the Gumbel distribution (E. Jang, S. Gu and
    B. Poole, "Categorical reparameterization with Gumbel-softmax", 2017).

    Parameters
    ----------
    logits
        Logarithms of weights.
    tau
        The temperature, above 0; the lower it is, the nearer is the result to 0 and 1.
    hard
        Whether the result is 0 and 1, with the gradient of what it would be otherwise.
    eps
        Accepted for compatibility with PyTorch, without effect.
    dim
        The dimension of the weights.

    Returns
    -------
    Tensor
        In the shape of `logits`.

    Examples
    --------
    >>> F.gumbel_softmax(fastnn.zeros(4), hard=True).sum().item()
    1.0
    """
    if not tau > 0:
        raise ValueError(f"gumbel_softmax: tau must be above 0, got {tau}")
    x = array(logits)
    noise = exponential_(empty_like(x))
    y = softmax(div(sub(logits, log(noise)), tau), dim)
    if not hard:
        return y
    chosen = eq(y.detach(), amax(y.detach(), dim, True)).to(y.dtype)
    return add(chosen, sub(y, y.detach()))
