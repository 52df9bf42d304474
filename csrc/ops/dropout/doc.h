// The docstrings of dropout.
#pragma once

namespace fastnn::dropout::doc {

constexpr char kDropout[] =
    R"(Sets elements to 0 with probability p and scales the others: y = x / (1 - p) or 0.

Element i, counted in C order, is kept where number i of the stream is at least p.

input : float (...); x
p : number in [0, 1]
stream : uint64 (2,); seed and offset of the random numbers (`fastnn.random.reserve`)
Returns y : float (...).

>>> kernels.dropout(np.ones(4), 0.5, np.array([0, 0], np.uint64))
array([0., 2., 0., 2.]))";

constexpr char kDropoutBackward[] =
    R"(Computes the gradient of `dropout`: dx = dy / (1 - p) where x was kept, else 0.

dy : float (...)
p : number in [0, 1]; that of the forward pass
stream : uint64 (2,); that of the forward pass
Returns dx : float (...).

>>> kernels.dropout_backward(np.array([1.0, 2.0]), 0.0, np.array([0, 0], np.uint64))
array([1., 2.]))";

}  // namespace fastnn::dropout::doc
