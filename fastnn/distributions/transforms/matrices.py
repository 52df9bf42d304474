"""Functions of vectors and matrices as a whole."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ... import ops
from ...tensor import Tensor
from .. import constraints
from ..constraints import independent
from .transform import Transform


class SoftmaxTransform(Transform):
    """``y = softmax(x)`` over the last dimension, which is no bijection.

    Examples
    --------
    >>> fastnn.distributions.SoftmaxTransform()(fastnn.zeros(2))
    tensor([0.5, 0.5])
    """

    bijective = False
    domain = constraints.real_vector
    codomain = constraints.simplex

    def _call(self, x: Tensor) -> Tensor:
        return ops.softmax(x, -1)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()


class StickBreakingTransform(Transform):
    """Vectors (..., K) as vectors of probabilities (..., K + 1): of what is left, a share each.

    ``share_i = sigmoid(x_i - log(K - i))``, so that zeros become equal probabilities.

    Examples
    --------
    >>> fastnn.distributions.StickBreakingTransform()(fastnn.zeros(3))
    tensor([0.25, 0.25, 0.25, 0.25])
    """

    domain = constraints.real_vector
    codomain = constraints.simplex

    def _offset(self, x: Tensor, count: int) -> Tensor:
        return ops.arange(count, 0, -1, dtype=x.dtype).log()

    def _call(self, x: Tensor) -> Tensor:
        z = x - self._offset(x, x.shape[-1])
        share = ops.sigmoid(z)
        left = (1 - share).cumprod(-1)
        before = ops.cat([ops.ones_like(left[..., :1]), left[..., :-1]], -1)
        return ops.cat([share * before, left[..., -1:]], -1)

    def _inverse(self, y: Tensor) -> Tensor:
        most = y[..., :-1]
        left = 1 - most.cumsum(-1)
        tiny = float(np.finfo(y.dtype).tiny)
        return most.log() - left.clamp(min=tiny).log() + self._offset(y, most.shape[-1])

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The sum of ``log(y_i) + log(1 - share_i)``."""
        z = x - self._offset(x, x.shape[-1])
        return (-z + ops.logsigmoid(z) + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """One more in the last dimension."""
        return (*shape[:-1], shape[-1] + 1)

    def inverse_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """One less in the last dimension."""
        return (*shape[:-1], shape[-1] - 1)


class LowerCholeskyTransform(Transform):
    """Matrices as lower triangles with a diagonal above 0: by its exponential.

    Examples
    --------
    >>> fastnn.distributions.LowerCholeskyTransform()(fastnn.zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """

    bijective = False  # what lies above the diagonal is left out
    domain = independent(constraints.real, 2)
    codomain = constraints.lower_cholesky

    def _call(self, x: Tensor) -> Tensor:
        return x.tril(-1) + ops.diag_embed(ops.diagonal(x, 0, -2, -1).exp())

    def _inverse(self, y: Tensor) -> Tensor:
        return y.tril(-1) + ops.diag_embed(ops.diagonal(y, 0, -2, -1).log())


class PositiveDefiniteTransform(Transform):
    """Matrices as symmetric positive definite ones: ``L Lᵀ`` for that of `LowerCholeskyTransform`.

    Examples
    --------
    >>> fastnn.distributions.PositiveDefiniteTransform()(fastnn.zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """

    bijective = False
    domain = independent(constraints.real, 2)
    codomain = constraints.positive_definite

    def _call(self, x: Tensor) -> Tensor:
        factor = LowerCholeskyTransform()(x)
        return ops.matmul(factor, factor.mT)

    def _inverse(self, y: Tensor) -> Tensor:
        return LowerCholeskyTransform().inv(ops.cholesky(y))


class CorrCholeskyTransform(Transform):
    """Vectors of D (D - 1) / 2 numbers as Cholesky factors of D by D matrices of correlations.

    With ``z = tanh(x)`` in the places below the diagonal, each row takes the share z of what is
    left of its length, element by element, and the diagonal gets the rest.

    Examples
    --------
    >>> fastnn.distributions.CorrCholeskyTransform()(fastnn.zeros(1))
    tensor([[1., 0.],
            [0., 1.]])
    """

    domain = constraints.real_vector
    codomain = constraints.corr_cholesky

    def _call(self, x: Tensor) -> Tensor:
        size = order_of(x.shape[-1])
        z = in_triangle(x.tanh(), size)
        left = (1 - z * z).cumprod(-1).sqrt()
        before = ops.cat([ops.ones_like(left[..., :1]), left[..., :-1]], -1)
        return (z + ops.eye(size, dtype=x.dtype)) * before

    def _inverse(self, y: Tensor) -> Tensor:
        size = y.shape[-1]
        below = y.tril(-1)
        rest = 1 - (below * below).cumsum(-1)
        before = ops.cat([ops.ones_like(rest[..., :1]), rest[..., :-1]], -1)
        rows, columns = ops.tril_indices(size, size, -1)
        taken = below[..., rows, columns] / before[..., rows, columns].sqrt()
        return taken.atanh()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Of the tanh, and of the lengths left in each row."""
        size = y.shape[-1]
        below = y.tril(-1)
        rest = 1 - (below * below).cumsum(-1)
        inner = ops.cat([ops.ones_like(rest[..., :1]), rest[..., :-1]], -1).tril(-1)
        logs = ops.where(inner > 0, inner, 1.0).log().sum((-2, -1))
        slopes = -2 * (x + ops.softplus(-2 * x) - math.log(2.0)).sum(-1)
        return 0.5 * logs + slopes if size > 1 else slopes

    def forward_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """A square matrix for the last dimension."""
        size = order_of(shape[-1])
        return (*shape[:-1], size, size)

    def inverse_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The number of elements below the diagonal for the last two dimensions."""
        return (*shape[:-2], shape[-1] * (shape[-1] - 1) // 2)


def order_of(count: int) -> int:
    """The number of rows of the matrix with so many elements below its diagonal."""
    size = round((1 + math.sqrt(1 + 8 * count)) / 2)
    if size * (size - 1) // 2 != count:
        raise ValueError(
            f"CorrCholeskyTransform: no matrix has {count} elements below its diagonal"
        )
    return size


def in_triangle(x: Tensor, size: int) -> Tensor:
    """A vector's elements below the diagonal of a matrix of zeros, row by row."""
    rows, columns = np.tril_indices(size, -1)
    places = np.full((size, size), 0)
    places[rows, columns] = np.arange(len(rows))
    return x[..., places].tril(-1) if len(rows) else ops.zeros(*x.shape[:-1], 1, 1, dtype=x.dtype)
