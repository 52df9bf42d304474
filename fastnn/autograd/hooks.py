"""Hooks on gradients: running them, and the handles that remove them."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable
from typing import Any

_count = itertools.count()


class Handle:
    """What registering a hook returns: `remove()` takes the hook away again."""

    def __init__(self, hooks: dict[int, Any], hook: Callable[..., Any]) -> None:
        self.hooks = hooks
        self.key = next(_count)
        hooks[self.key] = hook

    def remove(self) -> None:
        """Take the hook away; once is enough, twice does no harm."""
        self.hooks.pop(self.key, None)

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *reason: object) -> None:
        self.remove()


def keep_gradient(tensor: Any) -> Callable[[Any], Any]:
    """A hook that leaves a copy of the gradient in `tensor.grad`, without keeping it alive."""
    reference = weakref.ref(tensor)

    def keep(dy: Any) -> Any:
        target = reference()
        if target is not None:
            target._accumulate(dy, False)
        return dy

    keep.reference = reference  # type: ignore[attr-defined]
    return keep


def run_hooks(hooks: dict[int, Callable[[Any], Any]], dy: Any) -> Any:
    """The gradient after every hook, in the order they were registered."""
    for hook in tuple(hooks.values()):
        dy = hook(dy)
    return dy
