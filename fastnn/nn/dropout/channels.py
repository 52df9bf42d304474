"""Dropout of whole channels, and alpha dropout, as layers."""

from __future__ import annotations

from ...ops.dropout import alpha, channels
from ...tensor import Tensor, TensorLike
from .elements import Dropout

__all__ = ["AlphaDropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


class Dropout1d(Dropout):
    """Sets whole channels of sequences to zero at random while training.

    See `fastnn.nn.functional.dropout1d`.

    Arguments are those of `Dropout2d`, for (N, C, L) with or without N.

    Examples
    --------
    >>> layer = fastnn.nn.Dropout1d(0.2)
    >>> layer(fastnn.ones(8, 10, 5)).shape
    (8, 10, 5)
    """

    def forward(self, input: TensorLike) -> Tensor:
        """(N, C, L) or (C, L) to the same."""
        return channels.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(Dropout):
    """Sets whole channels of images to zero at random while training.

    See `fastnn.nn.functional.dropout2d`.

    Arguments are those of `Dropout`.

    Examples
    --------
    >>> layer = fastnn.nn.Dropout2d(0.2)
    >>> layer(fastnn.ones(8, 10, 5, 5)).shape
    (8, 10, 5, 5)
    """

    def forward(self, input: TensorLike) -> Tensor:
        """(N, C, H, W) or (N, C, L) to the same."""
        return channels.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(Dropout):
    """Sets whole channels of volumes to zero at random while training.

    See `fastnn.nn.functional.dropout3d`.

    Arguments are those of `Dropout2d`, for (N, C, D, H, W) with or without N.

    Examples
    --------
    >>> layer = fastnn.nn.Dropout3d(0.2)
    >>> layer(fastnn.ones(8, 10, 2, 5, 5)).shape
    (8, 10, 2, 5, 5)
    """

    def forward(self, input: TensorLike) -> Tensor:
        """(N, C, D, H, W) or (C, D, H, W) to the same."""
        return channels.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(Dropout):
    """Sets elements to SELU's lowest value at random while training.

    See `fastnn.nn.functional.alpha_dropout`.

    Arguments are those of `Dropout`.

    Examples
    --------
    >>> layer = fastnn.nn.AlphaDropout(0.2)
    >>> layer(fastnn.ones(8, 10)).shape
    (8, 10)
    """

    def forward(self, input: TensorLike) -> Tensor:
        """Any shape to the same."""
        return alpha.alpha_dropout(input, self.p, self.training, self.inplace)


class FeatureAlphaDropout(Dropout):
    """Sets whole channels to SELU's lowest value at random while training.

    See `fastnn.nn.functional.feature_alpha_dropout`.

    Arguments are those of `Dropout`.

    Examples
    --------
    >>> layer = fastnn.nn.FeatureAlphaDropout(0.2)
    >>> layer(fastnn.ones(8, 10, 5)).shape
    (8, 10, 5)
    """

    def forward(self, input: TensorLike) -> Tensor:
        """(N, C, *) to the same."""
        return alpha.feature_alpha_dropout(input, self.p, self.training, self.inplace)
