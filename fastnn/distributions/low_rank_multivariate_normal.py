"""The normal distribution of vectors whose covariance is a diagonal and a narrow product."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from .. import ops
from ..tensor import Tensor, TensorLike
from .constraints import Constraint, independent, positive, real_vector
from .distribution import Distribution, parameters
from .multivariate_normal import inverse_of, log_det


class LowRankMultivariateNormal(Distribution):
    """The normal distribution of vectors with the covariance ``W Wᵀ + diag(D)``.

    The matrix that is factored is K by K: ``C = I + Wᵀ diag(1 / D) W`` (M. Woodbury, "Inverting
    modified matrices", 1950).

    Parameters
    ----------
    loc
        The mean, (..., N).
    cov_factor
        W, (..., N, K).
    cov_diag
        D, (..., N), above 0.

    Examples
    --------
    >>> normal = fastnn.distributions.LowRankMultivariateNormal(
    ...     fastnn.zeros(2), fastnn.tensor([[1.0], [0.0]]), fastnn.ones(2)
    ... )
    >>> normal.covariance_matrix
    tensor([[2., 0.],
            [0., 1.]])
    """

    has_rsample = True
    arg_constraints: ClassVar[dict[str, Constraint]] = {
        "loc": real_vector,
        "cov_diag": independent(positive, 1),
    }
    support = real_vector

    def __init__(
        self,
        loc: TensorLike,
        cov_factor: TensorLike,
        cov_diag: TensorLike,
        validate_args: bool | None = None,
    ) -> None:
        mean, factor, diagonal = (parameters(v)[0] for v in (loc, cov_factor, cov_diag))
        n = mean.shape[-1:]
        if not n or factor.ndim < 2 or factor.shape[-2:-1] != n or diagonal.shape[-1:] != n:
            raise ValueError(
                "LowRankMultivariateNormal: expected loc (..., N), cov_factor (..., N, K) and "
                f"cov_diag (..., N), got shapes {tuple(mean.shape)}, {tuple(factor.shape)} and "
                f"{tuple(diagonal.shape)}"
            )
        batch = np.broadcast_shapes(mean.shape[:-1], factor.shape[:-2], diagonal.shape[:-1])
        self.loc = ops.expand(mean, *batch, *n)
        self.cov_diag = ops.expand(diagonal, *batch, *n)
        self.cov_factor = ops.expand(factor, *batch, *factor.shape[-2:])
        super().__init__(batch, n, validate_args)

    @property
    def _capacitance_tril(self) -> Tensor:
        """The Cholesky factor of C."""
        w = self.cov_factor
        inner = ops.matmul(w.mT, w / self.cov_diag[..., None])
        return ops.cholesky(inner + ops.eye(w.shape[-1], dtype=w.dtype))

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """The most probable value, which is the mean."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """The variance of each element."""
        return (self.cov_factor**2).sum(-1) + self.cov_diag

    @property
    def covariance_matrix(self) -> Tensor:
        """The covariance."""
        w = self.cov_factor
        return ops.matmul(w, w.mT) + ops.diag_embed(self.cov_diag)

    @property
    def scale_tril(self) -> Tensor:
        """The Cholesky factor of the covariance."""
        return ops.cholesky(self.covariance_matrix)

    @property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance."""
        scaled = self.cov_factor / self.cov_diag[..., None]
        half = ops.matmul(inverse_of(self._capacitance_tril), scaled.mT)
        return ops.diag_embed(1 / self.cov_diag) - ops.matmul(half.mT, half)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws as functions of the parameters: ``loc + W e + sqrt(D) f``."""
        shape = self._extended_shape(sample_shape)
        w = self.cov_factor
        e = ops.randn((*shape[:-1], w.shape[-1]), dtype=w.dtype)
        f = ops.randn(shape, dtype=w.dtype)
        return self.loc + ops.matmul(w, e[..., None]).squeeze(-1) + self.cov_diag.sqrt() * f

    def _log_det(self) -> Tensor:
        """Half of the logarithm of the covariance's determinant."""
        return log_det(self._capacitance_tril) + 0.5 * self.cov_diag.log().sum(-1)

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density of values."""
        difference = self._value(value) - self.loc
        constant = 0.5 * self.loc.shape[-1] * math.log(2 * math.pi)
        return -0.5 * self._distance(difference) - self._log_det() - constant

    def _distance(self, difference: Tensor) -> Tensor:
        """``dᵀ inv(covariance) d``."""
        scaled = difference / self.cov_diag
        inner = ops.matmul(scaled[..., None, :], self.cov_factor)
        z = ops.matmul(inner, inverse_of(self._capacitance_tril).mT)
        return (scaled * difference).sum(-1) - (z * z).sum((-2, -1))

    def entropy(self) -> Tensor:
        """The entropy in nats."""
        return self._log_det() + 0.5 * self.loc.shape[-1] * (1 + math.log(2 * math.pi))
