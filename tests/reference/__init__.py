"""Slow, simple float64 versions of the operations, one file per family."""
