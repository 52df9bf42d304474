"""State dicts: the parameters and buffers of a module by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ...autograd.changes import changed
from ...tensor import Tensor, as_array
from ..parameter import Uninitialized
from .contents import BUFFERS, PARAMETERS, Contents
from .state_hooks import HasStateHooks

EXTRA = "_extra_state"  # the name of what a module keeps beyond tensors


class LoadResult(NamedTuple):
    """Missing and unexpected names that `Module.load_state_dict` found."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def errors(self) -> list[str]:
        """A sentence for each of the two that names something."""
        return [
            f"{kind} key(s) in state_dict: {quoted(names)}"
            for kind, names in (
                ("Unexpected", self.unexpected_keys),
                ("Missing", self.missing_keys),
            )
            if names
        ]


class State(Contents, HasStateHooks):
    """Saves and loads the parameters and buffers of a module."""

    _late_buffers: ClassVar[tuple[str, ...]] = ()  # which states of PyTorch before 0.4.1 lack

    def _late(self) -> set[str]:
        """The names that a state may lack; what they mean keeps its value."""
        return {
            f"{prefix}.{name}" if prefix else name
            for prefix, module in self.named_modules()
            for name in module._late_buffers
        }

    def _own_state(self) -> Iterator[tuple[str, Tensor]]:
        yield from self._present(PARAMETERS)
        for name, buffer in self._present(BUFFERS):
            if self._buffer_names[name]:
                yield name, buffer

    def _state(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        for name, tensor in self._own_state():
            yield prefix + name, tensor
        for name, child in self.named_children():
            yield from child._state(f"{prefix}{name}.")

    def _prefixed(self, prefix: str = "") -> Iterator[tuple[str, State]]:
        yield prefix, self
        for name, child in self.named_children():
            yield from child._prefixed(f"{prefix}{name}.")

    def state_dict(self, prefix: str = "") -> dict[str, Tensor]:
        """Dotted names and values of all parameters and persistent buffers, sharing memory.

        Modules that define `get_extra_state` add what it returns.

        Examples
        --------
        >>> model = fastnn.nn.ParameterList([fastnn.zeros(2)])
        >>> model.state_dict()
        {'0': tensor([0., 0.])}
        """
        state: dict[str, Any] = {}
        self._collect(state, prefix)
        return state

    def _collect(self, state: dict[str, Any], prefix: str) -> None:
        for hook in self._state_calls("before_state"):
            hook(self, prefix, False)
        for name, tensor in self._own_state():
            state[prefix + name] = tensor.detach()
        if self._has_extra_state():
            state[prefix + EXTRA] = self.get_extra_state()
        for name, child in self.named_children():
            child._collect(state, f"{prefix}{name}.")
        for hook in self._state_calls("after_state"):
            if hook(self, state, prefix, {}) is not None:
                raise RuntimeError("state_dict: a hook after it must change the dict in place")

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> LoadResult:
        """Copy values into parameters and buffers; an error changes nothing.

        Parameters
        ----------
        state_dict
            As returned by `state_dict`; values are tensors, NumPy arrays or torch tensors.
        strict
            Whether missing and unexpected names are errors. The number of batches that a batch norm
            has seen may be missing, as in states of old versions of PyTorch, and stays as it is.

        Returns
        -------
        LoadResult
            The names that were missing and those that were unexpected.

        Raises
        ------
        TypeError
            If `state_dict` is not a mapping.
        RuntimeError
            For missing or unexpected names (if `strict`) and for shapes that differ. Parameters of
            lazy layers that have no shape yet take that of their value.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(
                f"load_state_dict: expected a dict of names and values, as of state_dict(), "
                f"got {type(state_dict).__name__}"
            )
        found, errors = LoadResult([], []), list[str]()
        modules, given = list(self._prefixed()), dict(state_dict)
        for prefix, module in modules:
            for hook in module._state_calls("before_load"):
                hook(module, given, prefix, {}, strict, *found, errors)
        own, late = dict(self._state()), self._late()
        extra = {prefix + EXTRA: m for prefix, m in modules if m._has_extra_state()}
        names = [*own, *extra]
        found.missing_keys.extend(n for n in names if n not in given and n not in late)
        found.unexpected_keys.extend(n for n in given if n not in own and n not in extra)
        values = {name: to_array(given[name]) for name in own if name in given}
        after = [(m, m._state_calls("after_load")) for _, m in reversed(modules)]
        if strict and not any(hooks for _, hooks in after):
            errors += found.errors()
        copies, first = [], []
        for name, tensor in own.items():
            if name in values:
                value = values[name]
                if isinstance(value, Uninitialized):
                    if not isinstance(tensor, Uninitialized):
                        errors.append(f"{name} has no value in the state: its lazy layer had none.")
                elif isinstance(tensor, Uninitialized):
                    if np.can_cast(value.dtype, tensor.dtype, "same_kind"):
                        first.append((tensor, value.astype(tensor.dtype)))
                    else:
                        errors.append(mismatch(name, value, tensor))
                elif value.shape != tensor.shape:
                    errors.append(
                        f"size mismatch for {name}: copying a param with shape {value.shape} from "
                        f"checkpoint, the shape in current model is {tensor.shape}."
                    )
                elif not np.can_cast(value.dtype, tensor.dtype, "same_kind"):
                    errors.append(mismatch(name, value, tensor))
                elif not tensor._array.flags.writeable:
                    errors.append(f"{name} is read-only; load into a deep copy of the module.")
                else:  # a conversion that raises does so here
                    copies.append((tensor._array, value.astype(tensor.dtype, copy=False)))
        self._check_loading(errors)
        for lazy, value in first:
            lazy.materialize(value.shape)
            copies.append((lazy._array, value))
        for array, value in copies:
            array[...] = value
        changed([array for array, _ in copies])
        for name, module in extra.items():
            if name in given:
                module.set_extra_state(given[name])
        for module, hooks in after:
            for hook in hooks:
                if hook(module, found) is not None:
                    raise RuntimeError("load_state_dict: a hook after it must return None")
        if strict:
            self._check_loading(found.errors())
        return found

    def _check_loading(self, errors: list[str]) -> None:
        if errors:
            title = f"Error(s) in loading state_dict for {type(self).__name__}:"
            raise RuntimeError("\n\t".join([title, *errors]))


def quoted(names: list[str]) -> str:
    """Names in quotation marks, separated by commas."""
    return ", ".join(f'"{name}"' for name in names) + "."


def mismatch(name: str, value: Any, tensor: Tensor) -> str:
    """A sentence about an element type."""
    return f"dtype mismatch for {name}: cannot copy {value.dtype} into {tensor.dtype}."


def to_array(value: Any) -> Any:
    """A value of a state dict as an array, or as it is where it has no values."""
    if isinstance(value, Uninitialized):
        return value
    if isinstance(value, Tensor):
        return value._array
    if hasattr(value, "detach"):
        value = value.detach()
    return np.asarray(value) if hasattr(value, "__array__") else as_array(value)
