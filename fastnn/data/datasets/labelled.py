"""Inputs and targets, with their names."""

from __future__ import annotations

from collections.abc import Sequence

from ...tensor import Tensor, TensorLike
from ..dataset import TensorDataset

__all__ = ["LabelledDataset"]


class LabelledDataset(TensorDataset):
    """Inputs and their targets, in memory; sample i is ``(data[i], targets[i])``.

    Parameters
    ----------
    data
        The inputs, (N, …).
    targets
        The targets, (N, …): class numbers or quantities.
    classes
        The names of the classes; () where targets are quantities.
    feature_names
        The names of the columns of `data`, if they have any.

    Examples
    --------
    >>> data = fastnn.data.datasets.LabelledDataset(np.eye(2), np.array([1, 0]), ["a", "b"])
    >>> x, y = data.tensors
    >>> len(data), data.classes[y[0]]
    (2, 'b')
    """

    def __init__(
        self,
        data: TensorLike,
        targets: TensorLike,
        classes: Sequence[str] = (),
        feature_names: Sequence[str] = (),
    ) -> None:
        super().__init__(data, targets)
        self.classes = tuple(classes)
        self.feature_names = tuple(feature_names)

    @property
    def data(self) -> Tensor:
        """The inputs of all samples."""
        return self.tensors[0]

    @property
    def targets(self) -> Tensor:
        """The targets of all samples."""
        return self.tensors[1]
