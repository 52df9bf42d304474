"""Sequences of different lengths, and long ones in pieces, where PyTorch has them."""

from ..rnn.sequences import *  # noqa: F403
from ..rnn.sequences import __all__ as __all__
