// The docstring of the matrix product.
#pragma once

namespace fastnn::gemm::doc {

constexpr char kMatmul[] =
    R"(Multiplies matrices: y[..., m, n] = sum over k of input[..., m, k] * other[..., k, n].

input : float (..., M, K), or (K,) as one row
other : float (..., K, N), or (K,) as one column; the dimensions in front broadcast
Returns y : float (..., M, N), without M or N where that operand has one dimension.

>>> kernels.matmul(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 10.0]))
array([21., 43.]))";

}  // namespace fastnn::gemm::doc
