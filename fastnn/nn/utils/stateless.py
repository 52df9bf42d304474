"""Modules called with other parameters than their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ...ops import stack
from ...tensor import Tensor
from ..module import Module

__all__ = ["functional_call", "stack_module_state"]


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: Mapping[str, Tensor] | Sequence[Mapping[str, Tensor]],
    args: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with tensors in the place of its parameters and buffers, for this call only.

    Gradients flow to the tensors. It is not for several threads that share the module.

    Parameters
    ----------
    module
        The module.
    parameter_and_buffer_dicts
        Names, as `state_dict` has them, and tensors; or several such dicts.
    args
        The arguments, a tuple, or the only one.
    kwargs
        Those by name.
    tie_weights
        Whether a parameter that has several names is replaced under all of them.
    strict
        Whether all parameters and buffers must have a tensor.

    Raises
    ------
    KeyError
        For a name that the module does not have, and where `strict` is true for one that misses.

    Examples
    --------
    >>> linear = fastnn.nn.Linear(1, 1)
    >>> tensors = {"weight": fastnn.tensor([[2.0]]), "bias": fastnn.tensor([1.0])}
    >>> fastnn.func.functional_call(linear, tensors, fastnn.tensor([3.0]))
    tensor([7.])
    """
    several = parameter_and_buffer_dicts
    dicts = [several] if isinstance(several, Mapping) else list(several)
    tensors = {name: tensor for part in dicts for name, tensor in part.items()}
    if sum(map(len, dicts)) != len(tensors):
        raise ValueError("functional_call: a name stands in several dicts")
    given = () if args is None else args if isinstance(args, tuple) else (args,)
    with replaced(module, tensors, tie_weights, strict):
        return module(*given, **(kwargs or {}))


@contextmanager
def replaced(
    module: Module, tensors: Mapping[str, Tensor], tie_weights: bool, strict: bool
) -> Iterator[None]:
    """Tensors in the place of parameters and buffers, until the end of a block."""
    places = {
        name: (owner.__dict__, name.rpartition(".")[2])
        for prefix, owner in module.named_modules()
        for own in (*owner._parameters, *owner._buffers)
        for name in [f"{prefix}.{own}" if prefix else own]
    }
    if unknown := [name for name in tensors if name not in places]:
        raise KeyError(f"functional_call: {type(module).__name__} has no {unknown[0]!r}")
    if strict and (missing := [name for name in places if name not in tensors]):
        raise KeyError(f"functional_call: there is no tensor for {missing[0]!r}")
    wanted = dict(tensors)
    if tie_weights:
        held = {id(places[name][0][places[name][1]]): tensor for name, tensor in tensors.items()}
        for name, (own, attribute) in places.items():
            value = own[attribute]
            if name not in wanted and value is not None and id(value) in held:
                wanted[name] = held[id(value)]
    before = [(*places[name], places[name][0][places[name][1]]) for name in wanted]
    try:
        for name, tensor in wanted.items():
            own, attribute = places[name]
            own[attribute] = tensor
        yield
    finally:
        for own, attribute, value in before:
            own[attribute] = value


def stack_module_state(models: Sequence[Module]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The parameters, and the buffers, of several modules of one kind, stacked name by name.

    With `vmap` and `functional_call` they run as one.

    Parameters
    ----------
    models
        Modules of one class, at least one, all in training or all not.

    Returns
    -------
    (parameters, buffers)
        Dicts of leaves, (models, ...); parameters require a gradient where the modules' do.

    Examples
    --------
    >>> models = [fastnn.nn.Linear(2, 3) for _ in range(4)]
    >>> parameters, buffers = fastnn.func.stack_module_state(models)
    >>> parameters["weight"].shape, buffers
    ((4, 3, 2), {})
    """
    if not models or len({(type(m), m.training) for m in models}) != 1:
        raise ValueError(
            "stack_module_state: expected modules of one class, all in training or all not"
        )
    found = []
    for name in ("named_parameters", "named_buffers"):
        states = [dict(getattr(model, name)()) for model in models]
        stacked = {key: stack([s[key].detach() for s in states]) for key in states[0]}
        for key, tensor in stacked.items():
            tensor.requires_grad = states[0][key].requires_grad
        found.append(stacked)
    return found[0], found[1]
