// The docstrings of pooling.
#pragma once

namespace fastnn::pooling::doc {

constexpr char kMaxPool[] =
    R"(Takes the maximum of each window, over one to three axes.

Along an axis y[j] = max of x[j * stride + k * dilation - padding] over 0 <= k < kernel_size.

input : float (N, C, L), (N, C, H, W) or (N, C, D, H, W), or without N; x
kernel_size, stride, padding, dilation : tuples of int, one for each axis
ceil_mode : bool = False; whether a last window may reach beyond the image
with_places : bool = True; whether to return places
Returns (y, places) : float (N, C, ...), or without N; and uint8 or int32, as y, or None: where in
    its window, in C order, the first of the largest numbers is, or the last NaN.

>>> y, places = kernels.max_pool(np.array([[[1.0, 5.0, 2.0, 3.0]]]), (2,), (2,), (0,), (1,))
>>> y.tolist(), places.tolist()
([[[5.0, 3.0]]], [[[1, 1]]]))";

constexpr char kMaxPoolBackward[] =
    R"(Computes the gradient of `max_pool`: dx = sum of dy over the windows that x has won.

dy : float (N, C, ...), or without N
places : uint8 or int32, as dy; from the forward pass
input_shape : tuple of int; (N, C, ...), or without N
kernel_size, stride, padding, dilation, ceil_mode : those of the forward pass
Returns dx : float, of input_shape.

>>> places = np.array([[[1, 1]]], np.uint8)
>>> args = (1, 1, 4), (2,), (2,), (0,), (1,)
>>> kernels.max_pool_backward(np.ones((1, 1, 2)), places, *args).tolist()
[[[0.0, 1.0, 0.0, 1.0]]])";

constexpr char kMaxPoolIndices[] =
    R"(Converts places of `max_pool` to indices into the image, in C order over its axes.

places : uint8 or int32 (N, C, ...), or without N; from the forward pass
input_shape : tuple of int; (N, C, ...), or without N
kernel_size, stride, padding, dilation, ceil_mode : those of the forward pass
Returns indices : int64, as places.

>>> places = np.array([[[1, 1]]], np.uint8)
>>> kernels.max_pool_indices(places, (1, 1, 4), (2,), (2,), (0,), (1,)).tolist()
[[[1, 3]]])";

constexpr char kAdaptiveMaxPool[] =
    R"(Takes the maximum of windows that divide each axis evenly.

Along an axis y[j] = max of x[floor(j * I / J) : ceil((j + 1) * I / J)].

input : float (N, C, L), (N, C, H, W) or (N, C, D, H, W), or without N; x, axes of size I
output_size : tuple of int, one for each axis; J
with_places : bool = True; whether to return places
Returns (y, places) : float (N, C, *output_size), or without N; and uint8 or int32, as y, or None:
    where in its window, in C order, the first of the largest numbers is, or the last NaN.

>>> y, places = kernels.adaptive_max_pool(np.array([[[1.0, 5.0, 2.0, 3.0]]]), (2,))
>>> y.tolist(), places.tolist()
([[[5.0, 3.0]]], [[[1, 1]]]))";

constexpr char kAdaptiveMaxPoolBackward[] =
    R"(Computes the gradient of `adaptive_max_pool`: dx = sum of dy over the windows that x has won.

dy : float (N, C, *output_size), or without N
places : uint8 or int32, as dy; from the forward pass
input_shape : tuple of int; (N, C, ...), or without N
output_size : tuple of int
Returns dx : float, of input_shape.

>>> places = np.array([[[1, 1]]], np.uint8)
>>> args = np.ones((1, 1, 2)), places, (1, 1, 4), (2,)
>>> kernels.adaptive_max_pool_backward(*args).tolist()
[[[0.0, 1.0, 0.0, 1.0]]])";

constexpr char kAdaptiveMaxPoolIndices[] =
    R"(Converts places of `adaptive_max_pool` to indices into the image, in C order over its axes.

places : uint8 or int32 (N, C, *output_size), or without N; from the forward pass
input_shape : tuple of int; (N, C, ...), or without N
output_size : tuple of int
Returns indices : int64, as places.

