"""Sparse gradients of embedding tables, which store some of the rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import Size, Tensor
from .changes import changed
from .contract import Array, SparseGradient

# The slot of a tensor's array; a `RowGradient` sets it when it becomes dense.
DENSE: Any = vars(Tensor)["_array"]


class RowGradient(Tensor, SparseGradient):
    """The gradient of an embedding table, stored as its nonzero rows and their indices.

    `fastnn.nn.functional.embedding` with ``sparse=True`` makes it. `SGD` and `SparseAdam` then
    update only these rows. To all other code it is a tensor of the table's shape: the first access
    to its elements makes it an ordinary, dense gradient.

    Parameters
    ----------
    ids
        The indices of the rows, ascending and unique.
    rows
        Their gradients, (len(ids), D).
    shape
        Shape of the table, (V, D).

    Attributes
    ----------
    ids, rows
        As given; None once the gradient is dense.

    Examples
    --------
    >>> table = fastnn.nn.Embedding(1000, 2, sparse=True)
    >>> table(fastnn.tensor([7, 3, 7])).sum().backward()
    >>> table.weight.grad.ids, table.weight.grad.rows.tolist()
    (array([3, 7]), [[1.0, 1.0], [2.0, 2.0]])
    >>> table.weight.grad.to_dense().shape
    (1000, 2)
    """

    __slots__ = ("_shape", "ids", "rows")

    def __init__(self, ids: Array, rows: Array, shape: tuple[int, ...]) -> None:
        self.ids: Any = ids
        self.rows: Any = rows
        self._shape = shape
        self._requires_grad = False
        self._grad = self.node = self.hooks = self.alias = None

    @property
    def _array(self) -> Array:
        """The dense gradient, with zeros in the rows that are not stored."""
        if self.rows is not None:
            self._array = self._dense()
        dense: Array = DENSE.__get__(self)
        return dense

    @_array.setter
    def _array(self, value: Array) -> None:
        DENSE.__set__(self, value)
        self.ids = self.rows = None

    @property
    def is_sparse(self) -> bool:
        """Whether the gradient is still stored as rows."""
        return self.rows is not None

    @property
    def shape(self) -> Size:
        """Shape of the table."""
        return Size(self._shape if self.rows is not None else self._array.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Element type."""
        return self._array.dtype if self.rows is None else self.rows.dtype

    @property
    def data(self) -> Tensor:
        """The same gradient for reading and changing; reading alone leaves it stored as rows."""
        return super().data if self.rows is None else RowData(self)

    @data.setter
    def data(self, value: Any) -> None:
        Tensor.data.fset(self, value)  # type: ignore[attr-defined]

    def to_dense(self) -> Tensor:
        """A copy as an ordinary tensor."""
        return Tensor(self._array.copy() if self.rows is None else self._dense())

    def _dense(self) -> Array:
        dense = np.zeros(self._shape, self.rows.dtype)
        dense[self.ids] = self.rows
        return dense

    def __reduce__(self) -> Any:
        if self.rows is None:
            return super().__reduce__()
        return RowGradient, (self.ids, self.rows, self._shape)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if self.rows is None:
            return super().__deepcopy__(memo)
        copy = RowGradient(self.ids.copy(), self.rows.copy(), self._shape)
        memo[id(self)] = copy
        return copy

    def accumulate_in(self, leaf: Tensor) -> None:
        """Add this to ``leaf.grad``, which stays sparse if it is None or a `RowGradient`."""
        if self.rows is None or self.shape != leaf._array.shape or self.dtype != leaf._array.dtype:
            leaf._accumulate(self._array, False)
            return
        held = leaf._grad
        if held is None:
            leaf._grad = self
        elif type(held) is RowGradient and held.rows is not None:
            leaf._grad = joined(held, self)
        else:
            self.add_to(held._array)
            changed((held._array,))

    def add_to(self, gradient: Array) -> None:
        """Add this to a dense gradient."""
        gradient[self.ids] += self.rows


class RowData(RowGradient):
    """``grad.data`` of a gradient that is stored as rows.

    Its elements are read from a dense copy, so a logged norm leaves the gradient as it is. The
    first change makes the gradient dense, and both share its memory from then on.
    """

    __slots__ = ("gradient",)

    def __init__(self, gradient: RowGradient) -> None:
        super().__init__(gradient.ids, gradient.rows, gradient.shape)
        self.gradient = gradient

    @property
    def _array(self) -> Array:
        if self.rows is None:
            return DENSE.__get__(self)  # type: ignore[no-any-return]
        dense = self._dense()
        dense.flags.writeable = False  # a change of the copy would be lost
        return dense

    @_array.setter
    def _array(self, value: Array) -> None:
        DENSE.__set__(self, value)
        self.ids = self.rows = None

    def _share(self) -> None:
        if self.rows is not None:
            self._array = Tensor(self.gradient._array).data._array

    def __getattribute__(self, name: str) -> Any:
        if name.endswith("_") and not name.startswith("_"):
            self._share()
        return super().__getattribute__(name)


def changing(name: str) -> Any:
    def operator(self: RowData, *args: Any) -> Any:
        self._share()
        return getattr(Tensor, name)(self, *args)

    return operator


for name in ("iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow", "setitem"):
    setattr(RowData, f"__{name}__", changing(f"__{name}__"))


def joined(first: RowGradient, second: RowGradient) -> RowGradient:
    """The sum of two sparse gradients."""
    ids = np.union1d(first.ids, second.ids)
    rows = np.zeros((len(ids), *first.shape[1:]), first.dtype)
    for part in (first, second):
        rows[np.searchsorted(ids, part.ids)] += part.rows
    return RowGradient(ids, rows, first.shape)


def stored_values(gradient: Tensor) -> Array:
    """The elements that a gradient stores: all, or the rows of a sparse one; the rest are zero."""
    if isinstance(gradient, RowGradient) and gradient.rows is not None:
        return gradient.rows  # type: ignore[no-any-return]
    return gradient._array
