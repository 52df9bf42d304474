// The docstrings of activations with operands besides their input.
#pragma once

namespace fastnn {

namespace glu {
constexpr char kDoc[] =
    R"(Computes the gated linear unit y = a / (1 + e^-b), a and b the halves of x along dim.

input : float (..., 2 * D, ...); x
dim : int = -1; the axis of the halves
Returns y : float (..., D, ...).

>>> kernels.glu(np.array([3.0, 0.0]))
array([1.5]))";

constexpr char kDocBackward[] =
    R"(Computes the gradient of `glu`: da = dy * s and db = dy * a * s * (1 - s), s = 1 / (1 + e^-b).

dy : float (..., D, ...)
input : float (..., 2 * D, ...); that of the forward pass
dim : int = -1; the axis of the halves
Returns dx : float (..., 2 * D, ...).

>>> kernels.glu_backward(np.array([1.0]), np.array([3.0, 0.0]))
array([0.5 , 0.75]))";
}  // namespace glu

namespace prelu {
constexpr char kDoc[] = R"(Computes y = x where x > 0, else w * x, with one w for each channel.

input : float (N, C, ...), or (...) with one w; x
weight : float (C,), or one number; w
Returns y : float, as input.

>>> kernels.prelu(np.array([[-2.0, -2.0]]), np.array([0.5, 0.25]))
array([[-1. , -0.5]]))";

constexpr char kDocBackward[] =
    R"(Computes the gradients of `prelu`: dx = dy or w * dy; dw = sum of dy * x where x <= 0.

dy : float, as input
input : float (N, C, ...), or (...) with one w; x
weight : float (C,), or one number; w
Returns (dx, dw) : float, as input and weight.

>>> kernels.prelu_backward(np.ones((1, 2)), np.array([[-2.0, 3.0]]), np.array([0.5, 0.25]))
(array([[0.5, 1. ]]), array([-2.,  0.])))";
}  // namespace prelu

namespace rrelu {
constexpr char kDoc[] =
    R"(Computes y = x where x > 0, else s * x, with random slopes s in [lower, upper).

Element i, counted in C order, has the slope of number i of the stream.

input : float (...); x
lower, upper : number; the range of the slopes
stream : uint64 (2,); seed and offset of the random numbers (`fastnn.random.reserve`)
Returns y : float (...).

>>> kernels.rrelu(np.array([-2.0, 4.0]), 0.5, 0.5, np.array([0, 0], np.uint64))
array([-1.,  4.]))";

constexpr char kDocBackward[] =
    R"(Computes the gradient of `rrelu`: dx = dy where x > 0, else s * dy.

dy : float (...)
input : float (...); that of the forward pass
lower, upper : number; those of the forward pass
stream : uint64 (2,); that of the forward pass
Returns dx : float (...).

>>> x, stream = np.array([-2.0, 4.0]), np.array([0, 0], np.uint64)
>>> kernels.rrelu_backward(np.ones(2), x, 0.5, 0.5, stream)
array([0.5, 1. ]))";
}  // namespace rrelu

}  // namespace fastnn
