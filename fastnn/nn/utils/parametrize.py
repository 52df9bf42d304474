"""Parameters that are functions of others: ``layer.weight`` becomes ``f(original)``.

A module whose parameter has a parametrization gets a class of its own, in which the attribute is a
property. The modules that compute it, and the original parameter, are children of
``module.parametrizations``, so that optimizers and state dicts find them there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from ...autograd import no_grad
from ...tensor import Tensor
from ..container import ModuleDict, ModuleList
from ..module import Module
from ..parameter import Parameter

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "type_before_parametrizations",
]

cache: dict[tuple[int, str], Any] | None = None  # while `cached` is open


@contextmanager
def cached() -> Iterator[None]:
    """Inside, each parametrized tensor is computed once, whatever happens to its original.

    Examples
    --------
    >>> layer = fastnn.nn.utils.parametrizations.weight_norm(fastnn.nn.Linear(2, 2))
    >>> with fastnn.nn.utils.parametrize.cached():
    ...     layer.weight is layer.weight
    True
    """
    global cache
    before, cache = cache, {} if cache is None else cache
    try:
        yield
    finally:
        cache = before


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, in the order in which they are applied.

    Parameters
    ----------
    modules
        Modules that map a tensor to one; the first may take several. With ``right_inverse`` they
        find what they map to a given value.
    original
        The parameter or tensor as it was, which the list keeps as ``original`` (or ``original0``
        and so on where the inverse makes several of it).
    unsafe
        Whether shapes and types may change.
    """

    def __init__(self, modules: Iterable[Module], original: Tensor, unsafe: bool = False) -> None:
        super().__init__(modules)
        self.unsafe = unsafe
        self.original_names: list[str] = []
        with no_grad():
            found = self.inverted(original)
        if isinstance(found, Tensor):
            kept = original if isinstance(original, Parameter) else original.detach()
            kept.data = found.detach().data
            self.keep("original", kept)
        else:
            learnt = isinstance(original, Parameter)
            for i, part in enumerate(found):
                value = part.detach().clone()
                self.keep(f"original{i}", Parameter(value) if learnt else value)

    def keep(self, name: str, value: Tensor) -> None:
        """Add a parameter, or a buffer."""
        self.original_names.append(name)
        if isinstance(value, Parameter):
            self.register_parameter(name, value)
        else:
            self.register_buffer(name, value)

    def originals(self) -> list[Tensor]:
        """What the first parametrization gets."""
        return [getattr(self, name) for name in self.original_names]

    def inverted(self, value: Any) -> Any:
        """What the parametrizations map to a value; that itself where they have no inverse."""
        for module in reversed(list(self)):
            if hasattr(module, "right_inverse"):
                value = module.right_inverse(value)
        return value

    def right_inverse(self, value: Tensor) -> None:
        """Set the originals so that the parametrized tensor becomes `value`."""
        with no_grad():
            found = self.inverted(value)
            parts = [found] if isinstance(found, Tensor) else list(found)
            for original, part in zip(self.originals(), parts):
                original.copy_(part)

    def forward(self) -> Tensor:
        """The parametrized tensor."""
        first, *others = self
        y: Tensor = first(*self.originals())
        for module in others:
            y = module(y)
        return y


class Parametrized(Module):
    """Base of the classes of modules with a parametrization."""

    parametrizations: ModuleDict

    def __setattr__(self, name: str, value: Any) -> None:
        lists = self.__dict__.get("parametrizations", ())
        if name in lists:
            lists[name].right_inverse(value)
        else:
            super().__setattr__(name, value)


