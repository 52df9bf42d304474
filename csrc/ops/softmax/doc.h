// The docstrings of the softmax family.
#pragma once

namespace fastnn::softmax::doc {

constexpr char kSoftmax[] =
    R"(Computes the softmax along an axis: y = e^x / sum of e^x, without overflow.

input : float (...); x
dim : int; the axis
Returns y : float (...).

>>> kernels.softmax(np.array([0.0, np.log(3.0)]), 0).round(3)
array([0.25, 0.75]))";

constexpr char kSoftmaxBackward[] =
    R"(Computes the gradient of `softmax`: dx = y * (dy - sum of dy * y along the axis).

dy, y : float (...); y is the output
dim : int; the axis
Returns dx : float (...).

>>> kernels.softmax_backward(np.array([1.0, 0.0]), np.array([0.25, 0.75]), 0)
array([ 0.1875, -0.1875]))";

constexpr char kLogSoftmax[] =
    R"(Computes the logarithm of the softmax along an axis: y = x - log(sum of e^x).

input : float (...); x
dim : int; the axis
Returns y : float (...).

>>> kernels.log_softmax(np.array([0.0, 0.0]), 0).round(3)
array([-0.693, -0.693]))";

constexpr char kLogSoftmaxBackward[] =
    R"(Computes the gradient of `log_softmax`: dx = dy - e^y * sum of dy along the axis.

dy, y : float (...); y is the output
dim : int; the axis
Returns dx : float (...).

>>> kernels.log_softmax_backward(np.array([1.0, 0.0]), np.log([0.25, 0.75]), 0).round(3)
array([ 0.75, -0.75]))";

}  // namespace fastnn::softmax::doc
