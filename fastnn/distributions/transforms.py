"""Functions of values that change the density of what they are applied to.

A transform is called with values, ``transform.inv`` is its inverse, and `log_abs_det_jacobian` says
by how much it stretches volumes: what `TransformedDistribution` needs of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import ops
from ..names import offer
from ..tensor import Size, Tensor
from . import constraints
from .constraints import Constraint, independent
from .distribution import Distribution, summed

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "CatTransform",
    "ComposeTransform",
    "CorrCholeskyTransform",
    "CumulativeDistributionTransform",
    "ExpTransform",
    "IndependentTransform",
    "LowerCholeskyTransform",
    "PositiveDefiniteTransform",
    "PowerTransform",
    "ReshapeTransform",
    "SigmoidTransform",
    "SoftmaxTransform",
    "SoftplusTransform",
    "StackTransform",
    "StickBreakingTransform",
    "TanhTransform",
    "Transform",
    "identity_transform",
]


class Transform:
    """Base of transforms: a subclass has ``_call``, ``_inverse`` and `log_abs_det_jacobian`.

    Parameters
    ----------
    cache_size
        1 to remember the last pair of values: the inverse of what the transform returned is then
        what it was given, with its graph and without rounding. 0 to remember none.

    Examples
    --------
    >>> double = fastnn.distributions.AffineTransform(0.0, 2.0)
    >>> double(fastnn.ones(2)), double.inv(fastnn.ones(2))
    (tensor([2., 2.]), tensor([0.5, 0.5]))
    """

    bijective = True
    domain: Constraint = constraints.real
    codomain: Constraint = constraints.real

    def __init__(self, cache_size: int = 0) -> None:
        if cache_size not in (0, 1):
            raise ValueError(f"Transform: cache_size must be 0 or 1, got {cache_size}")
        self._cache_size = cache_size
        self._last: tuple[Tensor, Tensor] | None = None

    @property
    def event_dim(self) -> int:
        """How many of the last dimensions make one value of the domain."""
        return self.domain.event_dim

    @property
    def sign(self) -> Any:
        """1 where the transform increases, -1 where it decreases."""
        raise NotImplementedError(f"{type(self).__name__} neither increases nor decreases")

    @property
    def inv(self) -> Transform:
        """The inverse."""
        return Inverse(self)

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The transform with this size of its cache."""
        if cache_size == self._cache_size:
            return self
        new: Transform = object.__new__(type(self))
        vars(new).update(vars(self))
        Transform.__init__(new, cache_size)
        return new

    def __call__(self, x: Tensor) -> Tensor:
        """The values that others become."""
        if self._last is not None and x is self._last[0]:
            return self._last[1]
        y = self._call(x)
        if self._cache_size:
            self._last = x, y
        return y

    def _inverted(self, y: Tensor) -> Tensor:
        if self._last is not None and y is self._last[1]:
            return self._last[0]
        x = self._inverse(y)
        if self._cache_size:
            self._last = x, y
        return x

    def _call(self, x: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} has no _call")

    def _inverse(self, y: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} has no inverse")

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The logarithm of the magnitude of the determinant of dy/dx, one for each value."""
        raise NotImplementedError(f"{type(self).__name__} has no log_abs_det_jacobian")

    def forward_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The shape of what values of a shape become."""
        return tuple(shape)

    def inverse_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The shape of what becomes values of a shape."""
        return tuple(shape)

    def _settings(self) -> dict[str, Any]:
        """What makes two transforms of a class equal."""
        others = ("_last", "_cache_size", "domain", "codomain")
        return {name: value for name, value in vars(self).items() if name not in others}

    def __eq__(self, other: object) -> bool:
        """Whether another transform is of the same class, with the same settings."""
        if type(self) is not type(other) or not isinstance(other, Transform):
            return False
        mine, theirs = self._settings(), other._settings()
        return mine.keys() == theirs.keys() and all(same(v, theirs[k]) for k, v in mine.items())

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def same(a: Any, b: Any) -> bool:
    if isinstance(a, Tensor) or isinstance(b, Tensor):
        return a is b or (np.shape(a) == np.shape(b) and bool(np.all(np.equal(a, b))))
    return bool(a == b)


class Inverse(Transform):
    """The inverse of a transform, which it calls."""

    def __init__(self, transform: Transform) -> None:
        super().__init__()
        self._inv = transform
        self.domain, self.codomain = transform.codomain, transform.domain
        self.bijective = transform.bijective

    @property
    def inv(self) -> Transform:
        return self._inv

    @property
    def sign(self) -> Any:
        return self._inv.sign

    def with_cache(self, cache_size: int = 1) -> Transform:
        return self._inv.with_cache(cache_size).inv

    def _call(self, x: Tensor) -> Tensor:
        return self._inv._inverted(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return self._inv(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -self._inv.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        return self._inv.inverse_shape(shape)

    def inverse_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        return self._inv.forward_shape(shape)

    def __repr__(self) -> str:
        return f"{self._inv!r}.inv"


class Increasing(Transform):
    """Base of the transforms of single numbers that increase."""

    @property
    def sign(self) -> int:
        """1."""
        return 1


class AffineTransform(Transform):
    """``y = loc + scale * x``.

    Parameters
    ----------
    loc, scale
        Numbers or tensors that broadcast with x.
    event_dim
        How many of the last dimensions make one value.
    cache_size
        As for `Transform`.

    Examples
    --------
    >>> fastnn.distributions.AffineTransform(1.0, 2.0)(fastnn.tensor([0.0, 1.0]))
    tensor([1., 3.])
    """

    def __init__(self, loc: Any, scale: Any, event_dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.loc, self.scale = loc, scale
        self.domain = self.codomain = independent(constraints.real, event_dim)

    def _settings(self) -> dict[str, Any]:
        return {"loc": self.loc, "scale": self.scale, "event_dim": self.event_dim}

    @property
    def sign(self) -> Any:
        """That of `scale`."""
        scale = self.scale
        return scale.sign() if isinstance(scale, Tensor) else (scale > 0) - (scale < 0)

    def _call(self, x: Tensor) -> Tensor:
        found: Tensor = self.loc + self.scale * x
        return found

    def _inverse(self, y: Tensor) -> Tensor:
        found: Tensor = (y - self.loc) / self.scale
        return found

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """``log(abs(scale))``, once for each number of a value."""
        scale = self.scale
        log_scale = scale.abs().log() if isinstance(scale, Tensor) else math.log(abs(scale))
        return summed(ops.zeros_like(x) + log_scale, self.event_dim)

    def forward_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The shape of x broadcast with those of the parameters."""
        return np.broadcast_shapes(tuple(shape), np.shape(self.loc), np.shape(self.scale))

    inverse_shape = forward_shape


