"""The tensor: a NumPy array, and what automatic differentiation needs beside it.

Operations live in `fastnn.ops`, which attaches those that are methods in PyTorch too.
"""

from .protocols import rebuild
from .tensor import Tensor, TensorLike, as_array, seed_gradient

__all__ = ["Tensor", "TensorLike", "as_array", "rebuild", "seed_gradient"]
