"""All operations, where PyTorch has them: ``import fastnn.nn.functional as F``."""

from ..ops import *  # noqa: F403
