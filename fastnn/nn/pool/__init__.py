"""Pooling layers: over sliding windows, adaptive to an output size, and unpooling."""
