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

constexpr char kCummax[] =
    R"(Takes the largest element so far along an axis, and the place of the last such one.

input : float (...); x; NaN counts as the largest
dim : int; the axis
Returns y : float (...), place : int64 (...).

>>> kernels.cummax(np.array([1.0, 3.0, 2.0]), 0)
(array([1., 3., 3.]), array([0, 1, 1])))";

constexpr char kCummin[] =
    R"(Takes the smallest element so far along an axis, and the place of the last such one.

input : float (...); x; NaN counts as the smallest
dim : int; the axis
Returns y : float (...), place : int64 (...).

>>> kernels.cummin(np.array([2.0, 3.0, 1.0]), 0)
(array([2., 2., 1.]), array([0, 0, 2])))";

constexpr char kLogcumsumexp[] =
    R"(Takes the logarithm of the running sum of exponentials: y[i] = log(sum of exp(x[j]), j <= i).

input : float (...); x
dim : int; the axis
Returns y : float (...).

>>> kernels.logcumsumexp(np.zeros(2), 0).round(4)
array([0.    , 0.6931]))";

constexpr char kLogcumsumexpBackward[] =
    R"(Computes the gradient of `logcumsumexp`: dx[i] = sum of dy[j] exp(x[i] - y[j]), j >= i.

dy, input, y : float (...); input is x, y the output
dim : int; the axis
Returns dx : float (...).

>>> x = np.zeros(2)
>>> kernels.logcumsumexp_backward(np.ones(2), x, kernels.logcumsumexp(x, 0), 0)
array([1.5, 0.5]))";

}  // namespace fastnn::scan::doc
