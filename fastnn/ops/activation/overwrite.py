"""Activations whose result takes the memory of their input (``inplace=True``)."""

from __future__ import annotations

from collections.abc import Callable

from ... import _core
from ...autograd.changes import changed
from ...autograd.record import Array, Grads, Node, array, record
from ...autograd.views import base_of, move_to
from ...tensor import Tensor, TensorLike
from ..inplace import check_writable, recorded, written_to

__all__: list[str] = []


def overwrite(
    op: str,
    kernel: Callable[..., Array],
    backward: Callable[[Node, Array], Grads],
    input: TensorLike,
    *parameters: float,
    by_output: bool,
) -> Tensor:
    """The input, changed to ``kernel(input, *parameters)``, which is its last operation from now.

    `by_output`: whether `backward` gives the same from the output as from the input. If it does
    not, a copy of the input is kept for it.
    """
    x = array(input)
    if isinstance(input, Tensor) and x.dtype.char in "fd" and base_of(input) is input:
        graph = recorded(op, input)
        check_writable(op, x)
        kept = _core.clone(x) if graph and not by_output else x
        kernel(x, *parameters, overwrite=True)
        changed((x,))
        node = record(x, backward, (input,), kept, *parameters).node
        if node is not None:
            move_to(input, node)
        return input
    y = kernel(x, *parameters)
    kept = y if by_output else x
    return written_to(op, input, record(y, backward, (input,), kept, *parameters))
