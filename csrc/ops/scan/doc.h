// The docstrings of running sums and products.
#pragma once

namespace fastnn::scan::doc {

constexpr char kCumsum[] = R"(Adds up along an axis: y[i] = y[i - 1] + x[i].

input : float (...); x
dim : int; the axis
Returns y : float (...).

>>> kernels.cumsum(np.array([1.0, 2.0, 3.0]), 0)
array([1., 3., 6.]))";

constexpr char kCumsumBackward[] =
    R"(Computes the gradient of `cumsum`: dx[i] = dx[i + 1] + dy[i].

dy : float (...)
dim : int; the axis
Returns dx : float (...).

>>> kernels.cumsum_backward(np.array([1.0, 2.0, 3.0]), 0)
array([6., 5., 3.]))";

constexpr char kCumprod[] = R"(Multiplies along an axis: y[i] = y[i - 1] * x[i].

input : float (...); x
dim : int; the axis
Returns y : float (...).

>>> kernels.cumprod(np.array([1.0, 2.0, 3.0]), 0)
array([1., 2., 6.]))";

constexpr char kCumprodBackward[] =
    R"(Computes the gradient of `cumprod`: dx[i] = sum of dy[j] * y[j] / x[i] over j >= i, even at 0.

dy, input, y : float (...); input is x, y the output
dim : int; the axis
Returns dx : float (...).

>>> x = np.array([1.0, 2.0, 3.0])
>>> kernels.cumprod_backward(np.ones(3), x, kernels.cumprod(x, 0), 0)
array([9., 4., 2.]))";

}  // namespace fastnn::scan::doc
