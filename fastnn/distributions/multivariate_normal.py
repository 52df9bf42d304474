"""The normal distribution of vectors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy

import numpy as np

from .. import ops
from ..ops.linalg.solve import solve_triangular
from ..tensor import Tensor, TensorLike
from .constraints import real_vector
from .distribution import Distribution, parameters


class MultivariateNormal(Distribution):
    """The normal distribution of vectors.

    With ``z = inv(L) (x - loc)`` for the Cholesky factor L of the covariance:
    ``log p(x) = -sum(z**2) / 2 - log(det(L)) - N * log(2 * pi) / 2``

    Parameters
    ----------
    loc
        The mean, (..., N).
    covariance_matrix
        The covariance, (..., N, N), symmetric and positive definite; or
    precision_matrix
        its inverse, or
    scale_tril
        its lower triangular Cholesky factor. One of the three.

    Examples
    --------
    >>> normal = fastnn.distributions.MultivariateNormal(fastnn.zeros(2), fastnn.eye(2))
    >>> normal.log_prob(fastnn.zeros(2)), normal.sample((3,)).shape
    (tensor(-1.8379), (3, 2))
    """

    has_rsample = True
    support = real_vector

    def __init__(
        self,
        loc: TensorLike,
        covariance_matrix: TensorLike | None = None,
        precision_matrix: TensorLike | None = None,
        scale_tril: TensorLike | None = None,
        validate_args: bool | None = None,
    ) -> None:
        (mean,) = parameters(loc)
        given = [m for m in (covariance_matrix, precision_matrix, scale_tril) if m is not None]
        if len(given) != 1:
            raise ValueError(
                "MultivariateNormal: expected one of covariance_matrix, precision_matrix and "
                f"scale_tril, got {len(given)}"
            )
        (matrix,) = parameters(given[0])
        if not mean.ndim or matrix.ndim < 2 or matrix.shape[-2:] != mean.shape[-1:] * 2:
            raise ValueError(
                "MultivariateNormal: expected loc (..., N) and a matrix (..., N, N), got shapes "
                f"{tuple(mean.shape)} and {tuple(matrix.shape)}"
            )
        batch, size = np.broadcast_shapes(mean.shape[:-1], matrix.shape[:-2]), mean.shape[-1]
        super().__init__(batch, (size,), validate_args)
        self.loc = ops.expand(mean, *batch, size)
        if scale_tril is not None:
            diagonal = ops.diagonal(matrix.detach(), 0, -2, -1)
            self._check("scale_tril", diagonal > 0, "a lower triangle with a diagonal above 0")
            factor = matrix
        elif covariance_matrix is not None:
            factor = ops.cholesky(matrix)
        else:
            factor = factor_of_inverse(matrix)
        self.scale_tril = ops.expand(factor, *batch, size, size)
        self._factor = factor

    def expand(self, batch_shape: Sequence[int]) -> MultivariateNormal:
        """The same distribution for each element of a larger batch, without a copy."""
        new = copy(self)
        del new._factor  # which may have fewer dimensions than the batch
        new = Distribution.expand(new, batch_shape)
        new._factor = self._factor
        return new

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """The most probable value, which is the mean."""
        return self.loc

    @property
    def covariance_matrix(self) -> Tensor:
        """The covariance."""
        return ops.matmul(self.scale_tril, self.scale_tril.mT)

    @property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance."""
        inverse = inverse_of(self.scale_tril)
        return ops.matmul(inverse.mT, inverse)

    @property
    def variance(self) -> Tensor:
        """The variance of each element."""
        return (self.scale_tril**2).sum(-1)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws as functions of the parameters: ``loc + L e``."""
        e = ops.randn(self._extended_shape(sample_shape), dtype=self.loc.dtype)
        return self.loc + ops.matmul(e[..., None, :], self._factor.mT).squeeze(-2)

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density of values."""
        constant = 0.5 * self.loc.shape[-1] * math.log(2 * math.pi)
        distance = squared_distance(self._factor, self._value(value) - self.loc)
        return -0.5 * distance - log_det(self._factor) - constant

    def entropy(self) -> Tensor:
        """The entropy in nats: ``N * (1 + log(2 * pi)) / 2 + log(det(L))``."""
        constant = 0.5 * self.loc.shape[-1] * (1 + math.log(2 * math.pi))
        return log_det(self.scale_tril) + constant


def inverse_of(factor: Tensor) -> Tensor:
    """The inverse of a lower triangle."""
    return solve_triangular(factor, ops.eye(factor.shape[-1], dtype=factor.dtype), upper=False)


def factor_of_inverse(precision: Tensor) -> Tensor:
    """The Cholesky factor of a matrix's inverse, without that: by the factor from the other end."""
    reversed_factor = ops.cholesky(ops.flip(precision, (-2, -1)))
    return inverse_of(ops.flip(reversed_factor, (-2, -1)).mT)


def log_det(factor: Tensor) -> Tensor:
    """The logarithm of a triangle's determinant."""
    return ops.diagonal(factor, 0, -2, -1).log().sum(-1)


def squared_distance(factor: Tensor, difference: Tensor) -> Tensor:
    """The squared norm of ``inv(L) d``."""
    z = ops.matmul(difference[..., None, :], inverse_of(factor).mT)
    return (z * z).sum((-2, -1))
