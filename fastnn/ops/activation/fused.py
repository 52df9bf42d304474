"""Activations that other operations compute with their own output."""

from __future__ import annotations

from typing import TypeAlias

from ... import _core

__all__ = ["Fused", "check_fused"]

# ``activation=`` of linear layers, convolutions and norms: None, the name of a function ("gelu"),
# or its name and parameters in their order (("leaky_relu", 0.2)). The bits of value and gradient
# are those of the function called by itself.
Fused: TypeAlias = "str | tuple[str | float, ...] | None"

PARAMETERS = _core.config.activations()  # name -> names of the parameters


def check_fused(op: str, activation: Fused) -> None:
    """Refuse a name that does not exist, and parameters that are too many."""
    if activation is None:
        return
    name, *params = (activation,) if isinstance(activation, str) else activation
    if name not in PARAMETERS:
        known = ", ".join(map(repr, PARAMETERS))
        raise ValueError(f"{op}: activation must be None or one of {known}, got {activation!r}")
    most = len(PARAMETERS[name])
    if len(params) > most:
        raise ValueError(
            f"{op}: the activation {name!r} takes {most} parameters, got {len(params)}"
        )
