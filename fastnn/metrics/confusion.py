"""Which classes are taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .averages import quotients
from .decisions import DecidingMetric, check_choice
from .extras import axes
from .metric import Array, State

__all__ = ["ConfusionMatrix"]


class ConfusionMatrix(DecidingMetric):
    """How many samples of class i are predicted as class j: ``M_ij = sum_n w_n [t_n=i, p_n=j]``.

    As ``confusion_matrix(..., labels=range(num_classes))`` of scikit-learn.

    Parameters
    ----------
    num_classes
        C. Default: 2.
    normalize
        "true": each row sums to 1, "pred": each column, "all": the matrix; rows and columns of
        nothing stay 0. Default: None, counts.
    ignore_index, threshold, logits
        See `Accuracy`, as what predictions may be, and errors.

    Notes
    -----
    Memory: C * C numbers.

    Examples
    --------
    >>> confusion = fastnn.metrics.ConfusionMatrix(3)
    >>> confusion([0, 1, 2, 2], [0, 1, 1, 2])
    array([[1., 0., 0.],
           [0., 1., 1.],
           [0., 0., 1.]])
    """

    name = "confusion_matrix"

    def __init__(
        self,
        num_classes: int = 2,
        *,
        normalize: str | None = None,
        ignore_index: int | None = None,
        threshold: float = 0.5,
        logits: bool = False,
    ) -> None:
        self._decide(num_classes, ignore_index, threshold, logits, False)
        check_choice(self, "normalize", normalize, ("true", "pred", "all", None))
        self._size, self.normalize = num_classes, normalize
        super().__init__()

    def _empty(self) -> State:
        return {"matrix": np.zeros((self._size, self._size))}

    def _batch(self, predictions: Any, targets: Any, weight: Any) -> State:
        predicted, target, each = self._decided(predictions, targets, weight)
        pairs = np.bincount(target * self._size + predicted, each, self._size**2)
        return {"matrix": pairs.astype(np.float64).reshape(self._size, self._size)}

    def _value(self, state: State) -> Array:
        return normalized(state["matrix"], self.normalize)

    def plot(self, ax: Any = None, *, class_names: Sequence[str] | None = None) -> Any:
        """Draw the matrix with Matplotlib; the colour is the share of the row.

        Parameters
        ----------
        ax
            Axes to draw in. Default: those of a new figure.
        class_names
            C names. Default: the numbers.

        Returns
        -------
        matplotlib.axes.Axes
        """
        size = self._size
        names = [str(i) for i in range(size)] if class_names is None else list(class_names)
        if len(names) != size:
            raise ValueError(f"{self.name}: expected {size} class_names, got {len(names)}")
        ax = axes(self, ax)
        matrix = self.compute()
        shares = normalized(self._total()["matrix"], "true")
        ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        steep = 45 if max(map(len, names)) > 3 else 0
        shown = range(0, size, -(-size // 20))  # as many names as can be told apart
        names = [names[i] for i in shown]
        ax.set_xticks(shown, names, rotation=steep, ha="right" if steep else "center")
        ax.set_yticks(shown, names)
        ax.set_xlabel("predicted")
        ax.set_ylabel("true")
        if size <= 20:  # more numbers than 400 are not read
            for i, j in np.ndindex(size, size):
                color = "white" if shares[i, j] > 0.5 else "black"
                text = f"{matrix[i, j]:.2f}" if self.normalize else f"{matrix[i, j]:g}"
                font = min(10, 70 / size)
                ax.text(j, i, text, ha="center", va="center", color=color, fontsize=font)
        return ax


def normalized(matrix: Array, normalize: str | None) -> Array:
    """The matrix, with rows, columns or all of it summing to 1."""
    if normalize is None:
        return np.array(matrix)
    over = {"true": 1, "pred": 0, "all": None}[normalize]
    sums: Array = np.sum(matrix, over, keepdims=True)
    return quotients(matrix, sums, 0.0)
