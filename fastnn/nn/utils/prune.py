"""Pruning: parameters multiplied by masks of zeros and ones.

A pruned parameter ``weight`` becomes a parameter ``weight_orig`` and a buffer ``weight_mask``; the
attribute ``weight`` is their product, computed before each forward pass. A second pruning takes
from what the first one left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import numpy as np

from ...autograd.record import Array, array
from ...ops import cat, mul
from ...random import default_generator
from ...tensor import Tensor, TensorLike
from ..module import Module
from ..parameter import Parameter

__all__ = [
    "custom_from_mask",
    "global_unstructured",
    "identity",
    "is_pruned",
    "l1_unstructured",
    "ln_structured",
    "random_structured",
    "random_unstructured",
    "remove",
]

M = TypeVar("M", bound=Module)


class Masked:
    """The forward pre-hook of a pruned parameter."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, module: Module, _: Any = None) -> None:
        original, mask = getattr(module, f"{self.name}_orig"), getattr(module, f"{self.name}_mask")
        module.__dict__[self.name] = mul(original, mask)


def hook_of(module: Module, name: str) -> int | None:
    """The key of the hook that masks a parameter, if it is pruned."""
    for key, hook in (module._hooks.before if module._hooks else {}).items():
        if isinstance(hook, Masked) and hook.name == name:
            return key
    return None


def is_pruned(module: Module) -> bool:
    """Whether a parameter of the module, or of a submodule, is pruned."""
    return any(
        isinstance(hook, Masked)
        for part in module.modules()
        for hook in (part._hooks.before.values() if part._hooks else ())
    )


def count_of(op: str, amount: float, size: int) -> int:
    """How many of `size` a number from 0 to 1, or an int, means."""
    if isinstance(amount, bool) or not isinstance(amount, (int, float, np.number)):
        raise TypeError(f"{op}: amount must be a number, got {type(amount).__name__}")
    if isinstance(amount, (int, np.integer)):
        if not 0 <= amount <= size:
            raise ValueError(f"{op}: amount must lie between 0 and {size}, got {amount}")
        return int(amount)
    if not 0 <= amount <= 1:
        raise ValueError(f"{op}: amount must lie between 0 and 1, got {amount}")
    return round(float(amount) * size)


def state_of(op: str, module: Module, name: str) -> tuple[Parameter, Array]:
    """The unpruned parameter and a copy of its mask, of ones if it has none."""
    pruned = hook_of(module, name) is not None
    original = module._parameters.get(f"{name}_orig" if pruned else name)
    if original is None:
        raise ValueError(f"{op}: {type(module).__name__} has no parameter {name!r}")
    if not pruned:
        return original, np.ones(original.shape, original.dtype)
    return original, getattr(module, f"{name}_mask")._array.copy()


def masked(module: M, name: str, original: Parameter, mask: Array) -> M:
    """Give a parameter a mask."""
    if hook_of(module, name) is None:
        delattr(module, name)
        module.register_parameter(f"{name}_orig", original)
        module.register_buffer(f"{name}_mask", Tensor(mask))
        module.register_forward_pre_hook(Masked(name))
    else:
        getattr(module, f"{name}_mask").copy_(mask)
    Masked(name)(module)
    return module


Scores = Callable[[Array], Array]


def unstructured(op: str, module: M, name: str, amount: float, scores: Scores) -> M:
    """Take away the elements with the lowest scores among those that are left."""
    original, mask = state_of(op, module, name)
    left = np.flatnonzero(mask)
    count = count_of(op, amount, len(left))
    order = np.argsort(scores(original._array).ravel()[left], kind="stable")
    mask.ravel()[left[order[:count]]] = 0
    return masked(module, name, original, mask)


