"""The tensor and its part in the graph."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, Union, cast

import numpy as np

from .. import _core
from ..autograd.changes import changed
from ..autograd.contract import Array, Hook
from ..autograd.hooks import Afterwards, Handle, keep_gradient
from ..autograd.tape import Node, walk
from ..callers import is_own, warn
from ..dtypes import cast_to, kind
from .protocols import Protocols, check_constant
from .size import Size, uninitialised

if TYPE_CHECKING:
    from ..ops.methods import Methods
else:
    Methods = object  # fastnn.ops attaches them

TensorLike: TypeAlias = Union["Tensor", Array, float, int, bool, Sequence[Any], np.generic]


new = object.__new__


class Tensor(Protocols, Methods):
    """An array that can record the operations that compute it, for automatic differentiation.

    Parameters
    ----------
    data
        A NumPy array, whose memory is shared, or numbers in lists, which become float32. As in
        PyTorch, integers that are no list are sizes: ``Tensor(2, 3)`` has six elements of no
        particular values, and ``Tensor()`` none.
    requires_grad
        Whether operations on the tensor are recorded for `backward`.
    sizes
        More sizes, behind two.

    Attributes
    ----------
    data
        A detached tensor over the same memory.
    grad
        For a leaf, the gradient summed over all calls of `backward`; None before the first.
    requires_grad
        Whether a gradient flows to or through the tensor.
    node
        The operation that made the tensor, None for a leaf; also available as `grad_fn`.
    hooks
        Hooks on the gradient of a leaf.
    alias
        Of a view its base, of a base weak references to its views (see `autograd/views.py`); None
        of a tensor that is neither.

    Examples
    --------
    >>> x = fastnn.tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> x.reshape(3, 1).shape
    (3, 1)
    """

    __slots__ = ("__weakref__", "_array", "_grad", "_requires_grad", "alias", "hooks", "node")
    __hash__ = object.__hash__

    def __init__(self, data: Any = (), requires_grad: Any = False, *sizes: int) -> None:
        if type(data) is not np.ndarray:
            data, requires_grad = elements(data, requires_grad, sizes)
        elif sizes:
            raise TypeError("Tensor: sizes after an array; pass the array alone")
        self._array: Array = data
        self._requires_grad = False
        self._grad: Tensor | None = None
        self.node: Node | None = None
        self.hooks: dict[int, Hook] | None = None
        self.alias: Any = None
        if requires_grad:
            self.requires_grad = requires_grad

    # -- the graph ---------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient flows to or through the tensor; may be set on a leaf of floats."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if value is not True and value is not False:
            raise TypeError(f"requires_grad: expected a bool, got {value!r}")
        if self.node is not None and not value:
            raise RuntimeError("requires_grad: only leaves can be changed; use detach()")
        if value and kind(self.dtype) != "f":
            raise RuntimeError(
                f"requires_grad: only floating point tensors have gradients, got {self.dtype}"
            )
        self._requires_grad = value

    @property
    def grad(self) -> Tensor | None:
        """The gradient; may be set to None or to a tensor of the same shape and type.

        That of a tensor which an operation made is None, with a warning, unless `retain_grad` was
        called on it before.
        """
        grad = self._grad
        if grad is None and self.node is not None and not self.retains_grad:
            warn(
                "grad: an operation made this tensor, and backward() fills only the .grad of "
                "leaves; call retain_grad() on it before backward(), or read .grad of a leaf"
            )
        return grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"grad: expected a tensor or None, got {type(value).__name__}")
            if value is self:
                raise RuntimeError("grad: a tensor cannot be its own gradient")
            if value.shape != self._array.shape or value.dtype != self._array.dtype:
                raise RuntimeError(
                    f"grad: expected the tensor's shape {self.shape} and type {self.dtype}, got "
                    f"shape {value.shape} and type {value.dtype}"
                )
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made the tensor."""
        return self.node is None

    @property
    def grad_fn(self) -> Node | None:
        """The recorded operation that made the tensor."""
        return self.node

    @property
    def retains_grad(self) -> bool:
        """Whether the tensor is not a leaf but keeps its gradient (see `retain_grad`)."""
        hooks = () if self.node is None or self.node.hooks is None else self.node.hooks.values()
        return any(hook.reference() is self for hook in hooks if hasattr(hook, "reference"))

    def backward(
        self,
        gradient: TensorLike | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
    ) -> None:
        """Add the gradient of this tensor to ``.grad`` of every leaf it depends on.

        Parameters
        ----------
        gradient
            Gradient of the final scalar by this tensor, of its shape; 1 for a scalar.
        retain_graph
            Keep the saved arrays of the operations, for another `backward`; by default as
            `create_graph`.
        create_graph
            Record the computation of the gradients, which then can be differentiated. RuntimeError
            where an operation has no such gradient.
        """
        if create_graph:
            self._backward_recorded(self, gradient, retain_graph, True)
            return
        dy = seed_gradient("backward", self, gradient)
        if self.node is None:
            walk((), leaves={self: dy})
        else:
            walk(((self.node, dy),), bool(retain_graph))

    # By `fastnn.autograd`, which knows the rules of operations.
    _backward_recorded: ClassVar[Callable[..., None]]

    def _accumulate(self, gradient: Array, fresh: bool) -> None:
        """Add to ``.grad``; a `fresh` array (see `contract.py`) may become ``.grad`` itself."""
        data, held = self._array, self._grad
        wanted = data.shape if held is None else held._array.shape
        if gradient.shape != wanted:
            raise RuntimeError(
                f"backward: an operation returned a gradient of shape {gradient.shape} for a "
                f"tensor of shape {data.shape}"
                + (f" whose .grad has shape {wanted}" if held is not None else "")
            )
        if held is not None:
            array = held._array
            _core.add(array, gradient, array)
            changed((array,))
        elif fresh and gradient.dtype is data.dtype and gradient.strides == data.strides:
            self._grad = grad = new(Tensor)  # as __init__ does, in half the time
            grad._array = gradient
            grad._requires_grad = False
            grad._grad = grad.node = grad.hooks = grad.alias = None
        else:
            copy = _core.empty_like(data)
            if fresh and gradient.dtype is data.dtype and gradient.strides == copy.strides:
                copy = gradient  # of a leaf with gaps, or one that repeats itself
            else:
                _core.copy_into(copy, gradient)
            self._grad = Tensor(copy)

    def register_hook(self, hook: Callable[[Tensor], Any]) -> Handle:
        """Call `hook` with the gradient of this tensor; a result replaces the gradient.

        Examples
        --------
        >>> x = fastnn.ones(2, requires_grad=True)
        >>> handle = x.register_hook(lambda g: g.detach().zero_())
        >>> x.reshape(2, 1).backward(fastnn.ones(2, 1))
        >>> x.grad
        tensor([0., 0.])
        >>> handle.remove()
        """
        if not self._requires_grad:
            raise RuntimeError("register_hook: the tensor does not require a gradient")

        def run(dy: Array) -> Array:
            result = hook(Tensor(dy))
            if result is None:
                return dy
            new: Array = result._array if isinstance(result, Tensor) else np.asarray(result)
            if new.shape != dy.shape:
                raise RuntimeError(
                    f"register_hook: a hook must return shape {dy.shape}, got {new.shape}"
                )
            return new

        return Handle(self._hooks(), run)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], Any]) -> Handle:
        """Call `hook` with this leaf after a backward pass has added to its ``.grad``.

        It may step an optimizer and set ``.grad`` to None. All such hooks run at the end of the
        backward pass.

        Examples
        --------
        >>> x = fastnn.ones(2, requires_grad=True)
        >>> handle = x.register_post_accumulate_grad_hook(lambda p: print(p.grad))
        >>> (3 * x).sum().backward()
        tensor([3., 3.])
        >>> handle.remove()
        """
        if not self._requires_grad or self.node is not None:
            raise RuntimeError(
                "register_post_accumulate_grad_hook: the tensor must be a leaf that requires a "
                "gradient"
            )
        return Handle(self._hooks(), Afterwards(hook))

    def _hooks(self) -> dict[int, Hook]:
        owner = self if self.node is None else self.node
        if owner.hooks is None:
            owner.hooks = {}
        return owner.hooks

    def retain_grad(self) -> None:
        """Keep the gradient of this tensor in ``.grad`` although it is not a leaf."""
        if not self.requires_grad:
            raise RuntimeError("retain_grad: the tensor does not require a gradient")
        if self.node is not None and not self.retains_grad:
            Handle(self._hooks(), keep_gradient(self))

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set `requires_grad` of a leaf, in place."""
        self.requires_grad = requires_grad
        return self

    def detach(self) -> Tensor:
        """A tensor outside the graph that shares the memory."""
        return Tensor(self._array)

    @property
    def data(self) -> Tensor:
        """A tensor outside the graph that shares the memory.

        As in PyTorch, automatic differentiation neither records nor detects a change in place
        through `data`: if `backward` still needs the old values, gradients are silently wrong. A
        change through `detach` or under `no_grad` is detected.

        Assigning a tensor or an array replaces the memory, and views of the tensor stay with the
        old one. The shape and type of a leaf may change; its ``.grad`` then has to be set to None.

        Examples
        --------
        >>> w = fastnn.ones(3, requires_grad=True)
        >>> w.data -= 0.5
        >>> w.data[0] = 0
        >>> w
        tensor([0. , 0.5, 0.5], requires_grad=True)
        >>> w.data = fastnn.zeros(1, 2)
        >>> w.shape
        (1, 2)
        """
        # A memoryview hides the owner of the memory from `changed`.
        array: Any = self._array
        if array.dtype.kind == "V":  # bfloat16, which memoryviews do not know
            return Tensor(np.asarray(memoryview(array.view(np.uint16))).view(array.dtype))
        return Tensor(np.asarray(memoryview(array)))

    @data.setter
    def data(self, value: Any) -> None:
        if not isinstance(value, (Tensor, np.ndarray)):
            raise TypeError(
                f"data: expected a tensor or an ndarray, got {type(value).__name__}; to set the "
                "elements write to data[...]"
            )
        array, old = as_array(value), self._array
        if kind(array.dtype) not in "fiubc":
            raise TypeError(f"data: expected numbers, got an array of {array.dtype}")
        if self._requires_grad and kind(array.dtype) != "f":
            raise RuntimeError(
                f"data: a tensor that requires a gradient must be floating point, got {array.dtype}"
            )
        if self.node is not None and (array.shape != old.shape or array.dtype != old.dtype):
            raise RuntimeError(
                f"data: a tensor that an operation made keeps its shape {old.shape} and type "
                f"{old.dtype}, got {array.shape} and {array.dtype}"
            )
        if not is_view_of(array, old):  # `p.data += x` assigns the result of `p.data`
            if type(self.alias) is set:
                for view in self.alias.copy():
                    view().alias = None
            self._array, self.alias = array, None


def elements(data: Any, requires_grad: Any, more: tuple[int, ...]) -> tuple[Array, bool]:
    """What ``Tensor(data, requires_grad, *more)`` makes of anything but an array."""
    size = (data,)
    if type(data) is int and type(requires_grad) is not bool:
        size, requires_grad = (data, requires_grad, *more), False
    elif more:
        raise TypeError(f"Tensor: expected sizes or data, got {(data, requires_grad, *more)!r:.60}")
    if type(data) in (int, Size):
        return uninitialised("Tensor", size, np.float32), requires_grad
    return as_array(data, getattr(data, "dtype", np.float32)), requires_grad


def is_view_of(view: Array, array: Array) -> bool:
    """Whether `view` is the array of a ``Tensor.data`` of `array`."""
    base: Any = view.base
    if array.dtype.kind == "V":
        made = view.__array_interface__["data"] == array.__array_interface__["data"]
    else:
        made = isinstance(base, memoryview) and cast(object, base.obj) is array
    return made and (view.shape, view.strides) == (array.shape, array.strides)


def as_array(value: Any, dtype: Any = None, constant: bool = False) -> Array:
    """`value` as a NumPy array; Python floats become float32, arrays keep their type.

    With `constant`, as in operations, lists are of numbers: tensors in them may be single numbers
    that require no gradient, which they would not get.
    """
    if isinstance(value, Tensor):
        value = value._array
    if isinstance(value, (np.ndarray, np.generic)):
        return np.asarray(value) if dtype is None else cast_to("tensor", np.asarray(value), dtype)
    if isinstance(value, (list, tuple)):
        value = plain(value, constant)
    try:
        result = np.asarray(value)
    except ValueError as error:
        if "inhomogeneous" not in str(error):
            raise
        raise ValueError(
            f"tensor: a {type(value).__name__} with parts of different lengths is no array"
        ) from None
    if kind(result.dtype) not in "fiubc":
        if result.dtype.kind == "O" and hasattr(value, "__dlpack__"):
            return np.from_dlpack(value)
        if value is None:
            op, name = argument_that_is_none()
            raise TypeError(
                f"{op}: {name} is None; does a forward() or a function lack its return?"
            )
        raise TypeError(f"tensor: cannot make a tensor of {type(value).__name__}: {value!r:.60}")
    if dtype is None and result.dtype == np.float64 and not holds_float64(value):
        dtype = np.float32
    return result if dtype is None else cast_to("tensor", result, dtype)


def argument_that_is_none() -> tuple[str, str]:
    """The function of fastnn that was called, and its first argument that is None."""
    found, frame = ("tensor", "data"), sys._getframe(2)
    while True:
        code, values = frame.f_code, frame.f_locals
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        for name in names:
            if values.get(name, name) is None:
                op = code.co_name
                found = ("tensor" if op.startswith(("_", "<")) else op), name
                break
        outer = frame.f_back
        if outer is None or not is_own(outer) or outer.f_code.co_name == "__call__":
            if found[0] == "array":  # by which operations make arrays, here of an item of a list
                return "tensor", "an item"
            return found  # a module is called by `__call__`, and its `forward` has the arguments
        frame = outer


def plain(value: Any, constant: bool) -> Any:
    """Nested lists with tensors converted to arrays, those of one element to numbers."""
    if isinstance(value, Tensor):
        if constant:
            if value._array.ndim:
                raise TypeError(
                    "expected one tensor, got several in a list or tuple; recurrent layers and "
                    "attention return a tuple, of which the first is the output, and stack() makes "
                    "one tensor of several"
                )
            check_constant("tensor", "a tensor in a list", value)
        a = value._array
        return a.reshape(()) if a.size == 1 else a
    if isinstance(value, (list, tuple)) and any(
        isinstance(v, (Tensor, list, tuple)) for v in value
    ):
        return [plain(v, constant) for v in value]
    return value


PYTHON_NUMBERS = {bool, int, float}


def holds_float64(value: Any) -> bool:
    """Whether a number in nested lists is a float64 of NumPy; those of Python are float32."""
    if isinstance(value, (list, tuple)):
        others = set(map(type, value)) - PYTHON_NUMBERS
        return bool(others) and any(map(holds_float64, value))
    return type(value) not in PYTHON_NUMBERS and np.asarray(value).dtype == np.float64


ONE = {np.dtype(t): np.broadcast_to(np.ones((), t), ()) for t in (np.float32, np.float64)}


def seed_gradient(op: str, y: Tensor, gradient: Any) -> Array:
    """The initial gradient of the backward pass: as given, or 1 for a scalar."""
    if not y._requires_grad:
        raise RuntimeError(f"{op}: the tensor does not require a gradient and has no grad_fn")
    if gradient is None:
        if y._array.size != 1:
            raise RuntimeError(
                f"{op}: a gradient is implicit only for scalars; pass one of shape {y.shape}"
            )
        one = ONE.get(y._array.dtype) if y._array.ndim == 0 else None
        return np.ones_like(y._array) if one is None else one
    dy = as_array(gradient)
    if dy.shape != y._array.shape:
        raise RuntimeError(f"{op}: the gradient must have shape {y.shape}, got {dy.shape}")
    return cast_to(op, dy, y._array.dtype, "the gradient")
