"""Convolution layers."""

from __future__ import annotations

from .convolution import *
from .transposed import *

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]
