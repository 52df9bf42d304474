"""Padding layers: zeros, a constant, reflection, replication and circular."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, TypeAlias

from ..ops.rearrange import pad
from ..tensor import Tensor, TensorLike
from .module import Module

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]

Ints: TypeAlias = "int | Sequence[int]"


class _Pad(Module):
    """Base of padding layers; a subclass sets the number of axes and the mode."""

    axes: ClassVar[int]
    mode: ClassVar[str] = "constant"

    def __init__(self, padding: Ints) -> None:
        super().__init__()
        count = 2 * self.axes
        widths = tuple(padding) if isinstance(padding, Sequence) else (padding,) * count
        if len(widths) != count or not all(hasattr(n, "__index__") for n in widths):
            raise ValueError(
                f"{type(self).__name__}: padding must be an int or a tuple of {count}, got "
                f"{padding!r}"
            )
        self.padding = widths

    def forward(self, input: TensorLike) -> Tensor:
        """(N, C, ...) or (C, ...) to the same with padded axes."""
        return pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        """The widths."""
        return f"{self.padding}"


class _ConstantPad(_Pad):
    def __init__(self, padding: Ints, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: TensorLike) -> Tensor:
        """(N, C, ...) or (C, ...) to the same with padded axes."""
        return pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """The widths and the constant."""
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """Pads each sequence with a constant.

    Parameters
    ----------
    padding
        How many elements: an int, or (left, right). Negative numbers crop.
    value
        The constant.

    Examples
    --------
    >>> fastnn.nn.ConstantPad1d((1, 2), 7.0)(fastnn.ones(1, 2)).tolist()
    [[7.0, 1.0, 1.0, 7.0, 7.0]]
    """

    axes = 1


class ConstantPad2d(_ConstantPad):
    """Pads each image with a constant.

    Parameters
    ----------
    padding
        How many elements: an int, or (left, right, top, bottom). Negative numbers crop.
    value
        The constant.

    Examples
    --------
    >>> fastnn.nn.ConstantPad2d((0, 1, 1, 0), 7.0)(fastnn.ones(1, 1, 2)).tolist()
    [[[7.0, 7.0, 7.0], [1.0, 1.0, 7.0]]]
    """

    axes = 2


class ConstantPad3d(_ConstantPad):
    """Pads each volume with a constant.

    Parameters
    ----------
    padding
        How many elements: an int, or (left, right, top, bottom, front, back). Negative numbers
        crop.
    value
        The constant.

    Examples
    --------
    >>> fastnn.nn.ConstantPad3d(1, 7.0)(fastnn.ones(1, 2, 3, 4)).shape
    (1, 4, 5, 6)
    """

    axes = 3


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: Ints) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The widths."""
        return f"{self.padding}"


class ZeroPad1d(_ZeroPad):
    """Pads each sequence with zeros.

    Arguments are those of `ConstantPad1d` without `value`.

    Examples
    --------
    >>> fastnn.nn.ZeroPad1d(1)(fastnn.ones(1, 2)).tolist()
    [[0.0, 1.0, 1.0, 0.0]]
    """

    axes = 1


class ZeroPad2d(_ZeroPad):
    """Pads each image with zeros.

    Arguments are those of `ConstantPad2d` without `value`.

    Examples
    --------
    >>> fastnn.nn.ZeroPad2d((1, 0, 0, 1))(fastnn.ones(1, 1, 2)).tolist()
    [[[0.0, 1.0, 1.0], [0.0, 0.0, 0.0]]]
    """

    axes = 2


class ZeroPad3d(_ZeroPad):
    """Pads each volume with zeros.

    Arguments are those of `ConstantPad3d` without `value`.

    Examples
    --------
    >>> fastnn.nn.ZeroPad3d(1)(fastnn.ones(1, 2, 3, 4)).shape
    (1, 4, 5, 6)
    """

    axes = 3


class ReflectionPad1d(_Pad):
    """Pads each sequence with its reflection, without repeating the ends.

    Parameters
    ----------
    padding
        How many elements, fewer than there are: an int, or (left, right).

    Examples
    --------
    >>> fastnn.nn.ReflectionPad1d(2)(fastnn.arange(4.0).reshape(1, 4)).tolist()
    [[2.0, 1.0, 0.0, 1.0, 2.0, 3.0, 2.0, 1.0]]
    """

    axes = 1
    mode = "reflect"


