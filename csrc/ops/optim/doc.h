// The docstrings of what is not an optimizer's step over all parameters (rules).
#pragma once

namespace fastnn::optim::doc {

constexpr char kGradNorm[] =
    R"(Computes the norm of several arrays as of one: y = (sum of |g|^p)^(1/p).

grads : list of float arrays (...); g
p : number above 0, or inf for the largest magnitude
Returns y : float64 ().

>>> kernels.grad_norm([np.array([3.0]), np.array([[4.0]])], 2.0)
array(5.))";

constexpr char kClipGradNorm[] =
    R"(Scales arrays in place to a norm of at most max_norm: g *= min(1, max_norm / (norm + 1e-6)).

grads : list of float arrays (...); g
norm : float64 (), as `grad_norm` returns it
max_norm : number
Returns None; grads are changed.

>>> g = np.array([3.0, 4.0])
>>> kernels.clip_grad_norm([g], kernels.grad_norm([g], 2.0), 1.0)
>>> g.round(3)
array([0.6, 0.8]))";

constexpr char kClipGradValue[] =
    R"(Limits every element in place: g = min(max(g, -clip_value), clip_value).

grads : list of float arrays (...); g
clip_value : number, not negative
Returns None; grads are changed.

>>> g = np.array([3.0, -4.0, 0.5])
>>> kernels.clip_grad_value([g], 1.0)
>>> g
array([ 1. , -1. ,  0.5]))";

constexpr char kSgdStepRows[] =
    R"(Takes a step of SGD for some rows of a table, in place: param[ids] -= lr * rows.

param : float (V, D), in C order
ids : int (R,), ascending, in [0, V)
rows : float (R, D); their gradients
lr : number
maximize : bool = False; whether to add instead
Returns None; param is changed.

>>> p = np.zeros((3, 2))
>>> kernels.sgd_step_rows(p, np.array([2]), np.ones((1, 2)), 0.5)
>>> p.tolist()
[[0.0, 0.0], [0.0, 0.0], [-0.5, -0.5]])";

constexpr char kAdamStepRows[] =
    R"(Takes a step of Adam (see `adam_step`) for some rows of a table, in place; others keep their state.

param, exp_avg, exp_avg_sq : float (V, D), in C order; p, m and v
ids : int (R,), ascending, in [0, V)
rows : float (R, D); their gradients
step : float64 array of one number; t - 1
lr, beta1, beta2, eps : numbers
maximize : bool = False; whether to ascend instead
Returns None; param, exp_avg, exp_avg_sq and step are changed.

>>> p, m, v, t = np.zeros((3, 1)), np.zeros((3, 1)), np.zeros((3, 1)), np.zeros(())
>>> kernels.adam_step_rows(p, np.array([2]), np.ones((1, 1)), m, v, t, 0.5, 0.9, 0.999, 1e-8)
>>> p.round(3).tolist(), t
([[0.0], [0.0], [-0.5]], array(1.)))";

}  // namespace fastnn::optim::doc
