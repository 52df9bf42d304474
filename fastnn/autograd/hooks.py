"""Hooks on gradients, and the handles that remove them."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable
from typing import Any

_count = itertools.count()


class Handle:
    """Returned when a hook is registered; `remove()` removes the hook."""

    def __init__(self, hooks: dict[int, Any], hook: Callable[..., Any]) -> None:
        self.hooks = hooks
        self.key = next(_count)
        hooks[self.key] = hook

    def remove(self) -> None:
        """Remove the hook; further calls have no effect."""
        self.hooks.pop(self.key, None)

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *reason: object) -> None:
        self.remove()


class Afterwards:
    """Among the hooks of a leaf: one that gets the leaf when its gradient has been added."""

    def __init__(self, hook: Callable[[Any], Any]) -> None:
        self.hook = hook

    def __call__(self, dy: Any) -> Any:
        return dy


def keep_gradient(tensor: Any) -> Callable[[Any], Any]:
    """A hook that stores a copy of the gradient in `tensor.grad`, by a weak reference."""
    reference = weakref.ref(tensor)

    def keep(dy: Any) -> Any:
        target = reference()
        if target is not None:
            target._accumulate(dy, False)
        return dy

    keep.reference = reference  # type: ignore[attr-defined]
    return keep


def run_hooks(hooks: dict[int, Callable[[Any], Any]], dy: Any) -> Any:
    """Apply all hooks to a gradient, in order of registration."""
    for hook in tuple(hooks.values()):
        dy = hook(dy)
    return dy


def run_afterwards(leaf: Any) -> None:
    """Call the hooks of a leaf that wait for its gradient."""
    for hook in tuple((leaf.hooks or {}).values()):
        if isinstance(hook, Afterwards):
            hook.hook(leaf)
