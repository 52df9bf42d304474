// The docstrings of convolutions.
#pragma once

namespace fastnn::conv::doc {

constexpr char kConv[] =
    R"(Convolves over one to three axes: y = f(bias + residual + sum of weight * input in each window).

input : float (N, C, L), (N, C, H, W) or (N, C, D, H, W), or without N
weight : float (O, C / groups, ...), with as many axes as input
bias : float (O,) = None
stride : int or tuple of int = 1
padding : int, tuple of int, "same" or "valid" = 0; zeros on both sides of each axis
dilation : int or tuple of int = 1
groups : int = 1; output channels of a group see its input channels only
activation : str or tuple = None; f, "relu" or ("leaky_relu", 0.2); None for none
residual : float, as y = None; added before f
keep : bool = False; whether to return what the backward pass reads, too
Returns y : float (N, O, ...) or without N, channels-last in memory; with keep (y, saved),
    saved as y, or None without f.

>>> kernels.conv(np.array([[[1.0, 2.0, 4.0]]]), np.array([[[1.0, -1.0]]])).tolist()
[[[-1.0, -2.0]]])";

constexpr char kConvBackward[] = R"(Computes the gradients of `conv` in one call.

dy : float (N, O, ...), or without N
input, weight, stride, padding, dilation, groups, activation : those of the forward pass
saved : float, as dy = None; from the forward pass, needed with an activation
needs : tuple of 3 or 4 bool = (True, True, True); whether dx, dw, db and the residual's are wanted
overwrite : bool = False; whether dy may be overwritten
Returns (dx, dw, db) : float, as input, weight and (O,), and the residual's, as dy, where needs has
    four; None for what is not wanted.

>>> x, w = np.array([[[1.0, 2.0, 4.0]]]), np.array([[[1.0, -1.0]]])
>>> dx, dw, db = kernels.conv_backward(np.ones((1, 1, 2)), x, w)
>>> dx.tolist(), dw.tolist(), db.tolist()
([[[1.0, 0.0, -1.0]]], [[[3.0, 6.0]]], [2.0]))";

constexpr char kConvTranspose[] =
    R"(Computes the transpose of a convolution: each input adds its multiple of weight to y.

input : float (N, C, L), (N, C, H, W) or (N, C, D, H, W), or without N
weight : float (C, O / groups, ...), with as many axes as input
bias : float (O,) = None
stride : int or tuple of int = 1
padding : int or tuple of int = 0; what is cut off y on both sides of each axis
output_padding : int or tuple of int = 0; what y is longer at the end of each axis
groups : int = 1
dilation : int or tuple of int = 1
activation : str or tuple = None; "relu" or ("leaky_relu", 0.2); None for none
residual : float, as y = None; added before the activation
keep : bool = False; whether to return what the backward pass reads, too
Returns y : float (N, O, ...) or without N, channels-last in memory; with keep (y, saved),
    saved as y, or None without an activation.

>>> x, w = np.array([[[1.0, 2.0]]]), np.array([[[1.0, 10.0]]])
>>> kernels.conv_transpose(x, w, stride=2).tolist()
[[[1.0, 10.0, 2.0, 20.0]]])";

constexpr char kConvTransposeBackward[] =
    R"(Computes the gradients of `conv_transpose` in one call.

dy : float (N, O, ...), or without N
input, weight, stride, padding, output_padding : those of the forward pass
groups, dilation, activation : those of the forward pass
saved : float, as dy = None; from the forward pass, needed with an activation
needs : tuple of 3 or 4 bool = (True, True, True); whether dx, dw, db and the residual's are wanted
overwrite : bool = False; whether dy may be overwritten
Returns (dx, dw, db) : float, as input, weight and (O,), and the residual's, as dy, where needs has
    four; None for what is not wanted.

>>> x, w, dy = np.array([[[1.0, 2.0]]]), np.array([[[1.0, 10.0]]]), np.ones((1, 1, 4))
>>> dx, dw, db = kernels.conv_transpose_backward(dy, x, w, stride=2)
>>> dx.tolist(), dw.tolist(), db.tolist()
([[[11.0, 11.0]]], [[[3.0, 3.0]]], [4.0]))";

}  // namespace fastnn::conv::doc