class ExpTransform(Increasing):
    """``y = exp(x)``.

    Examples
    --------
    >>> fastnn.distributions.ExpTransform()(fastnn.zeros(1))
    tensor([1.])
    """

    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return x.exp()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """x."""
        return x


class PowerTransform(Transform):
    """``y = x**exponent`` of numbers above 0.

    Parameters
    ----------
    exponent
        A number or a tensor that broadcasts with x.
    cache_size
        As for `Transform`.

    Examples
    --------
    >>> fastnn.distributions.PowerTransform(2.0).inv(fastnn.tensor([9.0]))
    tensor([3.])
    """

    domain = codomain = constraints.positive

    def __init__(self, exponent: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.exponent = exponent

    @property
    def sign(self) -> Any:
        """That of the exponent."""
        e = self.exponent
        return e.sign() if isinstance(e, Tensor) else (e > 0) - (e < 0)

    def _call(self, x: Tensor) -> Tensor:
        found: Tensor = x**self.exponent
        return found

    def _inverse(self, y: Tensor) -> Tensor:
        found: Tensor = y ** (1 / self.exponent)
        return found

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """``log(abs(exponent * y / x))``."""
        found: Tensor = (self.exponent * y / x).abs().log()
        return found

    def forward_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The shape of x broadcast with that of the exponent."""
        return np.broadcast_shapes(tuple(shape), np.shape(self.exponent))

    inverse_shape = forward_shape


class SigmoidTransform(Increasing):
    """``y = 1 / (1 + exp(-x))``.

    Examples
    --------
    >>> fastnn.distributions.SigmoidTransform()(fastnn.zeros(1))
    tensor([0.5])
    """

    codomain = constraints.unit_interval

    def _call(self, x: Tensor) -> Tensor:
        info = np.finfo(x.dtype)
        return ops.sigmoid(x).clamp(float(info.tiny), 1 - float(info.eps))

    def _inverse(self, y: Tensor) -> Tensor:
        info = np.finfo(y.dtype)
        y = y.clamp(float(info.tiny), 1 - float(info.eps))
        return y.log() - (-y).log1p()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """``-softplus(x) - softplus(-x)``."""
        return -ops.softplus(-x) - ops.softplus(x)


class SoftplusTransform(Increasing):
    """``y = log(1 + exp(x))``.

    Examples
    --------
    >>> fastnn.distributions.SoftplusTransform()(fastnn.zeros(1))
    tensor([0.6931])
    """

    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return ops.softplus(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return (-(-y).expm1()).log() + y

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """``-softplus(-x)``."""
        return -ops.softplus(-x)


class TanhTransform(Increasing):
    """``y = tanh(x)``.

    Examples
    --------
    >>> fastnn.distributions.TanhTransform()(fastnn.zeros(1))
    tensor([0.])
    """

    codomain = constraints.interval(-1.0, 1.0)

    def _call(self, x: Tensor) -> Tensor:
        return x.tanh()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.atanh()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """``log(1 - y**2)``, as ``2 * (log(2) - x - softplus(-2 * x))``."""
        return 2.0 * (math.log(2.0) - x - ops.softplus(-2.0 * x))


class AbsTransform(Transform):
    """``y = abs(x)``, which is no bijection: the inverse takes the positive one.

    Examples
    --------
    >>> fastnn.distributions.AbsTransform()(fastnn.tensor([-1.0]))
    tensor([1.])
    """

    bijective = False
    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return x.abs()

    def _inverse(self, y: Tensor) -> Tensor:
        return y


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


class CumulativeDistributionTransform(Increasing):
    """``y = distribution.cdf(x)``.

    Parameters
    ----------
    distribution
        One with `cdf` and `icdf`.
    cache_size
        As for `Transform`.

    Examples
    --------
    >>> D = fastnn.distributions
    >>> D.CumulativeDistributionTransform(D.Normal(0.0, 1.0))(fastnn.zeros(1))
    tensor([0.5])
    """

    codomain = constraints.unit_interval

    def __init__(self, distribution: Distribution, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.distribution = distribution
        self.domain = distribution.support

    def _call(self, x: Tensor) -> Tensor:
        return self.distribution.cdf(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return self.distribution.icdf(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The logarithm of the density."""
        return self.distribution.log_prob(x)


class ComposeTransform(Transform):
    """Transforms one after the other, the first of the list first.

    Parameters
    ----------
    parts
        Transforms.
    cache_size
        As for `Transform`.

    Examples
    --------
    >>> D = fastnn.distributions
    >>> D.ComposeTransform([D.AffineTransform(1.0, 2.0), D.ExpTransform().inv])(fastnn.zeros(1))
    tensor([0.])
    """

    def __init__(self, parts: Sequence[Transform], cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.parts = [part.with_cache(cache_size) for part in parts] if cache_size else list(parts)
        self.bijective = all(part.bijective for part in self.parts)
        if self.parts:
            # A value is what the part with the most dimensions takes, seen from either end.
            into = self.parts[-1].codomain.event_dim
            for part in reversed(self.parts):
                into = max(
                    into + part.domain.event_dim - part.codomain.event_dim, part.domain.event_dim
                )
            out = self.parts[0].domain.event_dim
            for part in self.parts:
                out = max(
                    out + part.codomain.event_dim - part.domain.event_dim, part.codomain.event_dim
                )
            self.domain = widened(self.parts[0].domain, into)
            self.codomain = widened(self.parts[-1].codomain, out)

    def _settings(self) -> dict[str, Any]:
        return {"parts": self.parts}

    @property
    def sign(self) -> Any:
        """The product of those of the parts."""
        sign: Any = 1
        for part in self.parts:
            sign = sign * part.sign
        return sign

    def _call(self, x: Tensor) -> Tensor:
        for part in self.parts:
            x = part(x)
        return x

    def _inverse(self, y: Tensor) -> Tensor:
        for part in reversed(self.parts):
            y = part._inverted(y) if not isinstance(part, Inverse) else part.inv(y)
        return y

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The sum of those of the parts."""
        dims = self.domain.event_dim
        total = summed(ops.zeros_like(x), dims)
        for part in self.parts:
            following = part(x)
            log_det = part.log_abs_det_jacobian(x, following)
            total = total + summed(log_det, dims - part.domain.event_dim)
            dims += part.codomain.event_dim - part.domain.event_dim
            x = following
        return total

    def forward_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The shape of what values of a shape become."""
        for part in self.parts:
            shape = part.forward_shape(shape)
        return tuple(shape)

    def inverse_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The shape of what becomes values of a shape."""
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return tuple(shape)

    def __repr__(self) -> str:
        return f"ComposeTransform({self.parts!r})"


def widened(constraint: Constraint, event_dim: int) -> Constraint:
    """The set whose values have at least so many dimensions."""
    more = event_dim - constraint.event_dim
    return independent(constraint, more) if more > 0 else constraint


identity_transform = ComposeTransform([])


class IndependentTransform(Transform):
    """A transform, with more dimensions that make one value.

    Parameters
    ----------
    base_transform
        A transform.
    reinterpreted_batch_ndims
        How many dimensions more.
    cache_size
        As for `Transform`.

    Examples
    --------
    >>> D = fastnn.distributions
    >>> vectors = D.IndependentTransform(D.ExpTransform(), 1)
    >>> vectors.log_abs_det_jacobian(fastnn.ones(3), fastnn.ones(3).exp())
    tensor(3.)
    """

    def __init__(
        self, base_transform: Transform, reinterpreted_batch_ndims: int, cache_size: int = 0
    ) -> None:
        super().__init__(cache_size)
        self.base_transform = base_transform.with_cache(cache_size)
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        self.bijective = base_transform.bijective
        self.domain = independent(base_transform.domain, reinterpreted_batch_ndims)
        self.codomain = independent(base_transform.codomain, reinterpreted_batch_ndims)

    def _settings(self) -> dict[str, Any]:
        return {"base": self.base_transform, "dims": self.reinterpreted_batch_ndims}

    @property
    def sign(self) -> Any:
        """That of the base."""
        return self.base_transform.sign

    def _call(self, x: Tensor) -> Tensor:
        return self.base_transform(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return self.base_transform.inv(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The sum over the dimensions that were added."""
        log_det = self.base_transform.log_abs_det_jacobian(x, y)
        return summed(log_det, self.reinterpreted_batch_ndims)

    def forward_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """As the base."""
        return self.base_transform.forward_shape(shape)

    def inverse_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """As the base."""
        return self.base_transform.inverse_shape(shape)


class ReshapeTransform(Transform):
    """The same numbers in another shape.

    Parameters
    ----------
    in_shape, out_shape
        The shapes of one value, with the same number of elements.
    cache_size
        As for `Transform`.

    Examples
    --------
    >>> fastnn.distributions.ReshapeTransform((4,), (2, 2))(fastnn.zeros(3, 4)).shape
    (3, 2, 2)
    """

    def __init__(
        self, in_shape: Sequence[int], out_shape: Sequence[int], cache_size: int = 0
    ) -> None:
        super().__init__(cache_size)
        self.in_shape, self.out_shape = Size(in_shape), Size(out_shape)
        if self.in_shape.numel() != self.out_shape.numel():
            raise ValueError(
                "ReshapeTransform: shapes must have the same number of elements, got "
                f"{self.in_shape} and {self.out_shape}"
            )
        self.domain = independent(constraints.real, len(in_shape))
        self.codomain = independent(constraints.real, len(out_shape))

    def _settings(self) -> dict[str, Any]:
        return {"in": self.in_shape, "out": self.out_shape}

    def _call(self, x: Tensor) -> Tensor:
        return x.reshape(self.forward_shape(x.shape))

    def _inverse(self, y: Tensor) -> Tensor:
        return y.reshape(self.inverse_shape(y.shape))

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """0."""
        return ops.zeros(x.shape[: x.ndim - len(self.in_shape)], dtype=x.dtype)

    def forward_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The last dimensions exchanged."""
        return exchanged(shape, self.in_shape, self.out_shape)

    def inverse_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The last dimensions exchanged."""
        return exchanged(shape, self.out_shape, self.in_shape)


def exchanged(shape: Sequence[int], old: Size, new: Size) -> tuple[int, ...]:
    split = len(shape) - len(old)
    if split < 0 or tuple(shape[split:]) != old:
        raise ValueError(
            f"ReshapeTransform: the last dimensions must be {tuple(old)}, got {tuple(shape)}"
        )
    return (*shape[:split], *new)


class Several(Transform):
    """Base of what applies a transform to each part of a tensor."""

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.transforms = [t.with_cache(cache_size) for t in tseq] if cache_size else list(tseq)
        self.dim = dim
        self.bijective = all(t.bijective for t in self.transforms)

    def _parts(self, x: Tensor) -> Sequence[Tensor]:
        raise NotImplementedError

    def _joined(self, parts: Sequence[Tensor], dim: int) -> Tensor:
        raise NotImplementedError

    def _each(self, function: Callable[..., Tensor], *tensors: Tensor) -> list[Tensor]:
        parts = [self._parts(x) for x in tensors]
        return [function(t, *values) for t, *values in zip(self.transforms, *parts)]

    def _call(self, x: Tensor) -> Tensor:
        return self._joined(self._each(lambda t, v: t(v), x), self.dim)

    def _inverse(self, y: Tensor) -> Tensor:
        return self._joined(self._each(lambda t, v: t.inv(v), y), self.dim)


class CatTransform(Several):
    """A transform for each piece along a dimension.

    Parameters
    ----------
    tseq
        Transforms.
    dim
        The dimension.
    lengths
        The sizes of the pieces, 1 by default.
    cache_size
        As for `Transform`.

    Examples
    --------
    >>> D = fastnn.distributions
    >>> D.CatTransform([D.ExpTransform(), D.identity_transform])(fastnn.zeros(2))
    tensor([1., 0.])
    """

    def __init__(
        self,
        tseq: Sequence[Transform],
        dim: int = 0,
        lengths: Sequence[int] | None = None,
        cache_size: int = 0,
    ) -> None:
        super().__init__(tseq, dim, cache_size)
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)
        self.domain = constraints.cat([t.domain for t in self.transforms], dim, self.lengths)
        self.codomain = constraints.cat([t.codomain for t in self.transforms], dim, self.lengths)

    def _parts(self, x: Tensor) -> Sequence[Tensor]:
        if x.shape[self.dim] != sum(self.lengths):
            raise ValueError(
                f"CatTransform: dimension {self.dim} must have {sum(self.lengths)} elements, got "
                f"shape {tuple(x.shape)}"
            )
        return ops.split(x, self.lengths, self.dim)

    def _joined(self, parts: Sequence[Tensor], dim: int) -> Tensor:
        return ops.cat(parts, dim)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Those of the pieces, in their places; a sum where `dim` is within a value."""
        found = self._each(lambda t, v, w: t.log_abs_det_jacobian(v, w), x, y)
        dims = self.event_dim
        found = [summed(v, dims - t.event_dim) for v, t in zip(found, self.transforms)]
        dim = self.dim - x.ndim if self.dim >= 0 else self.dim
        if dim + dims < 0:
            return ops.cat(found, dim + dims)
        total = found[0]
        for other in found[1:]:
            total = total + other
        return total


class StackTransform(Several):
    """A transform for each slice along a dimension.

    Parameters
    ----------
    tseq
        Transforms.
    dim
        The dimension.
    cache_size
        As for `Transform`.

    Examples
    --------
    >>> D = fastnn.distributions
    >>> D.StackTransform([D.ExpTransform(), D.identity_transform])(fastnn.zeros(2))
    tensor([1., 0.])
    """

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(tseq, dim, cache_size)
        self.domain = constraints.stack([t.domain for t in self.transforms], dim)
        self.codomain = constraints.stack([t.codomain for t in self.transforms], dim)

    def _parts(self, x: Tensor) -> Sequence[Tensor]:
        if x.shape[self.dim] != len(self.transforms):
            raise ValueError(
                f"StackTransform: dimension {self.dim} must have {len(self.transforms)} elements, "
                f"got shape {tuple(x.shape)}"
            )
        return ops.unbind(x, self.dim)

    def _joined(self, parts: Sequence[Tensor], dim: int) -> Tensor:
        return ops.stack(parts, dim)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Those of the slices, in their places."""
        return self._joined(
            self._each(lambda t, v, w: t.log_abs_det_jacobian(v, w), x, y), self.dim
        )


offer(__name__)
