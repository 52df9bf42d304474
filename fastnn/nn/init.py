"""Initialization of parameters. Every function fills its tensor in place and returns it."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.changes import changed
from ..autograd.contract import Array
from ..callers import warn
from ..random import Generator, default_generator
from ..tensor import Tensor

__all__ = [
    "calculate_gain",
    "constant",
    "constant_",
    "dirac",
    "dirac_",
    "eye",
    "eye_",
    "kaiming_normal",
    "kaiming_normal_",
    "kaiming_uniform",
    "kaiming_uniform_",
    "normal",
    "normal_",
    "ones_",
    "orthogonal",
    "orthogonal_",
    "sparse",
    "sparse_",
    "trunc_normal_",
    "uniform",
    "uniform_",
    "xavier_normal",
    "xavier_normal_",
    "xavier_uniform",
    "xavier_uniform_",
    "zeros_",
]

GAINS = {
    "linear": 1.0,
    "identity": 1.0,
    "sigmoid": 1.0,
    "tanh": 5.0 / 3,
    "relu": math.sqrt(2.0),
    "selu": 3.0 / 4,
    **{f"conv{kind}{d}d": 1.0 for kind in ("", "_transpose") for d in (1, 2, 3)},
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Factor for the standard deviation of weights that precede an activation.

    Parameters
    ----------
    nonlinearity
        Name of the activation function.
    param
        The slope of ``leaky_relu`` below 0; 0.01 by default.

    Examples
    --------
    >>> round(fastnn.nn.init.calculate_gain("relu"), 4)
    1.4142
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2.0 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in GAINS:
        raise ValueError(f"calculate_gain: no gain is known for {nonlinearity!r}")
    return GAINS[nonlinearity]


def source(generator: Generator | None) -> np.random.Generator:
    return (generator or default_generator).numpy


def draw_type(tensor: Tensor) -> Any:
    return np.float64 if tensor._array.dtype == np.float64 else np.float32


def fill(tensor: Tensor, values: Any) -> Tensor:
    """Set all elements, even if the tensor requires a gradient."""
    tensor._array[...] = values
    changed((tensor._array,))
    return tensor


def fan(op: str, tensor: Tensor) -> tuple[int, int]:
    """fan_in and fan_out of weights (out, in, *kernel)."""
    if tensor.ndim < 2:
        raise ValueError(f"{op}: tensor must have at least 2 dimensions, got shape {tensor.shape}")
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """`fan` under the name by which programs call it that initialize layers of their own."""
    return fan("_calculate_fan_in_and_fan_out", tensor)


def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill with uniform random numbers from [a, b).

    Examples
    --------
    >>> w = fastnn.nn.init.uniform_(fastnn.empty(100), -1, 1)
    >>> bool((w.abs() <= 1).all())
    True
    """
    return fill(tensor, source(generator).random(tensor.shape, draw_type(tensor)) * (b - a) + a)


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill with normal random numbers."""
    drawn = source(generator).standard_normal(tensor.shape, draw_type(tensor))
    return fill(tensor, drawn * std + mean)


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Fill with normal random numbers, truncated to [a, b]."""
    if a >= b:
        raise ValueError(f"trunc_normal_: a must be below b, got {a} and {b}")
    if not a - 4 * std < mean < b + 4 * std:
        raise ValueError(f"trunc_normal_: mean {mean} lies too far outside [{a}, {b}]")
    draw = source(generator).standard_normal
    values: Array = draw(tensor.numel()) * std + mean
    while (outside := np.flatnonzero((values < a) | (values > b))).size:
        values[outside] = draw(outside.size) * std + mean
    return fill(tensor, values.reshape(tensor.shape))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one number."""
    return fill(tensor, val)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros."""
    return constant_(tensor, 0.0)


