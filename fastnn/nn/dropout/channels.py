"""Dropout of whole channels, and alpha dropout, as layers."""

from __future__ import annotations

from ...ops.dropout import alpha, channels
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

    _drop = staticmethod(channels.dropout1d)


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

    _drop = staticmethod(channels.dropout2d)


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

    _drop = staticmethod(channels.dropout3d)


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

    _drop = staticmethod(alpha.alpha_dropout)


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

    _drop = staticmethod(alpha.feature_alpha_dropout)
