"""Parametrizations with names: weight norm, spectral norm, orthogonal matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...autograd import no_grad
from ...autograd.record import Array, Grads, Node, record
from ...ops import clone, div, dot, mv, norm, normalize, pad, randn
from ...tensor import Tensor
from ..conv.transposed import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from ..module import Module
from .parametrize import register_parametrization

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]

TRANSPOSED = (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)


def length_except(v: Tensor, dim: int | None) -> Tensor:
    """The length of each slice along `dim`, in a shape that divides `v`; None: of all."""
    if dim is None or dim == -1:
        return norm(v)
    if not -v.ndim <= dim < v.ndim:
        raise IndexError(f"weight_norm: dim must lie in a tensor of shape {v.shape}, got {dim}")
    others = tuple(i for i in range(v.ndim) if i != dim % v.ndim)
    return norm(v, 2.0, others, True) if others else abs(v)


class WeightNorm(Module):
    """w = g * v / |v|, of the original0 g and the original1 v."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        """The weight."""
        return weight_v * div(weight_g, length_except(weight_v, self.dim))

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """The lengths and the weight itself."""
        return length_except(weight, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Learn the length and the direction of a weight by themselves: w = g * v / |v|.

    Parameters
    ----------
    module
        What has the weight. It is changed, and returned.
    name
        The weight's name.
    dim
        The dimension along which each slice has a length of its own; None for one length of all.

    References
    ----------
    Salimans and Kingma, Weight normalization, NIPS 2016.

    Examples
    --------
    >>> layer = fastnn.nn.utils.parametrizations.weight_norm(fastnn.nn.Linear(20, 40))
    >>> layer.parametrizations.weight.original0.shape, layer.parametrizations.weight.original1.shape
    ((40, 1), (40, 20))
    """
    return register_parametrization(module, name, WeightNorm(dim), unsafe=True)