def eye_(tensor: Tensor) -> Tensor:
    """Fill with the identity matrix."""
    if tensor.ndim != 2:
        raise ValueError(f"eye_: tensor must have 2 dimensions, got shape {tensor.shape}")
    return fill(tensor, np.eye(tensor.shape[0], tensor.shape[1]))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fill weights of a convolution so that it passes on as many of its channels as it can.

    Parameters
    ----------
    tensor
        Weights (O, C, *kernel) with one to three dimensions of the kernel.
    groups
        Groups of output channels; in each the first C pass on the input's.

    Examples
    --------
    >>> fastnn.nn.init.dirac_(fastnn.empty(2, 1, 3)).tolist()
    [[[0.0, 1.0, 0.0]], [[0.0, 0.0, 0.0]]]
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError(f"dirac_: tensor must have 3, 4 or 5 dimensions, got {tensor.shape}")
    if tensor.shape[0] % groups:
        raise ValueError(
            f"dirac_: groups must divide {tensor.shape[0]}, the number of channels, got {groups}"
        )
    values = np.zeros(tensor.shape, tensor.dtype)
    middle = tuple([n // 2 for n in tensor.shape[2:]])
    size = tensor.shape[0] // groups
    for group in range(groups):
        for channel in range(min(size, tensor.shape[1])):
            place = (group * size + channel, channel, *middle)
            values[place] = 1
    return fill(tensor, values)


def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill uniformly in ±gain·√(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010).

    Examples
    --------
    >>> w = fastnn.nn.init.xavier_uniform_(fastnn.empty(30, 20))
    >>> bool((w.abs() <= (6 / 50) ** 0.5).all())
    True
    """
    bound = gain * math.sqrt(6.0 / sum(fan("xavier_uniform_", tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill normally with variance gain²·2 / (fan_in + fan_out) (Glorot and Bengio, 2010)."""
    std = gain * math.sqrt(2.0 / sum(fan("xavier_normal_", tensor)))
    return normal_(tensor, 0.0, std, generator)


def kaiming_std(op: str, tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    """Standard deviation gain / √fan (He et al., 2015)."""
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"{op}: mode must be 'fan_in' or 'fan_out', got {mode!r}")
    size = fan(op, tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(size) if size else 0.0


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill uniformly in ±gain·√(3 / fan) (He et al., 2015).

    Parameters
    ----------
    tensor
        Weights (out, in, ...).
    a
        Slope of the leaky ReLU below 0.
    mode
        ``"fan_in"`` keeps the variance in the forward pass, ``"fan_out"`` in the backward.
    nonlinearity
        The activation that follows.
    generator
        Random number generator.
    """
    bound = math.sqrt(3.0) * kaiming_std("kaiming_uniform_", tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill normally with standard deviation gain / √fan (He et al., 2015)."""
    std = kaiming_std("kaiming_normal_", tensor, a, mode, nonlinearity)
    return normal_(tensor, 0.0, std, generator)


def orthogonal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with a (semi-)orthogonal matrix times `gain` (Saxe et al., 2013).

    Rows are orthogonal, or columns if there are more rows. Dimensions after the first are
    flattened.
    """
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_: tensor must have at least 2 dimensions, got {tensor.shape}")
    if tensor.numel() == 0:
        return tensor
    rows, columns = tensor.shape[0], tensor.numel() // tensor.shape[0]
    drawn = source(generator).standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(drawn)
    q *= np.sign(np.diagonal(r))  # makes the distribution uniform
    return fill(tensor, gain * (q.T if rows < columns else q).reshape(tensor.shape))


def sparse_(
    tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None
) -> Tensor:
    """Fill with normal random numbers and set a share of each column to 0 (Martens, 2010)."""
    if tensor.ndim != 2:
        raise ValueError(f"sparse_: tensor must have 2 dimensions, got shape {tensor.shape}")
    normal_(tensor, 0.0, std, generator)
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    for column in range(columns):
        tensor._array[source(generator).permutation(rows)[:zeros], column] = 0
    return tensor


def old(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A function under its name before PyTorch 0.4, without the underscore, and with a warning."""
    name = function.__name__

    @functools.wraps(function)
    def renamed(*args: Any, **kwargs: Any) -> Tensor:
        warn(f"nn.init.{name[:-1]} is old; call nn.init.{name}")
        return function(*args, **kwargs)

    renamed.__name__ = renamed.__qualname__ = name[:-1]
    return renamed


uniform, normal, constant, eye = old(uniform_), old(normal_), old(constant_), old(eye_)
xavier_uniform, xavier_normal = old(xavier_uniform_), old(xavier_normal_)
kaiming_uniform, kaiming_normal = old(kaiming_uniform_), old(kaiming_normal_)
dirac, orthogonal, sparse = old(dirac_), old(orthogonal_), old(sparse_)
