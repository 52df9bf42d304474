"""Transforms from unconstrained numbers to the values of a constraint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import constraints, transforms
from .constraints import Bounded, Composed, Constraint
from .transforms import Transform

Factory = Callable[[Constraint], Transform]


class ConstraintRegistry:
    """Finds the transform whose values are those of a constraint.

    Called with a constraint. `register` adds a rule for another one.

    Examples
    --------
    >>> fastnn.distributions.transform_to(fastnn.distributions.constraints.positive)
    ExpTransform()
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._factories: dict[Constraint, Factory] = {}

    def register(self, constraint: Constraint, factory: Factory | None = None) -> Any:
        """Say which function makes the transform for a constraint; also as a decorator."""
        if factory is None:
            return lambda given: self.register(constraint, given)
        self._factories[constraint] = factory
        return factory

    def __call__(self, constraint: Constraint) -> Transform:
        """The transform; NotImplementedError if none is known."""
        if constraint in self._factories:
            return self._factories[constraint](constraint)
        if isinstance(constraint, Bounded) and not constraint.is_discrete:
            return between(constraint.lower_bound, constraint.upper_bound)
        if isinstance(constraint, Composed) and isinstance(constraint.base, Constraint):
            more = constraint.event_dim - constraint.base.event_dim
            return transforms.IndependentTransform(self(constraint.base), more)
        raise NotImplementedError(
            f"{self.name}: no transform for values that are {constraint.meaning}"
        )


def between(low: Any, high: Any) -> Transform:
    """Numbers between two bounds, either of which may be missing."""
    if low is None:
        return transforms.ComposeTransform(
            [transforms.ExpTransform(), transforms.AffineTransform(high, -1.0)]
        )
    if high is None:
        exponential = transforms.ExpTransform()
        if isinstance(low, float) and low == 0:
            return exponential
        return transforms.ComposeTransform([exponential, transforms.AffineTransform(low, 1.0)])
    sigmoid = transforms.SigmoidTransform()
    if isinstance(low, float) and low == 0 and isinstance(high, float) and high == 1:
        return sigmoid
    return transforms.ComposeTransform([sigmoid, transforms.AffineTransform(low, high - low)])


biject_to = ConstraintRegistry("biject_to")
transform_to = ConstraintRegistry("transform_to")
for registry in (biject_to, transform_to):
    registry.register(constraints.real, lambda _: transforms.identity_transform)
    registry.register(
        constraints.real_vector,
        lambda _: transforms.IndependentTransform(transforms.identity_transform, 1),
    )
    registry.register(constraints.lower_cholesky, lambda _: transforms.LowerCholeskyTransform())
    registry.register(constraints.corr_cholesky, lambda _: transforms.CorrCholeskyTransform())
    for matrices in (constraints.positive_definite, constraints.positive_semidefinite):
        registry.register(matrices, lambda _: transforms.PositiveDefiniteTransform())
biject_to.register(constraints.simplex, lambda _: transforms.StickBreakingTransform())
transform_to.register(constraints.simplex, lambda _: transforms.SoftmaxTransform())
