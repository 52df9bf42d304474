"""What distributions share that have a probability, given as such or by its log-odds."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from .. import ops
from ..tensor import Tensor, TensorLike
from .constraints import Constraint, unit_interval
from .distribution import Distribution, parameters


class OfOdds(Distribution):
    """Base of the distributions with a probability.

    Parameters
    ----------
    others
        Other parameters, to whose shape the probability is broadcast.
    probs
        Probabilities, any shape; or
    logits
        their log-odds, ``log(probs / (1 - probs))``. One of the two.
    """

    _range: ClassVar[Constraint] = unit_interval

    def __init__(
        self,
        *others: TensorLike,
        probs: TensorLike | None,
        logits: TensorLike | None,
        validate_args: bool | None,
    ) -> None:
        if (probs is None) == (logits is None):
            raise ValueError(f"{type(self).__name__}: expected either probs or logits")
        given, *_ = parameters(logits if probs is None else probs, *others)  # type: ignore[arg-type]
        self._probs: Tensor | None = None if probs is None else given
        self._logits: Tensor | None = given if probs is None else None
        super().__init__(given.shape, (), validate_args)
        if self._probs is not None:
            self._check("probs", self._range.check(given.detach()), self._range.meaning)

    @property
    def param_shape(self) -> tuple[int, ...]:
        """The shape of the probabilities."""
        return self._batch_shape

    @property
    def probs(self) -> Tensor:
        """The probabilities."""
        if self._probs is None:
            return ops.sigmoid(self.logits)
        return self._probs

    @property
    def logits(self) -> Tensor:
        """The log-odds; probabilities of 0 and 1 count as one unit of rounding away from them."""
        if self._logits is not None:
            return self._logits
        eps = float(np.finfo(self.probs.dtype).eps)
        p = self.probs.clamp(eps, 1 - eps)
        return p.log() - (-p).log1p()
