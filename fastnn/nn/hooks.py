"""Hooks of modules: callbacks around the forward and the backward pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..autograd.record import Array, Grads, Node, record_many
from ..autograd.views import as_view
from ..tensor import Tensor

if TYPE_CHECKING:
    from .module import Module

Calls = dict[int, Callable[..., Any]]


class Hooks:
    """A module's hooks, in order of registration."""

    def __init__(self) -> None:
        self.before: Calls = {}
        self.after: Calls = {}
        self.backward_before: Calls = {}
        self.backward_after: Calls = {}


def call_hooked(module: Module, hooks: Hooks, args: Any, kwargs: Any) -> Any:
    """Run the forward pre-hooks, `forward` and the forward hooks."""
    for hook in tuple(hooks.before.values()):
        result = hook(module, args)
        if result is not None:
            args = result if isinstance(result, tuple) else (result,)
    watch = Watch(module, hooks) if hooks.backward_before or hooks.backward_after else None
    if watch is not None:
        args = watch.inputs(args)
    output = module.forward(*args, **kwargs)
    for hook in tuple(hooks.after.values()):
        result = hook(module, args, output)
        if result is not None:
            output = result
    return output if watch is None else watch.outputs(output)


class Watch:
    """Identity operations at the inputs and outputs of a module, whose backward calls its hooks."""

    def __init__(self, module: Module, hooks: Hooks) -> None:
        self.module = module
        self.hooks = hooks
        self.arrived: tuple[Tensor | None, ...] = ()
        self.has_inputs = False

    def inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, with tensors replaced by outputs of an identity operation."""
        places = [i for i, x in enumerate(args) if isinstance(x, Tensor) and x.requires_grad]
        if not places:
            return args
        self.has_inputs = True
        given = tuple([args[i] for i in places])
        out = record_many([x._array for x in given], watch_inputs_backward, given, self)
        new = list(args)
        for i, x, seen in zip(places, given, out):
            new[i] = as_view(seen, x)
        return tuple(new)

    def outputs(self, output: Any) -> Any:
        """The output or outputs, replaced by outputs of an identity operation."""
        many = isinstance(output, (tuple, list))
        given = tuple(output) if many else (output,)
        places = [i for i, y in enumerate(given) if isinstance(y, Tensor) and y.requires_grad]
        if not places:
            return output
        watched = tuple([given[i] for i in places])
        out = record_many([y._array for y in watched], watch_outputs_backward, watched, self)
        new = list(given)
        for i, y, seen in zip(places, watched, out):
            new[i] = as_view(seen, y)
        return (tuple(new) if isinstance(output, tuple) else new) if many else new[0]


def watch_outputs_backward(node: Node, *dys: Array | None) -> Grads:
    (watch,) = node.saved
    arrived = tuple([None if dy is None else Tensor(dy) for dy in dys])
    for hook in tuple(watch.hooks.backward_before.values()):
        arrived = replaced(hook(watch.module, arrived), arrived)
    watch.arrived = arrived
    if not watch.has_inputs:
        for hook in tuple(watch.hooks.backward_after.values()):
            hook(watch.module, (None,), arrived)
    return [None if g is None else g._array.view() for g in arrived]  # hooks may keep them


def watch_inputs_backward(node: Node, *dys: Array | None) -> Grads:
    (watch,) = node.saved
    leaving = tuple([None if dy is None else Tensor(dy) for dy in dys])
    for hook in tuple(watch.hooks.backward_after.values()):
        leaving = replaced(hook(watch.module, leaving, watch.arrived), leaving)
    return [None if g is None else g._array.view() for g in leaving]


def replaced(result: Any, grads: tuple[Any, ...]) -> tuple[Any, ...]:
    """The gradients that a hook returned; `grads` if it returned None."""
    if result is None:
        return grads
    new = tuple(result) if isinstance(result, (tuple, list)) else (result,)
    if len(new) != len(grads):
        raise RuntimeError(f"backward hook: expected {len(grads)} gradients, got {len(new)}")
    return new
