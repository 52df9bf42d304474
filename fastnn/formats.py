"""Orders of a tensor's elements in memory, under PyTorch's names."""

from __future__ import annotations

__all__ = [
    "channels_last",
    "channels_last_3d",
    "contiguous_format",
    "legacy_contiguous_format",
    "memory_format",
    "preserve_format",
]


class memory_format:
    """An order of elements in memory: one of the four of this module.

    Examples
    --------
    >>> x = fastnn.zeros(2, 3, 4, 5).to(memory_format=fastnn.channels_last)
    >>> x.shape, x.stride(), x.is_contiguous(memory_format=fastnn.channels_last)
    ((2, 3, 4, 5), (60, 1, 15, 3), True)
    """

    __slots__ = ("name", "ndim")

    def __init__(self, name: str, ndim: int | None = None) -> None:
        self.name, self.ndim = name, ndim

    def __repr__(self) -> str:
        return f"fastnn.{self.name}"

    def __reduce__(self) -> str:
        return self.name


contiguous_format = legacy_contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last", 4)
channels_last_3d = memory_format("channels_last_3d", 5)


def check_format(op: str, format: object, ndim: int) -> memory_format:
    """A format that suits a number of dimensions; errors for others."""
    if not isinstance(format, memory_format):
        raise TypeError(f"{op}: memory_format must be one of fastnn's, got {format!r}")
    if format.ndim not in (None, ndim):
        raise RuntimeError(
            f"{op}: {format.name} is an order of {format.ndim} dimensions, got {ndim}"
        )
    return format
