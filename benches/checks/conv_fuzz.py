"""Random convolutions have the same values and gradients as PyTorch's.

``python -m benches.checks.conv_fuzz 2000``; the test suite runs the first few.
"""

from __future__ import annotations

import sys
import time
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import fastnn
from fastnn import nn
from fastnn.nn import functional

OPS = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "conv2d depthwise",
    "conv2d 3x3",
    "conv2d 1x1",
    "conv_transpose2d",
]
LAYERS = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]
LARGEST = (24, 12, 6)  # size of a spatial axis, by number of axes


@dataclass
class Case:
    """One call: shapes, options and arrays."""

    name: str
    arrays: list[Any]
    options: dict[str, Any]
    order: int
    module: tuple[Any, ...] = ()
    call: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        shapes = [None if a is None else a.shape for a in self.arrays]
        return f"{self.name} {self.module} {shapes} {self.options} {self.call} order {self.order}"


class Draw:
    """Random choices."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def one(self, *values: Any) -> Any:
        return values[self.rng.integers(len(values))]

    def upto(self, n: int) -> int:
        """A number from 1 to n; small numbers are more frequent."""
        return int(min(self.rng.integers(1, n + 1), self.rng.integers(1, n + 1)))

    def each(self, axes: int, most: int, least: int = 0) -> Any:
        """One number for all axes, or one per axis."""
        numbers = [int(n) for n in self.rng.integers(least, most + 1, axes)]
        return numbers[0] if self.rng.random() < 0.5 else tuple(numbers)

    def normal(self, *shape: int) -> Any:
        return self.rng.standard_normal(shape)


def as_tuple(value: Any, axes: int) -> tuple[int, ...]:
    return (value,) * axes if isinstance(value, int) else tuple(value)


def channels(draw: Draw) -> tuple[int, int, int]:
    """Number of groups, and input and output channels per group."""
    groups = draw.one(1, 1, 1, 2, 3, 4)
    most = 40 if groups == 1 else 12
    return groups, draw.upto(most), draw.upto(most)


def shapes(
    draw: Draw, name: str
) -> tuple[int, bool, tuple[int, int, int], tuple[int, ...], dict[str, Any]]:
    """Number of axes, whether transposed, channels, kernel, and the other options."""
    name, _, special = name.partition(" ")
    axes, transposed = int(name[-2]), "ranspose" in name
    groups, c, o = channels(draw)
    kernel = tuple([draw.upto((7, 5, 3)[axes - 1]) for _ in range(axes)])
    options: dict[str, Any] = {"stride": draw.each(axes, 3, 1), "dilation": draw.each(axes, 3, 1)}
    if special == "depthwise":
        groups, c, o = draw.upto(40), 1, draw.one(1, 1, 2, 3)
        kernel = draw.one((3, 3), (3, 3), (5, 5), (1, 3))
    elif special:
        groups, c, o = 1, draw.upto(70), draw.upto(70)
        kernel = (3, 3) if special == "3x3" else (1, 1)
        options = {"stride": draw.one(1, 1, 1, 2), "dilation": 1}
    options["groups"] = groups
    options["padding"] = draw.each(axes, 4 if transposed else 3)
    if transposed:
        stride, dilation = (as_tuple(options[key], axes) for key in ("stride", "dilation"))
        most = [max(s, d) - 1 for s, d in zip(stride, dilation)]
        options["output_padding"] = tuple([int(draw.rng.integers(0, m + 1)) for m in most])
    elif draw.rng.random() < 0.25:
        options["padding"] = draw.one("same", "valid")
        if options["padding"] == "same":
            options["stride"] = 1
    return axes, transposed, (groups, c, o), kernel, options


def sizes(
    draw: Draw, axes: int, transposed: bool, kernel: tuple[int, ...], options: dict[str, Any]
) -> tuple[int, ...]:
    """Spatial sizes of an input for which the output is not empty."""
    stride, dilation = (as_tuple(options[key], axes) for key in ("stride", "dilation"))
    reach = [d * (k - 1) for d, k in zip(dilation, kernel)]
    padding = options["padding"]
    pads = [0] * axes if isinstance(padding, str) else list(as_tuple(padding, axes))
    found = []
    for i in range(axes):
        if transposed:
            extra = options["output_padding"][i]
            least = max(1, -(-(2 * pads[i] - reach[i] - extra) // stride[i]) + 1)
        else:
            least = 1 if padding == "same" else max(1, reach[i] + 1 - 2 * pads[i])
        found.append(least + int(draw.rng.integers(0, LARGEST[axes - 1])))
    return tuple(found)


def out_sizes(
    size: tuple[int, ...], transposed: bool, kernel: tuple[int, ...], options: dict[str, Any]
) -> tuple[int, ...]:
    """Spatial sizes of the output, by the formulas of PyTorch's documentation."""
    axes = len(kernel)
    stride, dilation = (as_tuple(options[key], axes) for key in ("stride", "dilation"))
    reach = [d * (k - 1) for d, k in zip(dilation, kernel)]
    padding = options["padding"]
    if padding == "same":
        return size
    pads = (0,) * axes if padding == "valid" else as_tuple(padding, axes)
    if not transposed:
        return tuple(
            [(n + 2 * p - r - 1) // s + 1 for n, p, r, s in zip(size, pads, reach, stride)]
        )
    extra = as_tuple(options["output_padding"], axes)
    return tuple(
        [(n - 1) * s - 2 * p + r + e + 1 for n, s, p, r, e in zip(size, stride, pads, reach, extra)]
    )


def draw_op(name: str, seed: int) -> Case:
    """A call of a function."""
    draw = Draw(seed)
    axes, transposed, (groups, c, o), kernel, options = shapes(draw, name)
    lead = draw.one((), (1,), (2,), (3,))
    size = sizes(draw, axes, transposed, kernel, options)
    x = draw.normal(*lead, groups * c, *size)
    ends = (groups * c, o) if transposed else (groups * o, c)
    w = draw.normal(*ends, *kernel)
    bias = draw.one(True, True, False)
    b = draw.normal(groups * o) if bias else None
    arrays = [x, w, b]
    if draw.rng.random() < 0.25:
        options["activation"] = "relu"
    if draw.rng.random() < 0.25:
        made = out_sizes(size, transposed, kernel, options)
        arrays.append(draw.normal(*lead, groups * o, *made))
    return Case(name.split()[0], arrays, options, int(draw.rng.integers(3)))


def draw_layer(name: str, seed: int) -> Case:
    """A call of a layer."""
    draw = Draw(seed)
    axes, transposed, (groups, c, o), kernel, options = shapes(draw, name)
    call = {}
    if not transposed:
        options["padding_mode"] = draw.one("zeros", "reflect", "replicate", "circular")
    wanted = transposed and draw.rng.random() < 0.5
    if wanted:
        options["output_padding"] = (0,) * axes
    size = sizes(draw, axes, transposed, kernel, options)
    if not transposed and options["padding_mode"] != "zeros":
        # Large enough for reflection and circular padding.
        reach = [d * (k - 1) for d, k in zip(as_tuple(options["dilation"], axes), kernel)]
        size = tuple([n + max(3, r) for n, r in zip(size, reach)])
    lead = draw.one((), (1,), (2,))
    if wanted:
        least = out_sizes(size, True, kernel, options)
        stride = as_tuple(options["stride"], axes)
        larger = [n + int(draw.rng.integers(0, s)) for n, s in zip(least, stride)]
        call["output_size"] = draw.one(larger, [*lead, groups * o, *larger])
    options["bias"] = draw.one(True, True, False)
    return Case(
        name,
        [draw.normal(*lead, groups * c, *size)],
        options,
        int(draw.rng.integers(3)),
        (groups * c, groups * o, draw.one(kernel, kernel[0]) if len(set(kernel)) == 1 else kernel),
        call,
    )


def in_order(x: Any, order: int, axes: int) -> Any:
    """The same array in C order, channels-last, or with gaps."""
    if order == 1:
        return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, -axes - 1, -1)), -1, -axes - 1)
    if order == 2:
        return np.repeat(x, 2, -1)[..., ::2]
    return x


