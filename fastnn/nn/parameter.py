"""Tensors of a module: those that are trained, and others that are state."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor

__all__ = ["Buffer", "Parameter"]


class Parameter(Tensor):
    """A tensor that a module registers as an attribute and an optimizer updates.

    Parameters
    ----------
    data
        A tensor or array, whose memory is shared, or numbers.
    requires_grad
        False for a parameter that is not trained.

    Examples
    --------
    >>> fastnn.nn.Parameter(fastnn.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(data._array if isinstance(data, Tensor) else data, requires_grad)
        if requires_grad and self._array.dtype.kind != "f":
            raise TypeError(f"Parameter: data must be floating point, got {self._array.dtype}")

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


class Buffer(Tensor):
    """A tensor that a module registers as an attribute and that is not trained.

    Parameters
    ----------
    data
        A tensor or array, whose memory is shared, or numbers.
    persistent
        Whether it belongs to `state_dict`.

    Examples
    --------
    >>> net = fastnn.nn.Module()
    >>> net.mask = fastnn.nn.Buffer(fastnn.ones(2))
    >>> list(net.state_dict())
    ['mask']
    """

    def __init__(self, data: Any, *, persistent: bool = True) -> None:
        super().__init__(data._array if isinstance(data, Tensor) else data)
        self.persistent = persistent
