"""Gradient clipping, sequences and norm folding, under the names that PyTorch gives them."""

from ..batchnorm_folding import (
    fuse_conv_bn_eval,
    fuse_conv_bn_weights,
    fuse_linear_bn_eval,
    fuse_linear_bn_weights,
)
from ..clip_grad import clip_grad_norm_, clip_grad_value_, get_total_norm
from ..read_only import make_read_only
from . import rnn as rnn

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "fuse_conv_bn_eval",
    "fuse_conv_bn_weights",
    "fuse_linear_bn_eval",
    "fuse_linear_bn_weights",
    "get_total_norm",
    "make_read_only",
    "rnn",
]
