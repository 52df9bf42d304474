"""The momentum of an optimizer, or its first beta, which cyclic schedules move against the rate."""

from __future__ import annotations

from typing import Any

from ..optimizer import Optimizer
from .scheduler import for_each_group


def start_momentum(
    name: str, optimizer: Optimizer, base: Any, top: Any, first: bool
) -> tuple[list[Any], list[Any]]:
    """The smallest and largest momentum of each group; at `first` it begins with the largest."""
    if not {"momentum", "betas"} & {*optimizer.defaults}:
        raise ValueError(
            f"{name}: cycle_momentum needs an optimizer with momentum or betas, "
            f"got {type(optimizer).__name__}; pass cycle_momentum=False"
        )
    bases = for_each_group(name, "base_momentum", optimizer, base)
    tops = for_each_group(name, "max_momentum", optimizer, top)
    if first:
        for group, low, high in zip(optimizer.param_groups, bases, tops):
            set_momentum(optimizer, group, high)
            group.update(base_momentum=low, max_momentum=high)
    return bases, tops


def set_momentum(optimizer: Optimizer, group: dict[str, Any], value: Any) -> None:
    """Set the momentum of a group, or its first beta."""
    if "betas" in optimizer.defaults:
        group["betas"] = (value, *group["betas"][1:])
    else:
        group["momentum"] = value
