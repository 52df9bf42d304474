"""Convolutions and the folding of windows."""

from __future__ import annotations

from typing import Any

from ... import ops
from ...ops.conv.convolution import convolve
from ..step import Step, translates
from .activation import fused
from .windows import for_each_axis, with_batch, without_batch

# The order of a convolution's options.
PLAIN = ("stride", "padding", "dilation", "groups")
TRANSPOSED = ("stride", "padding", "output_padding", "groups", "dilation")


@translates(convolve)
def convolution(s: Step) -> str:
    g, kernel = s.graph, s.shape("weight")[2:]
    axes = len(kernel)
    transposed = s.call.args["kernel"][0] == "conv_transpose"
    options = s.arg("options")
    names = TRANSPOSED if transposed else PLAIN
    stride, padding, dilation, groups = [options[names.index(n)] for n in PLAIN]
    dilation = for_each_axis(dilation, axes)
    if padding == "same":
        spans = [d * (k - 1) for d, k in zip(dilation, kernel)]
        pads = [*[n // 2 for n in spans], *[n - n // 2 for n in spans]]
    else:
        pads = [*for_each_axis(0 if padding == "valid" else padding, axes)] * 2
    attributes: dict[str, Any] = {
        "kernel_shape": list(kernel),
        "strides": list(for_each_axis(stride, axes)),
        "dilations": list(dilation),
        "pads": pads,
        "group": groups,
    }
    if transposed:
        more = options[names.index("output_padding")]
        attributes["output_padding"] = list(for_each_axis(more, axes))
    x, alone = with_batch(s, axes)
    bias = [s.x("bias")] if s.given("bias") else []
    kind = "ConvTranspose" if transposed else "Conv"
    y = without_batch(s, g.add(kind, x, s.x("weight"), *bias, **attributes), alone)
    if s.given("residual"):
        y = g.add("Add", y, s.x("residual"))
    return fused(s, y, s.arg("activation"))


@translates(ops.unfold)
def unfold(s: Step) -> str:
    # Slices of each place in the windows, side by side: (N, C, K, L) and then (N, C K, L).
    g = s.graph
    x, alone = with_batch(s, 2)
    kernel, dilation, padding, stride = windows(s)
    h, w = s.fixed("input", (-2, -1), "height and width must not vary")
    out = [
        (n + 2 * p - d * (k - 1) - 1) // t + 1
        for n, p, d, k, t in zip((h, w), padding, dilation, kernel, stride)
    ]
    if any(padding):
        pads = g.ints(0, 0, *padding, 0, 0, *padding)
        x = g.add("Pad", x, pads, mode="constant")
    parts = []
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            first = i * dilation[0], j * dilation[1]
            last = [f + (n - 1) * t + 1 for f, n, t in zip(first, out, stride)]
            y = g.add("Slice", x, g.ints(*first), g.ints(*last), g.ints(2, 3), g.ints(*stride))
            parts.append(g.add("Reshape", y, g.ints(0, 0, 1, -1)))
    y = parts[0] if len(parts) == 1 else g.add("Concat", *parts, axis=2)
    channels = s.shape("input")[-3]
    y = g.add("Reshape", y, g.ints(0, channels * kernel[0] * kernel[1], -1))
    return without_batch(s, y, alone)


@translates(ops.fold)
def fold(s: Step) -> str:
    g = s.graph
    x, alone = with_batch(s, 1)
    kernel, dilation, padding, stride = windows(s)
    size = for_each_axis(s.arg("output_size"), 2)
    y = g.add(
        "Col2Im",
        x,
        g.ints(*size),
        g.ints(*kernel),
        dilations=list(dilation),
        pads=[*padding, *padding],
        strides=list(stride),
    )
    return without_batch(s, y, alone)


def windows(s: Step) -> list[tuple[int, ...]]:
    """Kernel, dilation, padding and stride of `unfold` and `fold`."""
    names = ("kernel_size", "dilation", "padding", "stride")
    return [for_each_axis(s.arg(name), 2) for name in names]
