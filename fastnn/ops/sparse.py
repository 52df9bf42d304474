"""Products with sparse matrices of SciPy in CSR form: the words of texts, one-hot features."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from ..autograd.record import record
from ..dtypes import check_same
from ..tensor import Tensor, TensorLike
from .activation.fused import Fused, check_fused
from .backward import from_kernel
from .elementwise.arithmetic import add
from .embedding import embedding_bag
from .shape import t

__all__: list[str] = []  # used through `linear`


def is_sparse(input: Any) -> bool:
    """Whether an input is a sparse matrix or array of SciPy."""
    return hasattr(input, "nnz") and hasattr(input, "format")


def linear_of_csr(
    input: Any, weight: TensorLike, bias: TensorLike | None, activation: Fused
) -> Tensor:
    """`linear` of a batch in CSR form: each row adds up the weights of its few elements.

    A row of the batch is a bag of the columns of W, weighted by its numbers, so the kernels are
    those of `embedding_bag`: the work is that of the elements that are stored, and the gradient of
    W that of the columns which occur.
    """
    if input.format != "csr" or len(input.shape) != 2:
        raise TypeError(
            f"linear: a sparse input must be a matrix in CSR form, got {input.format}; "
            "call its tocsr()"
        )
    w = weight if isinstance(weight, Tensor) else Tensor(np.asarray(weight))
    if w.ndim != 2 or w.shape[1] != input.shape[1]:
        raise ValueError(
            f"linear: weight must have shape (O, {input.shape[1]}) for input {input.shape}, "
            f"got {w.shape}"
        )
    values = np.asarray(input.data)
    check_same("linear", input=values, weight=w._array)
    y = embedding_bag(
        np.asarray(input.indices),
        t(w),
        np.asarray(input.indptr),
        mode="sum",
        per_sample_weights=values,
        include_last_offset=True,
    )
    if bias is not None:
        y = add(y, bias)
    return y if activation is None else activated(y, activation)


# Activations whose gradient is computed from their output.
FROM_OUTPUT = ("step", "relu", "sigmoid", "tanh")


def activated(y: Tensor, activation: Fused) -> Tensor:
    """The function that an ``activation=`` argument names, by its kernels."""
    check_fused("linear", activation)
    name, *params = (activation,) if isinstance(activation, str) else activation or ("",)
    x = y._array
    z = getattr(_core, str(name))(x, *params)
    backward = from_kernel(getattr(_core, f"{name}_backward"))
    return record(z, backward, (y,), z if name in FROM_OUTPUT else x, *params)
