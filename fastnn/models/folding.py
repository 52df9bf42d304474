"""Folding of all batch norms of a network into its convolutions, for inference."""

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
    """Copy a network and fold each batch norm into the convolution before it.

    With running mean m and variance v, ``(w * x + b - m) / √(v + eps) · γ + β`` is a convolution
    with weights ``w · γ / √(v + eps)``. The copy is in evaluation mode, gives the same scores up to
    rounding, and needs fewer passes over memory. Its parameters are read-only, so that convolutions
    pack them only once: see `fastnn.nn.utils.make_read_only`.

    Parameters
    ----------
    model
        A network. A batch norm is folded if it directly follows a convolution in a `Sequential`,
        or if the attribute ``folds`` of a module (as in `fastnn.models`) lists the pair of names.

    Returns
    -------
    Module
        The copy, with an `Identity` in place of each folded batch norm.

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
    """Whether the layers have no activation between them and the norm has running statistics."""
    kinds = isinstance(conv, CONVS) and isinstance(norm, NORMS)
    return kinds and conv.activation is None and norm.running_mean is not None


def pairs(module: Module) -> Iterator[tuple[str, str]]:
    """Names of possible pairs of a convolution and the norm after it."""
    if isinstance(module, Sequential):
        names = [name for name, _ in module.named_children()]
        yield from pairwise(names)
    yield from getattr(module, "folds", ())
