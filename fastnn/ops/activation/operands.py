"""Functions with operands besides their input: gates, learnt or random slopes, rival pieces."""

from __future__ import annotations

from ... import _core
from ...autograd.record import Array, Grads, Node, array, record
from ...dtypes import check_same, no_floats
from ...random import reserve
from ...tensor import Tensor, TensorLike
from ..backward import from_kernel
from ..inplace import written_to
from ..reduce.extreme import max
from ..shape import unflatten
from .piecewise import leaky_relu

__all__ = ["glu", "maxout", "prelu", "rrelu"]


def glu(input: TensorLike, dim: int = -1) -> Tensor:
    """Gated linear unit: ``y = a * sigmoid(b)`` with the halves a and b of the input along `dim`.

    Parameters
    ----------
    input
        (..., 2 * D, ...), at least one dimension.
    dim
        The dimension of the halves, whose size is even.

    Returns
    -------
    Tensor
        y, (..., D, ...).

    Raises
    ------
    IndexError
        `input` has no dimension `dim`.
    ValueError
        Its size is odd.

    References
    ----------
    Dauphin, Fan, Auli, Grangier, Language modeling with gated convolutional networks, 2017.

    Examples
    --------
    >>> fastnn.glu([3.0, 1.0, 0.0, 100.0])
    tensor([1.5, 1. ])
    """
    x = array(input)
    return record(_core.glu(x, dim), glu_backward, (input,), x, dim)


glu_backward = from_kernel(_core.glu_backward)


def prelu(input: TensorLike, weight: TensorLike) -> Tensor:
    """Rectifier with learnt slopes: ``y = x`` for x > 0, ``w[c] * x`` otherwise.

    Parameters
    ----------
    input
        (N, C, ...), or any shape with one slope.
    weight
        w, one number or (C,), in the type of `input`.

    Raises
    ------
    ValueError
        `weight` has neither one element nor one for each channel.

    References
    ----------
    He, Zhang, Ren, Sun, Delving deep into rectifiers, 2015.

    Examples
    --------
    >>> fastnn.prelu([[-2.0, -2.0], [1.0, 2.0]], fastnn.tensor([0.5, 0.25]))
    tensor([[-1. , -0.5],
            [ 1. ,  2. ]])
    """
    x, w = array(input), array(weight)
    check_same("prelu", input=x, weight=w)
    return record(_core.prelu(x, w), prelu_backward, (input, weight), x, w)


def prelu_backward(node: Node, dy: Array) -> Grads:
    dx, dw = _core.prelu_backward(dy, *node.saved)
    return dx, dw


def rrelu(
    input: TensorLike,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Tensor:
    """Rectifier with random slopes: ``y = x`` for x > 0, ``s * x`` otherwise.

    Parameters
    ----------
    input
        Any shape.
    lower, upper
        The range of the slopes.
    training
        Whether each element has its own s, uniform in [lower, upper); otherwise all have the mean,
        ``(lower + upper) / 2``. The numbers behind s are a function of the seed, the calls before
        and the position of the element; the backward pass draws them again.
    inplace
        As in `relu`.

    Raises
    ------
    ValueError
        `lower` exceeds `upper`, or one is not finite.

    References
    ----------
    Xu, Wang, Chen, Li, Empirical evaluation of rectified activations in convolutional network,
    2015.

    Examples
    --------
    >>> fastnn.rrelu([-8.0, 2.0], 0.25, 0.5)
    tensor([-3.,  2.])
    >>> y = fastnn.rrelu([-8.0, 2.0], 0.25, 0.5, training=True)
    >>> -4.0 <= y[0].item() <= -2.0, y[1].item()
    (True, 2.0)
    """
    if not (lower <= upper and abs(lower) < float("inf") and abs(upper) < float("inf")):
        raise ValueError(
            f"rrelu: lower and upper must be finite with lower <= upper, got {lower} and {upper}"
        )
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)
    x = array(input)
    if x.dtype.kind != "f":
        raise no_floats("rrelu", "input", x.dtype)
    stream = reserve(x.size)
    y = _core.rrelu(x, lower, upper, stream)
    out = record(y, rrelu_backward, (input,), x, lower, upper, stream)
    return written_to("rrelu", input, out) if inplace else out


rrelu_backward = from_kernel(_core.rrelu_backward)


def maxout(input: TensorLike, num_pieces: int, dim: int = -1) -> Tensor:
    """The largest of neighbouring numbers: ``y[d] = max(x[d * P], ..., x[d * P + P - 1])``.

    Parameters
    ----------
    input
        (..., D * P, ...), at least one dimension.
    num_pieces
        P, how many numbers compete for one output.
    dim
        The dimension in which they are neighbours.

    Returns
    -------
    Tensor
        y, (..., D, ...).

    Raises
    ------
    ValueError
        The size of `dim` is no multiple of `num_pieces`.

    References
    ----------
    Goodfellow, Warde-Farley, Mirza, Courville, Bengio, Maxout networks, 2013.

    Examples
    --------
    >>> fastnn.maxout([1.0, 5.0, -3.0, -2.0], 2)
    tensor([ 5., -2.])
    """
    x = input if isinstance(input, Tensor) else Tensor(array(input))
    if num_pieces < 1 or x.ndim == 0 or x.shape[dim] % num_pieces:
        raise ValueError(
            f"maxout: input must have a multiple of num_pieces, {num_pieces}, along dim {dim}, "
            f"got shape {x.shape}"
        )
    dim = dim % x.ndim
    y: Tensor = max(unflatten(x, dim, (-1, num_pieces)), dim + 1).values
    return y
