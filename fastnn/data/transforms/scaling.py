"""Shifting and scaling of features or channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ...tensor import Tensor
from ..checks import check_real
from .transform import Array, Transform, array_of, check_keys, like

__all__ = ["MinMax", "Normalize", "Standardize"]

BLOCK = 1 << 18  # elements that are converted to float64 at once: 2 MiB of a mapped file


class Scaling(Transform):
    """y = (x − shift) / scale, with numbers for each index of a dimension.

    Bytes count as x / 255. The result is float32, of float64 inputs float64.
    """

    numbers: ClassVar[tuple[str, str]]  # the attributes that `state_dict` has
    dim: int | None

    def coefficients(self) -> tuple[Array, Array]:
        """The shift and the scale, one number for each feature."""
        raise NotImplementedError

    def shaped(self, x: Array) -> tuple[Array, Array]:
        """The shift and the scale in shapes that meet `x`."""
        op = type(self).__name__
        shift, scale = self.coefficients()
        shape = [1] * x.ndim
        if self.dim is not None:
            axis = axis_of(op, x, self.dim)
            if x.shape[axis] != len(shift):
                raise ValueError(
                    f"{op}: x must have {len(shift)} features along dimension {self.dim}, got "
                    f"shape {x.shape}"
                )
            shape[axis] = len(shift)
        return shift.reshape(shape), scale.reshape(shape)

    def apply(self, x: Array) -> Array:
        """The shifted and scaled batch."""
        shift, scale = self.shaped(x)
        if x.dtype == np.uint8:
            shift, scale = 255 * shift, 255 * scale
        narrow = x.dtype.itemsize < 4 or x.dtype == np.float32
        wide = np.float32 if narrow else np.float64
        out = np.subtract(x, shift.astype(wide), dtype=wide)
        out /= scale.astype(wide)
        return out if x.dtype == np.float64 else out.astype(np.float32, copy=False)

    def inverse(self, y: Any) -> Any:
        """The inputs of which `y` are the outputs; images of bytes come back from 0 to 1.

        Parameters
        ----------
        y
            An array or a tensor of floats.
        """
        op = type(self).__name__
        array = array_of(op, "y", y)
        if array.dtype.kind != "f":
            raise TypeError(f"{op}: y must be of floats, got {array.dtype}")
        shift, scale = self.shaped(array)
        out = array * scale
        out += shift
        return like(y, out.astype(array.dtype, copy=False))

    def state_dict(self) -> dict[str, Any]:
        """The numbers, as float64 arrays; None before `fit`."""
        return {name: getattr(self, name) for name in self.numbers}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take the numbers of a state of `state_dict`.

        Raises
        ------
        TypeError, ValueError
            If it is no such state; nothing has changed then.
        """
        op = type(self).__name__
        check_keys(op, state_dict, self.state_dict())
        values = [state_dict[name] for name in self.numbers]
        if any(value is not None for value in values):
            values = [row_of(op, n, value) for n, value in zip(self.numbers, values)]
            self.check(*values)
        for name, value in zip(self.numbers, values):
            setattr(self, name, value)

    def check(self, first: Array, second: Array) -> None:
        """Raise ValueError unless the numbers fit together."""
        if len(first) != len(second):
            raise ValueError(
                f"{type(self).__name__}: {' and '.join(self.numbers)} must have equal lengths, got "
                f"{len(first)} and {len(second)}"
            )
        if self.dim is None and len(first) != 1:
            raise ValueError(f"{type(self).__name__}: with dim=None there is one number of each")


class Normalize(Scaling):
    """Subtract means and divide by standard deviations that are given.

    y = (x − mean) / std for each channel. Bytes count as x / 255, so the usual numbers of pictures,
    such as 0.1307 and 0.3081 of MNIST, are for uint8 images as they are.

    Parameters
    ----------
    mean, std
        A number for each channel, or one for all.
    dim
        The dimension of channels or features: 1 for (N, C, H, W) and (N, D), -1 for (N, H, W, C).

    Raises
    ------
    ValueError
        If numbers are not finite, `std` is not above 0, or `x` has another number of channels.

    Examples
    --------
    >>> normalize = fastnn.data.transforms.Normalize(0.5, 0.25)
    >>> y = normalize(np.array([[0, 255]], np.uint8))
    >>> y, normalize.inverse(y)
    (array([[-2.,  2.]], dtype=float32), array([[0., 1.]], dtype=float32))
    """

    numbers = ("mean", "std")

    def __init__(self, mean: Any, std: Any, dim: int | None = 1) -> None:
        self.mean, self.std = row_of("Normalize", "mean", mean), row_of("Normalize", "std", std)
        self.dim = None if np.ndim(mean) == np.ndim(std) == 0 else dim
        self.check(self.mean, self.std)

    def check(self, first: Array, second: Array) -> None:
        """Raise ValueError unless the numbers fit together."""
        super().check(first, second)
        if not (second > 0).all():
            raise ValueError(f"{type(self).__name__}: std must be above 0, got {second.tolist()}")

    def coefficients(self) -> tuple[Array, Array]:
        """The shift and the scale, one number for each feature."""
        return self.mean, self.std