def tolerances(
    arrays: list[Any], name: str, options: dict[str, Any], dtype: Any, dy: Any
) -> list[Any]:
    """The error bounds of the output and of each gradient, element by element.

    Each element is a sum of products in any order: its error is at most the number of terms times
    epsilon times the sum of their magnitudes, which the same operations on magnitudes compute.
    """
    import torch

    options = {k: v for k, v in options.items() if k != "activation"}
    sums = [None if a is None else torch.tensor(np.abs(a), requires_grad=True) for a in arrays]
    y = getattr(torch.nn.functional, name)(*sums[:3], **options)
    if len(sums) > 3:
        y = y + sums[3]
    y.backward(torch.tensor(np.abs(dy)))
    counts = [None if a is None else torch.ones(a.shape, requires_grad=True) for a in arrays]
    n = getattr(torch.nn.functional, name)(*counts[:3], **options)
    n.backward(torch.ones(n.shape))
    eps = float(np.finfo(dtype).eps)
    found = []
    for size, terms in [
        (y, n),
        *[(s.grad, c.grad) for s, c in zip(sums, counts) if s is not None and c.grad is not None],
    ]:
        found.append((eps * (4 + terms.detach().double()) * size.detach()).numpy())
    if len(sums) > 3:
        found.append(np.zeros(dy.shape))
    return found


