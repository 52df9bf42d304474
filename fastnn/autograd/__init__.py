"""Automatic differentiation: the tape, grad modes and user-defined functions."""

from .function import Context, Function
from .grad_mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .gradient import backward, grad
from .row_gradient import RowGradient

__all__ = [
    "Context",
    "Function",
    "RowGradient",
    "backward",
    "enable_grad",
    "grad",
    "is_grad_enabled",
    "no_grad",
    "set_grad_enabled",
]