class SpectralNorm(Module):
    """w / s with s the largest singular value of w, estimated by steps of the power method."""

    _u: Tensor
    _v: Tensor

    def __init__(
        self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        super().__init__()
        if not -weight.ndim <= dim < weight.ndim:
            raise IndexError(
                f"spectral_norm: dim must lie in a tensor of shape {weight.shape}, got {dim}"
            )
        if n_power_iterations < 1:
            raise ValueError(
                f"spectral_norm: n_power_iterations must be at least 1, got {n_power_iterations}"
            )
        self.dim = dim % weight.ndim
        self.eps = eps
        self.n_power_iterations = n_power_iterations
        if weight.ndim > 1:
            matrix = self.as_matrix(weight.detach())
            rows, columns = matrix.shape
            for at, size in (("_u", rows), ("_v", columns)):
                drawn = randn(size).to(weight.dtype)
                self.register_buffer(at, normalize(drawn, 2.0, 0, eps))
            self.step(matrix, 15)

    def as_matrix(self, weight: Tensor) -> Tensor:
        """`dim` first, all others flattened."""
        order = (self.dim, *[i for i in range(weight.ndim) if i != self.dim])
        return weight.permute(order).reshape(weight.shape[self.dim], -1)

    def step(self, matrix: Tensor, count: int) -> None:
        """Turn u and v towards the singular vectors."""
        with no_grad():
            for _ in range(count):
                self._u.copy_(normalize(mv(matrix, self._v), 2.0, 0, self.eps))
                self._v.copy_(normalize(mv(matrix.T, self._u), 2.0, 0, self.eps))

    def forward(self, weight: Tensor) -> Tensor:
        """The weight with a largest singular value of 1."""
        if weight.ndim == 1:
            return normalize(weight, 2.0, 0, self.eps)
        matrix = self.as_matrix(weight)
        if self.training:
            self.step(matrix.detach(), self.n_power_iterations)
        # Copies: the next step changes u and v before this one's backward has read them.
        u, v = clone(self._u), clone(self._v)
        return div(weight, dot(u, mv(matrix, v)))

    def right_inverse(self, value: Tensor) -> Tensor:
        """The value, which is taken to have a norm of 1."""
        return value


def spectral_norm(
    module: Module,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Module:
    """Divide a weight by its largest singular value, so that the layer's Lipschitz constant is 1.

    Parameters
    ----------
    module
        What has the weight. It is changed, and returned.
    name
        The weight's name.
    n_power_iterations
        Steps of the power method for each forward pass in training.
    eps
        The least length that vectors are divided by.
    dim
        The dimension of the matrix's rows; 0, or 1 for transposed convolutions.

    References
    ----------
    Miyato, Kataoka, Koyama, Yoshida, Spectral normalization for generative adversarial networks,
    ICLR 2018.

    Examples
    --------
    >>> layer = fastnn.nn.utils.parametrizations.spectral_norm(fastnn.nn.Linear(20, 40))
    >>> for _ in range(100):
    ...     weight = layer.weight
    >>> round(float(np.linalg.norm(weight.detach().numpy(), 2)), 3)
    1.0
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"spectral_norm: {type(module).__name__} has no parameter {name!r}")
    rows = dim if dim is not None else int(isinstance(module, TRANSPOSED))
    made = SpectralNorm(weight, n_power_iterations, rows, eps)
    return register_parametrization(module, name, made)


def cayley(a: Tensor) -> Tensor:
    """The orthogonal matrix ``(1 + A/2)⁻¹ (1 - A/2)`` of a skew-symmetric A."""
    x = a._array
    one = np.eye(len(x), dtype=x.dtype)
    inverse = np.linalg.inv(one + x / 2)
    q = inverse @ (one - x / 2)
    return record(q, cayley_backward, (a,), q, inverse)


def cayley_backward(node: Node, dy: Array) -> Grads:
    q, inverse = node.saved
    # dq = -(1 + A/2)⁻¹ dA/2 (1 + q)
    one = np.eye(len(q), dtype=q.dtype)
    return (-0.5 * inverse.T @ dy @ (one + q).T,)


class Orthogonal(Module):
    """A matrix with orthonormal rows or columns, from the entries below the diagonal of another."""

    base: Tensor

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        rows, columns = weight.shape[-2:]
        self.tall = rows >= columns
        full, _ = np.linalg.qr(
            (weight.detach()._array if self.tall else weight.detach()._array.T), mode="complete"
        )
        self.register_buffer("base", Tensor(np.ascontiguousarray(full.astype(weight.dtype))))

    def forward(self, x: Tensor) -> Tensor:
        """The orthogonal matrix: the base, turned."""
        tall = x if self.tall else x.T
        size, columns = tall.shape
        lower = tall.tril(-1)
        if columns < size:
            lower = pad(lower, (0, size - columns))
        q = self.base @ cayley(lower - lower.T)
        q = q[:, :columns]
        return q if self.tall else q.T

    def right_inverse(self, value: Tensor) -> Tensor:
        """0, with the orthogonal part of the value as the base."""
        a = value.detach()._array if self.tall else value.detach()._array.T
        full, r = np.linalg.qr(a, mode="complete")
        columns = a.shape[1]
        signs = np.where(np.diagonal(r) < 0, -1.0, 1.0)  # so that q is near the value
        full[:, :columns] *= signs
        self.base.copy_(Tensor(full.astype(value.dtype)))
        return value * 0.0


def orthogonal(
    module: Module,
    name: str = "weight",
    orthogonal_map: str | None = None,
    *,
    use_trivialization: bool = True,
) -> Module:
    """Keep the rows of a matrix orthonormal, or its columns if there are fewer of them.

    The weight begins as the orthogonal part of the present one.

    Parameters
    ----------
    module
        What has the weight. It is changed, and returned.
    name
        The weight's name; it has two dimensions.
    orthogonal_map
        ``"cayley"``, the only one there is, or None. PyTorch has others, which reach the same
        matrices from other numbers.
    use_trivialization
        Has to be True: the map is relative to the matrix with which training begins.

    Raises
    ------
    ValueError
        The weight is no matrix, or an option is not there.

    References
    ----------
    Lezcano-Casado, Trivializations for gradient-based optimization on manifolds, NeurIPS 2019.

    Examples
    --------
    >>> layer = fastnn.nn.utils.parametrizations.orthogonal(fastnn.nn.Linear(20, 40))
    >>> w = layer.weight.detach()
    >>> bool(((w.T @ w - fastnn.eye(20)).abs() < 1e-5).all())
    True
    """
    weight: Any = getattr(module, name, None)
    if not isinstance(weight, Tensor) or weight.ndim != 2:
        raise ValueError(f"orthogonal: {name!r} must be a matrix of {type(module).__name__}")
    if orthogonal_map not in (None, "cayley"):
        raise ValueError(f"orthogonal: orthogonal_map must be 'cayley', got {orthogonal_map!r}")
    if not use_trivialization:
        raise ValueError("orthogonal: use_trivialization must be True")
    return register_parametrization(module, name, Orthogonal(weight))
