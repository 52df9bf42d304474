"""Automatic differentiation: the tape, grad modes and user-defined functions."""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from ..names import submodule as _submodule
from .anomaly import detect_anomaly, is_anomaly_enabled, set_detect_anomaly
from .function import Context, Function
from .grad_mode import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from .gradient import backward, grad
from .row_gradient import RowGradient
from .variable import Variable

__all__ = [
    "Context",
    "Function",
    "RowGradient",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "grad",
    "inference_mode",
    "is_anomaly_enabled",
    "is_grad_enabled",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]

if _TYPE_CHECKING:  # imported when it is asked for
    from . import functional as functional


def __getattr__(name: str) -> _Any:
    if name in ("gradcheck", "gradgradcheck"):  # from above: testing knows tensors of all kinds
        return getattr(_import_module("fastnn.testing"), name)
    return _submodule(__name__, name)
