"""Activations with slopes, gates or pieces of their own, with PyTorch's names and arguments."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..ops.create import full
from ..tensor import Tensor, TensorLike
from .linear import Linear
from .module import Module
from .module.inputs import Floats, Inputs
from .parameter import Parameter

__all__ = ["GLU", "Maxout", "PReLU", "RReLU"]


class GLU(Module):
    """``a * sigmoid(b)`` with the halves a and b of the input. See `fastnn.glu`.

    Parameters
    ----------
    dim
        The dimension of the halves.

    Examples
    --------
    >>> fastnn.nn.GLU()(fastnn.zeros(4, 6)).shape
    (4, 3)
    """

    _shown = ("dim",)

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: TensorLike) -> Tensor:
        """(..., 2 * D, ...) to (..., D, ...)."""
        return ops.glu(input, self.dim)


class PReLU(Module):
    """``x`` for x > 0, ``w[c] * x`` otherwise, with learnt slopes w. See `fastnn.prelu`.

    Parameters
    ----------
    num_parameters
        1, or the number of channels.
    init
        What the slopes begin with.
    device, dtype
        ``"cpu"`` or None, and the element type, float32 by default.

    Attributes
    ----------
    weight
        w, (num_parameters,).

    Examples
    --------
    >>> fastnn.nn.PReLU()(fastnn.tensor([-2.0, 2.0])).tolist()
    [-0.5, 2.0]
    """

    _shown = ("num_parameters",)
    weight: Parameter

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(device)
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(full((num_parameters,), init, dtype=dtype or "float32"))

    def reset_parameters(self) -> None:
        """Set all slopes to `init`."""
        self.weight.data.fill_(self.init)

    def forward(self, input: TensorLike) -> Tensor:
        """Apply the function to every element."""
        return ops.prelu(input, self.weight)


class RReLU(Module):
    """``x`` for x > 0, ``s * x`` otherwise, with random slopes s in training. See `fastnn.rrelu`.

    Parameters
    ----------
    lower, upper
        The range of the slopes; in evaluation, all are its middle.
    inplace
        Change the input itself and return it.

    Examples
    --------
    >>> fastnn.nn.RReLU(0.25, 0.75).eval()(fastnn.tensor([-2.0, 2.0])).tolist()
    [-1.0, 2.0]
    """

    _shown = ("lower", "upper")

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False) -> None:
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, input: TensorLike) -> Tensor:
        """Apply the function to every element."""
        return ops.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        """The arguments."""
        given = super().extra_repr()
        return f"{given}, inplace=True" if self.inplace else given


class Maxout(Module):
    """The largest of several linear maps of the input: y[d] = max_p (x · W[d, p]ᵀ + b[d, p]).

    Parameters
    ----------
    in_features
        I, the length of the last dimension of the input.
    out_features
        O, the length of the last dimension of the output.
    num_pieces
        P, how many maps compete for each output.
    bias, device, dtype
        As for `Linear`.

    Attributes
    ----------
    linear
        The `Linear` from I to O * P; row ``d * P + p`` of its weight is W[d, p].

    References
    ----------
    Goodfellow, Warde-Farley, Mirza, Courville, Bengio, Maxout networks, 2013.

    Examples
    --------
    >>> fastnn.nn.Maxout(20, 30, num_pieces=2)(fastnn.zeros(128, 20)).shape
    (128, 30)
    """

    _shown = ("in_features", "out_features", "num_pieces")

    def __init__(
        self,
        in_features: int,
        out_features: int,
        num_pieces: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(device)
        self.in_features = in_features
        self.out_features = out_features
        self.num_pieces = num_pieces
        self.linear = Linear(in_features, out_features * num_pieces, bias, device, dtype)

    def _expected(self) -> Inputs:
        return {"input": Floats("*, in_features")}

    def forward(self, input: TensorLike) -> Tensor:
        """(*, I) to (*, O)."""
        return ops.maxout(self.linear(input), self.num_pieces)
