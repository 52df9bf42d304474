"""The linear layer by its definition."""

import numpy as np

from . import gemm
from .activation import activated


def linear(x, w, b=None, *, activation=None):
    z = gemm.matmul(x, w.T)
    return activated(z if b is None else z + b, activation)


def bilinear(x1, x2, w, b=None):
    y = np.einsum("...i,oij,...j->...o", x1, w, x2)
    return y if b is None else y + b
