"""Sampling at the points of a grid matches PyTorch."""

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from tests.harness import numbers

torch = pytest.importorskip("torch", reason="PyTorch, the second reference, is not installed")

PADDINGS = ("zeros", "border", "reflection")


def compared(x, grid, dtype, tolerance, *options):
    ours = [fastnn.tensor(a.astype(dtype), requires_grad=True) for a in (x, grid)]
    theirs = [torch.tensor(a.astype(dtype), requires_grad=True) for a in (x, grid)]
    got, want = F.grid_sample(*ours, *options), torch.nn.functional.grid_sample(*theirs, *options)
    np.testing.assert_allclose(got.detach(), want.detach().numpy(), tolerance, tolerance)
    dy = numbers(*got.shape, seed=4).astype(dtype)
    got.backward(fastnn.tensor(dy))
    want.backward(torch.tensor(dy))
    for a, b in zip(ours, theirs):
        size = max(1, np.abs(b.grad.numpy()).max(initial=0))
        np.testing.assert_allclose(a.grad, b.grad.numpy(), 0, tolerance * size)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize(
    ("axes", "mode"),
    [(2, "bilinear"), (2, "nearest"), (2, "bicubic"), (3, "bilinear"), (3, "nearest")],
)
def test_grid_sample(axes, mode, padding):
    rng = np.random.default_rng(axes)
    for _ in range(40):
        n, c = int(rng.integers(0, 3)), int(rng.integers(1, 20))
        x = rng.standard_normal((n, c, *rng.integers(1, 7, axes)))
        grid = rng.uniform(-2.5, 2.5, (n, *rng.integers(1, 7, axes), axes))
        for aligned in (False, True):
            compared(x, grid, "float64", 1e-10, mode, padding, aligned)
            compared(x, grid, "float32", 2e-4, mode, padding, aligned)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize(("axes", "mode"), [(2, "nearest"), (2, "bilinear"), (3, "nearest")])
def test_float32_rounds_as_torch(axes, mode, padding):
    """Points halfway between two pixels, whose coordinates rounding moves to either side."""
    for size, out in ((6, 3), (10, 5), (14, 7), (12, 18), (9, 27)):
        x = numbers(1, 2, *[size] * axes).astype("float32")
        theta = torch.eye(axes, axes + 1)[None]
        for aligned in (False, True):
            grid = torch.nn.functional.affine_grid(theta, (1, 2, *[out] * axes), aligned)
            want = torch.nn.functional.grid_sample(
                torch.tensor(x), grid, mode, padding, align_corners=aligned
            )
            got = F.grid_sample(x, grid.numpy(), mode, padding, aligned)
            np.testing.assert_allclose(got, want.numpy(), 1e-5, 1e-5)


@pytest.mark.parametrize("axes", [2, 3])
def test_affine_grid(axes):
    rng = np.random.default_rng(axes)
    for _ in range(20):
        size = (int(rng.integers(1, 3)), 1, *[int(n) for n in rng.integers(2, 9, axes)])
        theta = rng.standard_normal((size[0], axes, axes + 1))
        for aligned in (False, True):
            want = torch.nn.functional.affine_grid(torch.tensor(theta), size, aligned)
            np.testing.assert_allclose(F.affine_grid(theta, size, aligned), want, 1e-12, 1e-12)
