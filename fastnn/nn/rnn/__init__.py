"""Recurrent layers, cells and sequences of several lengths."""
