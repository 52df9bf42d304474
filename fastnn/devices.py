"""Devices, for programs written for PyTorch. The CPU is the only one."""

from __future__ import annotations

from typing import Any

__all__ = ["device"]


class device:
    """The device of a tensor, which is always the CPU.

    Parameters
    ----------
    type
        ``"cpu"``, ``"cpu:0"`` or another device.
    index
        0 or None; both mean the same CPU, but as in PyTorch the two devices are not equal.

    Examples
    --------
    >>> cpu = fastnn.device("cpu")
    >>> cpu, str(cpu), fastnn.zeros(2, device=cpu).device == cpu
    (device(type='cpu'), 'cpu', True)
    >>> fastnn.device("cuda")
    Traceback (most recent call last):
    ...
    RuntimeError: device: device must be 'cpu', got 'cuda'; fastnn computes on the CPU only
    """

    __slots__ = ("index", "type")

    def __init__(self, type: Any, index: int | None = None) -> None:
        check_device("device", type)
        if index not in (None, 0):
            raise RuntimeError(f"device: index must be 0 or None, got {index!r}; there is one CPU")
        if index is None and type != "cpu":
            index = type.index if isinstance(type, device) else 0
        self.type = "cpu"
        self.index: int | None = index

    def __repr__(self) -> str:
        return f"device(type='cpu'{'' if self.index is None else ', index=0'})"

    def __str__(self) -> str:
        return "cpu" if self.index is None else "cpu:0"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and other.index == self.index

    def __hash__(self) -> int:
        return hash(str(self))

    def __reduce__(self) -> Any:
        return device, (str(self),)


def check_device(op: str, place: Any) -> None:
    """Raise unless `place` is the CPU or None; `op` is the caller's name for the message."""
    if place is None or isinstance(place, device):
        return
    if not isinstance(place, str):
        number = isinstance(place, int) and not isinstance(place, bool)
        fix = ", the number of a GPU; fastnn computes on the CPU only" if number else ""
        raise TypeError(f"{op}: device must be 'cpu' or None, got {place!r}{fix}")
    if place not in ("cpu", "cpu:0"):
        raise RuntimeError(
            f"{op}: device must be 'cpu', got {place!r}; fastnn computes on the CPU only"
        )


CPU = device("cpu")
