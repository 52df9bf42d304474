// The docstrings of the linear layer.
#pragma once

namespace fastnn::linear::doc {

constexpr char kLinear[] =
    R"(Computes a linear layer with its activation: y = f(input @ weight.T + bias).

input : float (..., C)
weight : float (D, C)
bias : float (D,) = None
activation : str or tuple = None; f, "relu" or ("leaky_relu", 0.2); None for none
keep : bool = False; whether to return what the backward pass reads, too
Returns y : float (..., D), or (y, saved) with keep; saved is as y, or None without f.

>>> x, w = np.array([[1.0, -2.0]]), np.array([[3.0, 1.0], [1.0, 1.0]])
>>> kernels.linear(x, w, np.array([0.5, 0.0]), "relu")
array([[1.5, 0. ]]))";

constexpr char kLinearBackward[] =
    R"(Computes the gradients of `linear`: dx = dz @ weight, dw = dz.T @ input, db = sum of dz over rows.

Here dz = dy * f'(z), z the argument of the activation f.

dy : float (..., D)
input : float (..., C)
weight : float (D, C)
saved : float (..., D) = None; from the forward pass, needed with an activation
activation : str or tuple = None; that of the forward pass
needs : tuple of bool = (True, True, True); whether dx, dw and db are wanted
Returns (dx, dw, db) : float (..., C), (D, C) and (D,), or None where not wanted.

>>> dx, dw, db = kernels.linear_backward(np.ones((2, 1)), np.eye(2), np.array([[3.0, 4.0]]))
>>> dx.tolist(), dw.tolist(), db.tolist()
([[3.0, 4.0], [3.0, 4.0]], [[1.0, 1.0]], [2.0]))";

}  // namespace fastnn::linear::doc