def close(case: Case, what: str, got: Any, want: Any, allowed: Any) -> None:
    """Raise AssertionError with the worst element if one exceeds its tolerance."""
    assert got.shape == want.shape, f"{case}: {what} has shape {got.shape}, not {want.shape}"
    off = np.abs(got.astype(np.float64) - want)
    if not (off <= allowed).all():
        worst = np.unravel_index(np.argmax(off - allowed), off.shape)
        limit = np.broadcast_to(allowed, off.shape)[worst]
        raise AssertionError(f"{case}: {what} is off by {off[worst]:.3g}, allowed are {limit:.3g}")


def by_torch(case: Case) -> tuple[list[str], list[Any], Any]:
    """Names and values of the output and the gradients, and the gradient of the output."""
    import torch

    theirs = [None if a is None else torch.tensor(a, requires_grad=True) for a in case.arrays]
    plain = {k: v for k, v in case.options.items() if k != "activation"}
    z = getattr(torch.nn.functional, case.name)(*theirs[:3], **plain)
    if len(theirs) > 3:
        z = z + theirs[3]
    dy = np.random.default_rng(1).standard_normal(tuple(z.shape))
    if "activation" in case.options:
        # ReLU's gradient is undefined where a sum is near 0: dy is zero there.
        dy = dy * (z.detach().abs() > 1e-3 * z.detach().abs().max()).numpy()
        z = z.relu()
    z.backward(torch.tensor(dy))
    names = ["y", *[f"d{n}" for n, t in zip(("x", "w", "b", "r"), theirs) if t is not None]]
    return names, [z.detach().numpy(), *[t.grad.numpy() for t in theirs if t is not None]], dy


def by_fastnn(case: Case, dy: Any, dtype: Any, algorithm: str) -> list[Any]:
    """The same values in fastnn, from arrays in the case's memory order."""
    axes = case.arrays[1].ndim - 2
    ours: list[Any] = []
    for i, a in enumerate(case.arrays):
        if a is None:
            ours.append(None)
            continue
        ours.append(fastnn.tensor(np.zeros(0, dtype), requires_grad=True))
        ours[-1]._array = in_order(a.astype(dtype), case.order if i in (0, 3) else 0, axes)
    options = dict(case.options)
    if len(ours) > 3:
        options["residual"] = ours[3]
    with fastnn.conv_algorithm(algorithm):
        y = getattr(functional, case.name)(*ours[:3], **options)
        y.backward(fastnn.tensor(dy.astype(dtype)))
    return [y._array, *[t.grad._array for t in ours if t is not None]]


