"""The operations under the name PyTorch users know: ``import fastnn.nn.functional as F``."""

from ..ops import *  # noqa: F403