class Fitted(Scaling):
    """A scaling whose numbers are those of a batch, the training part."""

    def __init__(self, dim: int | None = 1) -> None:
        if dim is not None and (isinstance(dim, bool) or not isinstance(dim, (int, np.integer))):
            raise TypeError(f"{type(self).__name__}: dim must be an integer or None, got {dim!r}")
        self.dim = dim
        for name in self.numbers:
            setattr(self, name, None)

    def fit(self, x: Any) -> Any:
        """Take the numbers of a batch, usually the training part; return the transform.

        A memory map is read in parts.

        Parameters
        ----------
        x
            An array or a tensor of finite numbers, of shape (N, …).

        Raises
        ------
        ValueError
            If it has no elements, or one that is not finite.
        """
        op = type(self).__name__
        array = array_of(op, "x", x)
        axis = None if self.dim is None else axis_of(op, array, self.dim)
        if not array.size:
            raise ValueError(f"{op}: fit needs at least one sample, got shape {array.shape}")
        rows = max(1, BLOCK * len(array) // array.size)
        blocks = (array[i : i + rows] for i in range(0, len(array), rows))
        values = self.measured(features_first(block, axis) for block in blocks)
        if not np.isfinite(values).all():
            where = int(np.flatnonzero(~np.isfinite(values).all(0))[0])
            raise ValueError(
                f"{op}: x must be finite to be fitted; feature {where} has NaN or infinity, or "
                "overflows"
            )
        for name, value in zip(self.numbers, values):
            setattr(self, name, value / 255 if array.dtype == np.uint8 else value)
        return self

    def measured(self, blocks: Any) -> tuple[Array, Array]:
        """The numbers of blocks of shape (features, elements)."""
        raise NotImplementedError

    def fitted(self) -> tuple[Array, Array]:
        """The numbers of `fit`."""
        first, second = (getattr(self, name) for name in self.numbers)
        if first is None:
            raise RuntimeError(f"{type(self).__name__}: call fit(x) with the training part first")
        return first, second


class Standardize(Fitted):
    """Give each feature mean 0 and standard deviation 1 on the training part.

    y = (x − mean) / std, with the mean and the deviation √(Σ (x − mean)² / n) of what `fit` was
    called with. A feature that is constant there is only shifted. Bytes count as x / 255.

    Parameters
    ----------
    dim
        The dimension of features or channels: 1 for (N, D) and (N, C, H, W), -1 for (N, H, W, C),
        None for one mean of all.

    Attributes
    ----------
    mean, std
        float64 arrays with a number for each feature; None before `fit`.

    Raises
    ------
    RuntimeError
        When it is called before `fit`.
    ValueError
        If `x` has another number of features.

    Examples
    --------
    >>> standardize = fastnn.data.transforms.Standardize().fit(np.array([[0.0, 5.0], [2.0, 5.0]]))
    >>> standardize(np.array([[4.0, 5.0]]))
    array([[3., 0.]])
    >>> restored = fastnn.data.transforms.Standardize()
    >>> restored.load_state_dict(standardize.state_dict())
    >>> restored.inverse(np.array([[3.0, 0.0]]))
    array([[4., 5.]])
    """

    numbers = ("mean", "std")
    mean: Any
    std: Any

    def measured(self, blocks: Any) -> tuple[Array, Array]:
        """Mean and deviation: those of blocks, put together (Chan, Golub, LeVeque, 1979)."""
        count, mean, squares, origin = 0, np.zeros(1), np.zeros(1), np.zeros((1, 1))
        with np.errstate(all="ignore"):  # what is not finite is reported
            for block in blocks:
                origin = origin if count else block[:, :1].copy()
                block -= origin  # so equal numbers have no deviation, and large ones lose nothing
                size, own = block.shape[1], block.mean(1)
                spread = ((block - own[:, None]) ** 2).sum(1)
                shift = own - mean
                squares = squares + spread + shift**2 * (count * size / (count + size))
                mean = mean + shift * (size / (count + size))
                count += size
            return mean + origin[:, 0], np.sqrt(squares / count)

    def check(self, first: Array, second: Array) -> None:
        """Raise ValueError unless the numbers fit together."""
        super().check(first, second)
        if not (second >= 0).all():
            raise ValueError(f"Standardize: std must not be negative, got {second.tolist()}")

    def coefficients(self) -> tuple[Array, Array]:
        """The shift and the scale, one number for each feature."""
        mean, std = self.fitted()
        return mean, np.where(std == 0, 1.0, std)


class MinMax(Fitted):
    """Bring each feature to the range from `low` to `high` on the training part.

    y = low + (x − minimum) / (maximum − minimum) · (high − low), with the extremes of what `fit`
    was called with; other data may exceed the range. A feature that is constant there becomes
    `low`. Bytes count as x / 255.

    Parameters
    ----------
    low, high
        The range.
    dim
        As for `Standardize`.

    Attributes
    ----------
    minimum, maximum
        float64 arrays with a number for each feature; None before `fit`.

    Raises
    ------
    RuntimeError
        When it is called before `fit`.
    ValueError
        If `low` is not below `high`, or `x` has another number of features.

    Examples
    --------
    >>> scale = fastnn.data.transforms.MinMax(-1, 1).fit(np.array([[0.0], [10.0]]))
    >>> scale(np.array([[0.0], [5.0], [20.0]])).ravel()
    array([-1.,  0.,  3.])
    """

    numbers = ("minimum", "maximum")
    minimum: Any
    maximum: Any

    def __init__(self, low: float = 0.0, high: float = 1.0, dim: int | None = 1) -> None:
        super().__init__(dim)
        self.low = check_real("MinMax", "low", low, -np.finfo(np.float64).max)
        self.high = check_real("MinMax", "high", high, -np.finfo(np.float64).max)
        if not self.low < self.high:
            raise ValueError(f"MinMax: low must be below high, got {low} and {high}")

    def measured(self, blocks: Any) -> tuple[Array, Array]:
        """The extremes of all blocks."""
        extremes = [(block.min(1), block.max(1)) for block in blocks]
        return np.min([low for low, _ in extremes], 0), np.max([high for _, high in extremes], 0)

    def check(self, first: Array, second: Array) -> None:
        """Raise ValueError unless the numbers fit together."""
        super().check(first, second)
        if not (first <= second).all():
            raise ValueError("MinMax: minimum must not be above maximum")

    def coefficients(self) -> tuple[Array, Array]:
        """The shift and the scale, one number for each feature."""
        minimum, maximum = self.fitted()
        width = np.where(maximum == minimum, 1.0, maximum - minimum)
        scale = width / (self.high - self.low)
        return minimum - self.low * scale, scale


def axis_of(op: str, x: Array, dim: int) -> int:
    """A dimension as a number from 0."""
    if not -x.ndim <= dim < x.ndim or dim % x.ndim == 0:  # 0 has the samples
        raise ValueError(f"{op}: x must have a dimension {dim} of features, got shape {x.shape}")
    return dim % x.ndim


def features_first(block: Array, axis: int | None) -> Array:
    """A block as a float64 matrix, (features, elements)."""
    wide = block.astype(np.float64)
    if axis is None:
        return wide.reshape(1, -1)
    return np.moveaxis(wide, axis, 0).reshape(block.shape[axis], -1)


def row_of(op: str, name: str, value: Any) -> Array:
    """Numbers as a float64 array of one dimension."""
    try:
        given = np.asarray(value._array if isinstance(value, Tensor) else value)
    except ValueError:  # lists within lists, of different lengths
        given = np.empty(0)
    row = np.array(given, np.float64, ndmin=1) if given.dtype.kind in "iuf" else np.empty(0)
    if row.ndim != 1 or not row.size or not np.isfinite(row).all():
        raise ValueError(
            f"{op}: {name} must be finite numbers, one for each feature, got {value!r}"
        )
    return row