def compare_op(case: Case) -> bool:
    """Check values and gradients: float64 within 1e-10, float32 within its algorithms' bounds.

    Return whether Winograd's algorithm was checked.
    """
    names, want, dy = by_torch(case)
    for name, g, v in zip(names, by_fastnn(case, dy, np.float64, "direct"), want):
        close(case, name, g, v, 1e-10 * max(1.0, np.abs(v).max(initial=0)))
    bounds = tolerances(case.arrays, case.name, case.options, np.float32, dy)
    for name, g, v, allowed in zip(names, by_fastnn(case, dy, np.float32, "direct"), want, bounds):
        close(case, f"{name} in float32", g, v, allowed + 1e-6 * np.abs(v) * (name == "dr"))
    if not has_winograd(case):
        return False
    limits = winograd_bounds(case, names, want, bounds, dy)
    for name, g, v, allowed in zip(
        names, by_fastnn(case, dy, np.float32, "winograd"), want, limits
    ):
        close(case, f"{name} by Winograd", g, v, allowed + 1e-6 * np.abs(v))
    return True


def has_winograd(case: Case) -> bool:
    """Whether Winograd's algorithm applies: 3x3 kernel, stride and dilation 1, no groups."""
    options = case.options
    plain = all(options[key] in (1, (1, 1)) for key in ("stride", "dilation", "groups"))
    return "conv2d" in case.name and case.arrays[1].shape[2:] == (3, 3) and plain


def winograd_bounds(
    case: Case, names: list[str], want: list[Any], bounds: list[Any], dy: Any
) -> list[Any]:
    """Error bounds of Winograd's results (docs/dev/convolution.md), per image."""
    x, w = (np.abs(a) for a in case.arrays[:2])
    x, dy = (a if a.ndim == 4 else a[None] for a in (x, np.abs(dy)))
    eps, largest, taps = 2.0**-24, x.max((2, 3)), w.sum((2, 3))
    found = []
    for name, value, bound in zip(names, want, bounds):
        if name == "y":
            limit = (24 + len(w[0]) / 64) * eps * np.einsum("nc,oc->no", largest, taps)
        elif name == "dx":
            limit = (24 + len(w) / 64) * eps * np.einsum("no,oc->nc", dy.max((2, 3)), taps)
        elif name == "dw":
            sums = np.einsum("no,nc->oc", dy.sum((2, 3)), largest)
            limit = (24 + dy[:, 0].size / 1024) * eps * sums
        else:
            found.append(bound)
            continue
        limit = limit[..., None, None]
        found.append(limit if value.ndim == 4 else limit[0])
    return found


def compare_layer(case: Case) -> None:
    """Compare a layer and its parameters with PyTorch's, in float64."""
    import torch

    theirs = getattr(torch.nn, case.name)(*case.module, dtype=torch.float64, **case.options)
    ours = getattr(nn, case.name)(*case.module, dtype=np.float64, **case.options)
    assert repr(ours) == repr(theirs)
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    (x,) = case.arrays
    a, b = fastnn.tensor(np.zeros(0), requires_grad=True), torch.tensor(x, requires_grad=True)
    a._array = in_order(x, case.order, int(case.name[-2]))
    y, z = ours(a, **case.call), theirs(b, **case.call)
    dy = np.random.default_rng(1).standard_normal(tuple(z.shape))
    y.backward(fastnn.tensor(dy))
    z.backward(torch.tensor(dy))
    close(case, "y", y._array, z.detach().numpy(), 1e-10)
    close(case, "dx", a.grad._array, b.grad.numpy(), 1e-10)
    for name, p, q in zip(ours.state_dict(), ours.parameters(), theirs.parameters()):
        close(
            case,
            f"d{name}",
            p.grad._array,
            q.grad.numpy(),
            1e-10 * max(1, float(q.grad.abs().max())),
        )


def main(count: int = 2000) -> int:
    """Check `count` operations and half as many layers; print those that differ."""
    warnings.filterwarnings("ignore", "Using padding='same'")
    start, failed, winograd = time.perf_counter(), 0, 0
    for i in range(count + count // 2):
        try:
            if i < count:
                winograd += compare_op(draw_op(OPS[i % len(OPS)], i))
            else:
                compare_layer(draw_layer(LAYERS[i % len(LAYERS)], i))
        except AssertionError as difference:
            failed += 1
            print(difference)
    print(
        f"{count} operations in float64 and float32, {winograd} of them also by Winograd, and "
        f"{count // 2} layers: {failed} differ ({time.perf_counter() - start:.0f} s)"
    )
    return failed


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])) > 0)
