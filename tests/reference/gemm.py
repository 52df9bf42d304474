"""Matrix products, one sum at a time."""

import numpy as np


def matmul(a, b):
    x = a[None, :] if a.ndim == 1 else a
    y = b[:, None] if b.ndim == 1 else b
    batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    x = np.broadcast_to(x, batch + x.shape[-2:])
    y = np.broadcast_to(y, batch + y.shape[-2:])
    out = np.zeros((*batch, x.shape[-2], y.shape[-1]), np.result_type(a, b))
    for k in range(x.shape[-1]):
        out += x[..., :, k, None] * y[..., None, k, :]
    if a.ndim == 1:
        out = out[..., 0, :]
    return out[..., 0] if b.ndim == 1 else out


def outer(a, b):
    return a[:, None] * b[None, :]
