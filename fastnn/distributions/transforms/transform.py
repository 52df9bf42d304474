"""What every transform has, and the inverse of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...tensor import Tensor
from .. import constraints
from ..constraints import Constraint


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
