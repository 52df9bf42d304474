"""The record of an operation: samples, reference, tolerances and invalid calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any


class Sample:
    """Arguments of one call. Float arrays are cast to the type under test; others are unchanged."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args = args
        self.kwargs = kwargs


class Bad:
    """A call that must fail: the exception, a pattern its message must match, and the arguments."""

    def __init__(self, error: type[Exception], match: str, *args: Any, **kwargs: Any) -> None:
        self.error = error
        self.match = match
        self.sample = Sample(*args, **kwargs)


@dataclass(frozen=True)
class Record:
    """An operation and all that is needed to test it.

    Attributes
    ----------
    name
        The public name.
    op
        Takes tensors, returns a tensor or a tuple or list of them.
    reference
        The reference on float64 NumPy arrays.
    samples
        Calls whose values are checked. Those of at most `gradient_size` elements have their
        gradients compared with finite differences, so keep them away from kinks.
    bad
        Calls that must fail.
    large
        Samples large enough for several threads, chunks, blocks or segments. Their gradients are
        compared with the reference's derivative along one direction.
    depth
        Roundings from input to output: a number, or a function of the arguments.
    backward_depth
        The same for gradients; by default four times `depth`.
    magnitude
        The largest rounded number: a number, or a function of the arguments.
    constants
        Names or positions of float arguments that get no gradient.
    gradient
        Whether the operation has a gradient.
    layouts
        Whether to run it on arrays of every memory layout.
    exact
        Whether values must be equal to the reference (data movement, integers).
    dtypes
        Float types to test.
    """

    name: str
    op: Callable[..., Any]
    reference: Callable[..., Any]
    samples: Sequence[Sample]
    bad: Sequence[Bad] = ()
    large: Sequence[Sample] = ()
    depth: float | Callable[..., float] = 4
    backward_depth: float | Callable[..., float] | None = None
    magnitude: float | Callable[..., float] | None = None
    constants: tuple[int | str, ...] = ()
    gradient: bool = True
    layouts: bool = True
    exact: bool = False
    dtypes: tuple[str, ...] = ("float32", "float64")
    gradient_size: int = 120
    eps: float = 1e-6
    atol: float = 1e-6
    rtol: float = 1e-5
    covers: tuple[str, ...] = field(default=())
