"""Losses: how far an output is from its target, as one number to descend on."""

from __future__ import annotations

from .binary import *
from .classes import *
from .distance import *

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "huber_loss",
    "l1_loss",
    "mse_loss",
    "nll_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
]
