// The docstrings of sampling at points.
#pragma once

namespace fastnn::grid_sample::doc {

constexpr char kGridSample[] =
    R"(Reads images at points: y[n, :, p] = sum of weight * x[n, :, place] over places around p.

A point has one coordinate for each axis, the last axis first. -1 to 1 spans the image up to its
outer edges, or up to the centres of its outermost pixels with align_corners.

input : float (N, C, H, W) or (N, C, D, H, W); x
grid : float (N, ..., 2) or (N, ..., 3), with as many axes as the input
mode : str = "linear"; or "nearest", or "cubic" for images
padding_mode : str = "zeros"; or "border" or "reflection": what lies outside
align_corners : bool = False
Returns y : float (N, C, ...).

>>> x, grid = np.array([[[[1.0, 2.0]]]]), np.array([[[[-0.5, 0.0], [0.0, 0.0]]]])
>>> kernels.grid_sample(x, grid).tolist()
[[[[1.0, 1.5]]]])";

constexpr char kGridSampleBackward[] =
    R"(Computes the gradients of `grid_sample` for its input and its grid.

dy : float (N, C, ...)
input : float (N, C, H, W) or (N, C, D, H, W)
grid : float (N, ..., 2) or (N, ..., 3)
mode : str = "linear"; this and the next two are those of the forward pass
padding_mode : str = "zeros"
align_corners : bool = False
needs : tuple of bool = (True, True); whether dx and dgrid are wanted
Returns (dx, dgrid) : float, as input and grid, or None where not wanted.

>>> x, grid = np.array([[[[1.0, 2.0]]]]), np.array([[[[0.0, 0.0]]]])
>>> dx, dgrid = kernels.grid_sample_backward(np.ones((1, 1, 1, 1)), x, grid)
>>> dx.tolist(), dgrid.tolist()
([[[[0.5, 0.5]]]], [[[[1.0, -0.75]]]]))";

}  // namespace fastnn::grid_sample::doc
