"""Hooks around saving and loading the state of a module, and state beyond tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...autograd.hooks import Handle

__all__: list[str] = []

Calls = dict[int, Callable[..., Any]]


class StateHooks:
    """A module's hooks, in order of registration."""

    def __init__(self) -> None:
        self.before_state: Calls = {}
        self.after_state: Calls = {}
        self.before_load: Calls = {}
        self.after_load: Calls = {}


class HasStateHooks:
    """Registers the hooks, and says what state a module has beyond parameters and buffers."""

    _state_hooks: StateHooks | None = None

    def _state_calls(self, kind: str) -> tuple[Callable[..., Any], ...]:
        hooks = self._state_hooks
        return () if hooks is None else tuple(getattr(hooks, kind).values())

    def _state_hook(self, kind: str, hook: Callable[..., Any]) -> Handle:
        if not callable(hook):
            raise TypeError(f"a hook must be callable, got {type(hook).__name__}")
        if self._state_hooks is None:
            self.__dict__["_state_hooks"] = StateHooks()
        return Handle(getattr(self._state_hooks, kind), hook)

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(module, prefix, keep_vars)`` before `state_dict` reads this module."""
        return self._state_hook("before_state", hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(module, state_dict, prefix, local_metadata)`` after `state_dict` has read it.

        The hook may change the dict in place, and returns None.
        """
        return self._state_hook("after_state", hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call a hook before `load_state_dict` reads values.

        It is called as ``hook(module, state_dict, prefix, local_metadata, strict, missing_keys,
        unexpected_keys, error_msgs)``. The dict is a copy of what was given, of all modules, and
        may be changed in place, as may the lists, to which others are added later.
        """
        return self._state_hook("before_load", hook)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(module, incompatible_keys)`` after values were copied.

        It may change ``incompatible_keys.missing_keys`` and ``unexpected_keys`` in place, and
        returns None. With such a hook, keys that are missing or unexpected are an error only after
        it was called; all other errors still change nothing.
        """
        return self._state_hook("after_load", hook)

    def get_extra_state(self) -> Any:
        """What a state dict is to keep beyond tensors; modules that define it have such a state.

        It is kept as ``"_extra_state"``, and `set_extra_state` gets it back.
        """
        raise RuntimeError(f"{type(self).__name__}: define a method get_extra_state(self)")

    def set_extra_state(self, state: Any) -> None:
        """Take what `get_extra_state` returned; called by `load_state_dict`."""
        raise RuntimeError(f"{type(self).__name__}: define a method set_extra_state(self, state)")

    def _has_extra_state(self) -> bool:
        kind = type(self)
        return (
            kind.get_extra_state is not HasStateHooks.get_extra_state
            or kind.set_extra_state is not HasStateHooks.set_extra_state
        )
