"""Sets of values: which parameters a distribution takes, and where its draws lie.

A constraint checks values elementwise, or by their last dimensions where these make one value::

    constraints.positive.check(x)  # one truth value for each element
    constraints.simplex.check(x)  # one for each vector in the last dimension
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import ops
from ..names import offer
from ..tensor import Tensor

__all__ = [
    "Constraint",
    "boolean",
    "cat",
    "corr_cholesky",
    "dependent",
    "dependent_property",
    "greater_than",
    "greater_than_eq",
    "half_open_interval",
    "independent",
    "integer_interval",
    "interval",
    "is_dependent",
    "less_than",
    "lower_cholesky",
    "lower_triangular",
    "multinomial",
    "nonnegative",
    "nonnegative_integer",
    "one_hot",
    "positive",
    "positive_definite",
    "positive_integer",
    "positive_semidefinite",
    "real",
    "real_vector",
    "simplex",
    "square",
    "stack",
    "symmetric",
    "unit_interval",
]


class Constraint:
    """A set of values.

    Parameters
    ----------
    meaning
        What its values are, in the words of an error: ``"above 0"``.
    inside
        A function of a tensor that says of each value whether it is in the set.
    event_dim
        How many of the last dimensions make one value.
    is_discrete
        Whether the values can be counted.

    Examples
    --------
    >>> fastnn.distributions.constraints.positive.check(fastnn.tensor([-1.0, 2.0]))
    tensor([False,  True])
    """

    event_dim = 0
    is_discrete = False
    meaning = "in the set of its constraint"

    def __init__(
        self,
        meaning: str,
        inside: Callable[[Tensor], Tensor],
        event_dim: int = 0,
        is_discrete: bool = False,
    ) -> None:
        self.meaning, self.inside = meaning, inside
        self.event_dim, self.is_discrete = event_dim, is_discrete

    def check(self, value: Tensor) -> Tensor:
        """Of each value whether it is in the set; a subclass without `inside` defines it."""
        return self.inside(value)

    def __repr__(self) -> str:
        return f"Constraint({self.meaning!r})"


class dependent_property(property):
    """A property `support` that depends on parameters.

    Parameters
    ----------
    fn
        The function; or with the other arguments a decorator.
    is_discrete, event_dim
        As of the constraint.

    Examples
    --------
    >>> class Ray(fastnn.distributions.Distribution):
    ...     @fastnn.distributions.constraints.dependent_property(is_discrete=False, event_dim=0)
    ...     def support(self):
    ...         return fastnn.distributions.constraints.greater_than(2.0)
    >>> Ray().support
    Constraint('above 2')
    """

    def __init__(
        self,
        fn: Callable[[Any], Any] | None = None,
        *,
        is_discrete: Any = None,
        event_dim: Any = None,
    ) -> None:
        super().__init__(fn)
        self.is_discrete, self.event_dim = is_discrete, event_dim

    def __call__(self, fn: Callable[[Any], Any]) -> dependent_property:
        """Decorate the function."""
        return type(self)(fn, is_discrete=self.is_discrete, event_dim=self.event_dim)


class Bounded(Constraint):
    """The numbers between two bounds, either of which may be missing; with `integer` the whole."""

    def __init__(
        self,
        meaning: str,
        inside: Callable[[Tensor], Tensor],
        lower_bound: Any = None,
        upper_bound: Any = None,
        integer: bool = False,
    ) -> None:
        whole = (lambda x: inside(x) & (x == x.floor())) if integer else inside
        super().__init__(meaning, whole, 0, integer)
        self.lower_bound, self.upper_bound = lower_bound, upper_bound


class Composed(Constraint):
    """A set made of others: `independent`, `cat` or `stack`."""

    def __init__(self, *args: Any, base: Constraint | Sequence[Constraint], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.base = base


def shown(bound: Any) -> str:
    """A bound in words: a number, or that there is one for each element."""
    return "the bound of each element" if np.ndim(bound) else f"{float(bound):g}"


def greater_than(lower_bound: Any) -> Constraint:
    """The numbers above a bound.

    Examples
    --------
    >>> fastnn.distributions.constraints.greater_than(1).check(fastnn.tensor([1.0, 2.0]))
    tensor([False,  True])
    """
    return Bounded(f"above {shown(lower_bound)}", lambda x: x > lower_bound, lower_bound)


def greater_than_eq(lower_bound: Any) -> Constraint:
    """The numbers from a bound on."""
    return Bounded(f"at least {shown(lower_bound)}", lambda x: x >= lower_bound, lower_bound)


def less_than(upper_bound: Any) -> Constraint:
    """The numbers below a bound."""
    return Bounded(f"below {shown(upper_bound)}", lambda x: x < upper_bound, None, upper_bound)


def interval(lower_bound: Any, upper_bound: Any) -> Constraint:
    """The numbers between two bounds and these themselves."""
    return Bounded(
        f"from {shown(lower_bound)} to {shown(upper_bound)}",
        lambda x: (x >= lower_bound) & (x <= upper_bound),
        lower_bound,
        upper_bound,
    )


def half_open_interval(lower_bound: Any, upper_bound: Any) -> Constraint:
    """The numbers between two bounds, of which the lower one belongs to them."""
    return Bounded(
        f"from {shown(lower_bound)} to below {shown(upper_bound)}",
        lambda x: (x >= lower_bound) & (x < upper_bound),
        lower_bound,
        upper_bound,
    )


def integer_interval(lower_bound: Any, upper_bound: Any) -> Constraint:
    """The whole numbers between two bounds and these themselves.

    Examples
    --------
    >>> fastnn.distributions.constraints.integer_interval(0, 2).check(fastnn.tensor([0.5, 2.0]))
    tensor([False,  True])
    """
    return Bounded(
        f"a whole number from {shown(lower_bound)} to {shown(upper_bound)}",
        lambda x: (x >= lower_bound) & (x <= upper_bound),
        lower_bound,
        upper_bound,
        integer=True,
    )


def multinomial(upper_bound: Any) -> Constraint:
    """Vectors of counts whose sum is at most a bound."""

    def inside(x: Tensor) -> Tensor:
        found: Tensor = ((x >= 0) & (x == x.floor())).all(-1) & (x.sum(-1) <= upper_bound)
        return found

    meaning = f"counts whose sum is at most {shown(upper_bound)}"
    return Constraint(meaning, inside, 1, True)


def independent(base_constraint: Constraint, reinterpreted_batch_ndims: int) -> Constraint:
    """The arrays all of whose parts are in a set.

    Examples
    --------
    >>> positive = fastnn.distributions.constraints.positive
    >>> vectors = fastnn.distributions.constraints.independent(positive, 1)
    >>> vectors.check(fastnn.tensor([[1.0, 2.0], [-1.0, 1.0]]))
    tensor([ True, False])
    """
    count = reinterpreted_batch_ndims

    def inside(x: Tensor) -> Tensor:
        found = base_constraint.check(x)
        return found.flatten(found.ndim - count).all(-1) if count else found

    return Composed(
        f"{base_constraint.meaning} in each part",
        inside,
        base_constraint.event_dim + count,
        base_constraint.is_discrete,
        base=base_constraint,
    )


def cat(
    cseq: Sequence[Constraint], dim: int = 0, lengths: Sequence[int] | None = None
) -> Constraint:
    """The tensors whose pieces along a dimension are each in a set of their own."""
    sizes = [1] * len(cseq) if lengths is None else list(lengths)
    if len(sizes) != len(cseq):
        raise ValueError(f"cat: expected {len(cseq)} lengths, got {len(sizes)}")

    def inside(x: Tensor) -> Tensor:
        return ops.cat([c.check(v) for c, v in zip(cseq, ops.split(x, sizes, dim))], dim)

    return Composed(
        " and ".join(c.meaning for c in cseq),
        inside,
        max(c.event_dim for c in cseq),
        any(c.is_discrete for c in cseq),
        base=list(cseq),
    )


def stack(cseq: Sequence[Constraint], dim: int = 0) -> Constraint:
    """The tensors whose slices along a dimension are each in a set of their own."""

    def inside(x: Tensor) -> Tensor:
        return ops.stack([c.check(v) for c, v in zip(cseq, ops.unbind(x, dim))], dim)

    return Composed(
        " and ".join(c.meaning for c in cseq),
        inside,
        max(c.event_dim for c in cseq) + (dim < 0),
        any(c.is_discrete for c in cseq),
        base=list(cseq),
    )


def unknown(x: Tensor) -> Tensor:
    raise NotImplementedError("dependent: whether a value is in this set depends on others")


def is_dependent(constraint: Any) -> bool:
    """Whether a set is `dependent`."""
    return constraint is dependent or isinstance(constraint, dependent_property)


def tolerance(x: Tensor) -> float:
    """How far sums and symmetric elements may be apart by rounding."""
    return 100 * float(np.finfo(x.dtype).eps)


def is_symmetric(x: Tensor) -> Tensor:
    limit = tolerance(x) * (1 + x.abs().amax((-2, -1)))
    found: Tensor = (x - x.mT).abs().amax((-2, -1)) <= limit
    return found


def lowest(x: Tensor) -> Tensor:
    return ops.linalg.factors.eigvalsh(x).amin(-1)


def is_lower(x: Tensor) -> Tensor:
    found: Tensor = (x.tril() == x).flatten(-2).all(-1)
    return found


def diagonal(x: Tensor) -> Tensor:
    return ops.diagonal(x, 0, -2, -1)


def on_simplex(x: Tensor) -> Tensor:
    return (x >= 0).all(-1) & ((x.sum(-1) - 1).abs() < tolerance(x))


def is_correlation(x: Tensor) -> Tensor:
    lengths = ((x * x).sum(-1) - 1).abs() < tolerance(x)
    return is_lower(x) & (diagonal(x) > 0).all(-1) & lengths.all(-1)


dependent = Constraint("a value that depends on others", unknown)
boolean = Constraint("0 or 1", lambda x: (x == 0) | (x == 1), 0, True)
one_hot = Constraint(
    "a one-hot vector", lambda x: ((x == 0) | (x == 1)).all(-1) & (x.sum(-1) == 1), 1, True
)
real = Constraint("a number", lambda x: x == x)
real_vector = Constraint("a vector of numbers", lambda x: (x == x).all(-1), 1)
positive = greater_than(0.0)
nonnegative = greater_than_eq(0.0)
unit_interval = interval(0.0, 1.0)
nonnegative_integer = Bounded("a whole number of at least 0", lambda x: x >= 0, 0, integer=True)
positive_integer = Bounded("a whole number above 0", lambda x: x >= 1, 1, integer=True)
simplex = Constraint("at least 0 with the sum 1", on_simplex, 1)
square = Constraint(
    "a square matrix", lambda x: ops.full(x.shape[:-2], x.shape[-1] == x.shape[-2]), 2
)
symmetric = Constraint("a symmetric matrix", is_symmetric, 2)
positive_definite = Constraint(
    "symmetric and positive definite", lambda x: is_symmetric(x) & (lowest(x) > 0), 2
)
positive_semidefinite = Constraint(
    "symmetric and positive semidefinite",
    lambda x: is_symmetric(x) & (lowest(x) >= -tolerance(x)),
    2,
)
lower_triangular = Constraint("a lower triangle", is_lower, 2)
lower_cholesky = Constraint(
    "a lower triangle with a diagonal above 0",
    lambda x: is_lower(x) & (diagonal(x) > 0).all(-1),
    2,
)
corr_cholesky = Constraint("the Cholesky factor of a matrix of correlations", is_correlation, 2)

offer(__name__)
