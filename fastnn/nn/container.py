"""Containers: modules that hold other modules or parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, overload

from ..tensor import Tensor
from .module import Module
from .parameter import Parameter

__all__ = ["ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]


class _List(Module):
    """Modules under the names "0", "1", ..."""

    def _items(self) -> list[Any]:
        return [self.__dict__[name] for name in self._names()]

    def _names(self) -> list[str]:
        return list(self._module_names)

    def _refill(self, items: Iterable[Any]) -> None:
        items = list(items)
        for name in self._names():
            delattr(self, name)
        for i, item in enumerate(items):
            setattr(self, str(i), item)

    def _place(self, index: int) -> int:
        size = len(self)
        if not -size <= index < size:
            raise IndexError(f"{type(self).__name__}: index {index} is out of range for {size}")
        return index % size

    def __len__(self) -> int:
        return len(self._names())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items())

    def __setitem__(self, index: int, item: Any) -> None:
        setattr(self, self._names()[self._place(index)], item)

    def __delitem__(self, index: int | slice) -> None:
        items = self._items()
        del items[index]
        self._refill(items)

    if not TYPE_CHECKING:  # mypy finds it at odds with __add__ in some orders of its work

        def __iadd__(self, modules: Iterable[Any]) -> Any:
            return self.extend(modules)

    def __add__(self, other: Iterable[Any]) -> Any:
        both = type(self)()
        return both.extend(self).extend(other)

    def append(self, module: Any) -> Any:
        """Add a module at the end."""
        setattr(self, str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Any]) -> Any:
        """Add several at the end."""
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: int, module: Any) -> Any:
        """Put a module before the one at `index`."""
        items = self._items()
        items.insert(index, module)
        self._refill(items)
        return self


class Sequential(_List):
    """A chain of modules: each is called on the output of the one before.

    Parameters
    ----------
    modules
        The modules, or one dict of names and modules.

    Examples
    --------
    >>> model = fastnn.nn.Sequential(fastnn.nn.Flatten(), fastnn.nn.Identity())
    >>> model(fastnn.zeros(2, 3, 4)).shape
    (2, 12)
    >>> model[:1]
    Sequential(
      (0): Flatten(start_dim=1, end_dim=-1)
    )

    Notes
    -----
    A linear layer, convolution or norm followed by a pointwise activation runs as one operation,
    with the same bits, unless one of the two has hooks or an overridden `forward`.
    """

    _steps: list[tuple[Any, Any]] | None = None  # see `_pair_up`; None after a change

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            named = list(modules[0].items())
        else:
            named = [(str(i), module) for i, module in enumerate(modules)]
        for name, module in named:
            self.add_module(name, module)

    def forward(self, input: Any) -> Any:
        """The output of the last module."""
        for module, function in self._steps or self._pair_up():
            if function is None:
                input = module(input)
            elif (
                module._hooks is None
                and function._hooks is None
                and getattr(module, "activation", None) is None
                and (activation := function.fused) is not None
            ):
                input = module.forward_with(input, activation)
            else:
                input = function(module(input))
        return input

    def _pair_up(self) -> list[tuple[Any, Any]]:
        """Pairs of a module and the activation after it if both can be fused, else None."""
        steps: list[tuple[Any, Any]] = []
        for module in self._items():
            before, function = steps[-1] if steps else (None, None)
            if function is None and can_fuse(before, module):
                steps[-1] = (before, module)
            else:
                steps.append((module, None))
        self.__dict__["_steps"] = steps
        return steps

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        self.__dict__["_steps"] = None

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        self.__dict__["_steps"] = None

    def _register(self, kind: str, name: str, value: Any, mark: Any = None) -> None:
        super()._register(kind, name, value, mark)
        self.__dict__["_steps"] = None

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: int | slice) -> Module:
        if isinstance(index, slice):
            names = self._names()[index]
            return type(self)({name: self.__dict__[name] for name in names})
        module: Module = self._items()[self._place(index)]
        return module

    def __add__(self, other: Iterable[Any]) -> Sequential:
        return Sequential(*self, *other)


def can_fuse(module: Any, function: Any) -> bool:
    """Whether a module can compute the activation that follows it.

    The class that defines the module's `forward` must also define `forward_with`, which takes the
    input and an ``activation=`` argument; that of the activation must also define `fused` (see
    `fastnn.nn.activation.Pointwise`). A subclass that overrides `forward` alone is not fused.
    """
    return (
        beside_forward(function, "fused") is not None
        and beside_forward(module, "forward_with") is not None
    )


def beside_forward(module: Any, name: str) -> Any:
    """An attribute of the class that defines `forward`; None if `__call__` is overridden."""
    kind = type(module)
    if not isinstance(module, Module) or kind.__call__ is not Module.__call__:
        return None
    owner = next(c for c in kind.__mro__ if "forward" in vars(c))
    return vars(owner).get(name)


class ModuleList(_List):
    """A list of modules, which become children of the module that holds it.

    Examples
    --------
    >>> layers = fastnn.nn.ModuleList([fastnn.nn.Identity() for _ in range(3)])
    >>> len(layers), layers[-1]
    (3, Identity())
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        self.extend(modules)

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> ModuleList: ...
    def __getitem__(self, index: int | slice) -> Module:
        if isinstance(index, slice):
            return ModuleList(self._items()[index])
        module: Module = self._items()[self._place(index)]
        return module


