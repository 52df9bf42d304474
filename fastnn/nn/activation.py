"""Activation functions and softmax as modules, with PyTorch's names and arguments."""

from __future__ import annotations

from typing import ClassVar

from .. import ops
from ..ops.activation.fused import Fused
from ..ops.activation.piecewise import SELU_ALPHA, SELU_SCALE
from ..tensor import Tensor, TensorLike
from .module import Module

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "SELU",
    "Hardshrink",
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
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Step",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]


class Pointwise(Module):
    """Base of activations that act on each element alone, and can be fused with the layer before.

    A subclass defines `forward` and `fused`, the value that describes the same function as an
    ``activation=`` argument of `linear`, of convolutions and of norms. `Sequential` reads it.
    """

    inplace = False

    @property
    def fused(self) -> Fused:
        """The function as an ``activation=`` argument; None if it cannot be fused."""
        return None

    def extra_repr(self) -> str:
        """The arguments."""
        given = super().extra_repr()
        if not self.inplace:
            return given
        return f"{given}, inplace=True" if given else "inplace=True"


class InplacePointwise(Pointwise):
    """Base of activations whose only argument is PyTorch's ``inplace``.

    Parameters
    ----------
    inplace
        Change the input itself and return it.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class Step(Pointwise):
    """0 below zero, 1 above, `value` at zero; the gradient is zero. See `fastnn.step`.

    Parameters
    ----------
    value
        The output for 0.

    Examples
    --------
    >>> fastnn.nn.Step()(fastnn.tensor([-1.0, 0.0, 2.0]))
    tensor([0., 1., 1.])
    """

    _shown = ("value",)

    def __init__(self, value: float = 1.0) -> None:
        super().__init__()
        self.value = value

    @property
    def fused(self) -> Fused:
        """The name of the function and its value at zero."""
        return "step", self.value

    def forward(self, input: TensorLike) -> Tensor:
        """Apply the function to every element."""
        return ops.step(input, self.value)


class ReLU(InplacePointwise):
    """``max(x, 0)``. See `fastnn.relu`.

    Parameters
    ----------
    inplace
        Change the input itself and return it.

    Examples
    --------
    >>> fastnn.nn.ReLU()(fastnn.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    fused = "relu"

    def forward(self, input: TensorLike) -> Tensor:
        """Apply the function to every element."""
        return ops.relu(input, self.inplace)


class SELU(InplacePointwise):
    """Scaled exponential linear unit, for self-normalizing networks. See `fastnn.selu`."""

    fused = ("elu", SELU_ALPHA, SELU_SCALE)

    def forward(self, input: TensorLike) -> Tensor:
        """Apply the function to every element."""
        return ops.selu(input, self.inplace)


class SiLU(InplacePointwise):
    """``x * sigmoid(x)``. See `fastnn.silu`."""

    fused = "silu"

    def forward(self, input: TensorLike) -> Tensor:
        """Apply the function to every element."""
        return ops.silu(input, self.inplace)


class Mish(InplacePointwise):
    """``x * tanh(log(1 + exp(x)))``. See `fastnn.mish`."""

    fused = "mish"

    def forward(self, input: TensorLike) -> Tensor:
        """Apply the function to every element."""
        return ops.mish(input, self.inplace)


class Hardswish(InplacePointwise):
    """Piecewise approximation of SiLU: ``x * hardsigmoid(x)``. See `fastnn.hardswish`."""

    fused = "hardswish"

    def forward(self, input: TensorLike) -> Tensor:
        """Apply the function to every element."""
        return ops.hardswish(input, self.inplace)


class Hardsigmoid(InplacePointwise):
    """Piecewise linear sigmoid: ``min(max(x / 6 + 1/2, 0), 1)``. See `fastnn.hardsigmoid`."""

    fused = "hardsigmoid"

    def forward(self, input: TensorLike) -> Tensor:
        """Apply the function to every element."""
        return ops.hardsigmoid(input, self.inplace)


class LeakyReLU(Pointwise):
    """``x`` for x > 0, ``negative_slope * x`` otherwise. See `fastnn.leaky_relu`.

    Parameters
    ----------
    negative_slope
        Slope for x <= 0.
    inplace
        Change the input itself and return it.
    """

    _shown = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    @property
    def fused(self) -> Fused:
        """The name of the function and its slope."""
        return "leaky_relu", self.negative_slope

    def forward(self, input: TensorLike) -> Tensor:
        """Apply the function to every element."""
        return ops.leaky_relu(input, self.negative_slope, self.inplace)


class ELU(Pointwise):
    """``x`` for x > 0, ``alpha * (exp(x) - 1)`` otherwise. See `fastnn.elu`.

    Parameters
    ----------
    alpha
        The limit of the output is ``-alpha`` for large negative x.
    inplace
        Change the input itself and return it.
    """

    _shown = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    @property
    def fused(self) -> Fused:
        """The name of the function and its alpha."""
        return "elu", self.alpha

    def forward(self, input: TensorLike) -> Tensor:
        """Apply the function to every element."""
        return ops.elu(input, self.alpha, self.inplace)


class CELU(Pointwise):
    """``x`` for x > 0, ``alpha * (exp(x / alpha) - 1)`` otherwise. See `fastnn.celu`.

    Parameters
    ----------
    alpha
        The limit of the output is ``-alpha`` for large negative x; not 0.
    inplace
        Change the input itself and return it.
    """

    _shown = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    @property
    def fused(self) -> Fused:
        """That of an ELU whose input is scaled."""
        return None if self.alpha == 0 else ("elu", self.alpha, 1.0, 1.0 / self.alpha)

    def forward(self, input: TensorLike) -> Tensor:
        """Apply the function to every element."""
        return ops.celu(input, self.alpha, self.inplace)


class Hardshrink(Pointwise):
    """0 for abs(x) <= lambd, ``x`` otherwise. See `fastnn.hardshrink`.

    Parameters
    ----------
    lambd
        The half width of what becomes zero.
    """

    _shown = ("lambd",)

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    @property
    def fused(self) -> Fused:
        """The name of the function and its half width."""
        return "hardshrink", self.lambd

    def forward(self, input: TensorLike) -> Tensor:
        """Apply the function to every element."""
        return ops.hardshrink(input, self.lambd)


class Softshrink(Pointwise):
    """0 for abs(x) <= lambd, ``x - lambd * sign(x)`` otherwise. See `fastnn.softshrink`.

    Parameters
    ----------
    lambd
        How far numbers are moved, at least 0.
    """

    _shown = ("lambd",)

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    @property
    def fused(self) -> Fused:
        """The name of the function and its step."""
        return "softshrink", self.lambd

    def forward(self, input: TensorLike) -> Tensor:
        """Apply the function to every element."""
        return ops.softshrink(input, self.lambd)


class Tanhshrink(Pointwise):
    """``x - tanh(x)``. See `fastnn.tanhshrink`."""

    fused = "tanhshrink"

    def forward(self, input: TensorLike) -> Tensor:
        """Apply the function to every element."""
        return ops.tanhshrink(input)


class Threshold(Pointwise):
    """``x`` for x > threshold, ``value`` otherwise. See `fastnn.threshold`.

    Parameters
    ----------
    threshold, value
        The numbers of the formula.
    inplace
        Change the input itself and return it.
    """

    _shown = ("threshold", "value")

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    @property
    def fused(self) -> Fused:
        """The name of the function and its two numbers."""
        return "threshold", self.threshold, self.value

    def forward(self, input: TensorLike) -> Tensor:
        """Apply the function to every element."""
        return ops.threshold(input, self.threshold, self.value, self.inplace)


class Hardtanh(Pointwise):
    """``min(max(x, min_val), max_val)``. See `fastnn.hardtanh`.

    Parameters
    ----------
    min_val, max_val
        The range.
    inplace
        Change the input itself and return it.
    """

    _shown: ClassVar[tuple[str, ...]] = ("min_val", "max_val")

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace

    @property
    def fused(self) -> Fused:
        """The name of the function and its range."""
        return "hardtanh", self.min_val, self.max_val

    def forward(self, input: TensorLike) -> Tensor:
        """Apply the function to every element."""
        return ops.hardtanh(input, self.min_val, self.max_val, self.inplace)


class ReLU6(Hardtanh):
    """``min(max(x, 0), 6)``. See `fastnn.relu6`.

    Parameters
    ----------
    inplace
        Change the input itself and return it.
    """

    _shown = ()
    fused = ("hardtanh", 0.0, 6.0)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def forward(self, input: TensorLike) -> Tensor:
        """Apply the function to every element."""
        return ops.relu6(input, self.inplace)


class Sigmoid(Pointwise):
    """``1 / (1 + exp(-x))``. See `fastnn.sigmoid`."""

    fused = "sigmoid"

    def forward(self, input: TensorLike) -> Tensor:
        """Apply the function to every element."""
        return ops.sigmoid(input)


class LogSigmoid(Pointwise):
    """``-log(1 + exp(-x))``. See `fastnn.logsigmoid`."""

    fused = "logsigmoid"

    def forward(self, input: TensorLike) -> Tensor:
        """Apply the function to every element."""
        return ops.logsigmoid(input)


class Softsign(Pointwise):
    """``x / (1 + abs(x))``. See `fastnn.softsign`."""

    fused = "softsign"

    def forward(self, input: TensorLike) -> Tensor:
        """Apply the function to every element."""
        return ops.softsign(input)


class Tanh(Pointwise):
    """Hyperbolic tangent. See `fastnn.tanh`."""

    fused = "tanh"

    def forward(self, input: TensorLike) -> Tensor:
        """Apply the function to every element."""
        return ops.tanh(input)


class Softplus(Pointwise):
    """``log(1 + exp(beta * x)) / beta``. See `fastnn.softplus`.

    Parameters
    ----------
    beta
        Larger values bring the function closer to ReLU.
    threshold
        Where ``beta * x`` exceeds it, the output is the input.
    """

    _shown = ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    @property
    def fused(self) -> Fused:
        """The name of the function, its beta and its threshold."""
        return "softplus", self.beta, self.threshold

    def forward(self, input: TensorLike) -> Tensor:
        """Apply the function to every element."""
        return ops.softplus(input, self.beta, self.threshold)


class GELU(Pointwise):
    """``x * Phi(x)``. See `fastnn.gelu`.

    Parameters
    ----------
    approximate
        ``"none"`` or ``"tanh"``.
    """

    _shown = ("approximate",)

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    @property
    def fused(self) -> Fused:
        """The name of the function; None for an unknown approximation."""
        return {"none": "gelu", "tanh": "gelu_tanh"}.get(self.approximate)

    def forward(self, input: TensorLike) -> Tensor:
        """Apply the function to every element."""
        return ops.gelu(input, self.approximate)


class Softmax(Module):
    """Scores to positive numbers that sum to one along `dim`. See `fastnn.softmax`.

    Parameters
    ----------
    dim
        The dimension; see `fastnn.softmax` for which one is taken, with a warning, without it.

    Examples
    --------
    >>> fastnn.nn.Softmax(dim=1)(fastnn.zeros(1, 4))
    tensor([[0.25, 0.25, 0.25, 0.25]])
    """

    _shown = ("dim",)

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: TensorLike) -> Tensor:
        """The softmax of each row along `dim`."""
        return ops.softmax(input, self.dim)


