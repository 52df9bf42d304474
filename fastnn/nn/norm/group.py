"""Group norm and local response norm as layers."""

from __future__ import annotations

from typing import Any

from ...ops.activation.fused import Fused
from ...ops.norm.group import group_norm
from ...ops.norm.response import local_response_norm
from ...tensor import Tensor, TensorLike
from ..module import Module
from ..module.inputs import Floats, Inputs
from .affine import AffineNorm

__all__ = ["GroupNorm", "LocalResponseNorm"]


class GroupNorm(AffineNorm):
    """y = (x - E[x]) / √(Var[x] + eps) · w + b over groups of channels of each sample.

    Samples are (C, *), inputs (N, C, *).

    Parameters
    ----------
    eps, affine, device, dtype, bias
        As for `BatchNorm2d`.
    num_groups
        Number of groups, a divisor of C.
    num_channels
        C.

    Attributes
    ----------
    weight, bias
        w and b, (C,), initially ones and zeros; None without them.

    References
    ----------
    Wu and He, Group Normalization, ECCV 2018.

    Examples
    --------
    >>> layer = fastnn.nn.GroupNorm(8, 64)
    >>> layer(fastnn.randn(20, 64, 7, 7)).shape
    (20, 64, 7, 7)
    >>> layer
    GroupNorm(8, 64, eps=1e-05, affine=True, bias=True)
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        if num_groups <= 0 or num_channels % num_groups != 0:
            raise ValueError(
                f"GroupNorm: num_channels must be divisible by num_groups, "
                f"got {num_channels} and {num_groups}"
            )
        super().__init__(num_channels, device, dtype, weight=affine, bias=affine and bias)
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        self.reset_parameters()

    def _expected(self) -> Inputs:
        return {"input": Floats("N, num_channels, *")}

    def _fused(self, input: TensorLike, activation: Fused) -> Tensor:
        w, b = self.weight, self.bias
        return group_norm(input, self.num_groups, w, b, self.eps, activation=activation)

    def extra_repr(self) -> str:
        """The arguments."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class LocalResponseNorm(Module):
    """y = x / (k + alpha · mean of x² over `size` neighbouring channels)^beta.

    Arguments are those of `fastnn.nn.functional.local_response_norm`.

    Examples
    --------
    >>> layer = fastnn.nn.LocalResponseNorm(5)
    >>> layer(fastnn.randn(20, 64, 7, 7)).shape
    (20, 64, 7, 7)
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def _expected(self) -> Inputs:
        return {"input": Floats("N, C, L, *")}

    def forward(self, input: TensorLike) -> Tensor:
        """(N, C, *) to the same."""
        return local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
