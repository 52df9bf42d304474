// The docstrings of normalizations.
#pragma once

namespace fastnn::norm::doc {

constexpr char kLayerNorm[] =
    R"(Normalizes over the last axes: y = f((x - mean) * rstd * weight + bias).

Here rstd = 1 / sqrt(var + eps), mean and var over these axes.

input : float (..., *normalized_shape); x
normalized_shape : int or tuple of int
weight : float (*normalized_shape) = None; 1 where None
bias : float (*normalized_shape) = None; 0 where None
eps : number = 1e-5
activation : str or tuple = None; f, "relu" or ("leaky_relu", 0.2); None for none
keep : bool = False; whether to return saved, too
Returns (y, mean, rstd) : float as input, (...) and (...); with keep
    also saved, as y, or None without f.

>>> y, mean, rstd = kernels.layer_norm(np.array([[1.0, 3.0]]), 2, eps=0.0)
>>> y.tolist(), mean, rstd
([[-1.0, 1.0]], array([2.]), array([1.])))";

constexpr char kLayerNormBackward[] = R"(Computes the gradients of `layer_norm` in one call.

With h = (x - mean) * rstd and g = dy * f'(z) * weight, z the argument of the activation f,
dx = rstd * (g - mean(g) - h * mean(g * h)).

dy, input : float (..., *normalized_shape)
normalized_shape : int or tuple of int
mean, rstd : float (...); from the forward pass
weight : float (*normalized_shape) = None
needs : tuple of bool = (True, True, True); whether dx, dw and db are wanted
saved : float, as input = None; from the forward pass, needed with an activation
activation : str or tuple = None; that of the forward pass
Returns (dx, dw, db) : float, as input and (*normalized_shape), or None where not wanted.

>>> args = np.array([[1.0, 3.0]]), 2, np.array([2.0]), np.array([1.0])
>>> dx, dw, db = kernels.layer_norm_backward(np.array([[1.0, 2.0]]), *args)
>>> dx.tolist(), dw.tolist(), db.tolist()
([[0.0, 0.0]], [-1.0, 2.0], [1.0, 2.0]))";

constexpr char kRmsNorm[] =
    R"(Divides by the root mean square over the last axes: y = f(x * rstd * weight).

Here rstd = 1 / sqrt(mean(x^2) + eps).

input : float (..., *normalized_shape); x
normalized_shape : int or tuple of int
weight : float (*normalized_shape) = None; 1 where None
eps : number = None; the spacing of numbers at 1 where None
activation : str or tuple = None; f, "relu" or ("leaky_relu", 0.2); None for none
keep : bool = False; whether to return saved, too
Returns (y, rstd) : float as input and (...); with keep
    also saved, as y, or None without f.

>>> y, rstd = kernels.rms_norm(np.array([[2.0, -2.0]]), 2, eps=0.0)
>>> y.tolist(), rstd
([[1.0, -1.0]], array([0.5])))";

constexpr char kRmsNormBackward[] = R"(Computes the gradients of `rms_norm` in one call.

With h = x * rstd and g = dy * f'(z) * weight, dx = rstd * (g - h * mean(g * h)).

dy, input : float (..., *normalized_shape)
normalized_shape : int or tuple of int
rstd : float (...); from the forward pass
weight : float (*normalized_shape) = None
needs : tuple of bool = (True, True); whether dx and dw are wanted
saved : float, as input = None; from the forward pass, needed with an activation
activation : str or tuple = None; that of the forward pass
Returns (dx, dw) : float, as input and (*normalized_shape), or None where not wanted.

>>> args = np.array([[2.0, -2.0]]), 2, np.array([0.5])
>>> dx, dw = kernels.rms_norm_backward(np.array([[1.0, 0.0]]), *args)
>>> dx.tolist(), dw.tolist()
([[0.25, 0.25]], [1.0, 0.0]))";

constexpr char kLocalResponseNorm[] =
    R"(Divides by a power of the squares of neighbouring channels: y = x / d^beta.

Here d = k + alpha * mean of x^2 over `size` channels around each, where those outside are 0.

input : float (N, C, ...); x
size : int
alpha : number = 0.0001
beta : number = 0.75
k : number = 1.0
keep : bool = False; whether to return d, too
Returns y : float (N, C, ...), or (y, d) with keep.

>>> x = np.array([[[1.0], [2.0]]])
>>> kernels.local_response_norm(x, 1, alpha=1.0, beta=1.0, k=0.0).tolist()
[[[1.0], [0.5]]])";

constexpr char kLocalResponseNormBackward[] =
    R"(Computes the gradient of `local_response_norm`: dx = dy / d^beta less a term by way of d.

