"""The LKJ distribution of matrices of correlations, by their Cholesky factors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from .. import ops
from ..autograd import no_grad
from ..special import multigammaln
from ..tensor import Tensor, TensorLike
from .constraints import Constraint, corr_cholesky, positive
from .dirichlet import Beta
from .distribution import Distribution, parameters


class LKJCholesky(Distribution):
    """The Cholesky factors L of matrices R of correlations with ``p(R) = C * det(R)**(eta - 1)``.

    D. Lewandowski, D. Kurowicka and H. Joe, "Generating random correlation matrices based on vines
    and extended onion method", 2009.

    Parameters
    ----------
    dim
        The number of rows, at least 2.
    concentration
        eta, above 0, any shape; for 1 all R are equally probable.

    Examples
    --------
    >>> L = fastnn.distributions.LKJCholesky(3, 2.0).sample()
    >>> (L @ L.mT).diagonal()
    tensor([1., 1., 1.])
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {"concentration": positive}
    support = corr_cholesky

    def __init__(
        self, dim: int, concentration: TensorLike = 1.0, validate_args: bool | None = None
    ) -> None:
        if dim < 2:
            raise ValueError(f"LKJCholesky: dim must be at least 2, got {dim}")
        self.dim = dim
        (self.concentration,) = parameters(concentration)
        super().__init__(self.concentration.shape, (dim, dim), validate_args)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws without gradients: row by row, a direction and a length below the diagonal."""
        with no_grad():
            shape, dtype = self._extended_shape(sample_shape), self.concentration.dtype
            lead = shape[:-2]
            rows = ops.arange(1, self.dim, dtype=dtype)
            # R's first i + 1 rows have the exponent eta + (dim - 1 - i) / 2.
            rest = self.concentration[..., None] + (self.dim - 1 - rows) / 2
            squares = Beta(rows / 2, rest).sample(lead[: len(lead) - len(self._batch_shape)])
            normal = ops.randn((*lead, self.dim - 1, self.dim), dtype=dtype).tril()
            direction = normal / (normal * normal).sum(-1, keepdim=True).sqrt()
            below = squares.sqrt()[..., None] * direction
            first = ops.zeros(*lead, 1, self.dim, dtype=dtype)
            lengths = ops.cat([ops.ones(*lead, 1, dtype=dtype), (1 - squares).sqrt()], -1)
            return ops.cat([first, below], -2).tril(-1) + ops.diag_embed(lengths)

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density of factors."""
        eta, size = self.concentration, self.dim
        diagonal = ops.diagonal(self._value(value), 0, -2, -1)[..., 1:]
        order = ops.arange(2, size + 1, dtype=eta.dtype)
        powers = 2 * (eta - 1)[..., None] + size - order
        alpha = eta + 0.5 * (size - 1)
        norm = multigammaln(alpha - 0.5, size - 1) - (size - 1) * alpha.lgamma()
        norm = norm + 0.5 * (size - 1) * math.log(math.pi)
        return (powers * diagonal.log()).sum(-1) - norm
