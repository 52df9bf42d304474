"""Transforms made of others, and of shapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ... import ops
from ...tensor import Size, Tensor
from .. import constraints
from ..constraints import Constraint, independent
from ..distribution import summed
from .transform import Inverse, Transform


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
