"""The interface of backward functions: types, and ownership of gradients.

A backward function is called as ``backward(node, dy)`` and returns one gradient, or None, for each
input of its operation. A returned array is *fresh*, that is, owned by the walk, unless it is `dy`
itself or a view of another array. The walk may overwrite a fresh gradient and store it as the
``.grad`` of a leaf. So a backward must not return the same new array for two inputs, and must
return a view of any array that it saved or that is used elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]
else:
    Array = np.ndarray  # importing numpy.typing takes longer than this package
# A dict holds the gradients of an operation with several outputs, by output number.
Grads: TypeAlias = Sequence["Array | SparseGradient | dict[int, Array] | None"]
Hook: TypeAlias = Callable[[Array], Array]


class Leaf(Protocol):
    """A tensor that no operation made; its gradient accumulates in `.grad`."""

    hooks: dict[int, Hook] | None

    def _accumulate(self, gradient: Array, fresh: bool) -> None: ...


class SparseGradient:
    """Base of gradients that store some of their elements; `__array__` makes them dense."""

    __slots__ = ()

    def accumulate_in(self, leaf: Any) -> None:
        """Add this gradient to ``leaf.grad``."""
        raise NotImplementedError(f"{type(self).__name__}: define accumulate_in(leaf)")

    def add_to(self, gradient: Array) -> None:
        """Add this gradient to a dense one, in place."""
        raise NotImplementedError(f"{type(self).__name__}: define add_to(gradient)")


def owned(gradient: Any) -> bool:
    """Whether a gradient that no other code uses may be added to in place."""
    whole = type(gradient) is np.ndarray and type(gradient.base) is not np.ndarray
    return whole and gradient.flags.writeable


class Reuses:
    """Decorates a backward that may reuse memory: ``backward(node, dy, reuse_dy, reuse_saved)``.

    If `reuse_dy` is True, nothing else needs `dy`: the backward may write its results there, and
    return it for one input, which makes it fresh. If `reuse_saved` is True, no later walk needs the
    saved arrays: the backward may return one that its operation allocated for this purpose alone.
    """

    __slots__ = ("__name__", "backward")

    def __init__(self, backward: Callable[..., Grads]) -> None:
        self.backward = backward
        self.__name__ = backward.__name__

    def __call__(
        self, node: Any, dy: Array, reuse_dy: bool = False, reuse_saved: bool = False
    ) -> Grads:
        return self.backward(node, dy, reuse_dy, reuse_saved)
