"""Mixed precision, for programs that ask for it: all is computed in the types of the tensors.

float16 and bfloat16 save time on GPUs. On the CPU the region of an `autocast` computes as outside,
which is more exact, and a `GradScaler` leaves the loss as it is.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from .names import offer

__all__ = ["GradScaler", "autocast", "is_autocast_available"]

F = TypeVar("F", bound=Callable[..., Any])


def is_autocast_available(device_type: str) -> bool:
    """Whether `autocast` changes anything: False."""
    return False


class autocast:
    """A context manager, and decorator, whose block computes as it would outside.

    Parameters
    ----------
    device_type
        ``"cpu"``, or another device, on which nothing is computed anyway.
    dtype, enabled, cache_enabled
        Accepted for programs written for PyTorch; they change nothing.

    Examples
    --------
    >>> with fastnn.amp.autocast("cpu"):
    ...     (fastnn.ones(2) * 2).dtype
    dtype('float32')
    """

    def __init__(
        self,
        device_type: str = "cpu",
        dtype: Any = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:
        self.device, self.fast_dtype = device_type, dtype

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def __call__(self, function: F) -> F:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return cast(F, wrapper)


class GradScaler:
    """Scales a loss by 1, as PyTorch's does where there is no GPU.

    Examples
    --------
    >>> p = fastnn.nn.Parameter(fastnn.ones(1))
    >>> optimizer, scaler = fastnn.optim.SGD([p], lr=0.5), fastnn.amp.GradScaler()
    >>> scaler.scale(p.sum()).backward()
    >>> scaler.step(optimizer)
    >>> scaler.update()
    >>> p.item()
    0.5
    """

    def __init__(self, device: str = "cuda", *args: Any, **kwargs: Any) -> None:
        self.device = device

    def scale(self, outputs: Any) -> Any:
        """The outputs as they are."""
        return outputs

    def unscale_(self, optimizer: Any) -> None:
        """Do nothing: gradients are not scaled."""

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """``optimizer.step(*args, **kwargs)``."""
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        """Do nothing: the scale stays 1."""

    def get_scale(self) -> float:
        """The scale: 1."""
        return 1.0

    def is_enabled(self) -> bool:
        """Whether losses are scaled: False."""
        return False

    def state_dict(self) -> dict[str, Any]:
        """Nothing, as for PyTorch's scaler that is not enabled."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Do nothing: there is no state."""


offer(__name__)
