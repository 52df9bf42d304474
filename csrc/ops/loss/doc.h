// The docstrings of losses; those of single elements are composed from the facts of their functors.
#pragma once

#include <string>

#include "ops/loss/loss.h"

namespace fastnn::loss::doc {

constexpr const char* kWeight = "weight : float (...) = None; factors of l\n";
constexpr const char* kWeights = R"(weight : float (...) = None; factors of l
pos_weight : float (...) = None; v, 1 where None
)";

inline std::string parameters(const Facts& f, const char* weights) {
    std::string width;
    if (f.parameter != nullptr) width = std::string(f.parameter) + " : number = 1.0; above 0\n";
    return "input, target : float (...), of one shape; x and t\n" + std::string(weights) +
           "reduction : str = \"mean\"; of l over all elements, or \"sum\" or \"none\"\n" + width;
}

// weights: the lines of further parameters.
inline std::string forward(const Facts& f, const char* weights = "") {
    const std::string name = f.name;
    return "Computes the loss l = " + std::string(f.formula) + ".\n\n" + parameters(f, weights) +
           R"(Returns l : float (), or (...) where reduction is "none".

>>> x, t = np.array([0.5, 0.3]), np.array([1.0, 0.5])
>>> kernels.)" +
           name + "(x, t, reduction=\"none\").round(3)\narray(" + f.losses + ")";
}

inline std::string backward(const Facts& f, const char* weights = "") {
    const std::string name = f.name;
    return "Computes the gradient of `" + name + "`: dx = dy * dl/dx, or dt = dy * dl/dt.\n\n" +
           "dy : float (), or (...) where reduction is \"none\"\n" + parameters(f, weights) +
           R"(to_target : bool = False; whether to compute dt instead of dx
Returns dx or dt : float (...).

>>> x, t = np.array([0.5, 0.3]), np.array([1.0, 0.5])
>>> kernels.)" +
           name + "_backward(np.array(1.0), x, t).round(3)\narray(" + f.gradients + ")";
}

constexpr char kCrossEntropy[] =
    R"(Computes l = -log(softmax(x)[t]) of class scores x and classes t, and its gradient.

input : float (C,), (N, C) or (N, C, ...); x, scores of C classes
target : int (), (N,) or (N, ...), ids in [0, C); or float as input, probabilities
weight : float (C,) = None; factors of the classes
ignore_index : int = -100; rows with this id do not count
reduction : str = "mean"; over the weights of rows that count, or the rows of probabilities;
    or "sum" or "none"
label_smoothing : number = 0.0; s in [0, 1], the share of the target spread over all classes
with_gradient : bool = True; whether to compute the gradient
Returns (l, gradient) : float () or, for "none", as the rows; and as input, or None.
Raises IndexError for ids outside [0, C).

>>> loss, gradient = kernels.cross_entropy(np.zeros((1, 2)), np.array([1]))
>>> loss.round(3).item(), gradient
(0.693, array([[ 0.5, -0.5]])))";

constexpr char kCrossEntropyBackward[] =
    R"(Computes the gradient of `cross_entropy`: dx = dy * gradient.

dy : float () or, for "none", as the rows
gradient : float (C,), (N, C) or (N, C, ...), from the forward pass
reduction : str = "mean"; that of the forward pass
Returns dx : float, as gradient; gradient itself where dy is 1.

>>> kernels.cross_entropy_backward(np.array(2.0), np.array([[0.5, -0.5]]))
array([[ 1., -1.]]))";

constexpr char kNllLoss[] = R"(Computes l = -w[t] * x[t] of log-probabilities x and classes t.

input : float (C,), (N, C) or (N, C, ...); x
target : int (), (N,) or (N, ...); t, ids in [0, C)
weight : float (C,) = None; w, 1 where None
ignore_index : int = -100; rows with this id do not count
reduction : str = "mean"; over the weights of the rows that count, or "sum" or "none"
Returns l : float () or, for "none", as target.
Raises IndexError for ids outside [0, C).

>>> kernels.nll_loss(np.array([[-0.5, -1.0], [-2.0, -0.25]]), np.array([0, 1]))
array(0.375))";

constexpr char kNllLossBackward[] =
    R"(Computes the gradient of `nll_loss`: dx = -dy * w[t] at the class t of each row, else 0.

dy : float () or, for "none", as target
input, target, weight, ignore_index, reduction : those of the forward pass
Returns dx : float, as input.

>>> kernels.nll_loss_backward(np.array(1.0), np.zeros((2, 2)), np.array([0, 1]))
array([[-0.5,  0. ],
       [ 0. , -0.5]]))";

}  // namespace fastnn::loss::doc
