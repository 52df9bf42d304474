"""Transformers: encoder, decoder, the whole model, and positional encodings."""
