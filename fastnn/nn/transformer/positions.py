"""Positional encodings for the inputs of a Transformer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...ops.create import empty
from ...ops.elementwise import add
from ...ops.shape import unsqueeze
from ...tensor import Tensor, TensorLike
from .. import init
from ..dropout.elements import Dropout
from ..module import Module
from ..module.inputs import Floats, Inputs
from ..parameter import Parameter

__all__ = ["LearnedPositionalEncoding", "SinusoidalPositionalEncoding"]


class Positions(Module):
    """Base of layers that add a vector for each position to a sequence."""

    _shown = ("d_model", "batch_first")

    dropout: Dropout

    def rows(self, length: int, dtype: Any) -> Any:
        """The rows of the first positions, (T, E)."""
        name = type(self).__name__
        raise NotImplementedError(f"{name}: define a method rows(self, length, dtype)")

    def _expected(self) -> Inputs:
        batched = "N, T, d_model" if self.batch_first else "T, N, d_model"
        return {"input": Floats(batched, "T, d_model")}

    def forward(self, input: TensorLike) -> Tensor:
        """(T, B, E), or (B, T, E) with `batch_first`, or (T, E), to the same shape."""
        x = input if isinstance(input, Tensor) else Tensor(input)
        if x.ndim not in (2, 3) or x.shape[-1] != self.d_model:
            raise ValueError(
                f"{type(self).__name__}: input must have shape (T, {self.d_model}), with or "
                f"without a batch, got {x.shape}"
            )
        if x.dtype.kind != "f":
            raise TypeError(f"{type(self).__name__}: input must have a float dtype, got {x.dtype}")
        time_first = x.ndim == 3 and not self.batch_first
        rows = self.rows(x.shape[0 if time_first or x.ndim == 2 else 1], x.dtype)
        rows = unsqueeze(rows, 1) if time_first else rows
        return self.dropout(add(x, rows))  # type: ignore[no-any-return]

    d_model: int
    batch_first: bool


class SinusoidalPositionalEncoding(Positions):
    """Adds sines and cosines of the position, of wavelengths from 2π to 10000 · 2π.

    ``y[t, 2 i] = x[t, 2 i] + sin(t / 10000^(2 i / E))``, and cos for ``2 i + 1``. The layer has
    no parameters, and a sequence may have any length.

    Parameters
    ----------
    d_model
        E, the features.
    dropout
        Probability with which elements of the sum are dropped while training.
    batch_first
        Whether arrays are (B, T, E) and not (T, B, E).

    References
    ----------
    A. Vaswani et al., Attention is all you need, NIPS 2017, section 3.5.

    Examples
    --------
    >>> layer = fastnn.nn.SinusoidalPositionalEncoding(4)
    >>> layer(fastnn.zeros(2, 4)).numpy().round(2)
    array([[0.  , 1.  , 0.  , 1.  ],
           [0.84, 0.54, 0.01, 1.  ]], dtype=float32)
    """

    def __init__(self, d_model: int, dropout: float = 0.0, batch_first: bool = False) -> None:
        super().__init__()
        if d_model <= 0:
            raise ValueError(
                f"SinusoidalPositionalEncoding: d_model must be positive, got {d_model}"
            )
        self.d_model = d_model
        self.batch_first = batch_first
        self.dropout = Dropout(dropout)
        self._table = np.zeros((0, d_model))

    def rows(self, length: int, dtype: Any) -> Any:
        """The rows of the first positions, (T, E)."""
        if len(self._table) < length or self._table.dtype != dtype:
            size = max(length, 2 * len(self._table))
            pairs = np.arange(0, self.d_model, 2)
            angles = np.arange(size)[:, None] * np.exp(pairs * (-math.log(10000.0) / self.d_model))
            table = np.empty((size, self.d_model), dtype)
            table[:, 0::2] = np.sin(angles)
            table[:, 1::2] = np.cos(angles[:, : self.d_model // 2])
            self._table = table
        return self._table[:length]


class LearnedPositionalEncoding(Positions):
    """Adds a learnt vector for each position.

    Parameters
    ----------
    d_model, dropout, batch_first
        As for `SinusoidalPositionalEncoding`.
    max_len
        The longest sequence.
    device, dtype
        ``"cpu"`` or None, and the element type, float32 by default.

    Attributes
    ----------
    weight
        (max_len, E), initially normal with a standard deviation of 0.02.

    References
    ----------
    J. Gehring et al., Convolutional sequence to sequence learning, ICML 2017.

    Examples
    --------
    >>> layer = fastnn.nn.LearnedPositionalEncoding(100, 16, batch_first=True)
    >>> layer(fastnn.zeros(3, 7, 16)).shape
    (3, 7, 16)
    """

    def __init__(
        self,
        max_len: int,
        d_model: int,
        dropout: float = 0.0,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(device)
        self.d_model = d_model
        self.batch_first = batch_first
        self.weight = Parameter(empty(max_len, d_model, dtype=dtype))
        self.dropout = Dropout(dropout)
        init.normal_(self.weight, std=0.02)

    def rows(self, length: int, dtype: Any) -> Any:
        """The rows of the first positions, (T, E)."""
        if length > self.weight.shape[0]:
            raise ValueError(
                f"LearnedPositionalEncoding: input has {length} positions, and max_len is "
                f"{self.weight.shape[0]}"
            )
        return self.weight[:length]
