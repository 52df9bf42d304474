"""PyTorch's variables of before version 0.4, which are tensors."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor, as_array

__all__ = ["Variable"]


class Constructor(type):
    """The class of `Variable`: every tensor is an instance."""

    def __call__(cls, data: Any, requires_grad: bool = False, volatile: bool = False) -> Tensor:
        x = Tensor(as_array(data))
        x.requires_grad = bool(requires_grad)
        return x

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=Constructor):
    """A tensor outside the graph over the memory of `data`, as old programs wrap their inputs.

    Parameters
    ----------
    data
        A tensor or an array.
    requires_grad
        Whether operations on it are recorded.
    volatile
        Accepted from old programs and without effect; use `fastnn.no_grad`.

    Examples
    --------
    >>> x = fastnn.autograd.Variable(fastnn.ones(2), requires_grad=True)
    >>> x, isinstance(x, fastnn.autograd.Variable)
    (tensor([1., 1.], requires_grad=True), True)
    """
