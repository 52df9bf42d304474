"""Settings of PyTorch: those that fastnn has, and others that have one value here."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from . import dtypes
from .autograd.anomaly import Mode, is_anomaly_enabled, set_detect_anomaly
from .devices import CPU, check_device, device
from .random import get_state, set_state
from .tensor.printing import set_printoptions as set_printoptions

__all__ = [
    "are_deterministic_algorithms_enabled",
    "compile",
    "get_default_device",
    "get_default_dtype",
    "get_float32_matmul_precision",
    "get_num_interop_threads",
    "get_rng_state",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "set_anomaly_enabled",
    "set_default_device",
    "set_default_dtype",
    "set_default_tensor_type",
    "set_float32_matmul_precision",
    "set_num_interop_threads",
    "set_printoptions",
    "set_rng_state",
    "use_deterministic_algorithms",
]

T = TypeVar("T")


def compile(model: Any = None, **options: Any) -> Any:
    """The function or module as it is; a decorator, with or without brackets.

    Examples
    --------
    >>> fastnn.compile(abs, mode="max-autotune")(-1)
    1
    """
    return same if model is None else model


def same(model: T) -> T:
    return model


def get_default_dtype() -> np.dtype[Any]:
    """The type of numbers without one: float32."""
    return dtypes.float32


def set_default_dtype(d: Any) -> None:
    """Accept float32, which is the default; RuntimeError for any other type."""
    if dtypes.named(d) != dtypes.float32:
        raise RuntimeError(
            f"set_default_dtype: the default type is float32, got {dtypes.named(d)}; pass dtype= "
            "to constructors and call .double() of modules"
        )


def set_default_tensor_type(t: Any) -> None:
    """As `set_default_dtype`, for a typed constructor such as `fastnn.FloatTensor`, or its name."""
    set_default_dtype(t)


def get_default_device() -> device:
    """The device of tensors, the CPU."""
    return CPU


def set_default_device(device: Any) -> None:
    """Accept the CPU; RuntimeError for any other device."""
    check_device("set_default_device", device)


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Do nothing: results are the same in each run anyway, with any number of threads."""


def are_deterministic_algorithms_enabled() -> bool:
    """True, see `use_deterministic_algorithms`."""
    return True


def set_anomaly_enabled(enabled: bool, check_nan: bool = True) -> None:
    """As `fastnn.autograd.set_detect_anomaly`, from now on."""
    set_detect_anomaly(enabled, check_nan)


def is_anomaly_check_nan_enabled() -> bool:
    """Whether, where operations are watched, NaN is an error."""
    return Mode.check_nan


def set_float32_matmul_precision(precision: str) -> None:
    """Do nothing: products of float32 are computed in float32, PyTorch's ``"highest"``."""
    if precision not in ("highest", "high", "medium"):
        raise ValueError(
            "set_float32_matmul_precision: precision must be 'highest', 'high' or 'medium', got "
            f"{precision!r}"
        )


def get_float32_matmul_precision() -> str:
    """``"highest"``, see `set_float32_matmul_precision`."""
    return "highest"


def set_num_interop_threads(num: int) -> None:
    """Do nothing: operations run one after the other, each with `fastnn.get_num_threads`."""


def get_num_interop_threads() -> int:
    """How many operations run at a time: 1."""
    return 1


def get_rng_state() -> dict[str, Any]:
    """The state of the default random generator, for `set_rng_state`."""
    return get_state()


def set_rng_state(new_state: dict[str, Any]) -> None:
    """Restore a state from `get_rng_state`."""
    set_state(new_state)
