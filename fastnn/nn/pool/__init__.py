"""Pooling layers: over windows, and to a given size."""
