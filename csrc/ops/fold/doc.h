// The docstrings of unfold and fold.
#pragma once

namespace fastnn::folding::doc {

constexpr char kUnfold[] =
    R"(Copies the windows of images to columns, with zeros around the images.

Row (c, i, j) of y is place (i, j) of channel c in every window; L counts the windows, row by row.

input : float (N, C, H, W), or without N
kernel_size, dilation, padding, stride : tuples of two int; K = kernel_size[0] * kernel_size[1]
Returns y : float (N, C * K, L), or without N.

>>> x = np.arange(4.0).reshape(1, 1, 2, 2)
>>> kernels.unfold(x, (1, 2), (1, 1), (0, 0), (1, 1)).tolist()
[[[0.0, 2.0], [1.0, 3.0]]])";

constexpr char kFold[] =
    R"(Adds up columns to images, each at its place in its window; the gradient of `unfold`.

input : float (N, C * K, L), or without N; L windows of K = kernel_size[0] * kernel_size[1] places
output_size : tuple of two int; (H, W)
kernel_size, dilation, padding, stride : tuples of two int
Returns y : float (N, C, H, W), or without N.

>>> kernels.fold(np.ones((1, 2, 2)), (1, 3), (1, 2), (1, 1), (0, 0), (1, 1)).tolist()
[[[[1.0, 2.0, 1.0]]]])";

}  // namespace fastnn::folding::doc
