"""All parameters of a model as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from ...ops import cat
from ...tensor import Tensor

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The elements of all parameters one after the other, in a vector.

    Parameters
    ----------
    parameters
        Tensors of one type, as `Module.parameters` gives them.

    Examples
    --------
    >>> layer = fastnn.nn.Linear(3, 4)
    >>> fastnn.nn.utils.parameters_to_vector(layer.parameters()).shape
    (16,)
    """
    found = [p.reshape(-1) for p in parameters]
    if not found:
        raise ValueError("parameters_to_vector: parameters must not be empty")
    return cat(found)


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Set parameters to the elements of a vector, in the order of `parameters_to_vector`.

    Parameters
    ----------
    vec
        One dimension, with as many elements as the parameters have together.
    parameters
        What is set. Each becomes a view of its part of the vector.

    Raises
    ------
    ValueError
        If the vector has another number of elements; nothing has changed then.

    Examples
    --------
    >>> layer = fastnn.nn.Linear(1, 2)
    >>> fastnn.nn.utils.vector_to_parameters(fastnn.arange(4.0), layer.parameters())
    >>> layer.weight.tolist(), layer.bias.tolist()
    ([[0.0], [1.0]], [2.0, 3.0])
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"vector_to_parameters: vec must be a tensor, got {type(vec).__name__}")
    every = list(parameters)
    total = sum(p.numel() for p in every)
    if vec.shape != (total,):
        raise ValueError(f"vector_to_parameters: vec must have shape ({total},), got {vec.shape}")
    begin = 0
    for p in every:
        end = begin + p.numel()
        p.data = vec[begin:end].reshape(p.shape).data
        begin = end
