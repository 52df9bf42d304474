"""Gradients of tables of which only some rows were used."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import Tensor
from .tape import Array, SparseGradient

# The slot of every tensor, which `RowGradient` fills only when somebody asks for it.
DENSE: Any = vars(Tensor)["_array"]


class RowGradient(Tensor, SparseGradient):
    """The gradient of a table as the rows that are not zero, and their numbers.

    It comes from `fastnn.nn.functional.embedding` with ``sparse=True``. Optimizers that know it
    (`SGD`, `SparseAdam`) change these rows alone. Everybody else sees a tensor of the table's
    shape: the whole array is made when first asked for, and from then on this is a gradient like
    any other.

    Parameters
    ----------
    ids
        The rows, in ascending order, each once.
    rows
        Their gradients, (len(ids), D).
    shape
        Of the table, (V, D).

    Attributes
    ----------
    ids, rows
        As given; None once the whole array was asked for.

    Examples
    --------
    >>> import fastnn
    >>> table = fastnn.nn.Embedding(1000, 2, sparse=True)
    >>> table(fastnn.tensor([7, 3, 7])).sum().backward()
    >>> table.weight.grad.ids, table.weight.grad.rows.tolist()
    (array([3, 7]), [[1.0, 1.0], [2.0, 2.0]])
    >>> table.weight.grad.to_dense().shape
    (1000, 2)
    """

    __slots__ = ("_whole", "ids", "rows")

    def __init__(self, ids: Array, rows: Array, shape: tuple[int, ...]) -> None:
        self.ids: Any = ids
        self.rows: Any = rows
        self._whole = shape
        self.requires_grad = False
        self.grad = self.node = self.hooks = None

    @property
    def _array(self) -> Array:
        """The whole gradient, with zeros where no row is."""
        if self.rows is not None:
            dense = np.zeros(self._whole, self.rows.dtype)
            dense[self.ids] = self.rows
            self._array = dense
        whole: Array = DENSE.__get__(self)
        return whole

    @_array.setter
    def _array(self, value: Array) -> None:
        DENSE.__set__(self, value)
        self.ids = self.rows = None

    @property
    def is_sparse(self) -> bool:
        """Whether the gradient is still kept as rows."""
        return self.rows is not None

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole gradient."""
        return self._whole if self.rows is not None else self._array.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Element type."""
        return self._array.dtype if self.rows is None else self.rows.dtype

    def to_dense(self) -> Tensor:
        """The whole gradient as an ordinary tensor of its own."""
        if self.rows is None:
            return Tensor(self._array.copy())
        dense = np.zeros(self._whole, self.rows.dtype)
        dense[self.ids] = self.rows
        return Tensor(dense)

    def __reduce__(self) -> Any:
        if self.rows is None:
            return super().__reduce__()
        return RowGradient, (self.ids, self.rows, self._whole)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if self.rows is None:
            return super().__deepcopy__(memo)
        copy = RowGradient(self.ids.copy(), self.rows.copy(), self._whole)
        memo[id(self)] = copy
        return copy

    def accumulate_in(self, leaf: Tensor) -> None:
        """Add this to ``leaf.grad``, which stays a `RowGradient` if it was none or one."""
        if self.rows is None or self.shape != leaf._array.shape or self.dtype != leaf._array.dtype:
            leaf._accumulate(self._array, False)
            return
        held = leaf.grad
        if held is None:
            leaf.grad = self
        elif type(held) is RowGradient and held.rows is not None:
            leaf.grad = joined(held, self)
        else:
            held._array[self.ids] += self.rows


def joined(first: RowGradient, second: RowGradient) -> RowGradient:
    """The sum of two gradients that are kept as rows."""
    ids = np.union1d(first.ids, second.ids)
    rows = np.zeros((len(ids), *first.shape[1:]), first.dtype)
    for part in (first, second):
        rows[np.searchsorted(ids, part.ids)] += part.rows
    return RowGradient(ids, rows, first.shape)


def kept_rows(gradient: Tensor) -> Array:
    """The numbers of a gradient that may be other than zero: its rows, or all."""
    kept: Array = getattr(gradient, "rows", None)  # type: ignore[assignment]
    return gradient._array if kept is None else kept
