"""The parameters, buffers and submodules of a module, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ...tensor import Tensor
from ..hooks import Hooks
from ..parameter import Parameter

if TYPE_CHECKING:
    from .module import Module

C = TypeVar("C", bound="Contents")
CONTENT = ("_parameters", "_buffers", "_modules")


class Contents:
    """Parameters, buffers and modules as attributes.

    The values are plain instance attributes; dicts keep only their names, in the order of
    assignment.
    """

    _parameters: dict[str, None]  # names only: the values are instance attributes
    _buffers: dict[str, bool]  # name -> whether it belongs to the state dict
    _modules: dict[str, None]

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        if isinstance(value, (Parameter, Contents)):
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
        if name == "forward" and "_hooks" in own:  # hooks keep Sequential from fusing it
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
            raise KeyError(f"{type(self).__name__}: {name!r} is invalid: empty, or with a dot")
        if hasattr(self, name) and name not in self.__dict__[kind]:
            raise KeyError(f"{type(self).__name__}: there is an attribute {name!r} already")
        self.__dict__[kind][name] = mark
        self.__dict__[name] = value

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter; None reserves the name of an absent one, such as a bias."""
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(f"register_parameter: expected a Parameter, got {type(param).__name__}")
        self._register("_parameters", name, param)

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
        self._register("_buffers", name, tensor, persistent)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a submodule under a name."""
        if module is not None and not isinstance(module, Contents):
            raise TypeError(f"add_module: expected a Module, got {type(module).__name__}")
        self._register("_modules", name, module)

    register_module = add_module

    # -- traversal ---------------------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Name and value of each direct submodule."""
        for name in self._modules:
            module = self.__dict__[name]
            if module is not None:
                yield name, module

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
        found = cast("Module", self)
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

    def apply(self: C, fn: Callable[[Module], Any]) -> C:
        """Call `fn` on every submodule, then on this module, for example to initialize."""
        for child in self.children():
            child.apply(fn)
        fn(cast("Module", self))
        return self
