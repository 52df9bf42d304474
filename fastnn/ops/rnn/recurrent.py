"""What all recurrent layers share: one call through time, recorded, and its backward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ...autograd.record import Array, Grads, Node, array, record_many
from ...autograd.tape import mode
from ...tensor import Tensor, TensorLike

__all__: list[str] = []

Params = Sequence[Sequence[TensorLike | None]]


class Kernel(NamedTuple):
    """The kernels of a layer, forward and backward."""

    forward: Callable[..., Any]
    backward: Callable[..., Any]


class Call(NamedTuple):
    """Arguments that forward and backward share."""

    input: Array
    params: tuple[tuple[Array | None, ...], ...]
    states: tuple[Array | None, ...]
    batch_sizes: Array | None
    mask: Array | None
    options: tuple[float, ...]
    lengths: Array | None
    total_length: int | None


class Saved:
    """What a layer's forward pass saves for its backward.

    Backward writes the gradients over the gates: that saves as much memory again, and fetching it.
    A second walk over the same graph (``retain_graph=True``) computes the gates anew.
    """

    __slots__ = ("arrays", "kernel")

    def __init__(self, kernel: Kernel, arrays: tuple[Array | None, ...]) -> None:
        self.kernel = kernel
        self.arrays: tuple[Array | None, ...] | None = arrays

    def take(self, call: Call) -> tuple[Array | None, ...]:
        """The saved arrays, once; from a new forward pass after that."""
        saved, self.arrays = self.arrays, None
        if saved is None:
            saved = forward(self.kernel, call, True)[-1]
        return saved


def optional(input: TensorLike | None) -> Array | None:
    """The array of what may be None."""
    return None if input is None else array(input)


def forward(kernel: Kernel, call: Call, keep: bool) -> Any:
    """Output, last states and, with `keep`, what backward needs."""
    x, params, states, sizes, mask, options, lengths, total = call
    return kernel.forward(x, params, *states, sizes, keep, mask, *options, lengths, total)


def recurrent_layer(
    kernel: Kernel,
    input: TensorLike,
    params: Params,
    states: tuple[TensorLike | None, ...],
    batch_sizes: Any,
    mask: TensorLike | None,
    lengths: Any,
    total_length: int | None,
    *options: float,
) -> tuple[Tensor, ...]:
    """Output and last states of a layer, which saves gates only where a gradient is needed."""
    call = Call(
        array(input),
        tuple([tuple([optional(p) for p in direction]) for direction in params]),
        tuple([optional(s) for s in states]),
        optional(batch_sizes),
        optional(mask),
        options,
        optional(lengths),
        total_length,
    )
    inputs = (input, *states, *[p for direction in params for p in direction])
    keep = mode.enabled and any(isinstance(x, Tensor) and x.requires_grad for x in inputs)
    *outputs, saved = forward(kernel, call, keep)
    if not keep:
        return tuple([Tensor(y) for y in outputs])
    return record_many(outputs, recurrent_backward, inputs, call, Saved(kernel, saved), outputs[0])


def recurrent_backward(node: Node, *dys: Array | None) -> Grads:
    """Gradients of the input, the states and the parameters."""
    call, saved, y = node.saved
    x, params, states, sizes, mask, _, lengths, total = call
    needs = node.needs
    first = 1 + len(states)  # of the parameters
    dx, *dstates, grads = saved.kernel.backward(
        *dys,
        x,
        params,
        *states,
        y,
        saved.take(call),
        sizes,
        needs[0],
        True in needs[first:],
        True,
        mask,
        lengths,
        total,
    )
    flat = [g for direction in grads for g in direction] if grads else [None] * len(needs[first:])
    return [dx, *dstates, *flat]
