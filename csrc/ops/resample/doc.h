// The docstrings of interpolation.
#pragma once

namespace fastnn::resample::doc {

constexpr char kInterpolate[] =
    R"(Resizes images, axis by axis: y[j] = sum of w[j, i] * x[i], with weights w by mode.

With s = size / new size, or 1 / scale, nearest takes i = floor(j * s), nearest-exact
i = floor((j + 1/2) * s); linear and cubic put j at (j + 1/2) * s - 1/2 of the input, or with
align_corners at j * (size - 1) / (new size - 1).

input : float (N, C, L), (N, C, H, W) or (N, C, D, H, W); x
output_size : tuple of int, one for each axis behind C
mode : str = "nearest"; or "nearest-exact", "linear" or "cubic"
align_corners : bool = False
scales : tuple of numbers = None; scale of each axis
antialias : bool = False; average what falls on an output, in linear and cubic mode
Returns y : float (N, C, *output_size).

>>> kernels.interpolate(np.array([[[0.0, 1.0]]]), (4,), "linear").tolist()
[[[0.0, 0.25, 0.75, 1.0]]])";

constexpr char kInterpolateBackward[] =
    R"(Computes the gradient of `interpolate`: dx[i] = sum of w[j, i] * dy[j].

dy : float (N, C, ...)
input_size : tuple of int; that of the input, without N and C
mode : str = "nearest"; this and all below are those of the forward pass
align_corners : bool = False
scales : tuple of numbers = None
antialias : bool = False
Returns dx : float (N, C, *input_size).

>>> kernels.interpolate_backward(np.ones((1, 1, 4)), (2,), "linear").tolist()
[[[2.0, 2.0]]])";

}  // namespace fastnn::resample::doc
