"""Recurrent layers and cells as operations, and sequences of several lengths."""
