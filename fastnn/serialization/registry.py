"""Classes of modules that files may name, and the arguments that each module was made with."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, TypeVar, overload

from ..nn.module import Module

__all__ = ["register_model"]

C = TypeVar("C", bound=type[Module])

ARGUMENTS = "_made_with"  # in a module's dict: its class, and its arguments by position and name

classes: dict[str, type[Module]] = {}
names: dict[type[Module], str] = {}


class Budget(threading.local):
    """How many modules this thread may still make of a file; None for any number."""

    left: int | None = None


class Spent(Exception):
    """A file makes more modules than it may."""


budget = Budget()


@overload
def register_model(cls: C) -> C: ...
@overload
def register_model(cls: None = None, *, name: str | None = None) -> Callable[[C], C]: ...
def register_model(cls: Any = None, *, name: str | None = None) -> Any:
    """Let `save_model` and `load_model` keep modules of a class.

    Every module remembers from then on which arguments it was made with. Layers of `fastnn.nn` and
    models of `fastnn.models` are registered already.

    Parameters
    ----------
    cls
        The class; without it, a decorator.
    name
        What files call it, its name by default. The same name is needed to read them.

    Returns
    -------
    type
        The class.

    Raises
    ------
    TypeError
        If it is no class of modules.
    ValueError
        If another class has the name; a class of the same module and name replaces it.

    Examples
    --------
    >>> @fastnn.register_model
    ... class Twice(fastnn.nn.Module):
    ...     def __init__(self, size):
    ...         super().__init__()
    ...         self.layer = fastnn.nn.Linear(size, size)
    ...     def forward(self, x):
    ...         return self.layer(self.layer(x))
    >>> import io
    >>> file = io.BytesIO()
    >>> fastnn.save_model(Twice(3), file)
    >>> fastnn.load_model(io.BytesIO(file.getvalue()))
    Twice(
      (layer): Linear(in_features=3, out_features=3, bias=True)
    )
    """
    if cls is None:
        return lambda cls: register_model(cls) if name is None else enter(cls, name)
    if not isinstance(cls, type) or not issubclass(cls, Module):
        kind = cls.__name__ if isinstance(cls, type) else type(cls).__name__
        raise TypeError(f"register_model: expected a class of modules, got {kind}")
    return enter(cls, cls.__name__ if name is None else name)


def enter(cls: type[Module], name: str) -> type[Module]:
    """Put a class into the table, and have its modules remember their arguments."""
    if not isinstance(cls, type) or not issubclass(cls, Module):
        raise TypeError(f"register_model: expected a class of modules, got {cls!r:.80}")
    other = classes.get(name)
    same = other is not None and (other.__module__, other.__qualname__) == (
        cls.__module__,
        cls.__qualname__,
    )
    if other is not None and other is not cls and not same:
        raise ValueError(
            f"register_model: {name!r} is {other.__module__}.{other.__qualname__} already; pass "
            "another name="
        )
    if cls not in names:
        remember(cls)
    classes[name] = cls
    names[cls] = name
    return cls


def remember(cls: type[Module]) -> None:
    """Wrap the constructor of a class."""
    original = cls.__init__

    @functools.wraps(original)
    def made(self: Module, *args: Any, **kwargs: Any) -> None:
        if type(self) is cls and ARGUMENTS not in self.__dict__:
            if budget.left is not None:
                budget.left -= 1
                if budget.left < 0:
                    raise Spent
            self.__dict__[ARGUMENTS] = cls, args, kwargs
        original(self, *args, **kwargs)

    cls.__init__ = made  # type: ignore[method-assign]


def register_own() -> None:
    """Register the layers and models of the library."""
    from .. import models, nn

    for package, prefix in ((nn, "nn"), (models, "models")):
        for name, value in sorted(vars(package).items()):
            public = isinstance(value, type) and issubclass(value, Module) and name[0] != "_"
            if public and value is not Module and value not in names:
                enter(value, f"{prefix}.{name}")