def parametrized(name: str) -> property:
    """The attribute: computed, or from the cache."""

    def value(self: Parametrized) -> Tensor:
        module = self.parametrizations[name]
        if cache is None:
            found: Tensor = module()
            return found
        key = (id(self), name)
        if key not in cache:
            cache[key] = module()
        kept: Tensor = cache[key]
        return kept

    return property(value)


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Make a parameter or buffer of a module the output of another module.

    Parameters
    ----------
    module
        What has the tensor. It is changed, and returned.
    tensor_name
        The name of the parameter or buffer, without a dot.
    parametrization
        Maps a tensor to one of the same shape. A method ``right_inverse`` of it says what it maps
        to a given tensor: the original begins with what it maps to the present value, and values
        may be assigned to the attribute. It may return a tuple, whose elements `forward` gets.
    unsafe
        Whether the shape or type may change.

    Raises
    ------
    ValueError
        If the module has no such tensor, or its shape or type would change.

    Examples
    --------
    >>> class Symmetric(fastnn.nn.Module):
    ...     def forward(self, x):
    ...         return x.triu() + x.triu(1).T
    >>> layer = fastnn.nn.Linear(3, 3)
    >>> _ = fastnn.nn.utils.parametrize.register_parametrization(layer, "weight", Symmetric())
    >>> bool((layer.weight == layer.weight.T).all())
    True
    >>> list(dict(layer.named_parameters()))
    ['bias', 'parametrizations.weight.original']
    """
    op = "register_parametrization"
    if is_parametrized(module, tensor_name):
        lists = module.parametrizations[tensor_name]  # type: ignore[attr-defined]
        before = list(lists)
        with no_grad():
            old = lists()
            if hasattr(parametrization, "right_inverse"):
                lists.right_inverse(parametrization.right_inverse(old))
        lists.append(parametrization)
        check_unchanged(op, old, lists, unsafe or lists.unsafe, before)
        return module
    value = module.__dict__.get(tensor_name)
    known = (*module._parameters, *module._buffers)
    if tensor_name not in known or not isinstance(value, Tensor):
        raise ValueError(
            f"{op}: {type(module).__name__} has no parameter or buffer {tensor_name!r}"
        )
    old = value.detach().clone()
    made = ParametrizationList([parametrization], value, unsafe)
    check_unchanged(op, old, made, unsafe, [])
    delattr(module, tensor_name)
    kind = type(module)
    if "parametrizations" not in module.__dict__:
        name = f"Parametrized{kind.__name__}"
        kind = type(name, (Parametrized, kind), {"__module__": kind.__module__})
        module.parametrizations = ModuleDict()
        object.__setattr__(module, "__class__", kind)
    setattr(kind, tensor_name, parametrized(tensor_name))
    module.parametrizations[tensor_name] = made  # type: ignore[attr-defined]
    return module


def check_unchanged(
    op: str, old: Tensor, made: ParametrizationList, unsafe: bool, before: list[Module]
) -> None:
    """Refuse a parametrization that changes shape or type, and take it off again."""
    with no_grad():
        new = made()
    if unsafe or (isinstance(new, Tensor) and (new.shape, new.dtype) == (old.shape, old.dtype)):
        return
    if before:
        made._refill(before)
    got = f"{new.shape} and {new.dtype}" if isinstance(new, Tensor) else type(new).__name__
    raise ValueError(
        f"{op}: the parametrization must keep shape {old.shape} and type {old.dtype}, got {got}; "
        "unsafe=True allows it"
    )


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a module has a parametrization, of any tensor or of the one with this name."""
    lists = module.__dict__.get("parametrizations")
    if not isinstance(module, Parametrized) or lists is None:
        return False
    return len(lists) > 0 if tensor_name is None else tensor_name in lists


def type_before_parametrizations(module: Module) -> type:
    """The class that a module had before its first parametrization."""
    return type(module).__mro__[2] if is_parametrized(module) else type(module)


def remove_parametrizations(
    module: Module, tensor_name: str, leave_parametrized: bool = True
) -> Module:
    """Make a parametrized tensor a parameter or buffer again.

    Parameters
    ----------
    module, tensor_name
        The module, which is changed and returned, and the name of its tensor.
    leave_parametrized
        Whether the tensor keeps its present value; otherwise it gets that of the original, of which
        there must be one.

    Raises
    ------
    ValueError
        If the tensor has no parametrization, or several originals and no value to keep.
    """
    op = "remove_parametrizations"
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"{op}: {tensor_name!r} of {type(module).__name__} is not parametrized")
    lists: ParametrizationList = module.parametrizations[tensor_name]  # type: ignore[attr-defined]
    originals = lists.originals()
    if len(originals) > 1 and not leave_parametrized:
        raise ValueError(f"{op}: {tensor_name!r} has {len(originals)} originals; keep its value")
    kept = originals[0]
    learnt = isinstance(kept, Parameter)
    if leave_parametrized:
        with no_grad():
            value = lists().detach().clone()
        if len(originals) > 1:
            kept = Parameter(value) if learnt else value
        else:
            kept.data = value.data
    del module.parametrizations[tensor_name]  # type: ignore[attr-defined]
    kind = type(module)
    delattr(kind, tensor_name)
    if not module.parametrizations:  # type: ignore[attr-defined]
        delattr(module, "parametrizations")
        object.__setattr__(module, "__class__", kind.__mro__[2])
    if learnt:
        module.register_parameter(tensor_name, kept)  # type: ignore[arg-type]
    else:
        module.register_buffer(tensor_name, kept)
    return module
