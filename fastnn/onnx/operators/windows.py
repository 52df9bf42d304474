"""What convolutions and poolings share: numbers for each axis, and pads that differ."""

from __future__ import annotations

from ... import ops
from ...tensor import Tensor


def numbers(name: str, given: list[int] | None, count: int, default: int) -> tuple[int, ...]:
    """A list of `count` numbers."""
    if given is None:
        return (default,) * count
    if len(given) != count:
        raise ValueError(f"{name} must hold {count} numbers, got {len(given)}")
    return tuple(given)


def pads_of(
    x: Tensor,
    auto_pad: str,
    pads: list[int] | None,
    kernel: tuple[int, ...],
    strides: tuple[int, ...],
    dilations: tuple[int, ...],
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What is added before and after each axis."""
    axes = len(kernel)
    if auto_pad == "VALID":
        return (0,) * axes, (0,) * axes
    if auto_pad in ("SAME_UPPER", "SAME_LOWER"):
        spans = [d * (k - 1) + 1 for d, k in zip(dilations, kernel)]
        if min(strides) < 1:
            raise ValueError(f"strides must be positive, got {strides}")
        missing = [
            max(0, (-(-n // t) - 1) * t + span - n)
            for n, t, span in zip(x.shape[2:], strides, spans)
        ]
        small, large = [n // 2 for n in missing], [n - n // 2 for n in missing]
        halves = (small, large) if auto_pad == "SAME_UPPER" else (large, small)
        return tuple(halves[0]), tuple(halves[1])
    if auto_pad != "NOTSET":
        raise ValueError(f"auto_pad {auto_pad!r} is not known")
    both = numbers("pads", pads, 2 * axes, 0)
    if min(both, default=0) < 0:
        raise ValueError(f"pads must not be negative, got {both}")
    return both[:axes], both[axes:]


def padded(x: Tensor, before: tuple[int, ...], after: tuple[int, ...], value: float) -> Tensor:
    """An image with something around it."""
    pairs = [n for pair in list(zip(before, after))[::-1] for n in pair]
    return ops.pad(x, pairs, value=value) if any(pairs) else x


def axes_of(x: Tensor) -> int:
    """How many axes an image (N, C, ...) has."""
    if not 3 <= x.ndim <= 5:
        raise ValueError(f"the input must have 3 to 5 axes, got shape {x.shape}")
    return x.ndim - 2
