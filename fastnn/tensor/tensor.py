"""The tensor and its part in the graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, Union, cast

import numpy as np

from ..autograd.contract import Array, Hook
from ..autograd.hooks import Handle, keep_gradient
from ..autograd.tape import Node, walk
from .protocols import Protocols

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
        A NumPy array, whose memory is shared, or numbers, which become float32.
    requires_grad
        Whether operations on the tensor are recorded for `backward`.

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

    Examples
    --------
    >>> x = fastnn.tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> x.reshape(3, 1).shape
    (3, 1)
    """

    __slots__ = ("__weakref__", "_array", "grad", "hooks", "node", "requires_grad")
    __array_priority__ = 1000  # `array + tensor` calls the tensor's method
    __hash__ = object.__hash__

    def __init__(self, data: Any, requires_grad: bool = False) -> None:
        if type(data) is not np.ndarray:
            data = as_array(data, getattr(data, "dtype", np.float32))
        self._array: Array = data
        self.requires_grad = requires_grad
        self.grad: Tensor | None = None
        self.node: Node | None = None
        self.hooks: dict[int, Hook] | None = None

    # -- the graph ---------------------------------------------------------------------------

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

    def backward(self, gradient: TensorLike | None = None, retain_graph: bool = False) -> None:
        """Add the gradient of this tensor to ``.grad`` of every leaf it depends on.

        Parameters
        ----------
        gradient
            Gradient of the final scalar by this tensor, of its shape; 1 for a scalar.
        retain_graph
            Keep the saved arrays of the operations, for another `backward`.
        """
        dy = seed_gradient("backward", self, gradient)
        if self.node is None:
            self._accumulate(dy, False)
        else:
            walk(((self.node, dy),), retain_graph)

    def _accumulate(self, gradient: Array, fresh: bool) -> None:
        """Add to ``.grad``; a `fresh` array (see `contract.py`) may become ``.grad`` itself."""
        data = self._array
        if gradient.shape != data.shape:
            raise RuntimeError(
                f"backward: an operation returned a gradient of shape {gradient.shape} for a "
                f"tensor of shape {data.shape}"
            )
        if self.grad is not None:
            held = self.grad._array
            held += gradient
        elif fresh and gradient.dtype is data.dtype and gradient.strides == data.strides:
            self.grad = grad = new(Tensor)  # as __init__ does, in half the time
            grad._array = gradient
            grad.requires_grad = False
            grad.grad = grad.node = grad.hooks = None
        else:
            copy = np.empty_like(data, subok=False)
            copy[...] = gradient
            self.grad = Tensor(copy)

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
        if not self.requires_grad:
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
        if self.node is not None and not requires_grad:
            raise RuntimeError("requires_grad_: only leaves can be changed; use detach()")
        if requires_grad and self._array.dtype.kind != "f":
            raise RuntimeError(
                f"requires_grad_: only floating point tensors have gradients, got {self.dtype}"
            )
        self.requires_grad = bool(requires_grad)
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

        Assigning a tensor or an array replaces the memory; shape and type may differ.

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
        return Tensor(np.asarray(memoryview(array)))

    @data.setter
    def data(self, value: Any) -> None:
        if not isinstance(value, (Tensor, np.ndarray)):
            raise TypeError(
                f"data: expected a tensor or an array, got {type(value).__name__}; to set the "
                "elements write to data[...]"
            )
        array = value._array if isinstance(value, Tensor) else np.asarray(value)
        if self.requires_grad and array.dtype.kind != "f":
            raise RuntimeError(
                f"data: a tensor that requires a gradient must be floating point, got {array.dtype}"
            )
        if not is_view_of(array, self._array):  # `p.data += x` assigns the result of `p.data`
            self._array = array


def is_view_of(view: Array, array: Array) -> bool:
    """Whether `view` is the array of a ``Tensor.data`` of `array`."""
    base: Any = view.base
    made = isinstance(base, memoryview) and cast(object, base.obj) is array
    return made and (view.shape, view.strides) == (array.shape, array.strides)


def as_array(value: Any, dtype: Any = None) -> Array:
    """`value` as a NumPy array; Python floats become float32, arrays keep their type."""
    if isinstance(value, Tensor):
        value = value._array
    if isinstance(value, (np.ndarray, np.generic)):
        return np.asarray(value, dtype)
    if isinstance(value, (list, tuple)):
        value = plain(value)
    result = np.asarray(value)
    if result.dtype.kind not in "fiubc":
        if result.dtype.kind == "O" and hasattr(value, "__dlpack__"):
            return np.from_dlpack(value)
        raise TypeError(f"tensor: cannot make a tensor of {type(value).__name__}: {value!r:.60}")
    if dtype is None and result.dtype == np.float64 and is_python_floats(value):
        dtype = np.float32
    return result if dtype is None else result.astype(dtype, copy=False)


def plain(value: Any) -> Any:
    """Nested lists with tensors converted to arrays."""
    if isinstance(value, Tensor):
        return value._array
    if isinstance(value, (list, tuple)) and any(
        isinstance(v, (Tensor, list, tuple)) for v in value
    ):
        return [plain(v) for v in value]
    return value


def is_python_floats(value: Any) -> bool:
    """Whether the first element of nested lists is a Python number."""
    while isinstance(value, (list, tuple)):
        if not value:
            return True
        value = value[0]
    return isinstance(value, (bool, int, float)) and not isinstance(value, np.generic)


ONE = {np.dtype(t): np.broadcast_to(np.ones((), t), ()) for t in (np.float32, np.float64)}


def seed_gradient(op: str, y: Tensor, gradient: Any) -> Array:
    """The initial gradient of the backward pass: as given, or 1 for a scalar."""
    if not y.requires_grad:
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
    return dy.astype(y._array.dtype, copy=False)