class LogSoftmax(Module):
    """Logarithm of `Softmax`. See `fastnn.log_softmax`.

    Parameters
    ----------
    dim
        The dimension; see `fastnn.softmax` for which one is taken, with a warning, without it.
    """

    _shown = ("dim",)

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: TensorLike) -> Tensor:
        """The logarithm of the softmax of each row along `dim`."""
        return ops.log_softmax(input, self.dim)


class Softmin(Module):
    """`Softmax` of the negative scores. See `fastnn.softmin`.

    Parameters
    ----------
    dim
        The dimension. It is required; PyTorch guesses one if it is missing.
    """

    _shown = ("dim",)

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: TensorLike) -> Tensor:
        """The softmin of each row along `dim`."""
        return ops.softmin(input, self.dim)


class Softmax2d(Module):
    """The softmax over the channels of every pixel of (N, C, H, W) or (C, H, W).

    Examples
    --------
    >>> fastnn.nn.Softmax2d()(fastnn.zeros(4, 1, 1)).ravel()
    tensor([0.25, 0.25, 0.25, 0.25])
    """

    def forward(self, input: TensorLike) -> Tensor:
        """The softmax of each pixel."""
        shape = ops.identity(input).shape
        if len(shape) not in (3, 4):
            raise ValueError(
                f"Softmax2d: input must have shape (N, C, H, W) or (C, H, W), got {shape}"
            )
        return ops.softmax(input, -3)
