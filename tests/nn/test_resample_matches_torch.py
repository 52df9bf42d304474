"""Upsampling, folding and shuffling layers match PyTorch."""

import numpy as np
import pytest

import fastnn
from fastnn import nn
from tests.harness import numbers

torch = pytest.importorskip("torch", reason="PyTorch, the second reference, is not installed")

COUNT = 60  # random combinations of options


def compared(ours, theirs, x, exact=False):
    a, b = fastnn.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    got, want = ours(a), theirs(b)
    tolerance = 0 if exact else 1e-10
    np.testing.assert_allclose(got.detach(), want.detach().numpy(), tolerance, tolerance)
    dy = numbers(*got.shape, seed=4)
    got.backward(fastnn.tensor(dy))
    want.backward(torch.tensor(dy))
    np.testing.assert_allclose(a.grad, b.grad.numpy(), 1e-10, 1e-10)


def pair(name, *args, **kwargs):
    ours, theirs = getattr(nn, name)(*args, **kwargs), getattr(torch.nn, name)(*args, **kwargs)
    assert repr(ours) == repr(theirs)
    return ours, theirs


MODES = {
    1: ("nearest", "nearest-exact", "linear", "area"),
    2: ("nearest", "nearest-exact", "bilinear", "bicubic", "area"),
    3: ("nearest", "nearest-exact", "trilinear", "area"),
}


def odd_in_torch(sizes, options):
    """Whether PyTorch's two kernels disagree for the sizes that a scale gives."""
    scale = options.get("scale_factor", ())
    scales = scale if isinstance(scale, tuple) else (scale,) * len(sizes)
    return any(int(n * s) in (n, 2 * n) for n, s in zip(sizes, scales))


@pytest.mark.parametrize(("axes", "mode"), [(n, mode) for n in MODES for mode in MODES[n]])
def test_upsample(axes, mode):
    rng = np.random.default_rng(axes)
    for _ in range(COUNT):
        options = {"mode": mode}
        if rng.random() < 0.5:
            size = tuple(int(n) for n in rng.integers(1, 12, axes))
            options["size"] = size if rng.random() < 0.7 else size[0]
        else:
            scale = tuple(float(s) for s in rng.uniform(0.4, 3, axes).round(2))
            options["scale_factor"] = scale if rng.random() < 0.7 else scale[0]
            if rng.random() < 0.3:
                options["recompute_scale_factor"] = True
        if "linear" in mode or "cubic" in mode:
            options["align_corners"] = (None, False, True)[rng.integers(3)]
        x = rng.standard_normal((2, rng.integers(1, 20), *rng.integers(3, 9, axes)))
        if odd_in_torch(x.shape[2:], options):
            continue
        compared(*pair("Upsample", **options), x)


@pytest.mark.parametrize("aligned", [False, True])
@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_antialias(mode, aligned):
    """But for images of one column, of which PyTorch repeats the first row."""
    rng = np.random.default_rng(len(mode))
    for _ in range(COUNT):
        x = rng.standard_normal((2, rng.integers(1, 20), *rng.integers(2, 20, 2)))
        size = tuple(int(n) for n in rng.integers(2, 12, 2))
        options = {"mode": mode, "align_corners": aligned, "antialias": True}
        compared(
            lambda a, o=options, s=size: fastnn.nn.functional.interpolate(a, s, **o),
            lambda a, o=options, s=size: torch.nn.functional.interpolate(a, s, **o),
            x,
        )
        scale = tuple(float(s) for s in rng.uniform(0.3, 2, 2).round(2))
        # Where a scale leaves an axis as long as it is, PyTorch copies it forward and not backward.
        if any(int(n * s) in (0, 1, n) for n, s in zip(x.shape[2:], scale)):
            continue
        compared(
            lambda a, o=options, s=scale: fastnn.nn.functional.interpolate(a, None, s, **o),
            lambda a, o=options, s=scale: torch.nn.functional.interpolate(a, None, s, **o),
            x,
        )


@pytest.mark.parametrize("name", ["UpsamplingNearest2d", "UpsamplingBilinear2d"])
def test_upsampling(name):
    for options in ({"size": (7, 3)}, {"size": 5}, {"scale_factor": 2}, {"scale_factor": (2, 3)}):
        compared(*pair(name, **options), numbers(2, 3, 4, 5))


def test_unfold_and_fold():
    rng = np.random.default_rng(0)
    for _ in range(COUNT):
        kernel, dilation, padding, stride = (
            tuple(int(n) for n in rng.integers(low, 4, 2)) for low in (1, 1, 0, 1)
        )
        x = numbers(2, 3, 8, 9)
        ours, theirs = pair("Unfold", kernel, dilation, padding, stride)
        compared(ours, theirs, x)
        columns = ours(x).numpy()
        compared(*pair("Fold", (8, 9), kernel, dilation, padding, stride), columns)
        compared(ours, theirs, x[0])


@pytest.mark.parametrize(
    ("name", "factor", "shape"),
    [
        ("PixelShuffle", 2, (2, 12, 3, 4)),
        ("PixelShuffle", 3, (9, 3, 4)),
        ("PixelUnshuffle", 2, (2, 3, 4, 6)),
        ("PixelUnshuffle", 3, (2, 2, 3, 6, 3)),
        ("ChannelShuffle", 3, (2, 12, 3, 4)),
    ],
)
def test_shuffle(name, factor, shape):
    compared(*pair(name, factor), numbers(*shape), exact=True)
