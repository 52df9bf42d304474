"""Activation functions and softmax as modules, with PyTorch's names and arguments."""

from __future__ import annotations

from typing import ClassVar

from .. import ops
from ..ops.activation.fused import Fused
from ..ops.activation.piecewise import SELU_ALPHA, SELU_SCALE
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


class Pointwise(Module):
    """A function of each element by itself, which the layer before it can compute as well.

    A subclass has a `forward` and, beside it, `fused`: the same function as ``activation=`` of
    `fastnn.nn.functional.linear`, of convolutions and of norms takes it. `Sequential` fuses by it.
    """

    shown: ClassVar[tuple[str, ...]] = ()  # attributes that the representation names
    inplace = False

    @property
    def fused(self) -> Fused:
        """The function, as ``activation=`` takes it; None where it cannot be fused."""
        return None

    def extra_repr(self) -> str:
        """The arguments."""
        parts = [f"{name}={getattr(self, name)!r}" for name in self.shown]
        return ", ".join([*parts, "inplace=True"] if self.inplace else parts)


class InplacePointwise(Pointwise):
    """A pointwise function with PyTorch's only argument ``inplace``.

    Parameters
    ----------
    inplace
        Taken for PyTorch's sake; the output is always a new tensor.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class Step(Pointwise):
    """0 below zero, 1 above, `value` at zero; the gradient is zero. See `fastnn.step`.

    Parameters
    ----------
    value
        What comes out for 0.

    Examples
    --------
    >>> fastnn.nn.Step()(fastnn.tensor([-1.0, 0.0, 2.0]))
    tensor([0., 1., 1.])
    """

    shown = ("value",)

    def __init__(self, value: float = 1.0) -> None:
        super().__init__()
        self.value = value

    @property
    def fused(self) -> Fused:
        """The step with its value at zero."""
        return "step", self.value

    def forward(self, input: TensorLike) -> Tensor:
        """The step of every element."""
        return ops.step(input, self.value)


class ReLU(InplacePointwise):
    """``max(x, 0)``. See `fastnn.relu`.

    Parameters
    ----------
    inplace
        Taken for PyTorch's sake; the output is always a new tensor.

    Examples
    --------
    >>> fastnn.nn.ReLU()(fastnn.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    fused = "relu"

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.relu(input)


class SELU(InplacePointwise):
    """Self-normalising unit. See `fastnn.selu`."""

    fused = ("elu", SELU_ALPHA, SELU_SCALE)

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.selu(input)


class SiLU(InplacePointwise):
    """``x * sigmoid(x)``. See `fastnn.silu`."""

    fused = "silu"

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.silu(input)


class Mish(InplacePointwise):
    """``x * tanh(log(1 + exp(x)))``. See `fastnn.mish`."""

    fused = "mish"

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.mish(input)


class Hardswish(InplacePointwise):
    """Swish in pieces. See `fastnn.hardswish`."""

    fused = "hardswish"

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.hardswish(input)


class Hardsigmoid(InplacePointwise):
    """Sigmoid in three straight pieces. See `fastnn.hardsigmoid`."""

    fused = "hardsigmoid"

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.hardsigmoid(input)


class LeakyReLU(Pointwise):
    """``x`` for x > 0, ``negative_slope * x`` otherwise. See `fastnn.leaky_relu`.

    Parameters
    ----------
    negative_slope
        Slope for x <= 0.
    inplace
        Taken for PyTorch's sake; the output is always a new tensor.
    """

    shown = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    @property
    def fused(self) -> Fused:
        """The function with its slope."""
        return "leaky_relu", self.negative_slope

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.leaky_relu(input, self.negative_slope)


class ELU(Pointwise):
    """``x`` for x > 0, ``alpha * (exp(x) - 1)`` otherwise. See `fastnn.elu`.

    Parameters
    ----------
    alpha
        The output falls towards ``-alpha``.
    inplace
        Taken for PyTorch's sake; the output is always a new tensor.
    """

    shown = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    @property
    def fused(self) -> Fused:
        """The function with its bound."""
        return "elu", self.alpha

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.elu(input, self.alpha)


class Hardtanh(Pointwise):
    """``min(max(x, min_val), max_val)``. See `fastnn.hardtanh`.

    Parameters
    ----------
    min_val, max_val
        The range.
    inplace
        Taken for PyTorch's sake; the output is always a new tensor.
    """

    shown: ClassVar[tuple[str, ...]] = ("min_val", "max_val")

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace

    @property
    def fused(self) -> Fused:
        """The function with its range."""
        return "hardtanh", self.min_val, self.max_val

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.hardtanh(input, self.min_val, self.max_val)


class ReLU6(Hardtanh):
    """``min(max(x, 0), 6)``. See `fastnn.relu6`.

    Parameters
    ----------
    inplace
        Taken for PyTorch's sake; the output is always a new tensor.
    """

    shown = ()
    fused = ("hardtanh", 0.0, 6.0)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.relu6(input)


class Sigmoid(Pointwise):
    """``1 / (1 + exp(-x))``. See `fastnn.sigmoid`."""

    fused = "sigmoid"

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.sigmoid(input)


class LogSigmoid(Pointwise):
    """``-log(1 + exp(-x))``. See `fastnn.logsigmoid`."""

    fused = "logsigmoid"

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.logsigmoid(input)


class Tanh(Pointwise):
    """Hyperbolic tangent. See `fastnn.tanh`."""

    fused = "tanh"

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.tanh(input)


class Softplus(Pointwise):
    """``log(1 + exp(beta * x)) / beta``. See `fastnn.softplus`.

    Parameters
    ----------
    beta
        Sharpness of the bend.
    threshold
        Where ``beta * x`` exceeds it, the output is the input.
    """

    shown = ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    @property
    def fused(self) -> Fused:
        """The function with its bend and bound."""
        return "softplus", self.beta, self.threshold

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.softplus(input, self.beta, self.threshold)


class GELU(Pointwise):
    """``x * Phi(x)``. See `fastnn.gelu`.

    Parameters
    ----------
    approximate
        ``"none"`` or ``"tanh"``.
    """

    shown = ("approximate",)

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    @property
    def fused(self) -> Fused:
        """The function with this approximation; None for one that does not exist."""
        return {"none": "gelu", "tanh": "gelu_tanh"}.get(self.approximate)

    def forward(self, input: TensorLike) -> Tensor:
        """The function of every element."""
        return ops.gelu(input, self.approximate)


class Softmax(Module):
    """Positive numbers that sum to one along `dim`. See `fastnn.softmax`.

    Parameters
    ----------
    dim
        The dimension. PyTorch guesses one where it is missing; here it must be given.

    Examples
    --------
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


class LogSoftmax(Module):
    """Logarithm of `Softmax`. See `fastnn.log_softmax`.

    Parameters
    ----------
    dim
        The dimension. PyTorch guesses one where it is missing; here it must be given.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: TensorLike) -> Tensor:
        """The logarithm of the softmax of each row along `dim`."""
        return ops.log_softmax(input, self.dim)

    def extra_repr(self) -> str:
        """The dimension."""
        return f"dim={self.dim}"
