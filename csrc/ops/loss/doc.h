// The docstrings of losses; those of single elements are composed from the facts of their functors.
#pragma once

#include <cstdio>
#include <string>

#include "ops/loss/loss.h"

namespace fastnn::loss::doc {

constexpr const char* kWeight = "weight : float (...) = None; factors of l\n";
constexpr const char* kWeights = R"(weight : float (...) = None; factors of l
pos_weight : float (...) = None; v, 1 where None
)";

inline std::string parameters(const Facts& f, const char* weights) {
    std::string lines;
    for (const auto& parameter : f.parameters) {
        if (parameter.name == nullptr) break;
        char usual[32];
        std::snprintf(usual, sizeof usual, "%g", parameter.usual);
        lines += std::string(parameter.name) + " : number = " + usual +
                 (parameter.positive ? "; above 0\n" : "\n");
    }
    const std::string third =
        f.operand == nullptr ? "" : std::string(f.operand) + " : float (...); v\n";
    return "input, target : float (...), of one shape; x and t\n" + third + std::string(weights) +
           "reduction : str = \"mean\"; of l over all elements, or \"sum\" or \"none\"\n" + lines;
}

inline std::string arguments(const Facts& f) {
    return f.operand == nullptr ? "x, t" : "x, t, np.array([1.0, 1.0])";
}

// weights: the lines of further parameters.
inline std::string forward(const Facts& f, const char* weights = "") {
    const std::string name = f.name;
    return "Computes the loss l = " + std::string(f.formula) + ".\n\n" + f.more +
           parameters(f, weights) +
           R"(Returns l : float (), or (...) where reduction is "none".

>>> x, t = np.array([0.5, 0.3]), np.array([1.0, 0.5])
>>> kernels.)" +
           name + "(" + arguments(f) + ", reduction=\"none\").round(3)\narray(" + f.losses + ")";
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

// Of a loss with a third operand: all gradients at once.
inline std::string backward_of_three(const Facts& f) {
    const std::string name = f.name;
    return "Computes the gradients of `" + name + "` by x, t and v, those that are wanted.\n\n" +
           "dy : float (), or (...) where reduction is \"none\"\n" + parameters(f, "") +
           R"(needs : tuple of bool = (True, True, True); which gradients are wanted
Returns (dx, dt, dv) : float (...), or None.

>>> x, t = np.array([0.5, 0.3]), np.array([1.0, 0.5])
>>> kernels.)" +
           name + "_backward(np.array(1.0), " + arguments(f) + ")[0].round(3)\narray(" +
           f.gradients + ")";
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

constexpr char kMultiMargin[] =
    R"(Computes l = w[t] / C * sum over c other than t of max(margin - x[t] + x[c], 0)^p.

input : float (N, C) or (C,); x
target : int (N,) or (); t, ids in [0, C)
p : int = 1; or 2
margin : number = 1.0
weight : float (C,) = None; w, 1 where None
reduction : str = "mean"; over the rows, or "sum" or "none"
Returns l : float () or, for "none", as target.
Raises IndexError for ids outside [0, C).

>>> kernels.multi_margin_loss(np.array([[1.0, 0.5, 0.0, 0.0]]), np.array([1]))
array(0.625))";

constexpr char kMultiMarginBackward[] = R"(Computes the gradient of `multi_margin_loss`.

dy : float () or, for "none", as target
input : float (N, C) or (C,); that of the forward pass
target, p, margin, weight, reduction : those of the forward pass
Returns dx : float, as input.

>>> x = np.array([[1.0, 0.5, 0.0, 0.0]])
>>> kernels.multi_margin_loss_backward(np.array(4.0), x, np.array([1]))
array([[ 1., -3.,  1.,  1.]]))";

constexpr char kMultilabelMargin[] =
    R"(Computes l = 1 / C * sum over the classes t of a row, and all other c, of max(1 - x[t] + x[c], 0).

input : float (N, C) or (C,); x
target : int, as input; ids in [0, C), in each row ended by the first -1
reduction : str = "mean"; over the rows, or "sum" or "none"
Returns l : float () or, for "none", one for each row.
Raises IndexError for ids outside [0, C).

>>> x, t = np.array([0.0, 0.25, 0.5, 0.75]), np.array([3, 0, -1, 1])
>>> kernels.multilabel_margin_loss(x, t)
array(1.))";

constexpr char kMultilabelMarginBackward[] =
    R"(Computes the gradient of `multilabel_margin_loss`.

dy : float () or, for "none", one for each row
input : float (N, C) or (C,); that of the forward pass
target, reduction : those of the forward pass
Returns dx : float, as input.

>>> x, t = np.array([0.1, 0.2, 0.4, 0.8]), np.array([3, 0, -1, 1])
>>> kernels.multilabel_margin_loss_backward(np.array(4.0), x, t)
array([-2.,  2.,  2., -2.]))";

}  // namespace fastnn::loss::doc
