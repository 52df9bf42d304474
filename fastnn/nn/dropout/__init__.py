"""Dropout layers: of elements, of whole channels, and for SELU networks."""
