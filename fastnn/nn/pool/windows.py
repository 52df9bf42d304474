"""The arguments of poolings over windows of a given size."""

from __future__ import annotations

from typing import ClassVar

from ...ops.pool.sizes import Sizes
from ..module import Module

__all__: list[str] = []


class WindowPool(Module):
    """Base of average and maximum poolings: windows of a given size."""

    _shown: ClassVar[tuple[str, ...]] = ("kernel_size", "stride", "padding")

    def __init__(
        self, kernel_size: Sizes, stride: Sizes | None, padding: Sizes, ceil_mode: bool
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
