"""Views: tensors that share the memory of another, their base.

Whatever changes one of them changes all. So a base knows its views, and each view its base, the
tensor at the root of the chain (`Tensor.alias`). A recorded change in place is written to memory
and becomes the last operation of the *base*: it passes on the gradient of what has been overwritten
to the new value, and that of the rest to what was before. Then every view gets a new node: a part
of the new base. Where parts lie is read from memory (`region.py`), so this is the same for all
operations that make views.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from ..tensor import Tensor
from .changes import owner
from .contract import Array, Grads, Reuses
from .record import array, sinks_of, unbroadcast
from .region import Region, opened, region_of, spread
from .tape import Node

reference = weakref.ref


def as_view(out: Tensor, input: Any) -> Tensor:
    """Note that `out`, the result of an operation on `input`, shares its memory."""
    if isinstance(input, Tensor):
        alias = input.alias
        if type(alias) is not set:
            if alias is None:
                input.alias = alias = set()
            else:
                input, alias = alias, alias.alias
        out.alias = input
        alias.add(reference(out, alias.discard))
    return out


def as_views(outs: tuple[Tensor, ...], input: Any) -> None:
    """As `as_view` for several results."""
    if not outs or (base := as_view(outs[0], input).alias) is None:
        return
    add, discard = base.alias.add, base.alias.discard
    for out in outs[1:]:
        out.alias = base
        add(reference(out, discard))


def base_of(tensor: Tensor) -> Tensor:
    """The tensor of which this one is a view, or the tensor itself."""
    base = tensor.alias
    if not isinstance(base, Tensor) or base is tensor:
        return tensor
    if owner(base._array) is not owner(tensor._array):  # `data` was assigned to one of them
        tensor.alias = None
        return tensor
    return base


def overwriting(tensor: Tensor, key: Any, value: Any, drain: Callable[[Array, Any], Array]) -> Node:
    """The node of a tensor's base after ``tensor[key] = value``.

    ``drain(gradient, key)`` is what it has at `key`, where zeros remain.
    """
    base, v = base_of(tensor), array(value)
    region = None if base is tensor else region_of(base._array, tensor._array)
    sinks, needs = sinks_of((base, value))
    return Node(overwrite_backward, sinks, needs, (region, key, v.shape, v.dtype, drain))


@Reuses
def overwrite_backward(node: Node, dy: Array, reuse_dy: bool, reuse_saved: bool) -> Grads:
    region, key, shape, dtype, drain = node.saved
    if region is not None:
        whole, part = opened(dy, region, reuse_dy)
    else:
        whole = part = dy if reuse_dy else dy.copy()
    dv = None
    drained = drain(part, key)
    if node.needs[1]:
        dv = drained.astype(dtype, copy=False)
        lead = len(shape) - dv.ndim  # a value may have leading dimensions of size 1
        dv = unbroadcast(dv, shape[lead:] if lead > 0 else shape).reshape(shape)
    return whole if node.needs[0] else None, dv


def move_to(base: Tensor, node: Node) -> None:
    """Let `node` be the last operation of a base, and its views be parts of the result."""
    recorded = base.requires_grad
    views = [view for ref in (base.alias or set()).copy() if (view := ref()) is not None]
    set_node(base, node)
    for view in views:
        if base_of(view) is not base:
            continue
        if recorded and not view.requires_grad:
            set_node(view, Node(refuse_backward, (None,), (False,), (view.shape,)))
        elif recorded or not view.requires_grad:  # else a leaf of its own
            set_node(view, Node(view_backward, (node,), (True,), (place(base, view),)))


def place(base: Tensor, view: Tensor) -> Region:
    """The region of a view, which its node knows if it is not the first."""
    last = view.node
    if last is not None and last.backward == view_backward and last.saved:
        return last.saved[0]  # type: ignore[no-any-return]
    return region_of(base._array, view._array)


def set_node(tensor: Tensor, node: Node) -> None:
    """Let `node` be what made a tensor; a gradient that it retains is that of its new value."""
    retains = tensor.retains_grad
    if retains:
        hooks: dict[int, Any] = tensor.node.hooks  # type: ignore[union-attr, assignment]
        for key, hook in tuple(hooks.items()):
            if hasattr(hook, "reference") and hook.reference() is tensor:
                del hooks[key]
    tensor.node, tensor._requires_grad = node, True
    if retains:
        tensor.retain_grad()


def view_backward(node: Node, dy: Array) -> Grads:
    region: Region = node.saved[0]
    return (spread(dy, region),)


def refuse_backward(node: Node, dy: Array) -> Grads:
    raise RuntimeError(
        f"backward: a view of shape {node.saved[0]} was made under no_grad() and used after its "
        "base was changed in place under recording; make the view where gradients are recorded, "
        "or detach() it"
    )