def structured(op: str, module: M, name: str, amount: float, dim: int, scores: Scores) -> M:
    """Take away the slices along `dim` with the lowest scores among those that are left."""
    original, mask = state_of(op, module, name)
    if original.ndim < 2:
        raise ValueError(f"{op}: {name!r} must have at least 2 dimensions, got {original.shape}")
    if not -original.ndim <= dim < original.ndim:
        raise IndexError(f"{op}: dim must lie in shape {original.shape}, got {dim}")
    rows = np.moveaxis(mask, dim, 0)  # a view
    left = np.flatnonzero(rows.reshape(len(rows), -1).any(1))
    count = count_of(op, amount, len(left))
    order = np.argsort(scores(np.moveaxis(original._array, dim, 0))[left], kind="stable")
    rows[left[order[:count]]] = 0
    return masked(module, name, original, mask)


def identity(module: M, name: str) -> M:
    """A mask of ones, which takes nothing away."""
    original, mask = state_of("identity", module, name)
    return masked(module, name, original, mask)


def random_unstructured(module: M, name: str, amount: float) -> M:
    """Take away elements at random.

    Parameters
    ----------
    module, name
        What has the parameter, and its name. The module is changed, and returned.
    amount
        How many: an int, or a share from 0 to 1 of those that are left.

    Raises
    ------
    ValueError
        There is no such parameter, or `amount` is out of range.

    Examples
    --------
    >>> layer = fastnn.nn.utils.prune.random_unstructured(fastnn.nn.Linear(4, 5), "weight", 0.5)
    >>> int(layer.weight_mask.sum().item())
    10
    """
    draw = default_generator.numpy.random
    scores = lambda w: draw(w.shape)  # noqa: E731
    return unstructured("random_unstructured", module, name, amount, scores)


def l1_unstructured(
    module: M, name: str, amount: float, importance_scores: TensorLike | None = None
) -> M:
    """Take away the elements of least magnitude.

    Parameters
    ----------
    module, name, amount
        As for `random_unstructured`, and so are errors.
    importance_scores
        What decides in place of the parameter's own values, of its shape.

    Examples
    --------
    >>> layer = fastnn.nn.Linear(2, 1)
    >>> layer.weight.data.copy_(fastnn.tensor([[3.0, 1.0]])).tolist()
    [[3.0, 1.0]]
    >>> fastnn.nn.utils.prune.l1_unstructured(layer, "weight", 1).weight.tolist()
    [[3.0, 0.0]]
    """
    scores = magnitude_of("l1_unstructured", module, name, importance_scores)
    return unstructured("l1_unstructured", module, name, amount, lambda w: np.abs(scores(w)))


def magnitude_of(op: str, module: Module, name: str, given: TensorLike | None) -> Scores:
    """The values by which elements are chosen: those given, or the parameter's."""
    if given is None:
        return lambda w: w
    scores = array(given)
    shape = state_of(op, module, name)[0].shape
    if scores.shape != shape:
        raise ValueError(f"{op}: importance_scores must have shape {shape}, got {scores.shape}")
    return lambda w: scores


def random_structured(module: M, name: str, amount: float, dim: int) -> M:
    """Take away slices at random.

    Parameters
    ----------
    module, name, amount
        As for `random_unstructured`; `amount` counts slices.
    dim
        The dimension along which they lie: 0 for the outputs of a layer.
    """
    draw = default_generator.numpy.random
    scores = lambda w: draw(len(w))  # noqa: E731
    return structured("random_structured", module, name, amount, dim, scores)


def ln_structured(
    module: M,
    name: str,
    amount: float,
    n: float,
    dim: int,
    importance_scores: TensorLike | None = None,
) -> M:
    """Take away the slices of least norm.

    Parameters
    ----------
    module, name, amount, dim
        As for `random_structured`.
    n
        The order of the norm.
    importance_scores
        What decides in place of the parameter's own values, of its shape.

    Examples
    --------
    >>> layer = fastnn.nn.Linear(2, 2)
    >>> _ = layer.weight.data.copy_(fastnn.tensor([[1.0, 1.0], [9.0, 0.0]]))
    >>> fastnn.nn.utils.prune.ln_structured(layer, "weight", 1, n=2, dim=0).weight.tolist()
    [[0.0, 0.0], [9.0, 0.0]]
    """
    given = None if importance_scores is None else array(importance_scores)
    if given is not None:
        magnitude_of("ln_structured", module, name, given)
        given = np.moveaxis(given, dim, 0)

    def scores(w: Array) -> Array:
        rows = (w if given is None else given).reshape(len(w), -1)
        found: Array = np.linalg.norm(rows, ord=n, axis=1)
        return found

    return structured("ln_structured", module, name, amount, dim, scores)


