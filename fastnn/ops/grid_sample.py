"""Images read at points that lie anywhere, and grids of such points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import _core
from ..autograd.record import Array, Grads, Node, array, record
from ..tensor import Tensor, TensorLike
from .gemm import matmul

__all__ = ["affine_grid", "grid_sample"]

# Mode -> the kernel's.
MODES = {"bilinear": "linear", "nearest": "nearest", "bicubic": "cubic"}


def grid_sample(
    input: TensorLike,
    grid: TensorLike,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """The input at the points of a grid, interpolated.

    ``y[n, :, p] = sum over places i around grid[n, p] of w[i] x[n, :, i]``

    Parameters
    ----------
    input
        x, (N, C, H, W) or (N, C, D, H, W).
    grid
        (N, H', W', 2) or (N, D', H', W', 3): for each point its coordinates, x before y before z.
        -1 and 1 are the outer edges of the image; of the same dtype as the input.
    mode
        ``"bilinear"`` (for volumes too), ``"nearest"``, or ``"bicubic"`` for images.
    padding_mode
        What lies outside: ``"zeros"``, ``"border"``, the nearest pixel, or ``"reflection"``, the
        image mirrored at its edges.
    align_corners
        Let -1 and 1 be the centres of the outermost pixels instead. False by default.

    Returns
    -------
    Tensor
        y, (N, C, H', W') or (N, C, D', H', W'); in channels-last memory.

    Raises
    ------
    ValueError
        The shapes do not fit, or the mode or the padding is unknown.
    TypeError
        The two are not of the same float dtype.

    Notes
    -----
    Coordinates that are NaN make bilinear and bicubic values of images NaN; with border and
    reflection, ``"bilinear"`` and ``"nearest"`` read the first pixel of the axis. In volumes they
    are outside with zeros, and the last pixel otherwise. Infinite coordinates are as NaN where the
    outside has no end: with zeros and reflection.

    References
    ----------
    Jaderberg et al., Spatial Transformer Networks, NeurIPS 2015.

    Examples
    --------
    >>> x = fastnn.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    >>> F.grid_sample(x, fastnn.tensor([[[[-0.5, -0.5], [0.0, 0.0]]]])).tolist()
    [[[[1.0, 2.5]]]]
    """
    if mode not in MODES:
        known = ", ".join([repr(name) for name in MODES])
        raise ValueError(f"grid_sample: mode must be one of {known}, got {mode!r}")
    x, points = array(input), array(grid)
    options = MODES[mode], padding_mode, bool(align_corners)
    y = _core.grid_sample(x, points, *options)
    return record(y, grid_sample_backward, (input, grid), x, points, *options)


def grid_sample_backward(node: Node, dy: Array) -> Grads:
    x, points, mode, padding_mode, align_corners = node.saved
    return _core.grid_sample_backward(dy, x, points, mode, padding_mode, align_corners, node.needs)


def affine_grid(
    theta: TensorLike, size: Sequence[int], align_corners: bool | None = None
) -> Tensor:
    """The points of an image of some size under an affine map, for `grid_sample`.

    ``grid[n, h, w] = theta[n] @ (x_w, y_h, 1)``, with x and y from -1 to 1.

    Parameters
    ----------
    theta
        (N, 2, 3) for images, (N, 3, 4) for volumes.
    size
        Of the output: (N, C, H, W) or (N, C, D, H, W).
    align_corners
        Let -1 and 1 be the centres of the outermost pixels instead of the outer edges. False by
        default.

    Returns
    -------
    Tensor
        (N, H, W, 2) or (N, D, H, W, 3).

    Raises
    ------
    ValueError
        The shape of `theta` does not fit the size, or a size is less than 1.

    Examples
    --------
    >>> F.affine_grid(fastnn.tensor([[[2.0, 0.0, 0.0], [0.0, 1.0, 0.5]]]), (1, 1, 1, 2)).tolist()
    [[[[-1.0, 0.5], [1.0, 0.5]]]]
    """
    given = array(theta)
    if len(size) not in (4, 5) or min(size[1:]) < 1 or size[0] < 0:
        raise ValueError(
            "affine_grid: size must be (N, C, H, W) or (N, C, D, H, W), each at least 1, got "
            f"{tuple(size)}"
        )
    n, _, *sizes = size
    axes = len(sizes)
    if given.shape != (n, axes, axes + 1):
        raise ValueError(
            f"affine_grid: theta must have shape {(n, axes, axes + 1)} for size {tuple(size)}, got "
            f"{given.shape}"
        )
    points = base_points(sizes, bool(align_corners), given.dtype)
    grid = matmul(
        points, Tensor.swapaxes(theta if isinstance(theta, Tensor) else Tensor(given), 1, 2)
    )
    return grid.reshape(n, *sizes, axes)


def base_points(sizes: Sequence[int], align_corners: bool, dtype: np.dtype) -> Array:
    """The points of an image, x first, with a 1 behind each: (all points, axes + 1)."""
    axes = len(sizes)
    points = np.ones((*sizes, axes + 1), dtype)
    for i, count in enumerate(sizes):
        shares = np.arange(1 - count, count, 2) / max(count - align_corners, 1)
        points[..., axes - 1 - i] = shares.reshape(-1, *[1] * (axes - 1 - i))
    return points.reshape(-1, axes + 1)
