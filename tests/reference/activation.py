"""Activations in float64 NumPy."""

import numpy as np
from scipy.special import erf

identity = np.asarray


def step(x, value=1.0):
    return np.where(np.isnan(x), np.nan, np.heaviside(x, value))


def relu(x):
    return np.maximum(x, 0.0)


def leaky_relu(x, negative_slope=0.01):
    return np.where(x > 0, x, negative_slope * x)


def hardtanh(x, min_val=-1.0, max_val=1.0):
    return np.clip(x, min_val, max_val)


def relu6(x):
    return np.clip(x, 0.0, 6.0)


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0.0)))


def selu(x):
    return 1.0507009873554804934193349852946 * elu(x, 1.6732632423543772848170429916717)


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1.0) / (1.0 + e)


def hardsigmoid(x):
    return np.clip(x + 3.0, 0.0, 6.0) / 6.0


def softplus(x, beta=1.0, threshold=20.0):
    z = beta * x
    return np.where(z > threshold, x, (np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z)))) / beta)


def logsigmoid(x):
    return -softplus(-x, threshold=1e9)


tanh = np.tanh


def weighted(x, share):
    """x * share(x), with the limit 0 for x = -infinity."""
    finite = np.where(x == -np.inf, -1e300, x)
    return np.where(x == -np.inf, 0.0, finite * share(finite))


def gelu(x, approximate="none"):
    if approximate == "none":
        return weighted(x, lambda v: 0.5 * (1.0 + erf(v / np.sqrt(2.0))))
    slope = 2.0 * np.sqrt(2.0 / np.pi)
    bounded = lambda v: np.clip(v, -1e3, 1e3)  # noqa: E731
    return weighted(x, lambda v: sigmoid(slope * (bounded(v) + 0.044715 * bounded(v) ** 3)))


def silu(x):
    return weighted(x, sigmoid)


def hardswish(x):
    return weighted(x, hardsigmoid)


def mish(x):
    return weighted(x, lambda v: np.tanh(softplus(v)))


def softsign(x):
    x = np.clip(x, -1e300, 1e300)
    return x / (1.0 + np.abs(x))


def celu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.where(x > 0, 0.0, x) / alpha))


def hardshrink(x, lambd=0.5):
    return np.where(np.abs(x) <= lambd, 0.0, x)


def softshrink(x, lambd=0.5):
    return np.where(np.abs(x) <= lambd, 0.0, x - lambd * np.sign(x))


def tanhshrink(x):
    return x - np.tanh(x)


def threshold(x, threshold, value):
    return np.where(x <= threshold, value, x)


def glu(x, dim=-1):
    a, b = np.split(x, 2, dim)
    return a * sigmoid(b)


def prelu(x, weight):
    w = weight if weight.size == 1 else weight.reshape(-1, *(1,) * (x.ndim - 2))
    return np.where(x > 0, x, w.reshape(()) * x if weight.size == 1 else w * x)


def rrelu(x, lower=1 / 8, upper=1 / 3):
    return leaky_relu(x, (lower + upper) / 2)


def maxout(x, num_pieces, dim=-1):
    dim %= x.ndim
    return x.reshape(*x.shape[:dim], -1, num_pieces, *x.shape[dim + 1 :]).max(dim + 1)


def gelu_tanh(x):
    return gelu(x, "tanh")


def activated(x, activation):
    """Apply an ``activation=`` argument: None, a name, or a name and parameters."""
    if activation is None:
        return x
    name, *params = (activation,) if isinstance(activation, str) else activation
    return globals()[name](x, *params)
