// What the docstrings of reductions say: a row each.
#pragma once

#include <string>
#include <string_view>

namespace fastnn::reduce::doc {

struct Reduction {
    std::string_view name;
    const char *summary, *arguments, *returns;
    const char *call, *result;  // the example
};

constexpr const char* kInput = R"(input : float (...); x
dim : int or tuple of int = None; the axes, None for all
keepdim : bool = False; whether they stay, with size 1)";
constexpr const char* kInputPower = R"(input : float (...); x
p : number = 2.0, at least 0; 0 counts what is not 0, inf takes the largest magnitude
dim : int or tuple of int = None; the axes, None for all
keepdim : bool = False; whether they stay, with size 1)";
constexpr const char* kInputCorrection = R"(input : float (...); x, n numbers along the axes
dim : int or tuple of int = None; the axes, None for all
correction : number = 1.0; c
keepdim : bool = False; whether they stay, with size 1)";
constexpr const char* kInputOne = R"(input : float (...); x
dim : int = None; the axis, None for all in C order
keepdim : bool = False; whether it stays, with size 1)";
constexpr const char* kSaved = R"(dy, y : float; y is the output
input : float (...); x
dim : int or tuple of int = None; that of the forward pass)";
constexpr const char* kSavedPower = R"(dy, y : float; y is the output
input : float (...); x
p : number = 2.0; that of the forward pass, not 0
dim : int or tuple of int = None; that of the forward pass)";
constexpr const char* kSavedMean = R"(dy, y, mean : float; y and mean are the outputs
input : float (...); x, n numbers along the axes
dim : int or tuple of int = None; that of the forward pass
correction : number = 1.0; c)";

constexpr const char* kFloat = "y : float, without these axes";
constexpr const char* kWithMean = "(y, mean) : float, without these axes";
constexpr const char* kWithIndices = "(values, indices) : float and int64, without this axis";
constexpr const char* kGradient = "dx : float (...)";

