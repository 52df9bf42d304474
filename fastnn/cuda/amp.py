"""Mixed precision on a GPU, under its old name; see `fastnn.amp`."""

from __future__ import annotations

from typing import Any

from .. import amp
from ..names import offer

__all__ = ["GradScaler", "autocast"]


class autocast(amp.autocast):
    """`fastnn.amp.autocast` for ``"cuda"``."""

    def __init__(
        self, enabled: bool = True, dtype: Any = None, cache_enabled: bool | None = None
    ) -> None:
        super().__init__("cuda", dtype, enabled, cache_enabled)


class GradScaler(amp.GradScaler):
    """`fastnn.amp.GradScaler` for ``"cuda"``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("cuda", *args, **kwargs)


offer(__name__)