dy, input, d : float (N, C, ...); d from the forward pass
size : int; this and all below are those of the forward pass
alpha : number = 0.0001
beta : number = 0.75
k : number = 1.0
Returns dx : float (N, C, ...).

>>> x, d = np.array([[[1.0], [2.0]]]), np.array([[[1.0], [4.0]]])
>>> args = np.ones_like(x), x, d, 1
>>> kernels.local_response_norm_backward(*args, alpha=1.0, beta=1.0, k=0.0).tolist()
[[[-1.0], [-0.25]]])";

constexpr char kBatchNorm[] =
    R"(Normalizes each channel over the batch: y = f((x - mean) * rstd * weight + bias + residual).

Here rstd = 1 / sqrt(var + eps). In training mean and var are those of the n numbers of a channel,
and running statistics move, r += momentum * (m - r), where m is mean or var * n / (n - 1); else
they are mean and var.

input : float (N, C, ...); x
running_mean, running_var : float (C,) = None; needed unless training
weight : float (C,) = None; 1 where None
bias : float (C,) = None; 0 where None
training : bool = False
momentum : number = 0.1
eps : number = 1e-5
activation : str or tuple = None; f, "relu" or ("leaky_relu", 0.2); None for none
residual : float, as input = None
keep : bool = False; whether to return saved, too
Returns (y, mean, rstd) : float as input, float64 (C,) and (C,); with keep
    also saved, as y, or None.

>>> x = np.array([[1.0, 10.0], [3.0, 30.0]])
>>> kernels.batch_norm(x, training=True, eps=0.0)[0].tolist()
[[-1.0, -1.0], [1.0, 1.0]])";

constexpr char kBatchNormBackward[] = R"(Computes the gradients of `batch_norm` in one call.

With h = (x - mean) * rstd and g = dy * f'(z), z the argument of the activation f, in training
dx = weight * rstd * (g - mean(g) - h * mean(g * h)), else weight * rstd * g.

dy, input : float (N, C, ...)
mean, rstd : float64 (C,); from the forward pass
weight : float (C,) = None
bias : float (C,) = None; needed where an activation is and saved is None
saved : float, as input = None; from the forward pass
training : bool = True
activation : str or tuple = None; that of the forward pass
needs : tuple of bool = (True, True, True, True); whether dx, dw, db and the residual's are wanted
Returns (dx, dw, db, dresidual) : float, as input, (C,), (C,) and as input; None where not wanted.

>>> x, dy = np.array([[1.0], [3.0]]), np.array([[1.0], [2.0]])
>>> dx, dw, db, _ = kernels.batch_norm_backward(dy, x, np.array([2.0]), np.array([1.0]))
>>> dx.tolist(), dw.tolist(), db.tolist()
([[0.0], [0.0]], [1.0], [3.0]))";

constexpr char kBatchRenorm[] =
    R"(Normalizes as `batch_norm` in training, but near to what running statistics give: h * r + d for h.

Here h = (x - mean) * rstd, r = s / s' within [1 / r_max, r_max], d = (mean - m') / s' within
[-d_max, d_max], s = 1 / rstd, and m' and s' are the running mean and deviation. For the gradient,
r and d are constants.

input : float (N, C, ...); x
running_mean, running_var : float (C,), which move as in `batch_norm`
weight : float (C,) = None; 1 where None
bias : float (C,) = None; 0 where None
momentum : number = 0.01
eps : number = 1e-5
r_max : number = 3.0, at least 1
d_max : number = 5.0, at least 0
activation : str or tuple = None; f, "relu" or ("leaky_relu", 0.2); None for none
residual : float, as input = None; added before f
keep : bool = False; whether to return saved, too
Returns (y, mean, rstd, r, d) : float as input, then float64 (C,); with keep also saved, as y, or
    None.

>>> y, *_ = kernels.batch_renorm(np.array([[1.0], [3.0]]), np.zeros(1), np.ones(1), eps=0.0)
>>> y.tolist()
[[1.0], [3.0]])";

constexpr char kBatchRenormBackward[] =
    R"(Computes the gradients of `batch_renorm` in one call: those of `batch_norm`, with dx times r.

dy, input : float (N, C, ...)
mean, rstd, r, d : float64 (C,); from the forward pass
weight : float (C,) = None
bias : float (C,) = None; needed where an activation is and saved is None
saved : float, as input = None; from the forward pass
activation : str or tuple = None; that of the forward pass
needs : tuple of bool = (True, True, True, True); whether dx, dw, db and the residual's are wanted
Returns (dx, dw, db, dresidual) : float, as input, (C,), (C,) and as input; None where not wanted.

