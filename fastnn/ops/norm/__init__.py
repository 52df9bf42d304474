"""Normalization: batch, layer, RMS, group, instance and local response norm."""
