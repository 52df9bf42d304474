"""The tensor: a NumPy array with a record of how it was computed.

Operations are in `fastnn.ops`, which also attaches those that are methods in PyTorch.
"""

from .protocols import check_constant, rebuild
from .size import Size
from .tensor import Tensor, TensorLike, as_array, seed_gradient

__all__ = ["Size", "Tensor", "TensorLike", "as_array", "check_constant", "rebuild", "seed_gradient"]
