// The docstring of linear cross entropy.
#pragma once

namespace fastnn::linear_cross_entropy::doc {

constexpr char kLinearCrossEntropy[] =
    R"(Computes the cross entropy of scores z = x @ W.T + b, which are never in memory as a whole.

Gradients are those of the reduced loss, or of the sum of dy * l where dy is given.

input : float (N, D); x
linear_weight : float (V, D); W
target : int (N,); ids in [0, V)
linear_bias : float (V,) = None; b
weight : float (V,) = None; factors of the classes
ignore_index : int = -100; rows with this id do not count
reduction : str = "mean"; over the weights of the rows that count, or "sum" or "none"
label_smoothing : number = 0.0; in [0, 1], the share of the target spread over all classes
needs : tuple of bool = (False, False, False); which of dx, dW and db are wanted
dy : float (N,) = None; factors of the losses in the gradients
Returns (l, dx, dW, db) : float () or, for "none", (N,); gradients as their inputs, or None.
Raises IndexError for ids outside [0, V).

>>> x, w = np.ones((1, 2)), np.zeros((2, 2))
>>> needs = (False, True, False)
>>> l, _, dw, _ = kernels.linear_cross_entropy(x, w, np.array([1]), needs=needs)
>>> l.round(3).item(), dw.tolist()
(0.693, [[0.5, 0.5], [-0.5, -0.5]]))";

}  // namespace fastnn::linear_cross_entropy::doc