class ModuleDict(Module):
    """A dict of modules, which become children of the module that holds it.

    Examples
    --------
    >>> heads = fastnn.nn.ModuleDict({"a": fastnn.nn.Identity()})
    >>> list(heads.keys()), "a" in heads
    (['a'], True)
    """

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        super().__init__()
        self.update(modules or {})

    def __getitem__(self, key: str) -> Module:
        module: Module = self._modules[key]
        return module

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        self[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._module_names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._module_names

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._modules.keys()

    def values(self) -> Iterable[Module]:
        """The modules."""
        return list(self._modules.values())

    def items(self) -> Iterable[tuple[str, Module]]:
        """Names and modules."""
        return list(self._modules.items())

    def pop(self, key: str) -> Module:
        """Remove a module and return it."""
        module = self[key]
        delattr(self, key)
        return module

    def update(self, modules: Mapping[str, Module]) -> None:
        """Add or replace several."""
        for key, module in modules.items():
            self.add_module(key, module)


class ParameterList(_List):
    """A list of parameters of the module that holds it; tensors become parameters.

    Examples
    --------
    >>> len(list(fastnn.nn.ParameterList([fastnn.ones(2), fastnn.ones(3)]).parameters()))
    2
    """

    def __init__(self, values: Iterable[Any] = ()) -> None:
        super().__init__()
        self.extend(values)

    def _names(self) -> list[str]:
        return list(self._parameter_names)

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Tensor) and not isinstance(value, Parameter):
            value = Parameter(value)
        super().__setattr__(name, value)

    def __getitem__(self, index: int) -> Parameter:
        value: Parameter = self._items()[self._place(index)]
        return value

    def extra_repr(self) -> str:
        """Type and shape of each parameter."""
        return "\n".join(
            f"({name}): {None if p is None else f'{p.dtype} {p.shape}'}"
            for name, p in self._parameters.items()
        )


class ParameterDict(Module):
    """A dict of parameters of the module that holds it; tensors become parameters.

    Parameters
    ----------
    parameters
        Names and values: a mapping, or pairs.

    Examples
    --------
    >>> scales = fastnn.nn.ParameterDict({"a": fastnn.ones(2), "b": fastnn.ones(3)})
    >>> list(scales), scales["a"].requires_grad, len(list(scales.parameters()))
    (['a', 'b'], True, 2)
    """

    def __init__(self, parameters: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__()
        self.update(parameters or {})

    def __getitem__(self, key: str) -> Any:
        return self._parameters[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if isinstance(value, Tensor) and not isinstance(value, Parameter):
            value = Parameter(value)
        if key in self._parameter_names:
            setattr(self, key, value)
        else:
            self.register_parameter(key, value)

    def __delitem__(self, key: str) -> None:
        self[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._parameter_names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __contains__(self, key: object) -> bool:
        return key in self._parameter_names

    def __or__(self, other: ParameterDict) -> ParameterDict:
        both = self.copy()
        both.update(other)
        return both

    def __ior__(self, other: ParameterDict) -> ParameterDict:
        self.update(other)
        return self

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._parameters.keys()

    def values(self) -> Iterable[Any]:
        """The parameters."""
        return list(self._parameters.values())

    def items(self) -> Iterable[tuple[str, Any]]:
        """Names and parameters."""
        return list(self._parameters.items())

    def get(self, key: str, default: Any = None) -> Any:
        """The parameter with a name, or `default`."""
        return self._parameters.get(key, default)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The parameter with a name, which is `default` if there was none."""
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: str) -> Any:
        """Remove a parameter and return it."""
        value = self[key]
        delattr(self, key)
        return value

    def popitem(self) -> tuple[str, Any]:
        """Remove the last parameter; its name and itself."""
        key = list(self)[-1]
        return key, self.pop(key)

    def clear(self) -> None:
        """Remove all."""
        for key in list(self):
            delattr(self, key)

    def copy(self) -> ParameterDict:
        """Another dict of the same parameters."""
        return ParameterDict(self.items())

    def update(
        self, parameters: ParameterDict | Mapping[str, Any] | Iterable[tuple[str, Any]]
    ) -> None:
        """Add or replace several."""
        known = isinstance(parameters, (ParameterDict, Mapping))
        pairs: Any = parameters.items() if known else parameters  # type: ignore[union-attr]
        for key, value in pairs:
            self[key] = value

    extra_repr = ParameterList.extra_repr