>>> places = np.array([[[1, 1]]], np.uint8)
>>> kernels.adaptive_max_pool_indices(places, (1, 1, 4), (2,)).tolist()
[[[1, 3]]])";

constexpr char kAvgPool[] =
    R"(Averages each window, over one to three axes.

Along an axis y[j] = sum of x[j * stride + k - padding] over 0 <= k < kernel_size, divided by the
size of the window.

input : float (N, C, L), (N, C, H, W) or (N, C, D, H, W), or without N; x
kernel_size, stride, padding : tuples of int, one for each axis
ceil_mode : bool = False; whether a last window may reach beyond the image
count_include_pad : bool = True; whether padding counts in the size
divisor_override : int = None; used instead of the size
Returns y : float (N, C, ...), or without N.

>>> kernels.avg_pool(np.array([[[1.0, 5.0, 2.0, 4.0]]]), (2,), (2,), (0,)).tolist()
[[[3.0, 3.0]]])";

constexpr char kAvgPoolBackward[] =
    R"(Computes the gradient of `avg_pool`: dx = sum of dy / size over the windows that x is in.

dy : float (N, C, ...), or without N
input_shape : tuple of int; (N, C, ...), or without N
kernel_size, stride, padding : those of the forward pass, and so are all below
ceil_mode : bool = False
count_include_pad : bool = True
divisor_override : int = None
Returns dx : float, of input_shape.

>>> args = np.ones((1, 1, 2)), (1, 1, 4), (2,), (2,), (0,)
>>> kernels.avg_pool_backward(*args).tolist()
[[[0.5, 0.5, 0.5, 0.5]]])";

constexpr char kAdaptiveAvgPool[] =
    R"(Averages windows that divide each axis evenly.

Along an axis y[j] = mean of x[floor(j * I / J) : ceil((j + 1) * I / J)].

input : float (N, C, L), (N, C, H, W) or (N, C, D, H, W), or without N; x, axes of size I
output_size : tuple of int, one for each axis; J
Returns y : float (N, C, *output_size), or without N.

>>> kernels.adaptive_avg_pool(np.array([[[1.0, 5.0, 2.0, 4.0]]]), (2,)).tolist()
[[[3.0, 3.0]]])";

constexpr char kAdaptiveAvgPoolBackward[] =
    R"(Computes the gradient of `adaptive_avg_pool`: dx = sum of dy / size over the windows that x is in.

dy : float (N, C, *output_size), or without N
input_shape : tuple of int; (N, C, ...), or without N
output_size : tuple of int
Returns dx : float, of input_shape.

>>> kernels.adaptive_avg_pool_backward(np.ones((1, 1, 2)), (1, 1, 4), (2,)).tolist()
[[[0.5, 0.5, 0.5, 0.5]]])";

constexpr char kMaxUnpool[] =
    R"(Puts numbers where maxima were, zeros elsewhere: y[indices] = x in each image.

Of equal indices the last one counts.

input : float (N, C, ...), or without N; x
indices : int, as input; in C order over the axes of the output (`max_pool_indices`)
output_size : tuple of int, one for each axis
Returns y : float (N, C, *output_size), or without N.
Raises IndexError for indices outside the image.

>>> kernels.max_unpool(np.array([[[5.0, 3.0]]]), np.array([[[1, 3]]]), (4,)).tolist()
[[[0.0, 5.0, 0.0, 3.0]]])";

constexpr char kMaxUnpoolBackward[] =
    R"(Computes the gradient of `max_unpool`: dx = dy[indices] in each image.

dy : float (N, C, *output_size), or without N
indices : int (N, C, ...), or without N; those of the forward pass
output_size : tuple of int, one for each axis
Returns dx : float, as indices.

>>> dy = np.array([[[1.0, 2.0, 3.0, 4.0]]])
>>> kernels.max_unpool_backward(dy, np.array([[[1, 3]]]), (4,)).tolist()
[[[2.0, 4.0]]])";

}  // namespace fastnn::pooling::doc
