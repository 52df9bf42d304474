"""Dropout of elements, of whole channels, and as SELU networks want it."""
