"""The Wishart distribution of matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from .. import ops
from ..special import multigammaln
from ..tensor import Tensor, TensorLike
from .constraints import Constraint, positive, positive_definite
from .distribution import Distribution, parameters
from .gamma import standard_gamma
from .multivariate_normal import MultivariateNormal, inverse_of, log_det


class Wishart(Distribution):
    """The Wishart distribution: of the sum of `df` products ``x xᵀ`` of normal vectors about 0.

    ``log p(X) = (df - N - 1) / 2 * log(det(X)) - trace(inv(S) X) / 2 - df / 2 * log(det(S)) -
    df * N / 2 * log(2) - log(multigamma(df / 2, N))`` for the covariance S.

    Parameters
    ----------
    df
        Degrees of freedom, above N - 1, any shape.
    covariance_matrix
        The covariance S of the vectors, (..., N, N), symmetric and positive definite; or
    precision_matrix
        its inverse, or
    scale_tril
        its lower triangular Cholesky factor. One of the three.

    Examples
    --------
    >>> wishart = fastnn.distributions.Wishart(3.0, fastnn.eye(2))
    >>> wishart.mean
    tensor([[3., 0.],
            [0., 3.]])
    """

    has_rsample = True
    arg_constraints: ClassVar[dict[str, Constraint]] = {"df": positive}
    support = positive_definite

    def __init__(
        self,
        df: TensorLike,
        covariance_matrix: TensorLike | None = None,
        precision_matrix: TensorLike | None = None,
        scale_tril: TensorLike | None = None,
        validate_args: bool | None = None,
    ) -> None:
        given = [m for m in (covariance_matrix, precision_matrix, scale_tril) if m is not None]
        if len(given) != 1:
            raise ValueError(
                "Wishart: expected one of covariance_matrix, precision_matrix and scale_tril, got "
                f"{len(given)}"
            )
        (matrix,) = parameters(given[0])
        (freedom,) = parameters(df)
        zeros = ops.zeros(matrix.shape[-1:], dtype=matrix.dtype)
        vectors = MultivariateNormal(
            zeros, covariance_matrix, precision_matrix, scale_tril, validate_args
        )
        batch = np.broadcast_shapes(freedom.shape, vectors.batch_shape)
        self.df = ops.expand(freedom, *batch)
        self._vectors = vectors.expand(batch)
        super().__init__(batch, matrix.shape[-2:], validate_args)
        self._check("df", self.df.detach() > len(zeros) - 1, f"above {len(zeros) - 1}")

    @property
    def scale_tril(self) -> Tensor:
        """The Cholesky factor of S."""
        return self._vectors.scale_tril

    @property
    def covariance_matrix(self) -> Tensor:
        """S."""
        return self._vectors.covariance_matrix

    @property
    def precision_matrix(self) -> Tensor:
        """The inverse of S."""
        return self._vectors.precision_matrix

    @property
    def mean(self) -> Tensor:
        """The mean: ``df * S``."""
        return self.df[..., None, None] * self.covariance_matrix

    @property
    def mode(self) -> Tensor:
        """The most probable matrix; NaN where `df` is less than N + 1."""
        factor = self.df - self._event_shape[-1] - 1
        factor = ops.where(factor >= 0, factor, math.nan)
        return factor[..., None, None] * self.covariance_matrix

    @property
    def variance(self) -> Tensor:
        """The variance of each element: ``df * (S_ij**2 + S_ii * S_jj)``."""
        s = self.covariance_matrix
        d = ops.diagonal(s, 0, -2, -1)
        return self.df[..., None, None] * (s * s + d[..., :, None] * d[..., None, :])

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws as functions of the parameters, by Bartlett's decomposition."""
        shape = self._extended_shape(sample_shape)
        size = shape[-1]
        rows = ops.arange(size, dtype=self.df.dtype)
        freedom = ops.expand(self.df[..., None] - rows, *shape[:-1])
        lengths = (2 * standard_gamma(freedom / 2)).sqrt()
        below = ops.randn(shape, dtype=self.df.dtype).tril(-1)
        factor = ops.matmul(self.scale_tril, below + ops.diag_embed(lengths))
        return ops.matmul(factor, factor.mT)

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density of matrices."""
        factor = ops.cholesky(self._value(value))
        size, df = factor.shape[-1], self.df
        z = ops.matmul(inverse_of(self.scale_tril), factor)
        return (
            (df - size - 1) * log_det(factor)
            - (z * z).sum((-2, -1)) / 2
            - df * log_det(self.scale_tril)
            - df * size / 2 * math.log(2)
            - multigammaln(df / 2, size)
        )

    def entropy(self) -> Tensor:
        """The entropy in nats."""
        size, df = self._event_shape[-1], self.df
        digammas = ((df[..., None] - ops.arange(size, dtype=df.dtype)) / 2).digamma().sum(-1)
        return (
            (size + 1) * log_det(self.scale_tril)
            + size * (size + 1) / 2 * math.log(2)
            + multigammaln(df / 2, size)
            - (df - size - 1) / 2 * digammas
            + df * size / 2
        )
