"""Sequences of different lengths, and long ones in pieces, where PyTorch has them."""

from ..rnn.sequences import (
    PackedSequence,
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
    pad_sequence,
    tbptt,
    unpad_sequence,
)

__all__ = [
    "PackedSequence",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "tbptt",
    "unpad_sequence",
]
