"""Softmax over many classes, of which the frequent ones cost less."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import ops
from ..devices import check_device
from ..tensor import Tensor, TensorLike, as_array
from .container import ModuleList, Sequential
from .linear import Linear
from .module import Module

__all__ = ["AdaptiveLogSoftmaxWithLoss"]


class LogProbabilityAndLoss(NamedTuple):
    """Of each target the logarithm of its probability, and minus their mean."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """Logarithms of probabilities of many classes, in clusters of falling frequency.

    The head has the first classes and one more for each cluster behind them. A cluster is computed
    for the samples whose target it has, with fewer features the further behind it is: E. Grave,
    A. Joulin, M. Cisse, D. Grangier and H. Jegou, "Efficient softmax approximation for GPUs", 2017.

    Parameters
    ----------
    in_features
        Features of the input, D.
    n_classes
        Classes C, in descending order of frequency.
    cutoffs
        The first class of each cluster, ascending, from 1 to below C.
    div_value
        By how much the features of a cluster are fewer than of the one before it.
    head_bias
        Whether the head has a bias.

    Examples
    --------
    >>> softmax = fastnn.nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs=[5, 10], div_value=2.0)
    >>> output, loss = softmax(fastnn.ones(3, 8), fastnn.tensor([0, 7, 19]))
    >>> output.shape, softmax.log_prob(fastnn.ones(3, 8)).shape
    ((3,), (3, 20))
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        check_device("AdaptiveLogSoftmaxWithLoss", device)
        ends = [int(c) for c in cutoffs]
        if not ends or ends != sorted(set(ends)) or ends[0] < 1 or ends[-1] >= n_classes:
            raise ValueError(
                "AdaptiveLogSoftmaxWithLoss: cutoffs must ascend, from 1 to below n_classes = "
                f"{n_classes}, got {list(cutoffs)}"
            )
        self.in_features, self.n_classes = in_features, n_classes
        self.cutoffs = [*ends, n_classes]
        self.div_value, self.head_bias = div_value, head_bias
        self.shortlist_size, self.n_clusters = ends[0], len(ends)
        self.head_size = self.shortlist_size + self.n_clusters
        place: dict[str, Any] = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **place)
        self.tail = ModuleList()
        for i in range(self.n_clusters):
            features = int(in_features // div_value ** (i + 1))
            size = self.cutoffs[i + 1] - self.cutoffs[i]
            self.tail.append(
                Sequential(
                    Linear(in_features, features, bias=False, **place),
                    Linear(features, size, bias=False, **place),
                )
            )

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        for module in (self.head, *[layer for pair in self.tail for layer in pair]):
            module.reset_parameters()

    def forward(self, input: TensorLike, target: TensorLike) -> LogProbabilityAndLoss:
        """Logarithms of the probabilities of targets.

        Parameters
        ----------
        input
            (N, D) or (D,).
        target
            Classes, integers from 0 to below C, (N,) or ().

        Returns
        -------
        (output, loss)
            Logarithms, (N,) or (), and minus their mean.
        """
        x = input if isinstance(input, Tensor) else Tensor(as_array(input))
        classes = as_array(target)
        if x.ndim not in (1, 2) or x.shape[-1] != self.in_features or classes.shape != x.shape[:-1]:
            raise ValueError(
                f"AdaptiveLogSoftmaxWithLoss: expected an input (N, {self.in_features}) and "
                f"targets (N,), got shapes {tuple(x.shape)} and {classes.shape}"
            )
        if classes.size and not (classes.min() >= 0 and classes.max() < self.n_classes):
            raise IndexError(
                "AdaptiveLogSoftmaxWithLoss: targets must be from 0 to below n_classes = "
                f"{self.n_classes}, got {classes.min()} to {classes.max()}"
            )
        rows, flat = x.reshape(-1, self.in_features), classes.reshape(-1)
        cluster = np.searchsorted(self.cutoffs[:-1], flat, side="right")  # 0 is the head
        places = np.where(cluster == 0, flat, self.shortlist_size + cluster - 1).astype(np.int64)
        head = ops.log_softmax(self.head(rows), 1)
        output = ops.gather(head, 1, places[:, None]).squeeze(1)
        for i, projections in enumerate(self.tail):
            if (members := np.flatnonzero(cluster == i + 1)).size:
                inside = ops.log_softmax(projections(ops.index_select(rows, 0, members)), 1)
                relative = (flat[members] - self.cutoffs[i]).astype(np.int64)
                found = ops.gather(inside, 1, relative[:, None]).squeeze(1)
                output = ops.index_add(output, 0, members, found)
        return LogProbabilityAndLoss(output.reshape(classes.shape), -output.mean())

    def log_prob(self, input: TensorLike) -> Tensor:
        """Logarithms of the probabilities of all classes, (N, C), of an input (N, D)."""
        head = ops.log_softmax(self.head(input), 1)
        parts = [head[:, : self.shortlist_size]]
        for i, projections in enumerate(self.tail):
            inside = ops.log_softmax(projections(input), 1)
            parts.append(inside + head[:, self.shortlist_size + i, None])
        return ops.cat(parts, 1)

    def predict(self, input: TensorLike) -> Tensor:
        """The most probable classes, (N,), of an input (N, D)."""
        return self.log_prob(input).argmax(1)
