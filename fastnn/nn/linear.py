"""Linear and bilinear layers."""

from __future__ import annotations

import math
from typing import Any

from ..ops.activation.fused import Fused, check_fused
from ..ops.create import empty
from ..ops.linear import bilinear, linear
from ..tensor import Tensor, TensorLike
from . import init
from .module import Module
from .module.inputs import Floats, Inputs
from .parameter import Parameter

__all__ = ["Bilinear", "Linear"]


class Linear(Module):
    """y = f(x · Wᵀ + b).

    Parameters
    ----------
    in_features
        I, the length of the last dimension of the input.
    out_features
        O, the length of the last dimension of the output.
    bias
        Whether there is a b.
    device, dtype
        ``"cpu"`` or None, and the element type, float32 by default.
    activation
        f, fused with the product: see `fastnn.nn.functional.linear`. None by default.

    Attributes
    ----------
    weight
        W, (O, I), initially uniform in ±1/√I.
    bias
        b, (O,), initially uniform in ±1/√I; None without one.

    Examples
    --------
    >>> layer = fastnn.nn.Linear(20, 30)
    >>> layer(fastnn.zeros(128, 20)).shape
    (128, 30)
    >>> layer
    Linear(in_features=20, out_features=30, bias=True)
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        activation: Fused = None,
    ) -> None:
        super().__init__(device)
        check_fused(type(self).__name__, activation)
        self.in_features = in_features
        self.out_features = out_features
        self.activation = activation
        self.weight = Parameter(empty(out_features, in_features, dtype=dtype))
        b = Parameter(empty(out_features, dtype=dtype)) if bias else None
        self.register_parameter("bias", b)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Initialize the parameters at random."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))  # a bound of 1/sqrt(in_features)
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features > 0 else 0.0
            init.uniform_(self.bias, -bound, bound)

    def _expected(self) -> Inputs:
        return {"input": Floats("*, in_features")}

    def forward(self, input: TensorLike) -> Tensor:
        """(*, I) to (*, O)."""
        return linear(input, self.weight, self.bias, activation=self.activation)

    def forward_with(self, input: TensorLike, activation: Fused) -> Tensor:
        """`forward` fused with an activation, for layers without their own."""
        return linear(input, self.weight, self.bias, activation=activation)

    def extra_repr(self) -> str:
        """The sizes."""
        text = f"in_features={self.in_features}, out_features={self.out_features}"
        text += f", bias={self.bias is not None}"
        return text if self.activation is None else f"{text}, activation={self.activation!r}"


class Bilinear(Module):
    """y[..., o] = Σᵢⱼ x1[..., i] · W[o, i, j] · x2[..., j] + b[o].

    Parameters
    ----------
    in1_features
        I, the length of the last dimension of the first input.
    in2_features
        J, the length of the last dimension of the second input.
    out_features
        O, the length of the last dimension of the output.
    bias, device, dtype
        As for `Linear`.

    Attributes
    ----------
    weight
        W, (O, I, J), initially uniform in ±1/√I.
    bias
        b, (O,), initially uniform in ±1/√I; None without one.

    Examples
    --------
    >>> layer = fastnn.nn.Bilinear(20, 30, 40)
    >>> layer(fastnn.zeros(128, 20), fastnn.zeros(128, 30)).shape
    (128, 40)
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(device)
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        self.weight = Parameter(empty(out_features, in1_features, in2_features, dtype=dtype))
        b = Parameter(empty(out_features, dtype=dtype)) if bias else None
        self.register_parameter("bias", b)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Initialize the parameters at random."""
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def _expected(self) -> Inputs:
        return {"input1": Floats("*, in1_features"), "input2": Floats("*, in2_features")}

    def forward(self, input1: TensorLike, input2: TensorLike) -> Tensor:
        """(*, I) and (*, J) to (*, O)."""
        return bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )
