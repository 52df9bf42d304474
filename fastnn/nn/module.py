"""The base of every layer and model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import numpy as np

from ..autograd.changes import changed
from ..autograd.hooks import Handle
from ..devices import check_device
from ..ops.cast import destination
from ..tensor import Tensor, as_array
from .hooks import Hooks, call_hooked
from .parameter import Parameter
from .summary import Summary, summarize

__all__ = ["Module"]

T = TypeVar("T", bound="Module")
CONTENT = ("_parameters", "_buffers", "_modules")


class LoadResult(NamedTuple):
    """What `Module.load_state_dict` found missing and what it had no use for."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Module:
    """A layer or model: parameters, buffers and modules as attributes, and a `forward`.

    Parameters and modules are found by assigning them. They are plain instance attributes; the
    module keeps only their names, in the order of assignment.

    Parameters
    ----------
    device
        Where the parameters are to be: ``"cpu"`` or None. Anything else is an error, which names
        the layer.

    Examples
    --------
    >>> import fastnn
    >>> class Scale(fastnn.nn.Module):
    ...     def __init__(self, size):
    ...         super().__init__()
    ...         self.weight = fastnn.nn.Parameter(fastnn.ones(size))
    ...     def forward(self, x):
    ...         return x.reshape(-1)
    >>> scale = Scale(3)
    >>> [name for name, p in scale.named_parameters()]
    ['weight']
    >>> scale(fastnn.zeros(1, 3)).shape
    (3,)
    """

    training: bool
    _parameters: dict[str, None]  # names only: the values are instance attributes
    _buffers: dict[str, bool]  # name -> whether it belongs to the state dict
    _modules: dict[str, None]
    _hooks: Hooks | None

    def __init__(self, device: Any = None) -> None:
        if device is not None:
            check_device(type(self).__name__, device)
        self.__dict__.update(training=True, _parameters={}, _buffers={}, _modules={}, _hooks=None)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output; every module writes its own."""
        raise NotImplementedError(f"{type(self).__name__}: write a method forward(self, ...)")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._hooks is None:
            return self.forward(*args, **kwargs)
        return call_hooked(self, self._hooks, args, kwargs)

    # -- attributes --------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        if isinstance(value, (Parameter, Module)):
            if "_parameters" not in own:
                raise AttributeError(
                    f"{type(self).__name__}: call super().__init__() before assigning {name!r}"
                )
            kind = "_parameters" if isinstance(value, Parameter) else "_modules"
            for other in CONTENT:
                if other != kind:
                    own[other].pop(name, None)
            own[kind].setdefault(name)
        elif value is not None and "_parameters" in own:
            if name in own["_parameters"]:
                raise TypeError(
                    f"{type(self).__name__}: {name!r} is a parameter and can become another "
                    f"Parameter or None, not a {type(value).__name__}"
                )
            if name in own["_modules"]:
                raise TypeError(
                    f"{type(self).__name__}: {name!r} is a module and can become another Module "
                    f"or None, not a {type(value).__name__}"
                )
            if name in own["_buffers"] and not isinstance(value, Tensor):
                raise TypeError(
                    f"{type(self).__name__}: {name!r} is a buffer and can become another Tensor "
                    f"or None, not a {type(value).__name__}"
                )
        if name == "forward" and "_hooks" in own:  # called the long way from now on: see Sequential
            own["_hooks"] = own["_hooks"] or Hooks()
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        for kind in CONTENT:
            self.__dict__.get(kind, {}).pop(name, None)
        object.__delattr__(self, name)

    def _register(self, kind: str, name: str, value: Any, mark: Any = None) -> None:
        if "_parameters" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__}: call super().__init__() first")
        if not isinstance(name, str) or not name or "." in name:
            raise KeyError(f"{type(self).__name__}: {name!r} is no name: it is empty or has a dot")
        if hasattr(self, name) and name not in self.__dict__[kind]:
            raise KeyError(f"{type(self).__name__}: there is an attribute {name!r} already")
        self.__dict__[kind][name] = mark
        self.__dict__[name] = value

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter, or with None the name of one that is left out (a bias, say)."""
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(f"register_parameter: expected a Parameter, got {type(param).__name__}")
        self._register("_parameters", name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is state but not learnt: running statistics, a mask.

        Parameters
        ----------
        name
            The attribute.
        tensor
            Its value.
        persistent
            Whether it belongs to `state_dict`.
        """
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(f"register_buffer: expected a Tensor, got {type(tensor).__name__}")
        self._register("_buffers", name, tensor, persistent)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a module under a name."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"add_module: expected a Module, got {type(module).__name__}")
        self._register("_modules", name, module)

    register_module = add_module

    # -- walking -----------------------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Name and value of each module that is an attribute."""
        for name in self._modules:
            module = self.__dict__[name]
            if module is not None:
                yield name, module

    def children(self) -> Iterator[Module]:
        """Each module that is an attribute."""
        for _, module in self.named_children():
            yield module

    def named_modules(
        self, memo: set[int] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """The module itself and all below it, with their dotted names; each once."""
        memo = set() if memo is None else memo
        if id(self) in memo:
            return
        if remove_duplicate:
            memo.add(id(self))
        yield prefix, self
        for name, child in self.named_children():
            path = f"{prefix}.{name}" if prefix else name
            yield from child.named_modules(memo, path, remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """The module itself and all below it; each once."""
        for _, module in self.named_modules():
            yield module

    def _named(
        self, kind: str, prefix: str, recurse: bool, once: bool
    ) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        owners = (
            self.named_modules(prefix=prefix, remove_duplicate=once)
            if recurse
            else [(prefix, self)]
        )
        for path, module in owners:
            for name in module.__dict__[kind]:
                value = module.__dict__[name]
                if value is None or (once and id(value) in seen):
                    continue
                seen.add(id(value))
                yield (f"{path}.{name}" if path else name), value

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Dotted name and value of each parameter."""
        return self._named("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Each parameter, once."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Dotted name and value of each buffer."""
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Each buffer, once."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def get_submodule(self, target: str) -> Module:
        """The module with a dotted name."""
        found = self
        for name in target.split(".") if target else ():
            if name not in found._modules:
                raise AttributeError(f"{type(found).__name__} has no module {name!r}")
            found = found.__dict__[name]
        return found

    def get_parameter(self, target: str) -> Parameter:
        """The parameter with a dotted name."""
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        if name not in owner._parameters:
            raise AttributeError(f"{type(owner).__name__} has no parameter {name!r}")
        value: Parameter = owner.__dict__[name]
        return value

    def apply(self: T, fn: Callable[[Module], Any]) -> T:
        """Call `fn` on every module below, then on this one: to initialize, say."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    # -- modes and types ---------------------------------------------------------------------

    def train(self: T, mode: bool = True) -> T:
        """Switch this module and all below to training, or with False to evaluation."""
        if not isinstance(mode, bool):
            raise ValueError(f"train: mode must be True or False, got {mode!r}")
        for module in self.modules():
            module.__dict__["training"] = mode
        return self

    def eval(self: T) -> T:
        """Switch this module and all below to evaluation."""
        return self.train(False)

    def requires_grad_(self: T, requires_grad: bool = True) -> T:
        """Let all parameters learn, or freeze them."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to 0."""
        for parameter in self.parameters():
            if set_to_none or parameter.grad is None:
                parameter.grad = None
            else:
                parameter.grad.zero_()

    def to(
        self: T, *args: Any, device: Any = None, dtype: Any = None, non_blocking: bool = False
    ) -> T:
        """Change the type of all floating point parameters and buffers, in place.

        Parameters
        ----------
        args
            As in PyTorch ``dtype``, or ``device, dtype``, or a tensor whose type is meant.
        device
            ``"cpu"`` or None: there is no other.
        device
            ``"cpu"`` or None: there is no other.
        dtype
            A floating point type.
        non_blocking
            Changes nothing: there is no transfer to wait for.

        Examples
        --------
        >>> import fastnn
        >>> fastnn.nn.Linear(2, 3).to("cpu", fastnn.float64).weight.dtype
        dtype('float64')
        """
        wanted, _ = destination(args, device, dtype, False)
        if wanted is None:
            return self
        if wanted.kind != "f":
            raise TypeError(f"to: parameters are floating point, got {wanted}")
        for tensor in [*self.parameters(), *self.buffers()]:
            for part in (tensor, tensor.grad):
                if part is not None and part._array.dtype.kind == "f":
                    part._array = part._array.astype(wanted, copy=False)
        return self

    def float(self: T) -> T:
        """Make all parameters and buffers float32."""
        return self.to(np.float32)

    def double(self: T) -> T:
        """Make all parameters and buffers float64."""
        return self.to(np.float64)

    def cpu(self: T) -> T:
        """The module itself: there is no other device."""
        return self

    def cuda(self: T, device: Any = "cuda") -> T:
        """An error: fastnn computes on the CPU only."""
        check_device("cuda", device)
        return self

    # -- state -------------------------------------------------------------------------------

    def _state(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        for name in self._parameters:
            if self.__dict__[name] is not None:
                yield prefix + name, self.__dict__[name]
        for name, persistent in self._buffers.items():
            if persistent and self.__dict__[name] is not None:
                yield prefix + name, self.__dict__[name]
        for name, child in self.named_children():
            yield from child._state(f"{prefix}{name}.")

    def state_dict(self, prefix: str = "") -> dict[str, Tensor]:
        """Dotted name and value of every parameter and persistent buffer; the memory is shared.

        Examples
        --------
        >>> import fastnn
        >>> model = fastnn.nn.ParameterList([fastnn.zeros(2)])
        >>> model.state_dict()
        {'0': tensor([0., 0.])}
        """
        return {name: tensor.detach() for name, tensor in self._state(prefix)}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> LoadResult:
        """Copy values into parameters and buffers; on any error nothing has been changed.

        Parameters
        ----------
        state_dict
            As from `state_dict`; values are tensors, NumPy arrays or torch tensors.
        strict
            Whether missing and unexpected names are errors.

        Returns
        -------
        LoadResult
            The names that were missing and those that were unexpected.

        Raises
        ------
        RuntimeError
            For missing or unexpected names (if `strict`) and for shapes that differ.
        """
        own = dict(self._state())
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own]
        errors = []
        if strict and unexpected:
            errors.append("Unexpected key(s) in state_dict: " + quoted(unexpected))
        if strict and missing:
            errors.append("Missing key(s) in state_dict: " + quoted(missing))
        values = {}
        for name, tensor in own.items():
            if name in state_dict:
                values[name] = value = to_array(state_dict[name])
                if value.shape != tensor.shape:
                    errors.append(
                        f"size mismatch for {name}: copying a param with shape {value.shape} from "
                        f"checkpoint, the shape in current model is {tensor.shape}."
                    )
                elif not np.can_cast(value.dtype, tensor.dtype, "same_kind"):
                    errors.append(
                        f"dtype mismatch for {name}: cannot copy {value.dtype} into {tensor.dtype}."
                    )
                elif not tensor._array.flags.writeable:
                    errors.append(f"{name} is read-only; load into a deep copy of the module.")
        if errors:
            title = f"Error(s) in loading state_dict for {type(self).__name__}:"
            raise RuntimeError("\n\t".join([title, *errors]))
        for name, value in values.items():
            own[name]._array[...] = value
        changed([own[name]._array for name in values])
        return LoadResult(missing, unexpected)

    # -- hooks -------------------------------------------------------------------------------

    def _hook(self, kind: str, hook: Callable[..., Any]) -> Handle:
        if self._hooks is None:
            self.__dict__["_hooks"] = Hooks()
        return Handle(getattr(self._hooks, kind), hook)

    def register_forward_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(module, args)`` before `forward`; what it returns replaces the arguments."""
        return self._hook("before", hook)

    def register_forward_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(module, args, output)`` after `forward`; a result replaces the output."""
        return self._hook("after", hook)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(module, grad_output)`` when the gradient reaches the module's outputs."""
        return self._hook("backward_before", hook)

    def register_full_backward_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(module, grad_input, grad_output)`` when the gradient leaves its inputs."""
        return self._hook("backward_after", hook)

    # -- text --------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What stands between the brackets when the module is printed."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [
            f"({name}): " + repr(child).replace("\n", "\n  ")
            for name, child in self.named_children()
        ]
        if not children and len(lines) <= 1:
            return f"{self._get_name()}({extra})"
        return f"{self._get_name()}(\n  " + "\n  ".join(lines + children) + "\n)"

    def summary(self, *input_shape: Any, dtype: Any = np.float32) -> Summary:
        """A table of layers, output shapes and numbers of parameters, from one run on zeros.

        Parameters
        ----------
        input_shape
            The shape of the input, batch included: ``summary(1, 64)`` or ``summary((1, 64))``; for
            several inputs a list of shapes.
        device
            ``"cpu"`` or None: there is no other.
        dtype
            Type of the input; int64 for ids.

        Examples
        --------
        >>> import fastnn
        >>> print(fastnn.nn.Sequential(fastnn.nn.Flatten()).summary(1, 8, 8))
        layer         output shape  parameters
        --------------------------------------
        Sequential    (1, 64)                0
          0: Flatten  (1, 64)                0
        --------------------------------------
        parameters: 0 (0 learnt), 0 bytes
        """
        return summarize(self, input_shape, dtype)


def quoted(names: list[str]) -> str:
    """Names in quotation marks, separated by commas."""
    return ", ".join(f'"{name}"' for name in names) + "."


def to_array(value: Any) -> Any:
    """A state dict's value as an array: torch tensors may require a gradient."""
    if isinstance(value, Tensor):
        return value._array
    if hasattr(value, "detach"):
        value = value.detach()
    return np.asarray(value) if hasattr(value, "__array__") else as_array(value)