constexpr Reduction kReductions[] = {
    {"sum", "Sums along axes: y = sum of x.", kInput, kFloat,
     "kernels.sum(np.array([[1.0, 2.0], [3.0, 4.0]]), dim=1)", "array([3., 7.])"},
    {"sum_backward", "Spreads the gradient of `sum` over the axes: dx = dy.",
     R"(dy : float (...), as the output
shape : tuple of int; that of the input
dim : int or tuple of int = None; that of the forward pass)",
     "dx : float, a read-only view of dy",
     "kernels.sum_backward(np.array([1.0, 2.0]), (2, 2), 1).tolist()", "[[1.0, 1.0], [2.0, 2.0]]"},
    {"mean", "Averages along axes: y = sum of x / n, n numbers along the axes.", kInput, kFloat,
     "kernels.mean(np.array([[1.0, 2.0], [3.0, 4.0]]), dim=1)", "array([1.5, 3.5])"},
    {"prod", "Multiplies along axes: y = product of x.", kInput, kFloat,
     "kernels.prod(np.array([[1.0, 2.0], [3.0, 4.0]]), dim=1)", "array([ 2., 12.])"},
    {"prod_backward", "Computes the gradient of `prod`: dx = dy * product of the other elements.",
     kSaved, kGradient,
     "kernels.prod_backward(np.array(1.0), np.array([2.0, 0.0, 3.0]), np.array(0.0))",
     "array([0., 6., 0.])"},
    {"amax", "Takes the largest number along axes, NaN where there is one: y = max of x.", kInput,
     kFloat, "kernels.amax(np.array([[1.0, 2.0], [3.0, 4.0]]), dim=1)", "array([2., 4.])"},
    {"amax_backward",
     "Computes the gradient of `amax`: dx = dy / k at the k largest numbers, 0 elsewhere.", kSaved,
     kGradient, "kernels.amax_backward(np.array(1.0), np.array([1.0, 2.0, 2.0]), np.array(2.0))",
     "array([0. , 0.5, 0.5])"},
    {"amin", "Takes the smallest number along axes, NaN where there is one: y = min of x.", kInput,
     kFloat, "kernels.amin(np.array([[1.0, 2.0], [3.0, 4.0]]), dim=1)", "array([1., 3.])"},
    {"amin_backward",
     "Computes the gradient of `amin`: dx = dy / k at the k smallest numbers, 0 elsewhere.", kSaved,
     kGradient, "kernels.amin_backward(np.array(1.0), np.array([1.0, 1.0, 2.0]), np.array(1.0))",
     "array([0.5, 0.5, 0. ])"},
    {"logsumexp", "Computes y = log(sum of e^x) along axes, without overflow.", kInput, kFloat,
     "kernels.logsumexp(np.array([[0.0, 0.0], [10.0, 10.0]]), dim=1).round(3)",
     "array([ 0.693, 10.693])"},
    {"logsumexp_backward", "Computes the gradient of `logsumexp`: dx = dy * e^(x - y).", kSaved,
     kGradient,
     "kernels.logsumexp_backward(np.array(1.0), np.zeros(4), "
     "kernels.logsumexp(np.zeros(4))).round(3)",
     "array([0.25, 0.25, 0.25, 0.25])"},
    {"norm", "Computes the norm along axes: y = (sum of |x|^p)^(1/p).", kInputPower, kFloat,
     "kernels.norm(np.array([[3.0, 4.0], [0.0, 2.0]]), dim=1)", "array([5., 2.])"},
    {"norm_backward",
     "Computes the gradient of `norm`: dx = dy * sign(x) * (|x| / y)^(p - 1), 0 where y is 0.",
     kSavedPower, kGradient,
     "kernels.norm_backward(np.array(1.0), np.array([3.0, -4.0]), np.array(5.0)).round(3)",
     "array([ 0.6, -0.8])"},
    {"var", "Computes the variance along axes: y = sum of (x - mean)^2 / (n - c).",
     kInputCorrection, kWithMean, "kernels.var(np.array([[1.0, 3.0]]), dim=1)",
     "(array([2.]), array([2.]))"},
    {"var_backward", "Computes the gradient of `var`: dx = dy * 2 * (x - mean) / (n - c).",
     kSavedMean, kGradient,
     "kernels.var_backward(np.array(1.0), np.array([1.0, 3.0]), np.array(2.0), np.array(2.0))",
     "array([-2.,  2.])"},
    {"std", "Computes the deviation along axes: y = sqrt(sum of (x - mean)^2 / (n - c)).",
     kInputCorrection, kWithMean, "kernels.std(np.array([[1.0, 3.0]]), dim=1, correction=0)",
     "(array([1.]), array([2.]))"},
    {"std_backward",
     "Computes the gradient of `std`: dx = dy * (x - mean) / ((n - c) * y), 0 where y is 0.",
     kSavedMean, kGradient,
     "y = mean = np.array(2.0)\n>>> kernels.std_backward(np.array(1.0), np.array([0.0, 4.0]), y, "
     "mean, correction=0)",
     "array([-0.5,  0.5])"},
    {"count_nonzero", "Counts along axes the numbers that are not 0.", kInput,
     "y : int64, without these axes",
     "kernels.count_nonzero(np.array([[0.0, 2.0], [3.0, 4.0]]), dim=1)", "array([1, 2])"},
    {"any", "Tells along axes whether a number is not 0.", kInput, "y : bool, without these axes",
     "kernels.any(np.array([[0.0, 2.0], [0.0, 0.0]]), dim=1)", "array([ True, False])"},
    {"all", "Tells along axes whether all numbers are not 0.", kInput,
     "y : bool, without these axes", "kernels.all(np.array([[0.0, 2.0], [3.0, 4.0]]), dim=1)",
     "array([False,  True])"},
    {"argmax", "Finds the first largest number along an axis, or the first NaN, and its index.",
     kInputOne, kWithIndices, "kernels.argmax(np.array([[1.0, 5.0, 2.0]]), dim=1)",
     "(array([5.]), array([1]))"},
    {"argmin", "Finds the first smallest number along an axis, or the first NaN, and its index.",
     kInputOne, kWithIndices, "kernels.argmin(np.array([[1.0, 5.0, 0.0]]), dim=1)",
     "(array([0.]), array([2]))"},
};

inline std::string of(std::string_view name) {
    for (const Reduction& row : kReductions) {
        if (row.name != name) continue;
        return std::string(row.summary) + "\n\n" + row.arguments + "\nReturns " + row.returns +
               ".\n\n>>> " + row.call + "\n" + row.result;
    }
    return "";
}

}  // namespace fastnn::reduce::doc
