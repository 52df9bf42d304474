"""Batch norms folded into the convolutions before them: a network for inference."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, TypeVar

from ..nn import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    Conv1d,
    Conv2d,
    Conv3d,
    Identity,
    Module,
    Sequential,
)
from ..nn.utils import fuse_conv_bn_eval, make_read_only

__all__ = ["fold_norms"]

T = TypeVar("T", bound=Module)
CONVS = (Conv1d, Conv2d, Conv3d)
NORMS = (BatchNorm1d, BatchNorm2d, BatchNorm3d)


def fold_norms(model: T) -> T:
    """A copy of a network, each batch norm of which is folded into the convolution before it.

    With running mean m and variance v, ``(w * x + b - m) / √(v + eps) · γ + β`` is a convolution
    with weights ``w · γ / √(v + eps)``. The copy is in evaluation mode, gives the same scores up to
    rounding, and has fewer passes over memory. Its parameters are read-only, so that convolutions
    keep what they derive from them: see `fastnn.nn.utils.make_read_only`.

    Parameters
    ----------
    model
        A network of convolutions and batch norms that stand behind each other in a `Sequential`, or
        are called ``conv…`` and ``bn…`` in a module of `fastnn.models` (or in one that has a list
        ``folds`` of its own, pairs of names).

    Returns
    -------
    Module
        The copy; where a batch norm was, there is an `Identity`.

    Examples
    --------
    >>> model = fastnn.models.resnet18(num_classes=10).eval()
    >>> folded = fastnn.models.fold_norms(model)
    >>> folded.bn1
    Identity()
    >>> x = fastnn.randn(2, 3, 32, 32)
    >>> bool(abs(folded(x).detach().numpy() - model(x).detach().numpy()).max() < 1e-3)
    True
    """
    model = copy.deepcopy(model).eval()
    for module in list(model.modules()):
        for first, second in list(pairs(module)):
            conv, norm = getattr(module, first), getattr(module, second)
            if can_be_folded(conv, norm):
                setattr(module, first, fuse_conv_bn_eval(conv, norm))
                setattr(module, second, Identity())
    return make_read_only(model)


def can_be_folded(conv: Any, norm: Any) -> bool:
    """Whether nothing stands between the two, and the norm knows its statistics."""
    kinds = isinstance(conv, CONVS) and isinstance(norm, NORMS)
    return kinds and conv.activation is None and norm.running_mean is not None


def pairs(module: Module) -> Iterator[tuple[str, str]]:
    """Names of a convolution and the norm behind it, as far as names tell."""
    if isinstance(module, Sequential):
        names = [name for name, _ in module.named_children()]
        yield from pairwise(names)
    yield from getattr(module, "folds", ())
