"""Parameters that can never change, of networks that are only used."""

from __future__ import annotations

from typing import TypeVar

from ..ops.create import read_only_array
from .module import Module

__all__ = ["make_read_only"]

M = TypeVar("M", bound=Module)


def make_read_only(module: M) -> M:
    """Let the parameters of a network never change again, which makes its convolutions faster.

    Convolutions turn their weights into the order in which they compute, at every call, since
    whoever holds the array may have written to it. Memory that nobody can write is turned once, and
    what comes of it is kept as long as the array: once more the memory of the weights, or for
    layers of up to about 150 channels four times that. Results have the same bits.

    Parameters
    ----------
    module
        A layer or model. Its parameters get new, read-only memory and need no gradients any more.

    Returns
    -------
    Module
        The same one. Writing to its parameters in place, by an optimizer or `load_state_dict` too,
        is an error; new parameters or arrays can be assigned. A deep copy or a pickle of it can be
        written again.

    Examples
    --------
    >>> from fastnn import nn
    >>> conv = nn.utils.make_read_only(nn.Conv2d(3, 8, 3))
    >>> conv.weight.zero_()
    Traceback (most recent call last):
    ...
    ValueError: assignment destination is read-only
    """
    for parameter in module.parameters():
        if parameter._array.dtype.kind == "f":
            parameter._array = read_only_array(parameter._array)
        parameter.requires_grad_(False)
    return module