class ReflectionPad2d(_Pad):
    """Pads each image with its reflection, without repeating the edges.

    Parameters
    ----------
    padding
        How many elements, fewer than there are: an int, or (left, right, top, bottom).

    Examples
    --------
    >>> fastnn.nn.ReflectionPad2d((1, 0, 0, 1))(fastnn.arange(4.0).reshape(1, 2, 2)).tolist()
    [[[1.0, 0.0, 1.0], [3.0, 2.0, 3.0], [1.0, 0.0, 1.0]]]
    """

    axes = 2
    mode = "reflect"


class ReflectionPad3d(_Pad):
    """Pads each volume with its reflection, without repeating the faces.

    Parameters
    ----------
    padding
        How many elements, fewer than there are: an int, or (left, right, top, bottom, front, back).

    Examples
    --------
    >>> fastnn.nn.ReflectionPad3d(1)(fastnn.ones(1, 2, 3, 4)).shape
    (1, 4, 5, 6)
    """

    axes = 3
    mode = "reflect"


class ReplicationPad1d(_Pad):
    """Pads each sequence by repeating its first and last element.

    Parameters
    ----------
    padding
        How many elements: an int, or (left, right).

    Examples
    --------
    >>> fastnn.nn.ReplicationPad1d((1, 2))(fastnn.arange(3.0).reshape(1, 3)).tolist()
    [[0.0, 0.0, 1.0, 2.0, 2.0, 2.0]]
    """

    axes = 1
    mode = "replicate"


class ReplicationPad2d(_Pad):
    """Pads each image by repeating its edges.

    Parameters
    ----------
    padding
        How many elements: an int, or (left, right, top, bottom).

    Examples
    --------
    >>> fastnn.nn.ReplicationPad2d((1, 0, 0, 1))(fastnn.arange(4.0).reshape(1, 2, 2)).tolist()
    [[[0.0, 0.0, 1.0], [2.0, 2.0, 3.0], [2.0, 2.0, 3.0]]]
    """

    axes = 2
    mode = "replicate"


class ReplicationPad3d(_Pad):
    """Pads each volume by repeating its faces.

    Parameters
    ----------
    padding
        How many elements: an int, or (left, right, top, bottom, front, back).

    Examples
    --------
    >>> fastnn.nn.ReplicationPad3d(1)(fastnn.ones(1, 2, 3, 4)).shape
    (1, 4, 5, 6)
    """

    axes = 3
    mode = "replicate"


class CircularPad1d(_Pad):
    """Pads each end of a sequence with elements of the other end.

    Parameters
    ----------
    padding
        How many elements, at most as many as there are: an int, or (left, right).

    Examples
    --------
    >>> fastnn.nn.CircularPad1d((2, 1))(fastnn.arange(3.0).reshape(1, 3)).tolist()
    [[1.0, 2.0, 0.0, 1.0, 2.0, 0.0]]
    """

    axes = 1
    mode = "circular"


class CircularPad2d(_Pad):
    """Pads each edge of an image with elements of the opposite edge.

    Parameters
    ----------
    padding
        How many elements, at most as many as there are: an int, or (left, right, top, bottom).

    Examples
    --------
    >>> fastnn.nn.CircularPad2d((1, 0, 0, 1))(fastnn.arange(4.0).reshape(1, 2, 2)).tolist()
    [[[1.0, 0.0, 1.0], [3.0, 2.0, 3.0], [1.0, 0.0, 1.0]]]
    """

    axes = 2
    mode = "circular"


class CircularPad3d(_Pad):
    """Pads each face of a volume with elements of the opposite face.

    Parameters
    ----------
    padding
        How many elements, at most as many as there are: an int, or (left, right, top, bottom,
        front, back).

    Examples
    --------
    >>> fastnn.nn.CircularPad3d(1)(fastnn.ones(1, 2, 3, 4)).shape
    (1, 4, 5, 6)
    """

    axes = 3
    mode = "circular"