>>> x, dy = np.array([[1.0], [3.0]]), np.array([[1.0], [2.0]])
>>> args = np.array([2.0]), np.array([1.0]), np.array([1.0]), np.array([2.0])
>>> dx, dw, db, _ = kernels.batch_renorm_backward(dy, x, *args)
>>> dx.tolist(), dw.tolist(), db.tolist()
([[0.0], [0.0]], [7.0], [3.0]))";

constexpr char kGroupNorm[] =
    R"(Normalizes groups of channels in each sample: y = f((x - mean) * rstd * weight + bias).

Here rstd = 1 / sqrt(var + eps), mean and var over a group of a sample.

input : float (N, C, ...); x
num_groups : int G that divides C
weight : float (C,) = None; 1 where None
bias : float (C,) = None; 0 where None
eps : number = 1e-5
activation : str or tuple = None; f, "relu" or ("leaky_relu", 0.2); None for none
keep : bool = False; whether to return saved, too
Returns (y, mean, rstd) : float as input, float64 (N, G) and (N, G); with keep
    also saved, as y, or None.

>>> y, mean, rstd = kernels.group_norm(np.array([[1.0, 3.0, 10.0, 30.0]]), 2, eps=0.0)
>>> y.tolist(), mean.tolist(), rstd.tolist()
([[-1.0, 1.0, -1.0, 1.0]], [[2.0, 20.0]], [[1.0, 0.1]]))";

constexpr char kGroupNormBackward[] = R"(Computes the gradients of `group_norm` in one call.

With h = (x - mean) * rstd and g = dy * f'(z) * weight, dx = rstd * (g - mean(g) - h * mean(g * h)).

dy, input : float (N, C, ...)
num_groups : int; G
mean, rstd : float64 (N, G); from the forward pass
weight : float (C,) = None
needs : tuple of bool = (True, True, True); whether dx, dw and db are wanted
saved : float, as input = None; from the forward pass, needed with an activation
activation : str or tuple = None; that of the forward pass
Returns (dx, dw, db) : float, as input, (C,) and (C,), or None where not wanted.

>>> args = np.array([[1.0, 3.0]]), 1, np.array([[2.0]]), np.array([[1.0]])
>>> dx, dw, db = kernels.group_norm_backward(np.array([[1.0, 2.0]]), *args)
>>> dx.tolist(), dw.tolist(), db.tolist()
([[0.0, 0.0]], [-1.0, 2.0], [1.0, 2.0]))";

constexpr char kInstanceNorm[] =
    R"(Normalizes each channel of each sample: y = f((x - mean) * rstd * weight + bias).

Here rstd = 1 / sqrt(var + eps), mean and var over a channel of a sample.

input : float (N, C, ...); x
running_mean, running_var : float (C,) = None; moved towards the averages over N, as in `batch_norm`
weight : float (C,) = None; 1 where None
bias : float (C,) = None; 0 where None
momentum : number = 0.1
eps : number = 1e-5
activation : str or tuple = None; f, "relu" or ("leaky_relu", 0.2); None for none
keep : bool = False; whether to return saved, too
Returns (y, mean, rstd) : float as input, float64 (N, C) and (N, C); with keep
    also saved, as y, or None.

>>> y, mean, rstd = kernels.instance_norm(np.array([[[1.0, 3.0]]]), eps=0.0)
>>> y.tolist(), mean.tolist(), rstd.tolist()
([[[-1.0, 1.0]]], [[2.0]], [[1.0]]))";

constexpr char kInstanceNormBackward[] = R"(Computes the gradients of `instance_norm` in one call.

With h = (x - mean) * rstd and g = dy * f'(z), dx = weight * rstd * (g - mean(g) - h * mean(g * h)).

dy, input : float (N, C, ...)
mean, rstd : float64 (N, C); from the forward pass
weight : float (C,) = None
needs : tuple of bool = (True, True, True); whether dx, dw and db are wanted
saved : float, as input = None; from the forward pass, needed with an activation
activation : str or tuple = None; that of the forward pass
Returns (dx, dw, db) : float, as input, (C,) and (C,), or None where not wanted.

>>> args = np.array([[[1.0, 3.0]]]), np.array([[2.0]]), np.array([[1.0]])
>>> dx, dw, db = kernels.instance_norm_backward(np.array([[[1.0, 2.0]]]), *args)
>>> dx.tolist(), dw.tolist(), db.tolist()
([[[0.0, 0.0]]], [1.0], [3.0]))";

}  // namespace fastnn::norm::doc
