"""Tensors of a module: those that are trained, and others that are state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NoReturn

import numpy as np

from ..devices import check_device
from ..dtypes import kind, named
from ..ops.create import empty
from ..tensor import Tensor

__all__ = ["Buffer", "Parameter", "UninitializedBuffer", "UninitializedParameter"]


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
        if requires_grad and kind(self._array.dtype) != "f":
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


def become(instance: Any, kind: type[Any]) -> None:
    """Make an object one of another class, whose attributes it has."""
    instance.__class__ = kind


class Uninitialized(Tensor):
    """A tensor without memory, whose shape is not known yet: it has a type, and nothing else.

    The slot of its array is empty, so whatever needs its shape or its values ends in `__getattr__`.
    """

    cls_to_become: ClassVar[type[Tensor]]
    _dtype: np.dtype[Any]

    def __init__(self, requires_grad: bool, device: Any, dtype: Any) -> None:
        if device is not None:
            check_device(type(self).__name__, device)
        self._dtype = np.dtype(np.float32) if dtype is None else named(dtype)
        self._grad = self.node = self.hooks = self.alias = None
        self._requires_grad = False
        self.requires_grad = requires_grad

    def __getattr__(self, name: str) -> NoReturn:
        kind = type(self).__name__
        if name == "_array":
            raise RuntimeError(
                f"{kind}: there are no values and no shape yet; call the module that has it with "
                "an input once, or load a state dict into the module"
            )
        raise AttributeError(f"{kind!r} object has no attribute {name!r}")

    @property
    def dtype(self) -> np.dtype[Any]:
        """The element type that the values will have; a module's `to` changes it."""
        return self._dtype

    @dtype.setter
    def dtype(self, dtype: np.dtype[Any]) -> None:
        self._dtype = dtype

    def materialize(
        self, shape: int | Sequence[int], device: Any = None, dtype: Any = None
    ) -> None:
        """Become an ordinary tensor in place: with a shape, and with values that are arbitrary.

        Parameters
        ----------
        shape
            Sizes of the dimensions.
        device
            ``"cpu"`` or None.
        dtype
            The element type; by default the one that was announced.

        Examples
        --------
        >>> p = fastnn.nn.UninitializedParameter()
        >>> p.materialize((2, 3))
        >>> type(p).__name__, p.shape
        ('Parameter', (2, 3))
        """
        values = empty(shape, dtype=self._dtype if dtype is None else dtype, device=device)
        self._array = values._array
        del self._dtype
        become(self, self.cls_to_become)

    def detach(self) -> Tensor:
        """The object itself: there is nothing to share."""
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __reduce__(self) -> Any:
        return type(self), (self._requires_grad, None, self._dtype)

    def __copy__(self) -> Any:
        return self.__deepcopy__({})

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        kind, arguments = self.__reduce__()
        memo[id(self)] = copy = kind(*arguments)
        return copy


class UninitializedParameter(Uninitialized, Parameter):
    """A parameter whose shape is not known before the first input, as in `LazyLinear`.

    It becomes a `Parameter` in place, so an optimizer may hold it before. Until then anything that
    needs its shape or values raises RuntimeError.

    Parameters
    ----------
    requires_grad
        False for a parameter that is not trained.
    device, dtype
        ``"cpu"`` or None, and the element type, float32 by default.

    Examples
    --------
    >>> fastnn.nn.UninitializedParameter()
    <UninitializedParameter>
    """

    cls_to_become = Parameter

    def __init__(self, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> None:
        Uninitialized.__init__(self, requires_grad, device, dtype)


class UninitializedBuffer(Uninitialized, Buffer):
    """A buffer whose shape is not known before the first input, as in `LazyBatchNorm2d`.

    It becomes a `Buffer` in place.

    Parameters
    ----------
    requires_grad
        Whether operations on it will be recorded.
    device, dtype
        ``"cpu"`` or None, and the element type, float32 by default.
    persistent
        Whether it belongs to `state_dict`.

    Examples
    --------
    >>> fastnn.nn.UninitializedBuffer(dtype=fastnn.float64).dtype
    dtype('float64')
    """

    cls_to_become = Buffer

    def __init__(
        self,
        requires_grad: bool = False,
        device: Any = None,
        dtype: Any = None,
        persistent: bool = True,
    ) -> None:
        Uninitialized.__init__(self, requires_grad, device, dtype)
        self.persistent = persistent

    def __reduce__(self) -> Any:
        kind, arguments = super().__reduce__()
        return kind, (*arguments, self.persistent)
