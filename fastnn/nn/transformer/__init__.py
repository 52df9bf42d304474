"""Transformers: encoder, decoder, both together, and encodings of positions."""