def custom_from_mask(module: M, name: str, mask: TensorLike) -> M:
    """A mask of one's own, of zeros and ones in the shape of the parameter.

    Examples
    --------
    >>> mask = fastnn.tensor([0.0, 1.0])
    >>> layer = fastnn.nn.utils.prune.custom_from_mask(fastnn.nn.Linear(3, 2), "bias", mask)
    >>> layer.bias[0].item()
    0.0
    """
    original, old = state_of("custom_from_mask", module, name)
    given = array(mask)
    if given.shape != old.shape:
        raise ValueError(f"custom_from_mask: mask must have shape {old.shape}, got {given.shape}")
    return masked(module, name, original, old * given.astype(old.dtype))


def global_unstructured(
    parameters: Iterable[tuple[Module, str]],
    pruning_method: Callable[..., Any],
    importance_scores: dict[tuple[Module, str], TensorLike] | None = None,
    **kwargs: Any,
) -> None:
    """Take elements away from several parameters, as if they were one.

    Parameters
    ----------
    parameters
        Pairs of a module and the name of its parameter.
    pruning_method
        `l1_unstructured` or `random_unstructured`.
    importance_scores
        What decides in place of a parameter's own values, by pair.
    kwargs
        ``amount``, as for `random_unstructured`, of all elements together.

    Examples
    --------
    >>> a, b = fastnn.nn.Linear(2, 2, bias=False), fastnn.nn.Linear(2, 2, bias=False)
    >>> prune = fastnn.nn.utils.prune
    >>> pairs = [(a, "weight"), (b, "weight")]
    >>> prune.global_unstructured(pairs, prune.l1_unstructured, amount=3)
    >>> int((a.weight_mask.sum() + b.weight_mask.sum()).item())
    5
    """
    op = "global_unstructured"
    pairs = list(parameters)
    if not pairs:
        raise ValueError(f"{op}: parameters must not be empty")
    states = [state_of(op, *pair) for pair in pairs]
    given = importance_scores or {}
    whole = Module()
    values = [array(given.get(p, w)).ravel() for p, (w, _) in zip(pairs, states)]
    whole.register_parameter("all", Parameter(cat([Tensor(v) for v in values])))
    custom_from_mask(whole, "all", np.concatenate([mask.ravel() for _, mask in states]))
    pruning_method(whole, "all", **kwargs)
    begin = 0
    for (module, name), (original, mask) in zip(pairs, states):
        part = whole.all_mask._array[begin : begin + mask.size]  # type: ignore[attr-defined]
        begin += mask.size
        masked(module, name, original, part.reshape(mask.shape).astype(mask.dtype))


def remove(module: M, name: str) -> M:
    """Make a pruned parameter an ordinary one, with zeros where its mask has them.

    Raises
    ------
    ValueError
        The parameter is not pruned.

    Examples
    --------
    >>> layer = fastnn.nn.utils.prune.l1_unstructured(fastnn.nn.Linear(2, 2), "weight", 1)
    >>> list(fastnn.nn.utils.prune.remove(layer, "weight").state_dict())
    ['bias', 'weight']
    """
    key = hook_of(module, name)
    if key is None:
        raise ValueError(f"remove: {name!r} of {type(module).__name__} is not pruned")
    assert module._hooks is not None
    del module._hooks.before[key]
    original, mask = getattr(module, f"{name}_orig"), getattr(module, f"{name}_mask")
    original.data = original.data * mask
    for part in (name, f"{name}_orig", f"{name}_mask"):
        delattr(module, part)
    module.register_parameter(name, original)
    return module
