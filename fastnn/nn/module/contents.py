"""The parameters, buffers and submodules of a module, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ...tensor import Tensor
from ..hooks import Hooks
from ..parameter import Buffer, Parameter

if TYPE_CHECKING:
    from .module import Module

C = TypeVar("C", bound="Contents")
PARAMETERS, BUFFERS, MODULES = NAMES = ("_parameter_names", "_buffer_names", "_module_names")


class Contents:
    """Parameters, buffers and modules as attributes.

    The values are plain instance attributes, which are fast to read; dicts keep only their names,
    in the order of assignment. `Named` shows names and values together.
    """

    _parameter_names: dict[str, None]
    _buffer_names: dict[str, bool]  # whether it belongs to the state dict
    _module_names: dict[str, None]

    @property
    def _parameters(self) -> MutableMapping[str, Any]:
        return Named(self, PARAMETERS, self.register_parameter)

    @property
    def _buffers(self) -> MutableMapping[str, Any]:
        return Named(self, BUFFERS, self.register_buffer)

    @property
    def _modules(self) -> MutableMapping[str, Any]:
        return Named(self, MODULES, self.add_module)

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        if isinstance(value, (Parameter, Contents)):
            if PARAMETERS not in own:
                raise AttributeError(
                    f"{type(self).__name__}: call super().__init__() before assigning {name!r}"
                )
            kind = PARAMETERS if isinstance(value, Parameter) else MODULES
            for other in NAMES:
                if other != kind:
                    own[other].pop(name, None)
            own[kind].setdefault(name)
        elif value is not None and PARAMETERS in own:
            if name in own[PARAMETERS]:
                raise TypeError(
                    f"{type(self).__name__}: {name!r} is a parameter and can become another "
                    f"Parameter or None, not a {type(value).__name__}"
                )
            if name in own[MODULES]:
                raise TypeError(
                    f"{type(self).__name__}: {name!r} is a module and can become another Module "
                    f"or None, not a {type(value).__name__}"
                )
            if name in own[BUFFERS] and not isinstance(value, Tensor):
                raise TypeError(
                    f"{type(self).__name__}: {name!r} is a buffer and can become another Tensor "
                    f"or None, not a {type(value).__name__}"
                )
            if isinstance(value, Buffer):
                own[BUFFERS][name] = value.persistent
        if name == "forward" and "_hooks" in own:  # hooks keep Sequential from fusing it
            own["_hooks"] = own["_hooks"] or Hooks()
        object.__setattr__(self, name, value)

    if not TYPE_CHECKING:  # to which every attribute would be known

        def __getattr__(self, name: str) -> Any:
            """For what Python did not find, and for programs that call this themselves."""
            try:
                return self.__dict__[name]
            except KeyError:
                raise AttributeError(
                    f"{type(self).__name__!r} object has no attribute {name!r}"
                ) from None

    def __delattr__(self, name: str) -> None:
        for kind in NAMES:
            self.__dict__.get(kind, {}).pop(name, None)
        object.__delattr__(self, name)

    def _register(self, kind: str, name: str, value: Any, mark: Any = None) -> None:
        if PARAMETERS not in self.__dict__:
            raise AttributeError(f"{type(self).__name__}: call super().__init__() first")
        if not isinstance(name, str) or not name or "." in name:
            raise KeyError(f"{type(self).__name__}: {name!r} is invalid: empty, or with a dot")
        if hasattr(self, name) and name not in self.__dict__[kind]:
            raise KeyError(f"{type(self).__name__}: there is an attribute {name!r} already")
        self.__dict__[kind][name] = mark
        self.__dict__[name] = value

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter; None reserves the name of an absent one, such as a bias."""
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(f"register_parameter: expected a Parameter, got {type(param).__name__}")
        self._register(PARAMETERS, name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is state but not learnt, such as running statistics or a mask.

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
        self._register(BUFFERS, name, tensor, bool(persistent))

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a submodule under a name."""
        if module is not None and not isinstance(module, Contents):
            raise TypeError(f"add_module: expected a Module, got {described(module)}")
        self._register(MODULES, name, module)

    register_module = add_module

    # -- traversal ---------------------------------------------------------------------------

    def _present(self, kind: str) -> Iterator[tuple[str, Any]]:
        own = self.__dict__
        for name in own[kind]:
            if own[name] is not None:
                yield name, own[name]

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Name and value of each direct submodule."""
        return self._present(MODULES)

    def children(self) -> Iterator[Module]:
        """Each direct submodule."""
        for _, module in self.named_children():
            yield module

    def named_modules(
        self, memo: set[int] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """The module itself and all its submodules with their dotted names, each once."""
        memo = set() if memo is None else memo
        if id(self) in memo:
            return
        if remove_duplicate:
            memo.add(id(self))
        yield prefix, cast("Module", self)
        for name, child in self.named_children():
            path = f"{prefix}.{name}" if prefix else name
            yield from child.named_modules(memo, path, remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """The module itself and all its submodules, each once."""
        for _, module in self.named_modules():
            yield module

    def _named(
        self, kind: str, prefix: str, recurse: bool, once: bool
    ) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        owners = (
            self.named_modules(prefix=prefix, remove_duplicate=once)
            if recurse
            else [(prefix, cast("Module", self))]
        )
        for path, module in owners:
            own = module.__dict__
            for name in own[kind]:
                value = own[name]
                if value is None or (once and id(value) in seen):
                    continue
                seen.add(id(value))
                yield (f"{path}.{name}" if path else name), value

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Dotted name and value of each parameter."""
        return self._named(PARAMETERS, prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Each parameter, once."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Dotted name and value of each buffer."""
        return self._named(BUFFERS, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Each buffer, once."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def get_submodule(self, target: str) -> Module:
        """The module with a dotted name."""
        found = cast("Module", self)
        for name in target.split(".") if target else ():
            found = found._get("module", found._modules, name)
        return found

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put a module in the place of the one with a dotted name.

        Parameters
        ----------
        target
            The name, ``"body.0"`` for example.
        module
            The new module.
        strict
            Whether it is an error if there was none of that name.

        Raises
        ------
        AttributeError
            If there is no such place.

        Examples
        --------
        >>> net = fastnn.nn.Sequential(fastnn.nn.Linear(2, 3), fastnn.nn.ReLU())
        >>> net.set_submodule("1", fastnn.nn.Tanh())
        >>> net[1]
        Tanh()
        """
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        if not name:
            raise ValueError("set_submodule: target is the module itself, got ''")
        if not isinstance(module, Contents):
            raise TypeError(f"set_submodule: expected a Module, got {type(module).__name__}")
        if strict:
            owner._get("module", owner._modules, name)
        elif name not in owner._modules and hasattr(owner, name):
            raise AttributeError(f"set_submodule: {target!r} is no module")
        owner._modules[name] = module

    def get_parameter(self, target: str) -> Parameter:
        """The parameter with a dotted name."""
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        value: Parameter = owner._get("parameter", owner._parameters, name)
        return value

    def get_buffer(self, target: str) -> Tensor:
        """The buffer with a dotted name."""
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        value: Tensor = owner._get("buffer", owner._buffers, name)
        return value

    def _get(self, kind: str, values: Mapping[str, Any], name: str) -> Any:
        value = values.get(name)
        if value is None:
            raise AttributeError(f"{type(self).__name__} has no {kind} {name!r}")
        return value

    def apply(self: C, fn: Callable[[Module], Any]) -> C:
        """Call `fn` on every submodule, then on this module, for example to initialize."""
        for child in self.children():
            child.apply(fn)
        fn(cast("Module", self))
        return self


class Named(MutableMapping[str, Any]):
    """The parameters, buffers or submodules of a module by name; None where one is absent.

    A view, as PyTorch's dicts: a change to it is a change to the module, and the other way round.
    """

    def __init__(self, module: Contents, kind: str, register: Callable[[str, Any], None]) -> None:
        self._module = module
        self._names: dict[str, Any] = module.__dict__.get(kind, {})
        self._register = register

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        return self._module.__dict__[name]

    def __setitem__(self, name: str, value: Any) -> None:
        if name in self._names:
            setattr(self._module, name, value)
        else:
            self._register(name, value)

    def __delitem__(self, name: str) -> None:
        if name not in self._names:
            raise KeyError(name)
        delattr(self._module, name)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._names))

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return repr(dict(self))


def described(value: Any) -> str:
    """What stands in the place of a module, and the likely fix."""
    if isinstance(value, type):
        return f"the class {value.__name__}; {value.__name__}() makes a module of it"
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}; pass its modules one by one: Sequential(*modules)"
    if callable(value):
        return f"a function, {getattr(value, '__name__', value)}; pass the module that calls it"
    return type(value).__name__
