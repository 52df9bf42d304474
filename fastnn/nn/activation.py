"""Activation functions and softmax as modules, with PyTorch's names and arguments.

``fused``, beside a `forward`, is the name of the function for `linear`, which `Sequential` lets
compute both in one operation. Only functions have it whose gradient then has the same bits.
"""

from __future__ import annotations

from .. import ops
from ..tensor import Tensor, TensorLike
from .module import Module

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Step",
    "Tanh",
]


class Step(Module):
    """0 below zero, 1 above, `value` at zero; the gradient is zero. See `fastnn.step`.

    Parameters
    ----------
    value
        What comes out for 0.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.nn.Step()(fastnn.tensor([-1.0, 0.0, 2.0]))
    tensor([0., 1., 1.])
    """

    def __init__(self, value: float = 1.0) -> None:
        super().__init__()
        self.value = value

    def forward(self, input: TensorLike) -> Tensor:
        """The step of every element."""
        return ops.step(input, self.value)

    def extra_repr(self) -> str:
        """The value at zero."""
        return f"value={self.value}"


class ReLU(Module):
    """``max(x, 0)``. See `fastnn.relu`.

    Parameters
    ----------
    inplace
        Taken for PyTorch's sake; the output is always a new tensor.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.nn.ReLU()(fastnn.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    fused = "relu"

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.relu(input)

    def extra_repr(self) -> str:
        """Whether in place."""
        return "inplace=True" if self.inplace else ""


class ReLU6(ReLU):
    """``min(max(x, 0), 6)``. See `fastnn.relu6`."""

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.relu6(input)


class SELU(ReLU):
    """Self-normalising unit. See `fastnn.selu`."""

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.selu(input)


class SiLU(ReLU):
    """``x * sigmoid(x)``. See `fastnn.silu`."""

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.silu(input)


class Mish(ReLU):
    """``x * tanh(log(1 + exp(x)))``. See `fastnn.mish`."""

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.mish(input)


class Hardswish(ReLU):
    """Swish in pieces. See `fastnn.hardswish`."""

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.hardswish(input)


class Hardsigmoid(ReLU):
    """Sigmoid in three straight pieces. See `fastnn.hardsigmoid`."""

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.hardsigmoid(input)


class LeakyReLU(Module):
    """``x`` for x > 0, ``negative_slope * x`` otherwise. See `fastnn.leaky_relu`.

    Parameters
    ----------
    negative_slope
        Slope for x <= 0.
    inplace
        Taken for PyTorch's sake; the output is always a new tensor.
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.leaky_relu(input, self.negative_slope)

    def extra_repr(self) -> str:
        """The slope."""
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class ELU(Module):
    """``x`` for x > 0, ``alpha * (exp(x) - 1)`` otherwise. See `fastnn.elu`.

    Parameters
    ----------
    alpha
        The output falls towards ``-alpha``.
    inplace
        Taken for PyTorch's sake; the output is always a new tensor.
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.elu(input, self.alpha)

    def extra_repr(self) -> str:
        """The bound."""
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class Hardtanh(Module):
    """``min(max(x, min_val), max_val)``. See `fastnn.hardtanh`.

    Parameters
    ----------
    min_val, max_val
        The range.
    inplace
        Taken for PyTorch's sake; the output is always a new tensor.
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.hardtanh(input, self.min_val, self.max_val)

    def extra_repr(self) -> str:
        """The range."""
        text = f"min_val={self.min_val}, max_val={self.max_val}"
        return text + (", inplace=True" if self.inplace else "")


class Sigmoid(Module):
    """``1 / (1 + exp(-x))``. See `fastnn.sigmoid`."""

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.sigmoid(input)


class LogSigmoid(Module):
    """``-log(1 + exp(-x))``. See `fastnn.logsigmoid`."""

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.logsigmoid(input)


class Tanh(Module):
    """Hyperbolic tangent. See `fastnn.tanh`."""

    fused = "tanh"

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.tanh(input)


class Softplus(Module):
    """``log(1 + exp(beta * x)) / beta``. See `fastnn.softplus`.

    Parameters
    ----------
    beta
        Sharpness of the bend.
    threshold
        Where ``beta * x`` exceeds it, the output is the input.
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """Bend and bound."""
        return f"beta={self.beta}, threshold={self.threshold}"


class GELU(Module):
    """``x * Phi(x)``. See `fastnn.gelu`.

    Parameters
    ----------
    approximate
        ``"none"`` or ``"tanh"``.
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.gelu(input, self.approximate)

    def extra_repr(self) -> str:
        """Which approximation."""
        return f"approximate={self.approximate!r}"


class Softmax(Module):
    """Positive numbers that sum to one along `dim`. See `fastnn.softmax`.

    Parameters
    ----------
    dim
        The dimension. PyTorch guesses one where it is missing; here it must be given.

    Examples
    --------
    >>> import fastnn
    >>> fastnn.nn.Softmax(dim=1)(fastnn.zeros(1, 4))
    tensor([[0.25, 0.25, 0.25, 0.25]])
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: TensorLike) -> Tensor:
        """The softmax of each row along `dim`."""
        return ops.softmax(input, self.dim)

    def extra_repr(self) -> str:
        """The dimension."""
        return f"dim={self.dim}"


class LogSoftmax(Softmax):
    """Logarithm of `Softmax`. See `fastnn.log_softmax`."""

    def forward(self, input: TensorLike) -> Tensor:
        """The logarithm of the softmax of each row along `dim`."""
        return ops.log_softmax(input, self.dim)
