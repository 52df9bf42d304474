"""Helpers for training loops and sequences, under the names that PyTorch gives them."""

from ..clip_grad import clip_grad_norm_, clip_grad_value_, get_total_norm
from . import rnn as rnn

__all__ = ["clip_grad_norm_", "clip_grad_value_", "get_total_norm", "rnn"]
