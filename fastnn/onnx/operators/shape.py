"""Shapes, parts of arrays, and arrays put together."""

from __future__ import annotations

import numpy as np

from ... import ops
from ...tensor import Tensor
from .create import ints
from .table import operator


@operator("Reshape")
def reshape(x: Tensor, shape: Tensor, *, allowzero: int = 0) -> Tensor:
    sizes = list(ints(shape))
    if not allowzero:
        for i, n in enumerate(sizes):
            if n == 0:
                if i >= x.ndim:
                    raise ValueError(f"shape {sizes} copies a size that {x.shape} does not have")
                sizes[i] = x.shape[i]
    return ops.reshape(x, *sizes)


@operator("Flatten")
def flatten(x: Tensor, *, axis: int = 1) -> Tensor:
    if not -x.ndim <= axis <= x.ndim:
        raise ValueError(f"axis must be one of {x.ndim}, got {axis}")
    n = axis + x.ndim if axis < 0 else axis
    rows = int(np.prod(x.shape[:n], dtype=np.int64))
    return ops.reshape(x, rows, x.numel() // rows if rows else 0)


@operator("Transpose")
def transpose(x: Tensor, *, perm: list[int] | None = None) -> Tensor:
    return ops.permute(x, *(list(range(x.ndim))[::-1] if perm is None else perm))


@operator("Squeeze")
def squeeze(x: Tensor, axes: Tensor | None = None) -> Tensor:
    if axes is None:
        return ops.squeeze(x)
    chosen = ints(axes)
    for axis in chosen:
        if not -x.ndim <= axis < x.ndim or x.shape[axis] != 1:
            raise ValueError(f"axis {axis} of {x.shape} is not of size 1")
    return ops.squeeze(x, chosen) if chosen else x


@operator("Unsqueeze")
def unsqueeze(x: Tensor, axes: Tensor) -> Tensor:
    rank = x.ndim + axes.numel()
    if rank > 32:
        raise ValueError(f"{rank} axes are too many")
    chosen = [a + rank if a < 0 else a for a in ints(axes)]
    if len(set(chosen)) < len(chosen) or any(not 0 <= a < rank for a in chosen):
        raise ValueError(f"axes must be different and of {rank}, got {ints(axes)}")
    for axis in sorted(chosen):
        x = ops.unsqueeze(x, axis)
    return x


@operator("Expand")
def expand(x: Tensor, shape: Tensor) -> Tensor:
    sizes = np.broadcast_shapes(x.shape, ints(shape))
    return ops.broadcast_to(x, sizes)


@operator("Tile")
def tile(x: Tensor, repeats: Tensor) -> Tensor:
    return ops.repeat(x, *ints(repeats)) if x.ndim else x


@operator("Concat")
def concat(x: Tensor, *others: Tensor, axis: int) -> Tensor:
    return ops.cat([x, *others], axis)


@operator("Split")
def split(
    x: Tensor,
    sizes: Tensor | None = None,
    *,
    outputs: int,
    axis: int = 0,
    num_outputs: int | None = None,
) -> tuple[Tensor, ...]:
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(f"axis must be one of {x.ndim}, got {axis}")
    total = x.shape[axis]
    if sizes is not None:
        parts = list(ints(sizes))
    else:
        if num_outputs is not None and num_outputs != outputs:
            raise ValueError(f"num_outputs is {num_outputs}, and the node has {outputs}")
        size = -(-total // outputs)
        parts = [size] * (outputs - 1) + [total - size * (outputs - 1)]
    if len(parts) != outputs or sum(parts) != total or min(parts) < 0:
        raise ValueError(f"sizes {parts} do not split {total} into {outputs}")
    return ops.split(x, parts, axis)


@operator("Slice")
def cut(
    x: Tensor,
    starts: Tensor,
    ends: Tensor,
    axes: Tensor | None = None,
    steps: Tensor | None = None,
) -> Tensor:
    first, last = ints(starts), ints(ends)
    chosen = tuple(range(len(first))) if axes is None else ints(axes)
    each = (1,) * len(first) if steps is None else ints(steps)
    if not len(first) == len(last) == len(chosen) == len(each):
        raise ValueError("starts, ends, axes and steps must have one length")
    for start, stop, axis, step in zip(first, last, chosen, each):
        if not -x.ndim <= axis < x.ndim or step == 0:
            raise ValueError(f"axis {axis} with step {step} is not one of {x.shape}")
        x = along(x, axis % x.ndim, start, stop, step)
    return x


def along(x: Tensor, axis: int, start: int, stop: int, step: int) -> Tensor:
    """A slice along one axis, in ONNX's counting, where an end before the first is none."""
    n = x.shape[axis]
    if step > 0:
        key = slice(start, stop, step)
        return x[(slice(None),) * axis + (key,)]
    begin = min(start + n if start < 0 else start, n - 1)
    end = max(stop + n if stop < 0 else stop, -1)
    if begin <= end or begin < 0:
        return x[(slice(None),) * axis + (slice(0, 0),)]
    forward = slice(end + 1, begin + 1)
    turned = ops.flip(x[(slice(None),) * axis + (forward,)], axis)
    return turned[(slice(None),) * axis + (slice(None, None, -step),)]


@operator("Gather")
def gather(x: Tensor, indices: Tensor, *, axis: int = 0) -> Tensor:
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(f"axis must be one of {x.ndim}, got {axis}")
    ids = indices.numpy()
    return x[(slice(None),) * (axis % x.ndim) + (ids if ids.ndim else int(ids),)]


@operator("GatherElements")
def gather_elements(x: Tensor, indices: Tensor, *, axis: int = 0) -> Tensor:
    return ops.gather(x, axis, counted(x, indices, axis))


def counted(x: Tensor, indices: Tensor, axis: int) -> Tensor:
    """Ids of which negative ones are counted from the end, as numbers from 0."""
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(f"axis must be one of {x.ndim}, got {axis}")
    ids = indices.numpy().astype(np.int64)
    return Tensor(np.where(ids < 0, ids + x.shape[axis], ids))


@operator("GatherND")
def gather_nd(x: Tensor, indices: Tensor, *, batch_dims: int = 0) -> Tensor:
    ids = indices.numpy()
    if batch_dims or ids.ndim < 1 or ids.shape[-1] > x.ndim or ids.shape[-1] < 1:
        raise ValueError(f"indices of shape {ids.shape} do not fit an input of shape {x.shape}")
    return x[tuple([ids[..., i] for i in range(ids.shape[-1])])]


@operator("ScatterElements")
def scatter_elements(
    x: Tensor, indices: Tensor, updates: Tensor, *, axis: int = 0, reduction: str = "none"
) -> Tensor:
    if reduction not in ("none", "add"):
        raise ValueError(f"reduction {reduction!r} is not known")
    function = ops.scatter if reduction == "none" else ops.scatter_add
    return function(x, axis, counted(x, indices, axis), updates)


@operator("Pad")
def pad(
    x: Tensor,
    pads: Tensor,
    value: Tensor | None = None,
    axes: Tensor | None = None,
    *,
    mode: str = "constant",
) -> Tensor:
    numbers = ints(pads)
    chosen = tuple(range(x.ndim)) if axes is None else ints(axes)
    if len(numbers) != 2 * len(chosen) or any(not -x.ndim <= a < x.ndim for a in chosen):
        raise ValueError(f"pads must hold two numbers for each of {x.ndim} axes, got {numbers}")
    pairs = [(0, 0)] * x.ndim
    for i, axis in enumerate(chosen):
        pairs[axis] = numbers[i], numbers[i + len(chosen)]
    flat = [n for pair in pairs[::-1] for n in pair]
    names = {"constant": "constant", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}
    if mode not in names:
        raise ValueError(f"mode {mode!r} is not known")
    if not any(flat):
        return x
    number = value.item() if value is not None and mode == "constant" else None
    return ops.pad(x, flat, names[mode], number)


@operator("Trilu")
def trilu(x: Tensor, k: Tensor | None = None, *, upper: int = 1) -> Tensor:
    diagonal = 0 if k is None else int(k.item())
    return ops.triu(x, diagonal) if upper else ops.tril(x, diagonal)
