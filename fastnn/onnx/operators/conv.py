"""Convolutions."""

from __future__ import annotations

from ... import ops
from ...tensor import Tensor
from .table import operator
from .windows import axes_of, numbers, padded, pads_of

CONV = {1: ops.conv1d, 2: ops.conv2d, 3: ops.conv3d}
TRANSPOSED = {1: ops.conv_transpose1d, 2: ops.conv_transpose2d, 3: ops.conv_transpose3d}


def check_kernel(w: Tensor, axes: int, kernel_shape: list[int] | None) -> tuple[int, ...]:
    """The kernel's size, which the weight has."""
    if w.ndim != axes + 2:
        raise ValueError(f"W must have {axes + 2} axes, got shape {w.shape}")
    kernel = tuple(w.shape[2:])
    if kernel_shape is not None and tuple(kernel_shape) != kernel:
        raise ValueError(f"kernel_shape must be that of W, {kernel}, got {kernel_shape}")
    return kernel


@operator("Conv")
def conv(
    x: Tensor,
    w: Tensor,
    b: Tensor | None = None,
    *,
    auto_pad: str = "NOTSET",
    dilations: list[int] | None = None,
    group: int = 1,
    kernel_shape: list[int] | None = None,
    pads: list[int] | None = None,
    strides: list[int] | None = None,
) -> Tensor:
    axes = axes_of(x)
    kernel = check_kernel(w, axes, kernel_shape)
    steps = numbers("strides", strides, axes, 1)
    dilation = numbers("dilations", dilations, axes, 1)
    before, after = pads_of(x, auto_pad, pads, kernel, steps, dilation)
    if before != after:
        x, before = padded(x, before, after, 0.0), (0,) * axes
    return CONV[axes](x, w, b, steps, before, dilation, group)


@operator("ConvTranspose")
def conv_transpose(
    x: Tensor,
    w: Tensor,
    b: Tensor | None = None,
    *,
    auto_pad: str = "NOTSET",
    dilations: list[int] | None = None,
    group: int = 1,
    kernel_shape: list[int] | None = None,
    output_padding: list[int] | None = None,
    pads: list[int] | None = None,
    strides: list[int] | None = None,
) -> Tensor:
    axes = axes_of(x)
    kernel = check_kernel(w, axes, kernel_shape)
    steps = numbers("strides", strides, axes, 1)
    dilation = numbers("dilations", dilations, axes, 1)
    if auto_pad not in ("NOTSET", "VALID"):
        raise ValueError(f"auto_pad {auto_pad!r} of a transposed convolution cannot be loaded")
    before, after = pads_of(x, auto_pad, pads, kernel, steps, dilation)
    more = numbers("output_padding", output_padding, axes, 0)
    if before != after:
        raise ValueError(f"pads of a transposed convolution must be symmetric, got {pads}")
    return TRANSPOSED[axes](x, w, b, steps, before, more, group, dilation)


@operator("Col2Im")
def col2im(
    x: Tensor,
    image_shape: Tensor,
    block_shape: Tensor,
    *,
    dilations: list[int] | None = None,
    pads: list[int] | None = None,
    strides: list[int] | None = None,
) -> Tensor:
    size, kernel = [tuple(t.numpy().reshape(-1).tolist()) for t in (image_shape, block_shape)]
    if len(size) != 2 or len(kernel) != 2:
        raise ValueError("images must have two axes")
    both = numbers("pads", pads, 4, 0)
    if both[:2] != both[2:]:
        raise ValueError(f"pads must be symmetric, got {pads}")
    dilation, steps = numbers("dilations", dilations, 2, 1), numbers("strides", strides, 2, 1)
    return ops.fold(x, size, kernel, dilation, both[:2], steps)


@operator("DepthToSpace")
def depth_to_space(x: Tensor, *, blocksize: int, mode: str = "DCR") -> Tensor:
    if x.ndim != 4 or blocksize < 1:
        raise ValueError(f"the input must have 4 axes, got shape {x.shape} and block {blocksize}")
    if mode == "CRD":
        return ops.pixel_shuffle(x, blocksize)
    n, c, h, w = x.shape
    r = blocksize
    apart = x.reshape(n, r, r, c // (r * r), h, w).permute(0, 3, 4, 1, 5, 2)
    return apart.reshape(n, c // (r * r), h * r, w * r)


@operator("SpaceToDepth")
def space_to_depth(x: Tensor, *, blocksize: int) -> Tensor:
    if x.ndim != 4 or blocksize < 1:
        raise ValueError(f"the input must have 4 axes, got shape {x.shape} and block {blocksize}")
    n, c, h, w = x.shape
    r = blocksize
    apart = x.reshape(n, c, h // r, r, w // r, r).permute(0, 3, 5, 1, 2, 4)
    return apart.reshape(n, c * r * r, h // r, w // r)
