"""GPUs, for programs that ask for them: there are none.

What prepares or waits for a GPU does nothing, and what would use one is an error.
"""

from __future__ import annotations

from typing import Any, NoReturn

from ..names import offer, submodule

__all__ = [
    "current_device",
    "device_count",
    "empty_cache",
    "get_device_name",
    "get_device_properties",
    "init",
    "ipc_collect",
    "is_available",
    "is_bf16_supported",
    "is_initialized",
    "manual_seed",
    "manual_seed_all",
    "max_memory_allocated",
    "max_memory_reserved",
    "memory_allocated",
    "memory_reserved",
    "reset_peak_memory_stats",
    "seed",
    "seed_all",
    "set_device",
    "synchronize",
]


def is_available() -> bool:
    """False: fastnn computes on the CPU.

    Examples
    --------
    >>> fastnn.device("cuda" if fastnn.cuda.is_available() else "cpu")
    device(type='cpu')
    """
    return False


def is_initialized() -> bool:
    """False, see `is_available`."""
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """False, see `is_available`."""
    return False


def device_count() -> int:
    """The number of GPUs: 0."""
    return 0


def refuse(name: str) -> NoReturn:
    raise RuntimeError(
        f"cuda.{name}: there is no GPU, fastnn computes on the CPU only; ask cuda.is_available()"
    )


def init() -> None:
    """Raise an error: there is no GPU."""
    refuse("init")


def current_device() -> int:
    """Raise an error: there is no GPU."""
    refuse("current_device")


def set_device(device: Any) -> None:
    """Raise an error: there is no GPU."""
    refuse("set_device")


def get_device_name(device: Any = None) -> str:
    """Raise an error: there is no GPU."""
    refuse("get_device_name")


def get_device_properties(device: Any = None) -> Any:
    """Raise an error: there is no GPU."""
    refuse("get_device_properties")


def manual_seed(seed: int) -> None:
    """Do nothing; `fastnn.manual_seed` seeds the CPU."""


def manual_seed_all(seed: int) -> None:
    """Do nothing; `fastnn.manual_seed` seeds the CPU."""


def seed() -> None:
    """Do nothing; `fastnn.seed` seeds the CPU."""


def seed_all() -> None:
    """Do nothing; `fastnn.seed` seeds the CPU."""


def empty_cache() -> None:
    """Do nothing: no memory of a GPU is held."""


def ipc_collect() -> None:
    """Do nothing: no memory of a GPU is held."""


def synchronize(device: Any = None) -> None:
    """Do nothing: a call has computed its result when it returns."""


def memory_allocated(device: Any = None) -> int:
    """Bytes of GPU memory in use: 0."""
    return 0


def max_memory_allocated(device: Any = None) -> int:
    """The most bytes of GPU memory that were in use: 0."""
    return 0


def memory_reserved(device: Any = None) -> int:
    """Bytes of GPU memory that are held: 0."""
    return 0


def max_memory_reserved(device: Any = None) -> int:
    """The most bytes of GPU memory that were held: 0."""
    return 0


def reset_peak_memory_stats(device: Any = None) -> None:
    """Do nothing: no memory of a GPU is held."""


def __getattr__(name: str) -> Any:
    return submodule(__name__, name)


offer(__name__)
